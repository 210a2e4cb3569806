/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hashes with pthreads: a thread for A and one for B. bench/WORKLOADS.md#hashes.
 */
#include <pthread.h>
#include <stdlib.h>

#include "bench.h"
#include "hashes_lines.h"
#include "task.h"

struct printer {
    pthread_t thread;
    char prefix;
    struct hashes_sink sink;
};

static void *print_hashes(void *arg) {
    struct printer *p = arg;
    for (unsigned i = 1; i <= HASHES_LAST; i++) hashes_line(&p->sink, p->prefix, i);
    return NULL;
}

static void programs(struct bench *b) {
    struct printer *two = bench_alloc(2, sizeof *two);
    two[0].prefix = 'A';
    two[1].prefix = 'B';
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        for (unsigned k = 0; k < 2; k++)
            if (!task_start(b, &two[k].thread, k, print_hashes, &two[k])) exit(1);
        for (unsigned k = 0; k < 2; k++) pthread_join(two[k].thread, NULL);
    }
    bench_stop(b);
    for (unsigned k = 0; k < 2; k++) {
        bench_check(b, "the digests' sum", two[k].sink.sum, b->n * HASHES_SUM);
        bench_check(b, "bytes", two[k].sink.bytes, b->n * HASHES_LAST * HASHES_LINE);
    }
    free(two);
    b->items = b->n * 2 * HASHES_LAST;
}

const struct bench_def bench_pthread_hashes[] = {
    {"hashes/pthread/two_threads/same_core", programs, 0, BENCH_SAME_CORE, 0, NULL},
    {"hashes/pthread/two_threads/cross_core", programs, 0, BENCH_CROSS_CORE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
