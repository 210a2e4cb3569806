/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B01: a select without cases blocks for ever; where nobody else can run, that is a deadlock.
 * Source:   Go spec, "Select statements"; runtime/select.go:block; runtime/proc.go:checkdead.
 * Goal:     the shortest deadlock is reported in Go's words, with its own wait reason.
 * Method:   weft_select with n = 0 in the main goroutine; the case array is never looked at.
 * Expected: no stdout; "fatal error: all goroutines are asleep - deadlock!"; goroutine 1 [select (no cases)]; exit 2.
 */
#include "case.h"

static int body(void *arg) {
    (void)arg;
    weft_select(NULL, 0);
    return 9; /* not reached */
}

WC_CASE(b01_select_empty, .item = "B01", .main = body, .err = WC_DEADLOCK, .reason = "select (no cases)", .exit = 2,
        .twin = "b01_select_empty");
