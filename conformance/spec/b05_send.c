/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B05: a send that no receiver can ever meet is a deadlock, into a full buffer too.
 * Source:   Go spec, "Send statements"; runtime/chan.go:chansend.
 * Goal:     the report for a sender in a channel's queue.
 * Method:   send into an unbuffered channel, alone; and a third send into a capacity of two, where stderr's first line
 *           proves that the first two went through.
 * Expected: no stdout; deadlock (the second: "0" first); goroutine 1 [chan send]; exit 2.
 */
#include "case.h"

static int body(void *arg) {
    (void)arg;
    int v = 1;
    weft_chan_send(weft_chan_new(sizeof v, 0), &v);
    return 9;
}

static int full(void *arg) {
    (void)arg;
    weft_chan *c = weft_chan_new(sizeof(int), 2);
    for (int i = 0; i < 3; i++) {
        dprintf(2, "%d\n", i);
        weft_chan_send(c, &i);
    }
    return 9;
}

static const char *three_tries(const struct wc_result *r) {
    return strncmp(r->err, "0\n1\n2\n" WC_DEADLOCK "\n\n", strlen("0\n1\n2\n" WC_DEADLOCK "\n\n")) == 0
               ? NULL
               : "stderr is not 0, 1, 2 and then the deadlock with an empty line after it";
}

WC_CASE(b05_send, .item = "B05", .main = body, .err = WC_DEADLOCK, .reason = "chan send", .exit = 2,
        .twin = "b05_send");
WC_CASE(b05_send_full, .item = "B05", .main = full, .err = "0", .reason = "chan send", .exit = 2, .check = three_tries,
        .twin = "b05_send_full");
