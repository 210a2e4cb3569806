/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B15: a Once whose function calls the same Once waits for itself.
 * Source:   sync/once.go: "if f causes Do to be called, it will deadlock".
 * Goal:     once returns only when the first call has ended, even to itself.
 * Method:   once_do inside the function of the same object.
 * Expected: no stdout; deadlock; goroutine 1 [sync.Mutex.Lock] (Once waits on its mutex); exit 2.
 */
#include "case.h"

static void nothing(void *arg) { (void)arg; }
static void again(void *arg) { weft_once_do(arg, nothing, NULL); }

static int body(void *arg) {
    (void)arg;
    static weft_once o;
    weft_once_do(&o, again, &o);
    return 9;
}

WC_CASE(b15_once_itself, .item = "B15", .main = body, .err = WC_DEADLOCK, .reason = "sync.Mutex.Lock", .exit = 2,
        .twin = "b15_once_itself");
