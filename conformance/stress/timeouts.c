/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines that race with what they wait for.
 * Source:   api.md: an operation either happened or gave -ETIMEDOUT, never both or neither.
 * Goal:     the two sides of a channel agree on what was handed over when both have deadlines of about the time it takes;
 *           semaphores, mutexes and conds lose no wake-up to a waiter that was just giving up.
 * Method:   8 senders and 8 receivers with deadlines of 0 to 100 us from the seed on one unbuffered channel; sums of what
 *           sends and receives say they did are compared. 16 goroutines with acquire_until on a semaphore of 4 and
 *           lock_until on a mutex; the counts are exact at the end.
 * Expected: equal sums; exit 0; silence but for the seed.
 */
#include <stdatomic.h>

#include "case.h"

enum { STEPS = 2000 / WC_SLOW };
static weft_chan *c;
static weft_sema sema;
static weft_mutex m;
static weft_waitgroup wg;
static _Atomic int64_t sent, received;
static atomic_int sends, receives, timeouts, holders, in_mutex;
static uint64_t seed;

static int64_t soon(uint64_t *r) { return weft_now() + (int64_t)(wc_rand(r) % 100) * 1000; }

static void sender(void *arg) {
    uint64_t r = seed + (uint64_t)(intptr_t)arg;
    for (int i = 0; i < STEPS; i++) {
        int64_t v = (int64_t)(wc_rand(&r) >> 20);
        int rc = weft_chan_send_until(c, &v, soon(&r));
        if (rc == 0) {
            sent += v;
            sends++;
        } else {
            WC_EQ(rc, -ETIMEDOUT);
            timeouts++;
        }
    }
}

static void receiver(void *arg) {
    uint64_t r = seed + 99 + (uint64_t)(intptr_t)arg;
    for (int i = 0; i < STEPS; i++) {
        int64_t v = 0;
        int rc = weft_chan_recv_until(c, &v, soon(&r));
        if (rc == 1) {
            received += v;
            receives++;
        } else {
            WC_EQ(rc, -ETIMEDOUT);
            timeouts++;
        }
    }
}

static int channel(void *arg) {
    (void)arg;
    seed = wc_seed();
    c = weft_chan_new(sizeof(int64_t), 0);
    for (intptr_t i = 0; i < 8; i++) {
        weft_waitgroup_go(&wg, sender, (void *)i);
        weft_waitgroup_go(&wg, receiver, (void *)i);
    }
    weft_waitgroup_wait(&wg);
    WC_CHECK(sends > 0);
    WC_EQ(sends, receives);
    WC_EQ(sent, received);
    WC_EQ(sends + receives + timeouts, 16 * STEPS);
    WC_EQ(weft_chan_try_send(c, &(int64_t){0}), 0);
    WC_EQ(weft_chan_try_recv(c, NULL), -EAGAIN);
    weft_chan_free(c);
    return 0;
}

static void acquire(void *arg) {
    uint64_t r = seed + (uint64_t)(intptr_t)arg;
    for (int i = 0; i < STEPS / 2; i++) {
        if (weft_sema_acquire_until(&sema, soon(&r)) == 0) {
            int n = atomic_fetch_add(&holders, 1) + 1;
            WC_CHECKF(n <= 4, "%d holders of 4", n);
            if (wc_rand(&r) % 2) weft_yield();
            atomic_fetch_sub(&holders, 1);
            weft_sema_release(&sema, 1);
        }
        if (weft_mutex_lock_until(&m, soon(&r)) == 0) {
            WC_EQ(atomic_fetch_add(&in_mutex, 1), 0);
            if (wc_rand(&r) % 2) weft_yield();
            atomic_fetch_sub(&in_mutex, 1);
            weft_mutex_unlock(&m);
        }
    }
}

static int locks(void *arg) {
    (void)arg;
    seed = wc_seed();
    weft_sema_init(&sema, 4);
    for (intptr_t i = 0; i < 16; i++) weft_waitgroup_go(&wg, acquire, (void *)i);
    weft_waitgroup_wait(&wg);
    for (int i = 0; i < 4; i++) WC_EQ(weft_sema_try_acquire(&sema), 1);
    WC_EQ(weft_sema_try_acquire(&sema), 0);
    WC_EQ(weft_mutex_try_lock(&m), 1);
    return 0;
}

WC_CASE(stress_timeouts_channel, .item = "stress", .main = channel, .timeout_s = 60, .no_twin = "no output to compare");
WC_CASE(stress_timeouts_locks, .item = "stress", .main = locks, .timeout_s = 60, .no_twin = "no output to compare");
