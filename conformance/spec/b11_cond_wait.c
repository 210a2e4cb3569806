/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B11: a Cond that nobody signals is a deadlock.
 * Source:   sync/cond.go:Wait; runtime/sema.go:notifyListWait.
 * Goal:     the wait is Cond's, not the mutex's.
 * Method:   wait in the main goroutine, alone.
 * Expected: no stdout; deadlock; goroutine 1 [sync.Cond.Wait]; exit 2.
 */
#include "case.h"

static int body(void *arg) {
    (void)arg;
    weft_mutex m = {0};
    weft_cond c = {0};
    weft_mutex_lock(&m);
    weft_cond_wait(&c, &m);
    return 9;
}

WC_CASE(b11_cond_wait, .item = "B11", .main = body, .err = WC_DEADLOCK, .reason = "sync.Cond.Wait", .exit = 2,
        .twin = "b11_cond_wait");
