/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work that comes and goes: processors fall asleep and must be woken.
 * Source:   runtime/proc.go:findRunnable (the look again after giving up the P), wakep.
 * Goal:     no wake-up is lost between a processor's last look at the queues and its sleep, and no deadlock is reported
 *           while one is on its way.
 * Method:   rounds of: everybody parks, then one goroutine wakes a random number of others by channel, semaphore, sleep or
 *           spawn, with short pauses from the seed so that processors idle in between; weft_procs changes now and then.
 *           A lost wake-up is a hang, which the time-out shows with a dump, or a false deadlock.
 * Expected: every round's count is complete; exit 0; silence but for the seed.
 */
#include <stdatomic.h>

#include "case.h"

enum { HANDS = 16, ROUNDS = 400 / WC_SLOW };
static weft_chan *work, *done;
static weft_sema sema;
static atomic_int count;

static void by_channel(void *arg) {
    (void)arg;
    for (int ns; weft_chan_recv(work, &ns);) {
        if (ns > 0) weft_sleep(ns);
        weft_chan_send(done, &ns);
    }
}

static void by_sema(void *arg) {
    for (;;) {
        int zero = 0;
        weft_sema_acquire(&sema);
        weft_chan_send(arg, &zero);
    }
}

static void once(void *arg) {
    int zero = 0;
    if (atomic_fetch_add(&count, 1) % 3 == 0) weft_yield();
    weft_chan_send(arg, &zero);
}

static int rounds(int change_procs) {
    uint64_t r = wc_seed();
    int start = weft_procs(0);
    work = wc_chan(sizeof(int), 0);
    done = wc_chan(sizeof(int), 4);
    for (int i = 0; i < HANDS; i++) {
        weft_go(by_channel, NULL);
        weft_go(by_sema, done);
    }
    for (int i = 0; i < ROUNDS; i++) {
        int n = 1 + (int)(wc_rand(&r) % HANDS), kind = (int)(wc_rand(&r) % 3), v;
        for (int k = 0; k < n; k++) {
            int ns = (int)(wc_rand(&r) % 3) * 20000;
            if (kind == 0)
                weft_chan_send(work, &ns);
            else if (kind == 2)
                weft_go(once, done);
        }
        if (kind == 1) weft_sema_release(&sema, (uint32_t)n);
        for (int k = 0; k < n; k++) weft_chan_recv(done, &v);
        WC_EQ(weft_chan_len(done), 0);
        if (wc_rand(&r) % 2) weft_sleep((int64_t)(wc_rand(&r) % 200) * 1000);
        if (change_procs && i % 10 == 0) weft_procs(1 + (int)(wc_rand(&r) % 8));
    }
    weft_procs(start);
    return 0;
}

static int steady(void *arg) { return (void)arg, rounds(0); }
static int changing(void *arg) { return (void)arg, rounds(1); }

WC_CASE(stress_idle_wakes, .item = "stress", .main = steady, .timeout_s = 60, .no_twin = "no output to compare");
WC_CASE(stress_procs_changes, .item = "stress", .main = changing, .timeout_s = 60, .no_twin = "no output to compare");
