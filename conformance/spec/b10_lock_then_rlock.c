/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B10: a writer that asks for the read lock waits for itself.
 * Source:   sync/rwmutex.go:RLock.
 * Goal:     a reader that waits for a writer is reported as such.
 * Method:   lock, then rlock, in the main goroutine.
 * Expected: no stdout; deadlock; goroutine 1 [sync.RWMutex.RLock]; exit 2.
 */
#include "case.h"

static int body(void *arg) {
    (void)arg;
    weft_rwmutex m = {0};
    weft_rwmutex_lock(&m);
    weft_rwmutex_rlock(&m);
    return 9;
}

WC_CASE(b10_lock_then_rlock, .item = "B10", .main = body, .err = WC_DEADLOCK, .reason = "sync.RWMutex.RLock", .exit = 2,
        .twin = "b10_lock_then_rlock");
