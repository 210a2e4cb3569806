/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B31: a call of the kernel that ends just when a timer expires, at P = 1.
 * Source:   Go issue 40368; runtime/proc.go:exitsyscall, checkdead.
 * Goal:     no false deadlock and no lost timer in that race: the call's P is with its own thread still, has just been taken, or
 *           lies idle.
 * Method:   another goroutine sleeps about as long as main's call lasts, the difference from the seed within 60 µs to either side;
 *           main then receives from it. 10,000 loops, or as many as fit in a second.
 * Expected: exit 0, silence.
 */
#include <time.h>

#include "case.h"

enum { LOOPS = 10000, BASE_US = 100, APART_US = 60 };
static weft_chan *c;

static void sleeper(void *arg) {
    weft_sleep((int64_t)(intptr_t)arg * 1000);
    weft_chan_send(c, "");
}

/* SIGURG may interrupt it, as in Go: a nanosleep is not restarted by the kernel. */
static intptr_t nap(void *arg) {
    struct timespec t = {.tv_nsec = (intptr_t)arg * 1000};
    while (nanosleep(&t, &t) != 0) {}
    return 0;
}

static int body(void *arg) {
    (void)arg;
    uint64_t r = wc_seed();
    int64_t end = weft_now() + WC_SEC;
    c = wc_chan(1, 0);
    for (int i = 0; i < LOOPS && weft_now() < end; i++) {
        intptr_t call = BASE_US, timer = BASE_US + (intptr_t)(wc_rand(&r) % (2 * APART_US)) - APART_US;
        weft_go(sleeper, (void *)timer);
        if (wc_rand(&r) % 2) weft_yield();
        WC_EQ(weft_blocking(nap, (void *)call), 0);
        weft_chan_recv(c, NULL);
    }
    return 0;
}

WC_CASE(b31_syscall_timer, .item = "B31", .main = body, .procs = 1, .twin = "b31_syscall_timer");
