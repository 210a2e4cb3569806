/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B29: while a foreign thread is registered as a waker, goroutines that all wait are no deadlock.
 * Source:   api.md, weft_hold (as Go's os/signal and cgo keep checkdead away).
 * Goal:     no false report while held; the true one once released, and at once.
 * Method:   (1) main holds and waits; a plain thread looks at the states until all goroutines wait, lets 20 ms go by in
 *           which a report would come, then posts a goroutine that wakes main. (2) The same thread releases instead of
 *           posting: now it is a deadlock. (3) Two holds and one release are still a hold; the post after it arrives.
 * Expected: (1), (3) stdout "woken\n", exit 0; (2) deadlock, goroutine 1 [chan receive], exit 2.
 */
#include <pthread.h>
#include <time.h>

#include "case.h"

static weft_chan *c;

static void wake(void *arg) { weft_chan_send(c, arg); }

static void all_wait(void) {
    struct timespec ms = {.tv_nsec = WC_MS}, quiet = {.tv_nsec = 20 * WC_MS};
    while (wc_waiting("chan receive") == 0) nanosleep(&ms, NULL);
    nanosleep(&quiet, NULL);
}

static void *poster(void *arg) {
    static char one = 1;
    all_wait();
    if (arg) weft_release();
    if (arg) nanosleep(&(struct timespec){.tv_nsec = 20 * WC_MS}, NULL);
    WC_EQ(weft_post(wake, &one), 0);
    return NULL;
}

static void *releaser(void *arg) {
    all_wait();
    weft_release();
    return arg;
}

static int held(void *(*thread)(void *), int holds) {
    pthread_t t;
    c = weft_chan_new(1, 0);
    for (int i = 0; i < holds; i++) weft_hold();
    WC_EQ(pthread_create(&t, NULL, thread, holds > 1 ? &t : NULL), 0);
    weft_chan_recv(c, NULL);
    printf("woken\n");
    pthread_join(t, NULL);
    weft_release();
    return 0;
}

static int posts(void *arg) { return (void)arg, held(poster, 1); }
static int releases(void *arg) { return (void)arg, held(releaser, 1); }
static int nested(void *arg) { return (void)arg, held(poster, 2); }

WC_CASE(b29_foreign_waker, .item = "B29", .main = posts, .out = "woken\n",
        .no_twin = "Go has no call that registers a foreign thread");
WC_CASE(b29_released, .item = "B29", .main = releases, .err = WC_DEADLOCK, .reason = "chan receive", .exit = 2,
        .no_twin = "Go has no call that registers a foreign thread");
WC_CASE(b29_nested, .item = "B29", .main = nested, .out = "woken\n",
        .no_twin = "Go has no call that registers a foreign thread");
