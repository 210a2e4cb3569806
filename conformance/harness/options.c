/* SPDX-License-Identifier: Apache-2.0 */
/* The runner's command line. */
#include <ctype.h>
#include <getopt.h>
#include <regex.h>
#include <time.h>

#include "harness.h"

const char wc_usage[] =
    "usage: weft_conformance [options]\n"
    "  --list             names, items, processors and twins; runs nothing\n"
    "  --filter RE        cases whose name or item the extended regular expression finds\n"
    "  --repeat N         the whole selection N times\n"
    "  --procs LIST       WEFT_PROCS of the cases that do not fix it (default 1,2,4,8)\n"
    "  --guard LIST       stack guards: advice, mprotect, none, or all (default: the runtime's choice)\n"
    "  --jobs N           processes at once (default: the processors of this machine)\n"
    "  --seed N           seed of the random cases (default: the clock)\n"
    "  --no-go            without the Go twins; otherwise a run in which no twin ran is a failure\n"
    "  --twins            judge the Go twins alone, for another Go version\n"
    "  --sim SEEDS        a deterministic simulation instead: each case with seeds 1 to N, or A-B (see conformance/sim)\n"
    "  --first            with --sim: stop at the first failure\n"
    "  --wrap COMMAND     put the words of COMMAND in front of each case's command line\n"
    "  --tap              Test Anything Protocol on stdout\n"
    "  --junit FILE       JUnit XML as well\n"
    "  --matrix FILE      who passes what, a table in Markdown: each item, Weft, Go, pthreads; -: on stdout\n"
    "  --verbose          notes of passed cases too\n"
    "  --case NAME        run the body of one case in this process\n"
    "Last line: N passed, N failed, N skipped. Exit status 0, 1 with failures, 2 for a wrong command line.\n";

static int complain(const char *what, const char *value) {
    fprintf(stderr, "weft_conformance: %s%s%s (--help shows the options)\n", what, value ? ": " : "",
            value ? value : "");
    return 2;
}

static int number(const char *text, int low, int high, int *out) {
    char *end;
    long n = strtol(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || n < low || n > high) return -1;
    *out = (int)n;
    return 0;
}

static int parse_procs(struct wc_options *o, const char *text) {
    char *copy = strdup(text), *save = NULL;
    o->procs_n = 0;
    for (char *w = strtok_r(copy, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
        if (o->procs_n == WC_LIST_MAX || number(w, 1, 256, &o->procs[o->procs_n++])) {
            free(copy);
            return -1;
        }
    }
    free(copy);
    return o->procs_n ? 0 : -1;
}

static int parse_guard(struct wc_options *o, const char *text) {
    static const char *const modes[] = {"advice", "mprotect", "none"};
    char *copy = strdup(text), *save = NULL;
    o->guard_n = 0;
    int bad = 0;
    for (char *w = strtok_r(copy, ",", &save); w && !bad; w = strtok_r(NULL, ",", &save)) {
        int found = 0;
        for (int i = 0; i < 3; i++)
            if ((strcmp(w, modes[i]) == 0 || strcmp(w, "all") == 0) && o->guard_n < WC_LIST_MAX) {
                o->guard[o->guard_n++] = modes[i];
                found = 1;
            }
        bad = !found;
    }
    free(copy);
    return bad || !o->guard_n ? -1 : 0;
}

static int parse_seeds(struct wc_options *o, const char *text) {
    char *end;
    o->sim = 1;
    o->sim_from = 1;
    o->sim_to = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0])) return -1;
    if (*end == '-' && isdigit((unsigned char)end[1])) {
        o->sim_from = o->sim_to;
        o->sim_to = strtoull(end + 1, &end, 10);
    }
    return *end || o->sim_from > o->sim_to ? -1 : 0;
}

static int good_regex(const char *text) {
    regex_t re;
    if (regcomp(&re, text, REG_EXTENDED | REG_NOSUB)) return 0;
    regfree(&re);
    return 1;
}

int wc_options_parse(struct wc_options *o, int argc, char **argv) {
    enum { LIST = 1, FILTER, REPEAT, PROCS, GUARD, JOBS, SEED, NO_GO, TWINS, SIM, FIRST, WRAP, TAP, JUNIT, MATRIX, VERBOSE, HELP };
    static const struct option longs[] = {
        {"list", no_argument, NULL, LIST},
        {"filter", required_argument, NULL, FILTER},
        {"repeat", required_argument, NULL, REPEAT},
        {"procs", required_argument, NULL, PROCS},
        {"guard", required_argument, NULL, GUARD},
        {"jobs", required_argument, NULL, JOBS},
        {"seed", required_argument, NULL, SEED},
        {"no-go", no_argument, NULL, NO_GO},
        {"twins", no_argument, NULL, TWINS},
        {"sim", required_argument, NULL, SIM},
        {"first", no_argument, NULL, FIRST},
        {"wrap", required_argument, NULL, WRAP},
        {"tap", no_argument, NULL, TAP},
        {"junit", required_argument, NULL, JUNIT},
        {"matrix", required_argument, NULL, MATRIX},
        {"verbose", no_argument, NULL, VERBOSE},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    *o = (struct wc_options){.go = 1, .repeat = 1, .jobs = cpus > 0 ? (int)cpus : 1, .guard = {NULL}, .guard_n = 1};
    o->seed = (uint64_t)time(NULL);
    parse_procs(o, "1,2,4,8");
    opterr = 0;
    for (int ch; (ch = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        char *end;
        switch (ch) {
        case LIST:
            o->list = 1;
            break;
        case FILTER:
            if (!good_regex(optarg)) return complain("not a regular expression", optarg);
            o->filter = optarg;
            break;
        case REPEAT:
            if (number(optarg, 1, 1000000, &o->repeat)) return complain("--repeat wants a number from 1", optarg);
            break;
        case PROCS:
            if (parse_procs(o, optarg)) return complain("--procs wants numbers from 1 to 256", optarg);
            break;
        case GUARD:
            if (parse_guard(o, optarg)) return complain("--guard wants advice, mprotect, none or all", optarg);
            break;
        case JOBS:
            if (number(optarg, 1, 256, &o->jobs)) return complain("--jobs wants a number from 1 to 256", optarg);
            break;
        case SEED:
            o->seed = strtoull(optarg, &end, 0);
            if (!*optarg || *end) return complain("--seed wants a number", optarg);
            break;
        case NO_GO:
            o->go = 0;
            break;
        case TWINS:
            o->twins = 1;
            break;
        case SIM:
            if (parse_seeds(o, optarg)) return complain("--sim wants a number of seeds from 1, or FIRST-LAST", optarg);
            break;
        case FIRST:
            o->sim_first = 1;
            break;
        case WRAP:
            o->wrap = optarg;
            break;
        case TAP:
            o->tap = 1;
            break;
        case JUNIT:
            o->junit = optarg;
            break;
        case MATRIX:
            o->matrix = optarg;
            break;
        case VERBOSE:
            o->verbose = 1;
            break;
        case HELP:
            fputs(wc_usage, stdout);
            exit(0);
        default:
            return complain("unknown option, or one without its value", argv[optind - 1]);
        }
    }
    if (o->twins && !o->go) return complain("--twins and --no-go leave nothing", NULL);
    if (o->twins && o->matrix) return complain("--twins leaves nothing for --matrix", NULL);
    if (o->sim_first && !o->sim) return complain("--first goes with --sim", NULL);
    if (optind < argc) return complain("nothing expected here", argv[optind]);
    return 0;
}
