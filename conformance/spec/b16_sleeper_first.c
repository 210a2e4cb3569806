/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B16: while a timer can still make a goroutine runnable there is no deadlock.
 * Source:   runtime/proc.go:checkdead (timers).
 * Goal:     no early report while a goroutine sleeps, and the report once it has ended; also where main alone ever was, and slept.
 * Method:   a goroutine sleeps 50 ms, prints and ends; main receives from a channel nobody has. That the line is printed
 *           before the report is the proof; the process's time, not under 50 ms, is a second one.
 * Expected: stdout "slept\n"; deadlock; goroutine 1 [chan receive]; exit 2, not before 50 ms.
 */
#include "case.h"

static void sleeper(void *arg) {
    (void)arg;
    weft_sleep(50 * WC_MS);
    printf("slept\n");
}

static int body(void *arg) {
    (void)arg;
    weft_go(sleeper, NULL);
    weft_chan_recv(weft_chan_new(1, 0), NULL);
    return 9;
}

static int alone(void *arg) {
    (void)arg;
    weft_sleep(WC_MS);
    weft_sleep(WC_MS);
    return weft_select(NULL, 0);
}

WC_CASE(b16_alone, .item = "B16", .main = alone, .err = WC_DEADLOCK, .reason = "select (no cases)", .exit = 2, .min_ms = 2,
        .twin = "b16_alone");
WC_CASE(b16_sleeper_first, .item = "B16", .main = body, .out = "slept\n", .err = WC_DEADLOCK, .reason = "chan receive",
        .exit = 2, .min_ms = 50, .twin = "b16_sleeper_first");
