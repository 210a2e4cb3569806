/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B18, B19: a deadlock with goroutines locked to their threads.
 * Source:   runtime/proc.go:checkdead, stoplockedm; runtime/traceback.go:goroutineheader.
 * Goal:     threads that wait for their locked goroutine count as asleep, and the report says that they are locked.
 * Method:   main locks itself and receives; a child does, beside a main that sends to NULL; both do.
 * Expected: the deadlock, "goroutine 1 [chan receive, locked to thread]:" or the child's line, exit 2.
 */
#include "case.h"

static void locked_receive(void *arg) {
    weft_lock_thread();
    weft_chan_recv(arg, NULL);
}

static int main_locked(void *arg) {
    (void)arg;
    locked_receive(wc_chan(1, 0));
    return 9;
}

static int child_locked(void *arg) {
    (void)arg;
    weft_go(locked_receive, wc_chan(1, 0));
    weft_chan_send(NULL, "");
    return 9;
}

static int both_locked(void *arg) {
    weft_go(locked_receive, wc_chan(1, 0));
    weft_yield();
    return main_locked(arg);
}

static const char *says_main(const struct wc_result *r) {
    return strstr(r->err, "\ngoroutine 1 [chan receive, locked to thread]:\n") ? NULL : "main is not said to be locked";
}

static const char *says_child(const struct wc_result *r) {
    return wc_headers(r->err) == 2 && wc_count(r->err, " [chan receive, locked to thread]:\n") == 1
               ? NULL
               : "not one of two goroutines is said to be locked";
}

static const char *says_both(const struct wc_result *r) {
    int n = wc_count(r->err, " [chan receive, locked to thread]:\n");
    return n == 2 ? NULL : wc_text("%d goroutines are said to be locked, not 2", n);
}

WC_CASE(b18_main_locked, .item = "B18", .main = main_locked, .err = WC_DEADLOCK, .reason = "chan receive", .exit = 2,
        .check = says_main, .twin = "b18_main_locked");
WC_CASE(b19_child_locked, .item = "B19", .main = child_locked, .err = WC_DEADLOCK, .reason = "chan send (nil chan)",
        .exit = 2, .check = says_child, .twin = "b19_child_locked");
WC_CASE(b19_both_locked, .item = "B19", .main = both_locked, .err = WC_DEADLOCK, .reason = "chan receive", .exit = 2,
        .check = says_both, .twin = "b19_both_locked");
