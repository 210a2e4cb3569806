/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B06: a select none of whose cases can ever go on is a deadlock; nil channels in it are as if they were not there.
 * Source:   Go spec, "Select statements"; runtime/select.go:selectgo.
 * Goal:     the report for a waiter in several queues, and in none.
 * Method:   a receive and a send case on two channels that nobody else has; then the same on two nil channels.
 * Expected: no stdout; deadlock; goroutine 1 [select]; exit 2. (Go says [select] for two nil cases too.)
 */
#include "case.h"

static int body(void *arg) {
    (void)arg;
    int in, out = 1;
    struct weft_case cases[] = {
        {.chan = weft_chan_new(sizeof in, 0), .dir = WEFT_DIR_RECV, .elem = &in},
        {.chan = weft_chan_new(sizeof in, 0), .dir = WEFT_DIR_SEND, .elem = &out},
    };
    weft_select(cases, 2);
    return 9;
}

static int nil(void *arg) {
    (void)arg;
    int in, out = 1;
    struct weft_case cases[] = {{.dir = WEFT_DIR_RECV, .elem = &in}, {.dir = WEFT_DIR_SEND, .elem = &out}};
    weft_select(cases, 2);
    return 9;
}

WC_CASE(b06_select_two, .item = "B06", .main = body, .err = WC_DEADLOCK, .reason = "select", .exit = 2,
        .twin = "b06_select_two");
WC_CASE(b06_select_nil, .item = "B06", .main = nil, .err = WC_DEADLOCK, .reason = "select", .exit = 2,
        .twin = "b06_select_nil");
