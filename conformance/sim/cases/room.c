/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goroutines' room is taken from by several Ms at once: large stacks, and the trace's rings.
 * Goal:   each has its own; a trace begins and ends while others look, steal and end.
 * Method: goroutines with stacks of their own size, spawned from several Ms; a trace that is started and stopped beside them.
 */
#include "meet.h"

enum { BIG = 512 << 10, SPAWNERS = 3, EACH = 2, SLOT = 65 * 4096 /* an ordinary stack of 256 KiB: an odd number of pages */ };
static weft_waitgroup wg;
static int ended;

static void big(void *arg) {
    char far[64 << 10];
    memset(far, (int)(intptr_t)arg, sizeof far);
    weft_yield();
    for (size_t i = 0; i < sizeof far; i += 4096) WC_EQ(far[i], (char)(intptr_t)arg);
    __atomic_fetch_add(&ended, 1, __ATOMIC_RELAXED);
    weft_waitgroup_done(&wg);
}
static void spawns(void *arg) {
    meet(SPAWNERS);
    for (intptr_t i = 0; i < EACH; i++)
        WC_EQ(weft_go_with(&(struct weft_go_options){.stack_size = BIG}, big, (void *)((intptr_t)arg + i)), 0);
    weft_waitgroup_done(&wg);
}
static int large(void *arg) {
    (void)arg;
    weft_waitgroup_add(&wg, SPAWNERS * (1 + EACH));
    for (intptr_t i = 0; i < SPAWNERS; i++) weft_go(spawns, (void *)(1 + i * EACH));
    weft_waitgroup_wait(&wg);
    WC_EQ(ended, SPAWNERS * EACH);
    uint64_t left = 1; /* beside slabs of ordinary stacks: each large one was counted once in and once out */
    for (int ms = 0; left && ms < 100; ms++) {
        struct weft_stats s = {.size = sizeof s};
        weft_sleep(WC_MS);
        weft_stats_read(&s);
        left = s.stack_bytes % SLOT;
    }
    WC_EQ(left, 0);
    return 0;
}
WC_CASE(sim_large_stacks, .item = "sim", .main = large, .no_twin = "white box");

static void yields(void *arg) {
    (void)arg;
    for (int i = 0; i < 4; i++) weft_yield();
    __atomic_fetch_add(&ended, 1, __ATOMIC_RELAXED);
}
static void spawns_some(void *arg) {
    (void)arg;
    for (int i = 0; i < 4; i++) weft_waitgroup_go(&wg, yields, NULL);
    for (int i = 0; i < 4; i++) weft_yield();
}
static int traced(void *arg) {
    (void)arg;
    for (int i = 0; i < 2; i++) weft_waitgroup_go(&wg, spawns_some, NULL);
    for (int i = 0; i < 6; i++) {
        WC_EQ(weft_trace_start("/dev/null"), 0);
        weft_yield();
        WC_EQ(weft_trace_stop(), 0);
    }
    weft_waitgroup_wait(&wg);
    WC_EQ(ended, 8);
    return 0;
}
WC_CASE(sim_trace, .item = "sim", .main = traced, .no_twin = "white box");
