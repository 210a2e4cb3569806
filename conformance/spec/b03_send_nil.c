/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B03: a send to a nil channel blocks for ever.
 * Source:   Go spec, "Send statements"; runtime/chan.go:chansend.
 * Goal:     as B02, the other direction.
 * Method:   send to NULL in the main goroutine.
 * Expected: no stdout; deadlock; goroutine 1 [chan send (nil chan)]; exit 2.
 */
#include "case.h"

static int body(void *arg) {
    (void)arg;
    int v = 1;
    weft_chan_send(NULL, &v);
    return 9;
}

WC_CASE(b03_send_nil, .item = "B03", .main = body, .err = WC_DEADLOCK, .reason = "chan send (nil chan)", .exit = 2,
        .twin = "b03_send_nil");
