/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B48: a timer that was never made cannot be stopped or reset.
 * Source:   time/sleep.go:Timer.Stop, Timer.Reset.
 * Goal:     Go's words for what in C is NULL.
 * Method:   weft_timer_reset(NULL, 1); weft_timer_stop(NULL).
 * Expected: "panic: time: Reset called on uninitialized Timer", "panic: time: Stop …"; goroutine 1 [running]; exit 2.
 */
#include "case.h"

static int reset(void *arg) {
    (void)arg;
    weft_timer_reset(NULL, 1);
    return 9;
}

static int stop(void *arg) {
    (void)arg;
    weft_timer_stop(NULL);
    return 9;
}

WC_CASE(b48_timer_reset, .item = "B48", .main = reset, .err = "panic: time: Reset called on uninitialized Timer",
        .reason = "running", .exit = 2, .twin = "b48_timer_reset");
WC_CASE(b48_timer_stop, .item = "B48", .main = stop, .err = "panic: time: Stop called on uninitialized Timer",
        .reason = "running", .exit = 2, .twin = "b48_timer_stop");
