/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B23: a poller that exists, but for which nobody waits, keeps no deadlock from being reported.
 * Source:   runtime/proc.go:checkdead; netpoll.go:netpollAnyWaiters.
 * Goal:     the report, with the words of an empty select, after the poller has been in use.
 * Method:   a goroutine waits in accept; the listener is closed, which wakes it with an error; main selects nothing.
 * Expected: stdout "closed\n"; deadlock; goroutine 1 [select (no cases)]; exit 2.
 */
#include "case.h"

static int l;
static weft_chan *done;

static void accepts(void *arg) {
    (void)arg;
    WC_EQ(weft_accept(l), -EBADF);
    weft_chan_send(done, NULL);
}

static int body(void *arg) {
    (void)arg;
    done = weft_chan_new(0, 0);
    WC_CHECK((l = weft_listen("tcp:127.0.0.1:0", 0)) >= 0);
    weft_go(accepts, NULL);
    wc_await(1, "IO wait");
    WC_EQ(weft_close(l), 0);
    weft_chan_recv(done, NULL);
    printf("closed\n");
    fflush(stdout);
    weft_select(NULL, 0);
    return 9;
}

WC_CASE(b23_poller_unused, .item = "B23", .main = body, .out = "closed\n", .err = WC_DEADLOCK, .reason = "select (no cases)", .exit = 2,
        .twin = "b23_poller_unused", .go_misses = "in 1 of 20 runs (Go 1.26) its checkdead comes before the poller's last waiter is gone, and not again");
