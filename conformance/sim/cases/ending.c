/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Beginnings and ends of runs, deadlock, calls and locked threads.
 * Goal:   a run ends when main returns or somebody exits, whatever the others are in, and another one can follow; a
 *         deadlock is reported, and no other state is one; goroutines in calls and on threads of their own lose neither
 *         their P nor their turn.
 * Method: as the names say. A run that does not end is stuck, or out of steps.
 */
#include "meet.h"

static weft_waitgroup wg;
static weft_chan *c;
static int turns;

static void yields(void *arg) {
    (void)arg;
    for (;;) weft_yield();
}
static void waits(void *arg) {
    (void)arg;
    weft_chan_recv(c, NULL);
}
static void sleeps(void *arg) {
    (void)arg;
    weft_sleep(WC_SEC);
}
static void exits(void *arg) {
    (void)arg;
    weft_exit(7);
}
static int busy(void *arg) {
    c = weft_chan_new(0, 0);
    for (int i = 0; i < 3; i++) {
        weft_go(i == 0 ? yields : i == 1 ? waits : sleeps, NULL);
    }
    if (arg) weft_go(exits, NULL);
    for (int i = 0; i < 3; i++) weft_yield();
    if (arg) weft_chan_recv(c, NULL);
    return 3;
}
static int runs(void) {
    for (int i = 0; i < 2; i++) {
        int rc = weft_run(busy, NULL);
        if (rc != 3) return printf("%d\n", rc), 1;
        weft_chan_free(c);
        rc = weft_run(busy, &wg);
        if (rc != 7) return printf("%d\n", rc), 1;
        weft_chan_free(c);
    }
    return 0;
}
WC_CASE(sim_runs, .item = "sim", .proc = runs, .no_twin = "no output to compare");

static int deadlock(void *arg) {
    (void)arg;
    c = weft_chan_new(0, 0);
    for (int i = 0; i < 3; i++) weft_go(waits, NULL);
    weft_chan_recv(c, NULL);
    return 0;
}
WC_CASE(sim_deadlock, .item = "sim", .main = deadlock, .err = WC_DEADLOCK, .reason = "chan receive", .exit = 2,
        .no_twin = "b04 has it");

static void calls(void *arg) {
    (void)arg;
    meet(3);
    for (int i = 0; i < 3; i++) {
        int64_t until = weft_now() + 30000; /* sysmon takes the P from a call of 20 us, if something waits for it */
        weft_syscall_enter();
        while (weft_now() < until) {}
        weft_syscall_exit();
        weft_yield();
    }
    turns++;
}
static intptr_t long_call(void *arg) {
    for (int64_t until = weft_now() + 20000; weft_now() < until;) {}
    return (intptr_t)arg + 1;
}
static void hands_over(void *arg) {
    meet(3);
    WC_EQ(weft_blocking(long_call, arg), (intptr_t)arg + 1);
    turns++;
}
static int in_calls(void *arg) {
    (void)arg;
    for (intptr_t i = 0; i < 4; i++) {
        weft_waitgroup_go(&wg, calls, NULL);
        weft_waitgroup_go(&wg, hands_over, (void *)i);
    }
    weft_waitgroup_wait(&wg);
    WC_EQ(turns, 8);
    return 0;
}
WC_CASE(sim_calls, .item = "sim", .main = in_calls, .no_twin = "no output to compare");

static weft_chan *to[2];
static void locked(void *arg) {
    int me = (int)(intptr_t)arg;
    weft_lock_thread();
    for (int i = 0; i < 3; i++) {
        WC_EQ(weft_chan_recv(to[me], NULL), 1);
        turns++;
        weft_chan_send(to[!me], NULL);
    }
    if (me == 0) weft_unlock_thread(); /* the other ends its thread */
}
static int bound(void *arg) {
    (void)arg;
    to[0] = weft_chan_new(0, 1); /* room for the last of the six */
    to[1] = weft_chan_new(0, 0);
    for (intptr_t i = 0; i < 2; i++) weft_waitgroup_go(&wg, locked, (void *)i);
    weft_chan_send(to[0], NULL);
    weft_waitgroup_wait(&wg);
    WC_EQ(turns, 6);
    weft_chan_free(to[0]);
    weft_chan_free(to[1]);
    return 0;
}
WC_CASE(sim_bound, .item = "sim", .main = bound, .no_twin = "no output to compare");
