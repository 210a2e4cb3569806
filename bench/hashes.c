/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hashes: the course's second program: two goroutines hash the numbers from 1 and print a line each. WORKLOADS.md#hashes.
 */
#include "bench.h"
#include "hashes_lines.h"

#include <stdlib.h>

#include "weft.h"

static weft_waitgroup done;

static void print_hashes(struct hashes_sink *s, char prefix) {
    for (unsigned i = 1; i <= HASHES_LAST; i++) hashes_line(s, prefix, i);
    weft_waitgroup_done(&done);
}
typedef struct hashes_sink *sink;
WEFT_GO_DEFINE(print_hashes, sink, char)

static void programs(struct bench *b) {
    struct hashes_sink *sinks = bench_alloc(2, sizeof *sinks);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        weft_waitgroup_add(&done, 2);
        go_print_hashes(&sinks[0], 'A');
        go_print_hashes(&sinks[1], 'B');
        weft_waitgroup_wait(&done);
    }
    bench_stop(b);
    for (int i = 0; i < 2; i++) {
        bench_check(b, "the digests' sum", sinks[i].sum, b->n * HASHES_SUM);
        bench_check(b, "bytes", sinks[i].bytes, b->n * HASHES_LAST * HASHES_LINE);
    }
    free(sinks);
    b->items = b->n * 2 * HASHES_LAST;
}

const struct bench_def bench_weft_hashes[] = {
    {"hashes/weft/procs:1", programs, 1, BENCH_ANYWHERE, 0, NULL},
    {"hashes/weft/procs:2", programs, 2, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
