/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B08: a mutex is not reentrant: locking it twice is a deadlock.
 * Source:   sync/mutex.go:Lock.
 * Goal:     a spinning lock must end its spinning, park, and be counted.
 * Method:   lock twice in the main goroutine.
 * Expected: no stdout; deadlock; goroutine 1 [sync.Mutex.Lock]; exit 2.
 */
#include "case.h"

static int body(void *arg) {
    (void)arg;
    weft_mutex m = {0};
    weft_mutex_lock(&m);
    weft_mutex_lock(&m);
    return 9;
}

WC_CASE(b08_mutex_twice, .item = "B08", .main = body, .err = WC_DEADLOCK, .reason = "sync.Mutex.Lock", .exit = 2,
        .twin = "b08_mutex_twice");
