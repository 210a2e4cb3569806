/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timers: many goroutines that sleep, each once, up to 10 ms. WORKLOADS.md#timers.
 */
#include "timers.h"
#include "bench.h"

#include <stdlib.h>

#include "weft.h"

static struct {
    weft_waitgroup done;
    int64_t start;
    uint64_t *slots;
} all;

static void sleeper(void *p) {
    uint64_t *slot = p;
    int64_t ns = timers_ns((uint64_t)(slot - all.slots));
    weft_sleep(ns);
    *slot += weft_now() >= all.start + ns; /* nobody wakes early */
    weft_waitgroup_done(&all.done);
}

static void batch(long count) {
    all.start = weft_now();
    weft_waitgroup_add(&all.done, (int)count);
    for (long i = 0; i < count; i++) weft_go(sleeper, &all.slots[i]);
    weft_waitgroup_wait(&all.done);
}

static void sleepers(struct bench *b) {
    long count = b->def->arg;
    uint64_t sum = 0;
    all.slots = bench_alloc((size_t)count, sizeof *all.slots);
    batch(count);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) batch(count);
    bench_stop(b);
    for (long i = 0; i < count; i++) sum += all.slots[i];
    free(all.slots);
    b->items = b->n * (uint64_t)count;
    bench_count(b, b->cpu_ns);
    bench_extra(b, "batch_wall_ns", (double)b->wall_ns / (double)b->n);
    bench_check(b, "sleeps of full length", sum, (b->n + 1) * (uint64_t)count);
}

const struct bench_def bench_weft_timers[] = {
    {"timers/weft/procs:1", sleepers, 1, BENCH_ANYWHERE, 100000, NULL},
    {"timers/weft/procs:2", sleepers, 2, BENCH_ANYWHERE, 100000, NULL},
    {"timers/weft/procs:1/sleepers:1000", sleepers, 1, BENCH_ANYWHERE, 1000, NULL},
    {"timers/weft/procs:2/sleepers:1000", sleepers, 2, BENCH_ANYWHERE, 1000, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
