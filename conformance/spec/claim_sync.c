/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims 89, 92, 93, 94: a WaitGroup, and deadlocks that are not everybody's.
 * Source:   seed 000; sync/waitgroup.go; runtime/proc.go:checkdead.
 * Goal:     figures: waits that came back while work was left, of 64 goroutines' calls at once on a zeroed object; whether the waiter went on
 *           when the count came to zero; whether two goroutines that wait for each other are reported while a third goes on.
 * Method:   64 goroutines each add one and are done, 2000 times, while main holds one more; then main gives it up and waits, and reads how many
 *           are still at it. The two lock each other's mutexes; main yields on until both wait, then for 50 ms, and returns.
 * Expected: none too early; not reported: stderr is empty. Exit 0.
 */
#include <stdatomic.h>

#include "case.h"

enum { CALLERS = 64, ROUNDS = 2000 / WC_SLOW, TIMES = 5 };
static weft_waitgroup zero;
static atomic_int left, waited;

static void calls(void *arg) {
    for (int i = 0; i < ROUNDS; i++) {
        weft_waitgroup_add(&zero, 1);
        if (i % 97 == 0) weft_yield();
        weft_waitgroup_done(&zero);
    }
    atomic_fetch_sub(&left, 1);
    weft_waitgroup_done(&zero);
    (void)arg;
}

static void waits(void *arg) {
    weft_waitgroup_wait(&zero);
    if (left != 0) atomic_fetch_add((atomic_int *)arg, 1);
    waited++;
}

static int waitgroup(void *arg) {
    atomic_int early = 0;
    (void)arg;
    for (int k = 0; k < TIMES; k++) {
        waited = 0;
        left = CALLERS;
        weft_waitgroup_add(&zero, CALLERS);
        for (int i = 0; i < CALLERS; i++) weft_go(calls, NULL);
        weft_go(waits, (void *)&early);
        weft_waitgroup_wait(&zero);
        early += left != 0;
        WC_UNTIL(waited == 1);
    }
    WC_EQ(early, 0);
    wc_figure("operations", 2.0 * TIMES * CALLERS * ROUNDS);
    wc_figure("early", early);
    wc_figure("went_on", waited);
    return 0;
}

/* ---- two that wait for each other ---- */

static weft_mutex a, b;
static atomic_int held;

static void a_then_b(void *arg) {
    weft_mutex_lock(&a);
    held++;
    while (held < 2) weft_yield();
    weft_mutex_lock(&b);
    (void)arg;
}
static void b_then_a(void *arg) {
    weft_mutex_lock(&b);
    held++;
    while (held < 2) weft_yield();
    weft_mutex_lock(&a);
    (void)arg;
}

static int partial(void *arg) {
    weft_go(a_then_b, arg);
    weft_go(b_then_a, arg);
    wc_await(2, "sync.Mutex.Lock");
    for (int64_t end = weft_now() + 50 * WC_MS; weft_now() < end;) weft_yield();
    wc_figure("stuck", wc_waiting("sync.Mutex.Lock"));
    return 0;
}

static const char *quiet(const struct wc_result *r) {
    wc_observed("reported", r->err_len != 0);
    return r->out_len == 0 ? NULL : "stdout is not empty";
}

WC_CASE(claim_waitgroup, .item = "claim 93", .main = waitgroup, .twin = "claim_waitgroup");
WC_CASE(claim_partial, .item = "claim 89", .main = partial, .check = quiet, .procs = 2, .twin = "claim_partial");
