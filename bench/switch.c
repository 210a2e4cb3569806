/* SPDX-License-Identifier: Apache-2.0 */
/*
 * switch: from one task to the other and nothing else. WORKLOADS.md#switch. The raw switch is no public function; the
 * closest is weft_yield between two goroutines that do nothing else, so the run queue's two operations are in the figure.
 */
#include "bench.h"

#include "weft.h"

static weft_waitgroup done;
static uint64_t rounds;

static void yielder(void *left) {
    uint64_t i = rounds;
    for (; i > 0; i--) weft_yield();
    *(uint64_t *)left = i;
    weft_waitgroup_done(&done);
}

static uint64_t switches_so_far(void) {
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    return s.switches;
}

static void two_yield(struct bench *b) {
    uint64_t left[2] = {1, 1};
    rounds = b->n;
    uint64_t before = switches_so_far();
    bench_start(b);
    weft_waitgroup_add(&done, 2);
    weft_go(yielder, &left[0]);
    weft_go(yielder, &left[1]);
    weft_waitgroup_wait(&done);
    bench_stop(b);
    uint64_t switched = switches_so_far() - before;
    bench_check(b, "yields left", left[0] + left[1], 0);
    if (switched < 2 * (b->n - 1))
        bench_fail(b, "only %llu switches in %llu yields", (unsigned long long)switched,
                   (unsigned long long)(2 * b->n));
    b->items = 2 * b->n;
}

const struct bench_def bench_weft_switch[] = {
    {"switch/weft/procs:1", two_yield, 1, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
