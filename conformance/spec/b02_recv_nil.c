/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B02: a receive from a nil channel blocks for ever.
 * Source:   Go spec, "Receive operator"; runtime/chan.go:chanrecv.
 * Goal:     NULL is a channel on which nothing ever happens, told apart in the wait reason.
 * Method:   receive from NULL in the main goroutine.
 * Expected: no stdout; deadlock; goroutine 1 [chan receive (nil chan)]; exit 2.
 */
#include "case.h"

static int body(void *arg) {
    (void)arg;
    int v;
    weft_chan_recv(NULL, &v);
    return 9;
}

WC_CASE(b02_recv_nil, .item = "B02", .main = body, .err = WC_DEADLOCK, .reason = "chan receive (nil chan)", .exit = 2,
        .twin = "b02_recv_nil");
