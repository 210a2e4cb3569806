/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B34: closing a nil channel panics.
 * Source:   Go spec, "Close"; runtime/chan.go:closechan.
 * Goal:     the text, the panicking goroutine's header and the status of a plain panic.
 * Method:   close NULL in main.
 * Expected: "panic: close of nil channel"; goroutine 1 [running]; exit 2.
 */
#include "case.h"

static int body(void *arg) {
    (void)arg;
    weft_chan_close(NULL);
    return 9;
}

WC_CASE(b34_close_nil, .item = "B34", .main = body, .err = "panic: close of nil channel", .reason = "running",
        .exit = 2, .twin = "b34_close_nil");
