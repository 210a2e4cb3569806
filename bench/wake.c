/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wake: from making a parked goroutine runnable until it runs, while its waker computes on and the other processor is idle.
 * WORKLOADS.md#wake.
 */
#include "bench.h"
#include "histogram.h"

#include <stdlib.h>

#include "weft.h"

#define WAKES   20 /* an iteration */
#define WORK_NS 200000
#define MAX     4

WEFT_CHAN_DEFINE(times, int64_t)

struct sleeper {
    times from;
    weft_waitgroup *done;
    struct histogram h;
    uint64_t seen; /* atomic: the waker watches it */
};

static void sleeper(void *arg) {
    struct sleeper *s = arg;
    for (int64_t sent; times_recv(s->from, &sent);) {
        histogram_add(&s->h, bench_now() - sent);
        __atomic_store_n(&s->seen, s->h.count, __ATOMIC_RELEASE);
    }
    weft_waitgroup_done(s->done);
}

static void wakes(struct bench *b) {
    unsigned count = (unsigned)b->def->arg;
    uint64_t steps = bench_work_steps(WORK_NS), x = 1;
    weft_waitgroup done = {0};
    struct sleeper *sleepers = bench_alloc(MAX, sizeof *sleepers);
    weft_waitgroup_add(&done, (int)count);
    for (unsigned i = 0; i < count; i++) {
        sleepers[i].from = times_new(1);
        sleepers[i].done = &done;
        weft_go(sleeper, &sleepers[i]);
    }
    bench_start(b);
    for (uint64_t n = 1; n <= b->n * WAKES; n++) {
        x = bench_work(steps, x); /* they park, and the other processor goes idle */
        for (unsigned i = 0; i < count; i++) times_send(sleepers[i].from, bench_now());
        for (unsigned i = 0; i < count; i++)
            while (__atomic_load_n(&sleepers[i].seen, __ATOMIC_ACQUIRE) < n) x = bench_work(10, x);
    }
    bench_stop(b);
    for (unsigned i = 0; i < count; i++) times_close(sleepers[i].from);
    weft_waitgroup_wait(&done);
    for (unsigned i = 0; i < count; i++) {
        times_free(sleepers[i].from);
        if (i) histogram_merge(&sleepers[0].h, &sleepers[i].h);
    }
    b->items = b->n * WAKES * count;
    bench_check(b, "wakes", sleepers[0].h.count + (x == 0), b->items);
    bench_count(b, sleepers[0].h.sum);
    histogram_publish(b, "wake", &sleepers[0].h);
    free(sleepers);
}

const struct bench_def bench_weft_wake[] = {
    {"wake/weft/procs:2", wakes, 2, BENCH_ANYWHERE, 1, NULL},
    {"wake/weft/procs:2/tasks:4", wakes, 2, BENCH_ANYWHERE, 4, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
