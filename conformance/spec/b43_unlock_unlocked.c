/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B43 to B45: giving back a lock that nobody holds is fatal, not a panic.
 * Source:   sync/mutex.go:unlockSlow; sync/rwmutex.go:Unlock, RUnlock.
 * Goal:     the three texts; that recover does not catch them is B51's part.
 * Method:   unlock, rwmutex unlock, runlock of zeroed objects.
 * Expected: "fatal error: sync: unlock of unlocked mutex", "… Unlock of unlocked RWMutex", "… RUnlock of unlocked RWMutex";
 *           goroutine 1 [running]; exit 2.
 */
#include "case.h"

static int mutex(void *arg) {
    (void)arg;
    weft_mutex m = {0};
    weft_mutex_unlock(&m);
    return 9;
}

static int rw_unlock(void *arg) {
    (void)arg;
    weft_rwmutex m = {0};
    weft_rwmutex_unlock(&m);
    return 9;
}

static int rw_runlock(void *arg) {
    (void)arg;
    weft_rwmutex m = {0};
    weft_rwmutex_runlock(&m);
    return 9;
}

WC_CASE(b43_unlock_unlocked, .item = "B43", .main = mutex, .err = "fatal error: sync: unlock of unlocked mutex",
        .reason = "running", .exit = 2, .twin = "b43_unlock_unlocked");
WC_CASE(b44_rwmutex_unlock, .item = "B44", .main = rw_unlock, .err = "fatal error: sync: Unlock of unlocked RWMutex",
        .reason = "running", .exit = 2, .twin = "b44_rwmutex_unlock");
WC_CASE(b45_rwmutex_runlock, .item = "B45", .main = rw_runlock, .err = "fatal error: sync: RUnlock of unlocked RWMutex",
        .reason = "running", .exit = 2, .twin = "b45_rwmutex_runlock");
