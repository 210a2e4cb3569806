/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mutex: eight goroutines add to one number under one lock. WORKLOADS.md#mutex.
 */
#include "bench.h"

#include "weft.h"

#define TASKS 8

static weft_waitgroup done;
static weft_mutex lock;
static uint64_t counter;

static void add(uint64_t times) {
    for (uint64_t i = 0; i < times; i++) {
        weft_mutex_lock(&lock);
        counter++;
        weft_mutex_unlock(&lock);
    }
    weft_waitgroup_done(&done);
}
WEFT_GO_DEFINE(add, uint64_t)

static void locks(struct bench *b) {
    counter = 0;
    bench_start(b);
    weft_waitgroup_add(&done, TASKS);
    for (unsigned i = 0; i < TASKS; i++) go_add(bench_share(b->n, TASKS, i));
    weft_waitgroup_wait(&done);
    bench_stop(b);
    bench_check(b, "the number", counter, b->n);
}

const struct bench_def bench_weft_mutex[] = {
    {"mutex/weft/procs:1", locks, 1, BENCH_ANYWHERE, 0, NULL},
    {"mutex/weft/procs:2", locks, 2, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
