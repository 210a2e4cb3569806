/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main program of a peer in C or C++: --about, --list, --filter, --min-time, --repetitions; a JSON line for each repetition. line.h.
 * Texts in it are the peer's own and plain: nothing is escaped.
 */
#include "line.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define MOST_ITERATIONS 1000000000

struct options {
    regex_t filter;
    double min_time;
    long repetitions;
    int list;
};

static void usage(void) {
    fprintf(stderr, "%s: bad arguments: --about, --list, --filter RE, --min-time SECONDS, --repetitions N\n",
            program_invocation_short_name);
    exit(2);
}

/* n grows as Google Benchmark's does, until a call takes min_time: by what the last one foretells, and at most tenfold. */
static void measure(struct bench *b, const struct bench_def *def, uint64_t least, double min_time) {
    for (uint64_t n = least;;) {
        bench_call(b, def, n, least);
        double seconds = (double)b->wall_ns * 1e-9;
        if (b->error[0] || seconds >= min_time || n >= MOST_ITERATIONS) return;
        double factor = min_time * 1.4 / (seconds > 1e-9 ? seconds : 1e-9);
        uint64_t next = (uint64_t)((double)n * (factor < 10 ? factor : 10));
        n = next > n ? next : n + 1;
    }
}

static void print_figures(const struct bench *b) {
    double counted = (double)(b->counted_ns > 0 ? b->counted_ns : b->wall_ns);
    printf("\"real_time_ns\":%.17g,\"cpu_time_ns\":%.17g,\"items_per_second\":%.17g,\"counters\":{\"voluntary_per_op\":"
           "%.17g,"
           "\"involuntary_per_op\":%.17g",
           counted / b->done, (double)b->cpu_ns / b->done, b->done / counted * 1e9, (double)b->voluntary / b->done,
           (double)b->involuntary / b->done);
    for (int i = 0; i < b->extras; i++) printf(",\"%s\":%.17g", b->extra[i].name, b->extra[i].value);
    printf("},");
}

static int run(const struct bench_def *def, uint64_t least, const struct options *o) {
    int failed = 0;
    for (long r = 0; r < o->repetitions; r++) {
        struct bench b;
        measure(&b, def, least, o->min_time);
        printf("{\"name\":\"%s\",\"repetition\":%ld,\"iterations\":%llu,", def->name, r, (unsigned long long)b.n);
        if (b.error[0])
            printf("\"error\":\"%s\",", b.error);
        else
            print_figures(&b);
        printf("\"checksum_ok\":%s}\n", b.error[0] ? "false" : "true");
        fflush(stdout); /* a crash in the next one takes nothing with it */
        failed |= b.error[0] != 0;
    }
    return failed;
}

static void parse(int argc, char **argv, struct options *o) {
    const char *filter = ".";
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(argv[i], "--about")) {
            printf("{\"version\":\"%s\",\"workers\":\"%s\",\"stack\":\"%s\",\"allocator\":\"%s\"}\n",
                   line_about.version, line_about.workers, line_about.stack, line_about.allocator);
            exit(0);
        } else if (!strcmp(argv[i], "--list")) {
            o->list = 1;
            continue;
        } else if (!value)
            usage();
        else if (!strcmp(argv[i], "--filter"))
            filter = value;
        else if (!strcmp(argv[i], "--min-time"))
            o->min_time = strtod(value, NULL);
        else if (!strcmp(argv[i], "--repetitions"))
            o->repetitions = strtol(value, NULL, 10);
        else
            usage();
        i++;
    }
    if (!(o->min_time >= 0 && o->min_time < 1e6) || o->repetitions < 1 ||
        regcomp(&o->filter, filter, REG_EXTENDED | REG_NOSUB))
        usage();
}

int main(int argc, char **argv) {
    struct options o = {.min_time = 0.5, .repetitions = 1};
    int failed = 0;
    parse(argc, argv, &o);
    for (const struct bench_table *table = bench_suite; table->defs; table++)
        for (const struct bench_def *def = table->defs; def->name; def++) {
            if (regexec(&o.filter, def->name, 0, NULL, 0)) continue;
            if (o.list)
                puts(def->name);
            else
                failed |= run(def, table->least, &o);
        }
    fflush(stdout);
    _exit(failed); /* without destructors: a runtime's threads may still be about */
}
