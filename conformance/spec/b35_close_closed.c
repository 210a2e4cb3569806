/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B35: closing a closed channel panics.
 * Source:   Go spec, "Close"; runtime/chan.go:closechan.
 * Goal:     as B34.
 * Method:   close twice in main.
 * Expected: "panic: close of closed channel"; goroutine 1 [running]; exit 2.
 */
#include "case.h"

static int body(void *arg) {
    (void)arg;
    weft_chan *c = weft_chan_new(sizeof(int), 0);
    weft_chan_close(c);
    weft_chan_close(c);
    return 9;
}

WC_CASE(b35_close_closed, .item = "B35", .main = body, .err = "panic: close of closed channel", .reason = "running",
        .exit = 2, .twin = "b35_close_closed");
