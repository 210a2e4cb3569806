/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B13: two goroutines that take two mutexes in opposite order.
 * Source:   sync/mutex.go; runtime/proc.go:checkdead.
 * Goal:     a deadlock of two is seen although each waits for the other, not for nobody.
 * Method:   main holds A, the other holds B and says so over a channel, then each asks for the other's.
 * Expected: no stdout; deadlock; goroutine 1 [sync.Mutex.Lock]; two goroutines in the dump; exit 2.
 */
#include "case.h"

static weft_mutex a, b;
static weft_chan *held;

static void other(void *arg) {
    (void)arg;
    char yes = 1;
    weft_mutex_lock(&b);
    weft_chan_send(held, &yes);
    weft_mutex_lock(&a);
}

static int body(void *arg) {
    (void)arg;
    held = weft_chan_new(1, 0);
    weft_mutex_lock(&a);
    weft_go(other, NULL);
    weft_chan_recv(held, NULL);
    weft_mutex_lock(&b);
    return 9;
}

static const char *two(const struct wc_result *r) {
    return wc_headers(r->err) == 2 ? NULL : wc_text("%d goroutines in the dump, not 2", wc_headers(r->err));
}

WC_CASE(b13_ab_ba, .item = "B13", .main = body, .err = WC_DEADLOCK, .reason = "sync.Mutex.Lock", .exit = 2,
        .check = two, .twin = "b13_ab_ba");
