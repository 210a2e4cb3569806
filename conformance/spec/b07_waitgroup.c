/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B07: waiting for a WaitGroup whose Done never comes is a deadlock.
 * Source:   sync/waitgroup.go:Wait; runtime/sema.go.
 * Goal:     the sync family's report and its newest reason name.
 * Method:   add 1, wait, alone.
 * Expected: no stdout; deadlock; goroutine 1 [sync.WaitGroup.Wait] ("semacquire" before 1.25); exit 2.
 */
#include "case.h"

static int body(void *arg) {
    (void)arg;
    weft_waitgroup wg = {0};
    weft_waitgroup_add(&wg, 1);
    weft_waitgroup_wait(&wg);
    return 9;
}

WC_CASE(b07_waitgroup, .item = "B07", .main = body, .err = WC_DEADLOCK, .reason = "sync.WaitGroup.Wait", .exit = 2,
        .twin = "b07_waitgroup");
