/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B14: a range over a channel that nobody closes ends in a deadlock after the last value.
 * Source:   Go spec, "For statements with range clause".
 * Goal:     what was printed before the fatal error is not lost in a stdio buffer.
 * Method:   a goroutine sends 1 and 2 and ends; main receives and prints while values come. stdout is a file, so stdio
 *           holds the text back until the runtime's fatal exit flushes it.
 * Expected: stdout "1\n2\n"; deadlock; goroutine 1 [chan receive]; exit 2.
 */
#include "case.h"

static void two(void *arg) {
    for (int i = 1; i <= 2; i++) weft_chan_send(arg, &i);
}

static int body(void *arg) {
    (void)arg;
    weft_chan *c = weft_chan_new(sizeof(int), 0);
    weft_go(two, c);
    for (int v; weft_chan_recv(c, &v);) printf("%d\n", v);
    return 9;
}

WC_CASE(b14_range_unclosed, .item = "B14", .main = body, .out = "1\n2\n", .err = WC_DEADLOCK, .reason = "chan receive",
        .exit = 2, .twin = "b14_range_unclosed");
