/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B42: a WaitGroup must not be used again before the waiters of the last round have returned, nor may the first Add of a
 * round race with Wait.
 * Source:   sync/waitgroup.go:Add ("Add called concurrently with Wait") and Wait ("reused before previous Wait").
 * Goal:     both misuses panic with their own text.
 * Method:   the first is certain at P=1: the counter reaches 0, which makes the waiter runnable, and is raised again
 *           before the waiter runs. The second needs two threads within a few instructions, in Go as well: four goroutines
 *           add and count down beside a waiting loop for 50 ms, and whatever ends it must be one of the two texts or a
 *           clean return; the rate of panics is reported.
 * Expected: "panic: sync: WaitGroup is reused before previous Wait has returned", goroutine N [running], exit 2; or, of the
 *           second, that, "panic: sync: WaitGroup misuse: Add called concurrently with Wait", or nothing and exit 0.
 */
#include "case.h"

#define REUSED "panic: sync: WaitGroup is reused before previous Wait has returned"
#define MISUSE "panic: sync: WaitGroup misuse: Add called concurrently with Wait"

static weft_waitgroup wg;

static void waiter(void *arg) {
    (void)arg;
    weft_waitgroup_wait(&wg);
}

static int reused(void *arg) {
    (void)arg;
    weft_waitgroup_add(&wg, 1);
    weft_go(waiter, NULL);
    wc_await(1, "sync.WaitGroup.Wait");
    weft_waitgroup_done(&wg);
    weft_waitgroup_add(&wg, 1);
    weft_yield();
    weft_select(NULL, 0);
    return 9;
}

static int64_t end;

static void up_and_down(void *arg) {
    (void)arg;
    while (weft_now() < end) {
        weft_waitgroup_add(&wg, 1);
        weft_waitgroup_done(&wg);
    }
}

static int misuse(void *arg) {
    (void)arg;
    end = weft_now() + 50 * WC_MS;
    for (int g = 0; g < 4; g++) weft_go(up_and_down, NULL);
    while (weft_now() < end) weft_waitgroup_wait(&wg);
    return 0;
}

/* The status depends on the outcome: text and status must fit each other. */
static const char *one_of(const struct wc_result *r) {
    if (r->status == 0 && r->err_len == 0) return NULL;
    size_t line = strcspn(r->err, "\n");
    if (r->status == 2 && (wc_match(REUSED, r->err, line) || wc_match(MISUSE, r->err, line))) return NULL;
    return wc_text("exit status %d with \"%.*s\"", r->status, line > 200 ? 200 : (int)line, r->err);
}

static int panicked(const struct wc_result *r) { return r->status == 2; }

WC_CASE(b42_waitgroup_reused, .item = "B42", .main = reused, .err = REUSED, .exit = 2, .procs = 1,
        .env = {"WEFT_DEBUG=slice=10000000"}, /* or a loaded machine has main preempted between done and add */
        .twin = "b42_waitgroup_reused");
WC_CASE(b42_waitgroup_misuse, .item = "B42", .main = misuse, .any_err = 1, .exit = WC_ANY_EXIT, .check = one_of,
        .samples = 3, .rate = "panics", .rate_fn = panicked, .twin = "b42_waitgroup_misuse");
