/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preempt: how late one wakes up from 1 ms of sleep beside goroutines that never give way. WORKLOADS.md#preempt.
 */
#include "bench.h"
#include "histogram.h"

#include <stdlib.h>

#include "weft.h"

#define SPINNERS 8
#define SLEEPS   10 /* an iteration */
#define SLEEP_NS 1000000

static struct {
    weft_waitgroup done;
    int stop;
    uint64_t ended; /* one processor: no two at once */
} all;

static void spin(void *arg) {
    uint64_t x = (uint64_t)(intptr_t)arg;
    while (!__atomic_load_n(&all.stop, __ATOMIC_RELAXED)) x = bench_work(1000, x); /* no call to Weft */
    all.ended += x != 0;
}

static void beside_spinners(struct bench *b) {
    struct histogram *late = bench_alloc(1, sizeof *late);
    __atomic_store_n(&all.stop, 0, __ATOMIC_RELAXED);
    all.ended = 0;
    for (intptr_t i = 0; i < SPINNERS; i++) weft_waitgroup_go(&all.done, spin, (void *)(i + 1));
    weft_sleep(SLEEP_NS); /* now they spin */
    bench_start(b);
    for (uint64_t i = 0; i < b->n * SLEEPS; i++) {
        int64_t start = bench_now();
        weft_sleep(SLEEP_NS);
        histogram_add(late, bench_now() - start - SLEEP_NS);
    }
    bench_stop(b);
    __atomic_store_n(&all.stop, 1, __ATOMIC_RELAXED);
    weft_waitgroup_wait(&all.done);
    b->items = b->n * SLEEPS;
    bench_check(b, "spinners", all.ended, SPINNERS);
    bench_check(b, "sleeps", late->count, b->items);
    bench_count(b, late->sum);
    histogram_publish(b, "late", late);
    free(late);
}

const struct bench_def bench_weft_preempt[] = {
    {"preempt/weft/procs:1", beside_spinners, 1, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
