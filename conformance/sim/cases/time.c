/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sleeps, timers, tickers, contexts, deadlines, in virtual time.
 * Goal:   nobody wakes before its time, a timer that is stopped in time does not fire, what fires fires once, a cancel
 *         reaches every child.
 * Method: sleepers of some microseconds beside goroutines that yield; after_func beside stop and reset; a tree of
 *         contexts cancelled from one side while others wait, free and make children.
 */
#include "meet.h"

static weft_waitgroup wg;
static int fired, cancelled;

static void sleeper(void *arg) {
    meet(3);
    int64_t ns = (int64_t)(intptr_t)arg, until = weft_now() + ns;
    weft_sleep(ns);
    WC_CHECK(weft_now() >= until);
    weft_yield();
}
static int sleeps(void *arg) {
    uint64_t r = wc_seed();
    (void)arg;
    for (int i = 0; i < 6; i++) weft_waitgroup_go(&wg, sleeper, (void *)(intptr_t)(wc_rand(&r) % 4 * 1000));
    weft_waitgroup_wait(&wg);
    return 0;
}
WC_CASE(sim_sleep, .item = "sim", .main = sleeps, .no_twin = "no output to compare");

static void fires(void *arg) {
    (void)arg;
    fired++;
}
static void stops(void *arg) {
    meet(3);
    weft_timer *t = weft_after_func((int64_t)(intptr_t)arg, fires, NULL);
    weft_yield();
    int stopped = weft_timer_stop(t);
    if (stopped) fired++;
    weft_timer_free(t);
}
static void ticks(void *arg) {
    weft_timer *t = arg ? weft_ticker_new(1000) : weft_timer_new(1000);
    WC_EQ(weft_chan_recv(weft_timer_chan(t), NULL), 1);
    weft_timer_reset(t, 2000);
    WC_EQ(weft_chan_recv(weft_timer_chan(t), NULL), 1);
    weft_timer_stop(t);
    weft_timer_free(t);
}
static int timers(void *arg) {
    (void)arg;
    for (intptr_t i = 0; i < 4; i++) weft_waitgroup_go(&wg, stops, (void *)(i * 1000));
    weft_waitgroup_go(&wg, ticks, NULL);
    weft_waitgroup_go(&wg, ticks, &fired);
    weft_waitgroup_wait(&wg);
    for (int64_t end = weft_now() + WC_SEC; fired < 4 && weft_now() < end;) weft_sleep(1000);
    WC_EQ(fired, 4);
    return 0;
}
WC_CASE(sim_timers, .item = "sim", .main = timers, .no_twin = "no output to compare");

static void child(void *arg) {
    meet(3);
    weft_context *c = (intptr_t)arg % 2 ? weft_context_with_deadline(arg, weft_now() + 4000) : weft_context_new(arg);
    weft_yield();
    WC_EQ(weft_chan_recv(weft_context_done(c), NULL), 0);
    WC_CHECK(weft_context_err(c) != 0);
    cancelled++;
    weft_context_free(c);
}
static void cancels(void *arg) {
    meet(3);
    weft_context_cancel(arg);
}
static int contexts(void *arg) {
    weft_context *root = weft_context_new(NULL), *mid = weft_context_with_deadline(root, weft_now() + 3000);
    (void)arg;
    for (int i = 0; i < 3; i++) weft_waitgroup_go(&wg, child, i == 2 ? root : mid);
    weft_waitgroup_go(&wg, cancels, root);
    weft_waitgroup_wait(&wg);
    WC_EQ(cancelled, 3);
    weft_context_free(mid);
    weft_context_free(root);
    return 0;
}
WC_CASE(sim_context, .item = "sim", .main = contexts, .no_twin = "no output to compare");
