/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B33: a deadlock is found with schedtrace on.
 * Source:   Go issue 59758; runtime/proc.go:checkdead, sysmon.
 * Goal:     the monitor, which then never rests, does not count as somebody who is awake.
 * Method:   a line each millisecond. Main receives at once; main receives after a goroutine slept for 20 ms, so that lines have
 *           been printed, which is counted; three runs each.
 * Expected: the deadlock somewhere on stderr, goroutine 1 [chan receive], exit 2.
 */
#include "case.h"

/* Each has what the other waits for. Go 1.26: 6 of 300 runs at two processors, 1 of 300 at eight. */
#define INVERTED "its report has the print lock and wants the scheduler's, the monitor's line the other way round"

static void sleeps(void *arg) { weft_sleep(20 * WC_MS + (arg != NULL)); }

static int at_once(void *arg) {
    (void)arg;
    return weft_chan_recv(wc_chan(1, 0), NULL);
}

static int later(void *arg) {
    weft_go(sleeps, arg);
    return at_once(arg);
}

/* The queues in a line "runqueue=0 [0 0] …", Go's "[ 0 0 ]": a local one for each processor, as a figure. */
static void count_queues(const struct wc_result *r) {
    const char *at = strstr(r->err, "runqueue=");
    int n = 0;
    if (!at || !(at = strchr(at, '['))) return;
    for (at++; *at && *at != ']'; at += strcspn(at, " ]")) {
        at += strspn(at, " ");
        n += *at >= '0' && *at <= '9';
    }
    wc_observed("local_queues_missing", r->procs - n);
}

static const char *reported(const struct wc_result *r) {
    count_queues(r);
    if (!strstr(r->err, WC_DEADLOCK)) return "no deadlock on stderr";
    return strstr(r->err, "\ngoroutine 1 [chan receive]:\n") ? NULL : "no goroutine 1 [chan receive]";
}

static int has_lines(const struct wc_result *r) { return strstr(r->err, "SCHED ") != NULL; }

WC_CASE(b33_schedtrace_at_once, .item = "B33", .main = at_once, .any_err = 1, .exit = 2, .check = reported,
        .samples = 3, .env = {"WEFT_DEBUG=schedtrace=1"}, .twin = "b33_schedtrace_at_once", .go_misses = INVERTED);
WC_CASE(b33_schedtrace, .item = "B33", .main = later, .any_err = 1, .exit = 2, .check = reported,
        .rate = "lines before it", .rate_fn = has_lines, .samples = 3, .env = {"WEFT_DEBUG=schedtrace=1"},
        .twin = "b33_schedtrace", .go_misses = INVERTED);
