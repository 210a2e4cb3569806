/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B25: a ticker keeps a program going while a goroutine waits for it, and only then.
 * Source:   runtime/proc.go:checkdead; Go 1.23's release notes (timers that nobody waits for are not in a heap); runtime/time.go:
 *           blockTimerChan.
 * Goal:     no report while a goroutine receives from a ticker, by receive or by select; the report beside a ticker and a timer
 *           that nobody waits for, before they are due and after, also once somebody waited for them. (Go may keep such a timer in its
 *           heap, and then reports when that is due.)
 * Method:   a goroutine receives ticks of 10 ms for 300 ms, then exits the run, main being blocked; the rest as said.
 * Expected: stdout "alive\n", exit 0, not before 300 ms; the others: deadlock, exit 2.
 */
#include "case.h"

static void receive(void *arg) {
    weft_chan *c = weft_timer_chan(arg);
    for (int64_t end = weft_now() + 300 * WC_MS; weft_now() < end;) weft_chan_recv(c, NULL);
    printf("alive\n");
    weft_timer_free(arg);
    weft_exit(0);
}

static void select_it(void *arg) {
    struct weft_case cs[] = {{.chan = NULL, .dir = WEFT_DIR_SEND}, {.chan = weft_timer_chan(arg), .dir = WEFT_DIR_RECV}};
    for (int64_t end = weft_now() + 300 * WC_MS; weft_now() < end;) WC_EQ(weft_select(cs, 2), 1);
    printf("alive\n");
    weft_timer_free(arg);
    weft_exit(0);
}

static int received(void *arg) {
    (void)arg;
    weft_go(receive, weft_ticker_new(10 * WC_MS));
    return weft_select(NULL, 0);
}

static int selected(void *arg) {
    (void)arg;
    weft_go(select_it, weft_ticker_new(10 * WC_MS));
    return weft_select(NULL, 0);
}

static int nobody(void *arg) {
    (void)arg;
    weft_ticker_new(10 * WC_MS);
    weft_timer_new(50 * WC_MS);
    return weft_select(NULL, 0);
}

static int no_longer(void *arg) {
    (void)arg;
    weft_timer *t = weft_ticker_new(10 * WC_MS), *far = weft_timer_new(300 * WC_MS);
    struct weft_case cs[] = {{.chan = weft_timer_chan(far), .dir = WEFT_DIR_RECV}, {.chan = weft_timer_chan(t), .dir = WEFT_DIR_RECV}};
    weft_chan_recv(weft_timer_chan(t), NULL);
    WC_EQ(weft_select(cs, 2), 1);
    printf("two\n");
    return weft_select(NULL, 0);
}

WC_CASE(b25_ticker, .item = "B25", .main = received, .out = "alive\n", .min_ms = 300, .twin = "b25_ticker");
WC_CASE(b25_ticker_select, .item = "B25", .main = selected, .out = "alive\n", .min_ms = 300, .twin = "b25_ticker_select");
WC_CASE(b25_nobody, .item = "B25", .main = nobody, .err = WC_DEADLOCK, .reason = "select (no cases)", .exit = 2,
        .twin = "b25_nobody", .go_since = 23);
WC_CASE(b25_no_longer, .item = "B25", .main = no_longer, .out = "two\n", .err = WC_DEADLOCK, .reason = "select (no cases)",
        .exit = 2, .twin = "b25_no_longer", .go_since = 23);
