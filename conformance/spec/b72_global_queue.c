/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B72: the global queue is looked at every 61 picks, so a full local queue cannot keep it waiting.
 * Source:   runtime/proc.go:findRunnable ("Check the global runnable queue once in a while to ensure fairness").
 * Goal:     a bounded wait of what overflowed into the global queue. (The exact tick is unit test B72's matter.)
 * Method:   P = 1; 400 goroutines are started, of which those beyond the local queue's 256 go to the global one; each counts
 *           its first turn and then yields until all have had theirs, so the local queue never runs dry. Yields are counted
 *           until the last first turn.
 * Expected: stdout "all had a turn\n"; with 61 picks for one global goroutine that is at most 400 * 61 yields; the bound is
 *           twice that. Never, if the queue is not served: a time-out.
 */
#include "case.h"

enum { N = 400 };
static _Atomic int first, done;
static _Atomic long yields;

static void worker(void *arg) {
    (void)arg;
    first++;
    while (first < N) {
        yields++;
        weft_yield();
    }
    done++;
}

static int body(void *arg) {
    (void)arg;
    for (int i = 0; i < N; i++) weft_go(worker, NULL);
    while (done < N) weft_yield();
    WC_CHECKF(yields <= 2 * N * 61, "%ld yields until all had a turn", (long)yields);
    printf("all had a turn\n");
    return 0;
}

WC_CASE(b72_global_queue, .item = "B72", .main = body, .out = "all had a turn\n", .procs = 1,
        .twin = "b72_global_queue");
