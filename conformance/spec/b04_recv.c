/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B04: a receive that no sender can ever meet is a deadlock.
 * Source:   Go spec, "Receive operator"; runtime/chan.go:chanrecv.
 * Goal:     the report for a waiter in a channel's queue.
 * Method:   receive from an empty unbuffered channel, alone.
 * Expected: no stdout; deadlock; goroutine 1 [chan receive]; exit 2.
 */
#include "case.h"

static int body(void *arg) {
    (void)arg;
    int v;
    weft_chan_recv(weft_chan_new(sizeof v, 0), &v);
    return 9;
}

WC_CASE(b04_recv, .item = "B04", .main = body, .err = WC_DEADLOCK, .reason = "chan receive", .exit = 2,
        .twin = "b04_recv");
