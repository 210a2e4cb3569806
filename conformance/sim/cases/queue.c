/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run queues: rings of 4 that overflow, are stolen from and taken over, park and ready between Ps.
 * Goal:   every goroutine that is made or woken runs once for it; nothing is lost, nothing runs twice, nobody sleeps
 *         beside work.
 * Method: a tree whose 16 leaves yield; a crowd woken by one close; a crowd that yields into full rings; pairs that
 *         wake each other; the number of Ps changed in the midst. A goroutine that is lost is a deadlock, which the
 *         runtime reports; an M that is, the simulator.
 */
#include "meet.h"

enum { LEAVES = 16, CROWD = 9, ROUNDS = 4 };
static weft_waitgroup wg;
static weft_chan *c;
static int ran[64], inside[64];

/* Undivided but at the yields: two at a time would be one that runs twice. */
static void live(int me, int yields) {
    for (int i = 0; i < yields; i++) {
        WC_EQ(inside[me]++, 0);
        WC_EQ(--inside[me], 0);
        weft_yield();
    }
    ran[me]++;
}

struct tree {
    int at, n;
};
static void grow(void *arg) {
    struct tree t = *(struct tree *)arg;
    if (t.n == 1) {
        meet(3);
        live(t.at, 1 + t.at % 3);
        weft_waitgroup_done(&wg);
        return;
    }
    struct tree low = {t.at, t.n / 2}, high = {t.at + t.n / 2, t.n / 2};
    weft_go_copy_(grow, &low, sizeof low);
    weft_go_copy_(grow, &high, sizeof high);
}
static void each_once(int n) {
    for (int i = 0; i < n; i++) WC_CHECKF(ran[i] == 1, "%d ran %d times", i, ran[i]);
}
static int tree(void *arg) {
    struct tree t = {0, LEAVES};
    (void)arg;
    weft_waitgroup_add(&wg, LEAVES);
    weft_go_copy_(grow, &t, sizeof t);
    weft_waitgroup_wait(&wg);
    each_once(LEAVES);
    return 0;
}
WC_CASE(sim_queue_tree, .item = "sim", .main = tree, .no_twin = "no output to compare");

static void woken(void *arg) {
    WC_EQ(weft_chan_recv(c, NULL), 0);
    meet(3);
    live((int)(intptr_t)arg, 2);
}
static int crowd(void *arg) {
    (void)arg;
    c = weft_chan_new(0, 0);
    for (intptr_t i = 0; i < CROWD; i++) weft_waitgroup_go(&wg, woken, (void *)i);
    for (int i = 0; i < 3; i++) weft_yield();
    weft_chan_close(c);
    weft_waitgroup_wait(&wg);
    each_once(CROWD);
    weft_chan_free(c);
    return 0;
}
WC_CASE(sim_queue_crowd, .item = "sim", .main = crowd, .no_twin = "no output to compare");

/* Wake and park: each token is one wake of one sleeper, and the semaphore counts to zero. */
static weft_sema ping[2], pong[2];
static void there(void *arg) {
    int i = (int)(intptr_t)arg;
    meet(3);
    for (int k = 0; k < ROUNDS; k++) {
        weft_sema_acquire(&ping[i]);
        live(i, 0);
        weft_sema_release(&pong[i], 1);
    }
}
static void back(void *arg) {
    int i = (int)(intptr_t)arg;
    meet(3);
    for (int k = 0; k < ROUNDS; k++) {
        weft_sema_release(&ping[i], 1);
        weft_sema_acquire(&pong[i]);
        WC_EQ(ran[i], k + 1);
    }
}
static int wakes(void *arg) {
    (void)arg;
    for (intptr_t i = 0; i < 2; i++) {
        weft_waitgroup_go(&wg, there, (void *)i);
        weft_waitgroup_go(&wg, back, (void *)i);
    }
    weft_waitgroup_wait(&wg);
    WC_EQ(weft_sema_try_acquire(&ping[0]) + weft_sema_try_acquire(&pong[1]), 0);
    return 0;
}
WC_CASE(sim_queue_wakes, .item = "sim", .main = wakes, .no_twin = "no output to compare");

/* More than the rings hold, all yielding: one that yields meets a full ring most of the time. */
static void keeps_yielding(void *arg) {
    meet(2);
    live((int)(intptr_t)arg, 6);
}
static int full(void *arg) {
    (void)arg;
    for (intptr_t i = 0; i < LEAVES; i++) weft_waitgroup_go(&wg, keeps_yielding, (void *)i);
    weft_waitgroup_wait(&wg);
    each_once(LEAVES);
    return 0;
}
WC_CASE(sim_queue_full, .item = "sim", .main = full, .no_twin = "no output to compare");

static void lives(void *arg) { live((int)(intptr_t)arg, 3); }
static int procs(void *arg) {
    uint64_t r = wc_seed();
    (void)arg;
    for (intptr_t i = 0; i < CROWD; i++) {
        weft_waitgroup_go(&wg, lives, (void *)i);
        if (i % 3 == 2) weft_procs(1 + (int)(wc_rand(&r) % 4));
    }
    weft_waitgroup_wait(&wg);
    each_once(CROWD);
    return 0;
}
WC_CASE(sim_queue_procs, .item = "sim", .main = procs, .no_twin = "no output to compare");
