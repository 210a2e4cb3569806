/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocking calls, loops without calls, locked threads, timers, channels and the ends of runs, all at once.
 * Source:   api.md; the protocols of system calls, preemption, bound goroutines and stragglers.
 * Goal:     none of these loses a goroutine, a processor or a run beside the others.
 * Method:   runs one after the other. In each goroutines of random kinds, seeded: some come to an end and are waited for, with
 *           a token each through one channel; some never do (loops, naps that start again, reads from a pipe, parked ones) and are
 *           what the end of the run finds, which main brings about by returning or another goroutine by weft_exit. The slice is
 *           1 ms. Under TSan the endless loops yield. A lost one of anything is a hang, which the time-out shows with a dump.
 * Expected: each run's own result comes back and its tokens add up; exit 0; silence but for the seed.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>

#include "case.h"

enum { RUNS = 60 / WC_SLOW + 4, MOST = 24 };
static uint64_t rnd;
static weft_chan *tokens;
static weft_mutex mutex;
static int ends[2];
static atomic_int sent;

static int tid(void) { return (int)syscall(SYS_gettid); }
static void spin_for(uint64_t n) {
    for (volatile uint64_t i = 0; i < n; i++) {}
}

static intptr_t nap(void *arg) { return usleep((unsigned)(intptr_t)arg); }
static intptr_t read_on(void *arg) {
    char c;
    while (read(ends[0], &c, 1) < 0 && errno == EINTR) {}
    return (intptr_t)arg;
}

/* ---- those that come to an end ---- */

static void steps(uint64_t r, int locked) {
    int here = tid();
    for (int i = (int)(wc_rand(&r) % 20); i > 0; i--) {
        switch (wc_rand(&r) % 8) {
        case 0:
            weft_blocking(nap, (void *)(intptr_t)(wc_rand(&r) % 300));
            break;
        case 1:
            spin_for(wc_rand(&r) % 300000);
            break;
        case 2:
            weft_sleep((int64_t)(wc_rand(&r) % 300000));
            break;
        case 3:
            weft_mutex_lock(&mutex);
            spin_for(wc_rand(&r) % 10000);
            weft_mutex_unlock(&mutex);
            break;
        case 4:
            free(memset(malloc(1 + wc_rand(&r) % 5000), 1, 1));
            break;
        case 5:
            weft_syscall_enter();
            weft_syscall_exit();
            break;
        default:
            weft_yield();
        }
        if (locked) WC_EQ(tid(), here);
    }
}

static void ends_soon(void *arg) {
    uint64_t r = (uint64_t)(uintptr_t)arg;
    int locked = wc_rand(&r) % 3 == 0;
    if (locked) weft_lock_thread();
    steps(r, locked);
    if (locked && wc_rand(&r) % 2) weft_unlock_thread();
    atomic_fetch_add(&sent, 1);
    weft_chan_send(tokens, "");
}

/* ---- those that never do ---- */

static void endless(void *arg) {
    uint64_t r = (uint64_t)(uintptr_t)arg;
    if (wc_rand(&r) % 4 == 0) weft_lock_thread();
    switch (wc_rand(&r) % 6) {
    case 0:
        for (;;) {
            spin_for(1000);
            if (WC_TSAN) weft_yield();
        }
    case 1:
        weft_blocking(read_on, NULL);
        break;
    case 2:
        for (;;) weft_blocking(nap, (void *)50);
    case 3:
        for (;;) weft_sleep(100000);
    case 4:
        weft_chan_recv(NULL, NULL);
        break;
    case 5:
        for (;;) {
            weft_lock_thread();
            weft_yield();
            weft_unlock_thread();
        }
    }
}

static void exits(void *arg) { weft_exit((int)(intptr_t)arg); }

static int main_fn(void *arg) {
    int n = (int)(wc_rand(&rnd) % MOST), never = (int)(wc_rand(&rnd) % 8);
    memset(&mutex, 0, sizeof mutex);
    sent = 0;
    if (wc_rand(&rnd) % 4 == 0) weft_lock_thread();
    for (int i = 0; i < never; i++) weft_go(endless, (void *)(uintptr_t)wc_rand(&rnd));
    for (int i = 0; i < n; i++) weft_go(ends_soon, (void *)(uintptr_t)wc_rand(&rnd));
    if (wc_rand(&rnd) % 8 != 0) {
        for (int i = 0; i < n; i++) weft_chan_recv(tokens, NULL);
        WC_EQ(sent, n);
    }
    if (wc_rand(&rnd) % 4 == 0) {
        weft_go(exits, arg);
        weft_select(NULL, 0);
    }
    return (int)(intptr_t)arg;
}

static int body(void) {
    rnd = wc_seed();
    WC_EQ(pipe(ends), 0);
    for (intptr_t i = 0; i < RUNS; i++) {
        tokens = weft_chan_new(1, (ptrdiff_t)(wc_rand(&rnd) % 3));
        WC_EQ(weft_run(main_fn, (void *)i), i);
        weft_chan_free(tokens);
    }
    return 0;
}

WC_CASE(stress_blocking_mix, .item = "stress", .proc = body, .timeout_s = 60, .env = {"WEFT_DEBUG=slice=1000"},
        .no_twin = "a Go program runs once");
