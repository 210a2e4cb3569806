/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B49: starting a nil function is fatal where it is started.
 * Source:   Go spec, "Go statements"; runtime/proc.go:newproc1.
 * Goal:     the error names the go statement, not a jump to address 0 later.
 * Method:   weft_go(NULL).
 * Expected: "fatal error: go of nil func value"; goroutine 1 [running]; exit 2.
 */
#include "case.h"

static int body(void *arg) {
    weft_go(NULL, arg);
    return 9;
}

WC_CASE(b49_go_nil, .item = "B49", .main = body, .err = "fatal error: go of nil func value", .reason = "running",
        .exit = 2, .twin = "b49_go_nil");
