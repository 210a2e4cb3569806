/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B22: a timer that was stopped can wake nobody, so it holds off no deadlock.
 * Source:   runtime/proc.go:checkdead (timers); time.Timer.Stop.
 * Goal:     the report comes with nothing but stopped timers about: a function's, a channel's that a goroutine receives from, one
 *           stopped by another goroutine than the one that made it.
 * Method:   timers of an hour, stopped; main blocks. Stop's result is printed.
 * Expected: stdout "true\n"; deadlock; goroutine 1 [select (no cases)] or [chan receive]; exit 2.
 */
#include "case.h"

static void print(void *arg) { printf("%s\n", (const char *)arg); }
static void say(int pending) { printf(pending ? "true\n" : "false\n"); }

static int function(void *arg) {
    (void)arg;
    weft_timer *t = weft_after_func(3600 * WC_SEC, print, "fired");
    say(weft_timer_stop(t));
    return weft_select(NULL, 0);
}

static int channel(void *arg) {
    (void)arg;
    weft_timer *t = weft_timer_new(3600 * WC_SEC);
    say(weft_timer_stop(t));
    return weft_chan_recv(weft_timer_chan(t), NULL);
}

static void stop_when_awaited(void *arg) {
    wc_await(1, "chan receive");
    say(weft_timer_stop(arg));
}

static int by_another(void *arg) {
    (void)arg;
    weft_timer *t = weft_timer_new(3600 * WC_SEC);
    weft_go(stop_when_awaited, t);
    return weft_chan_recv(weft_timer_chan(t), NULL);
}

WC_CASE(b22_stopped_timer, .item = "B22", .main = function, .out = "true\n", .err = WC_DEADLOCK, .reason = "select (no cases)",
        .exit = 2, .twin = "b22_stopped_timer",
        .go_misses = "a stopped timer stays in its P's heap, and checkdead looks no further");
WC_CASE(b22_stopped_awaited, .item = "B22", .main = channel, .out = "true\n", .err = WC_DEADLOCK, .reason = "chan receive",
        .exit = 2, .twin = "b22_stopped_awaited", .go_since = 23);
WC_CASE(b22_stopped_by_another, .item = "B22", .main = by_another, .out = "true\n", .err = WC_DEADLOCK, .reason = "chan receive",
        .exit = 2, .no_twin = "Go cannot ask whether a goroutine waits");
