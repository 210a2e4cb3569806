/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B55: the program ends when main returns, whatever the others wait for.
 * Source:   Go spec, "Program execution".
 * Goal:     weft_run gives main's result back and ends a hundred parked goroutines quickly.
 * Method:   100 goroutines receive from one channel; when all are parked, main notes the time and returns 0; the clock is
 *           read again when weft_run has returned.
 * Expected: stdout "main returns\n"; exit 0. Only time can tell "quickly": under 100 ms, where 1 ms is usual.
 */
#include "case.h"

static int64_t left;

static void receive(void *arg) { weft_chan_recv(arg, NULL); }

static int main_fn(void *arg) {
    for (int i = 0; i < 100; i++) weft_go(receive, arg);
    wc_await(100, "chan receive");
    printf("main returns\n");
    left = weft_now();
    return 0;
}

static int body(void) {
    weft_chan *c = weft_chan_new(1, 0);
    int rc = weft_run(main_fn, c);
    int64_t took = weft_now() - left;
    WC_CHECKF(took < 100 * WC_MS * WC_SLOW, "weft_run returned %" PRId64 " ns after main", took);
    weft_chan_free(c);
    return rc;
}

WC_CASE(b55_main_returns, .item = "B55", .proc = body, .out = "main returns\n", .alone = 1,
        .twin = "b55_main_returns");
