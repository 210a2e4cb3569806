/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B09: a reader that asks for the write lock waits for itself.
 * Source:   sync/rwmutex.go:Lock.
 * Goal:     a writer that waits for readers is reported as such.
 * Method:   rlock, then lock, in the main goroutine.
 * Expected: no stdout; deadlock; goroutine 1 [sync.RWMutex.Lock]; exit 2.
 */
#include "case.h"

static int body(void *arg) {
    (void)arg;
    weft_rwmutex m = {0};
    weft_rwmutex_rlock(&m);
    weft_rwmutex_lock(&m);
    return 9;
}

WC_CASE(b09_rlock_then_lock, .item = "B09", .main = body, .err = WC_DEADLOCK, .reason = "sync.RWMutex.Lock", .exit = 2,
        .twin = "b09_rlock_then_lock");
