/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --matrix: who passes what. A row for each item, Markdown: Weft, the Go twins, pthreads. A cell sums up the item's cases at all processor
 * counts: passed; fails, with a reason; differs, where this Go is older than the one that is meant; n/a, with the reason. Computed
 * from the jobs alone.
 */
#include <sys/utsname.h>
#include <time.h>

#include "harness.h"

struct tally {
    int passed, failed, differs, absent; /* cases */
    const char *name, *why, *no;         /* of the first that is not passed; why the first is not applicable */
};

enum who { WEFT, GO, PTHREAD, WHO };

static const char *verdict_of(const struct wc_job *j, enum who who, const char **why) {
    const struct wc_case *c = j->c;
    *why = who == WEFT ? j->why : who == GO ? j->go_why : j->pthread_why;
    if (who == WEFT) return j->weft ? j->weft : "n/a";
    if (who == PTHREAD) return j->pthread;
    if (!c->twin) *why = c->no_twin;
    if (c->twin && !j->go) *why = "the twin was not asked";
    return j->go ? j->go : "n/a";
}

/* The worst of a case's jobs: 3 failed, 2 differs, 1 passed, 0 not applicable; -1: no job says. */
static int worst(const struct wc_job *jobs, size_t n, const struct wc_case *c, enum who who, const char **why) {
    int rank = -1;
    for (size_t i = 0; i < n; i++) {
        const char *reason, *v = jobs[i].c == c ? verdict_of(&jobs[i], who, &reason) : NULL;
        int r = !v                          ? -1
                : strcmp(v, "failed") == 0  ? 3
                : strcmp(v, "differs") == 0 ? 2
                : strcmp(v, "passed") == 0  ? 1
                                            : 0;
        if (r > rank) {
            rank = r;
            *why = reason;
        }
    }
    return rank;
}

static void count(struct tally *t, const struct wc_case *c, int rank, const char *why) {
    t->passed += rank == 1;
    t->failed += rank == 3;
    t->differs += rank == 2;
    t->absent += rank == 0;
    if (rank == 0 && !t->no) t->no = why;
    if (rank >= 2 && (!t->why || (rank == 3 && t->failed == 1))) {
        t->name = c->name;
        t->why = why;
    }
}

/* In one line, short, and no end of the cell. */
static void put(FILE *f, const char *s) {
    enum { MOST = 150 };
    int n = 0;
    for (; s[n] && n < MOST; n++) {
        if (s[n] == '\n')
            fputs("\\n", f);
        else
            fprintf(f, s[n] == '|' ? "\\%c" : "%c", s[n]);
    }
    if (s[n]) fputs(" …", f);
}

static void cell(FILE *f, const struct tally *t) {
    int all = t->passed + t->failed + t->differs + t->absent;
    const char *word = t->failed ? "fails" : t->differs ? "differs" : t->passed ? "passed" : "n/a";
    int same = t->failed ? t->failed : t->differs ? t->differs : t->passed ? t->passed : t->absent;
    fprintf(f, " %s", word);
    if (same < all) fprintf(f, " %d of %d", same, all);
    if (t->failed || t->differs) {
        fputs(": ", f);
        if (all > 1) fprintf(f, "%s: ", t->name);
        put(f, t->why);
    } else if (t->absent) {
        fputs(t->passed ? "; the rest n/a: " : ": ", f);
        put(f, t->no);
    }
    fputs(" |", f);
}

static int has(const struct wc_job *jobs, size_t n, const char *item) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(jobs[i].c->item, item) == 0) return 1;
    return 0;
}

static void row(FILE *f, const struct wc_job *jobs, size_t n, const char *item, const char *title, int sums[WHO][4]) {
    size_t cases_n;
    const struct wc_case *const *cases = wc_cases(&cases_n);
    struct tally t[WHO] = {{0}};
    for (size_t k = 0; k < cases_n; k++) {
        if (strcmp(cases[k]->item, item) != 0) continue;
        if (!title) title = cases[k]->name; /* a seed's program */
        for (int who = 0; who < WHO; who++) {
            const char *why = NULL;
            int rank = worst(jobs, n, cases[k], (enum who)who, &why);
            count(&t[who], cases[k], rank, why);
        }
    }
    fprintf(f, "| %s | %s |", item, title);
    for (int who = 0; who < WHO; who++) {
        cell(f, &t[who]);
        sums[who][t[who].failed ? 1 : t[who].differs ? 2 : t[who].passed ? 0 : 3]++;
    }
    fputs("\n", f);
}

static void rows(FILE *f, const struct wc_job *jobs, size_t n, int sums[WHO][4]) {
    char item[16];
    for (int i = 1; i <= WC_ITEMS; i++) {
        snprintf(item, sizeof item, "B%02d", i);
        if (has(jobs, n, item)) row(f, jobs, n, item, wc_items[i], sums);
    }
    for (int i = 1; i < 1000; i++) {
        snprintf(item, sizeof item, "L%03d", i);
        if (has(jobs, n, item)) row(f, jobs, n, item, NULL, sums);
    }
}

static void head(FILE *f) {
    char day[32] = "";
    time_t now = time(NULL);
    struct utsname system = {.sysname = ""};
    uname(&system);
    strftime(day, sizeof day, "%Y-%m-%d", gmtime(&now));
    fprintf(
        f,
        "# Who passes what\n\nThe conformance battery over Weft %s, Go and POSIX threads; %s, %s %s, %s, %ld CPUs.\n",
        weft_version(), day, system.sysname, system.release, system.machine, sysconf(_SC_NPROCESSORS_ONLN));
    fputs("Written by `weft_conformance --matrix`: passed; fails, with a reason; differs, where this Go is "
          "older than\n"
          "the one that is meant; n/a, with the reason. The same bodies run over Weft and pthreads, their twins in "
          "Go.\n\n",
          f);
}

int wc_matrix_write(const struct wc_options *o, const struct wc_job *jobs, size_t n) {
    FILE *f = strcmp(o->matrix, "-") == 0 ? stdout : fopen(o->matrix, "w");
    int sums[WHO][4] = {{0}};
    if (!f) return -1;
    head(f);
    fprintf(f, "| item | what | Weft | %s | pthread |\n|---|---|---|---|---|\n",
            wc_twin_version() ? wc_twin_name() : "Go");
    rows(f, jobs, n, sums);
    fputs("| | **passed, fails, differs, n/a** |", f);
    for (int who = 0; who < WHO; who++)
        fprintf(f, " %d, %d, %d, %d |", sums[who][0], sums[who][1], sums[who][2], sums[who][3]);
    fputs("\n", f);
    return f == stdout ? fflush(f) : fclose(f);
}
