/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that block, goroutines that hog, goroutines locked to threads, the system stack, caught panics, weft_procs: all at once.
 * Source:   api.md: weft_blocking, weft_lock_thread, weft_procs; runtime.md: hand-offs and preemption lose nobody.
 * Goal:     each goroutine comes to its end, locked ones on the thread they began on, whatever P, M or signal comes between; and
 *           a run ends from any such state.
 * Method:   100 runs in one process; what 5 to 30 goroutines do comes from the seed. Slices of 1 ms, and idle threads end after
 *           20 ms, so that threads come and go. Every fourth run ends while they are at it; some leave a loop, which never calls
 *           Weft, or a poll, which never returns, behind.
 * Expected: the count of ends; the same thread at each look; exit 0; silence but for the seed.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "case.h"

enum { RUNS = 100 / WC_SLOW };
static weft_waitgroup wg;
static weft_mutex mu;
static weft_chan *c;
static atomic_int ended;
static long shared; /* under mu */
static _Atomic uint64_t seeds;

static uint64_t below(uint64_t n) {
    uint64_t own = atomic_fetch_add(&seeds, UINT64_C(0x9e3779b97f4a7c15));
    return wc_rand(&own) % n;
}

static void spin(uint64_t us) {
    for (int64_t end = weft_now() + (int64_t)us * 1000; weft_now() < end;)
        for (volatile int i = 0; i < 200; i++) continue;
}

static intptr_t nap(void *ns) {
    struct timespec t = {0, (long)(intptr_t)ns};
    nanosleep(&t, NULL);
    return 5;
}

static void blocks(void *arg) {
    (void)arg;
    for (int i = 0; i < 5; i++) {
        WC_EQ(weft_blocking(nap, (void *)(intptr_t)below(400000)), 5);
        if (below(2)) weft_yield();
    }
    ended++;
}

static void calls(void *arg) {
    (void)arg;
    for (int i = 0; i < 300; i++) {
        weft_syscall_enter();
        if (below(64) == 0) sched_yield();
        weft_syscall_exit();
    }
    ended++;
}

static void hogs(void *arg) {
    (void)arg;
    for (int i = 0; i < 3; i++) {
        spin(below(5000));
        if (below(2)) weft_yield();
    }
    ended++;
}

static void allocates(void *arg) {
    (void)arg;
    for (int i = 0; i < 20; i++) {
        free(malloc(below(5000)));
        spin(below(300));
    }
    ended++;
}

static void one_step(void) {
    switch (below(6)) {
    case 0: weft_yield(); break;
    case 1: weft_sleep((int64_t)below(200000)); break;
    case 2: weft_blocking(nap, (void *)(intptr_t)below(100000)); break;
    case 3: spin(below(2000)); break;
    case 4:
        weft_mutex_lock(&mu);
        shared++;
        weft_mutex_unlock(&mu);
        break;
    default: weft_chan_send(c, NULL), weft_chan_recv(c, NULL);
    }
}

static void locked(void *arg) {
    pthread_t me = pthread_self();
    weft_lock_thread();
    for (int i = 0; i < 10; i++) {
        one_step();
        WC_CHECK(pthread_equal(me, pthread_self()));
    }
    if ((intptr_t)arg % 2) weft_unlock_thread();
    ended++;
}

static void spins_there(void *arg) { spin((uint64_t)(intptr_t)arg); }
static void on_system_stack(void *arg) {
    (void)arg;
    weft_on_system_stack(spins_there, (void *)500);
    weft_yield();
    weft_on_system_stack(spins_there, (void *)500);
    ended++;
}

static void panics(void *arg) { weft_panic("thing %d", *(int *)arg); }
static void catches(void *arg) {
    (void)arg;
    for (int i = 0; i < 20; i++) {
        const char *what = weft_pcall(panics, &i);
        WC_CHECK(what && strncmp(what, "thing ", 6) == 0 && atoi(what + 6) == i);
        spin(50);
    }
    ended++;
}

static void changes_procs(void *arg) {
    int procs = weft_procs(0);
    (void)arg;
    for (int i = 0; i < 4; i++) {
        weft_procs(1 + (int)below(8));
        spin(200);
        weft_yield();
    }
    weft_procs(procs);
    ended++;
}

static void for_ever(void *arg) {
    (void)arg;
    for (volatile long i = 0;;) i++;
}

static void polls_for_ever(void *arg) {
    (void)arg;
    for (;;) poll(NULL, 0, 1000000);
}

static const weft_fn doings[] = {blocks, calls, hogs, allocates, locked, locked, on_system_stack, catches, blocks, calls};

static int one_run(void *arg) {
    int n = 5 + (int)below(25), more = below(3) == 0;
    if (below(3) == 0) weft_lock_thread();
    for (int i = 0; i < n; i++) weft_waitgroup_go(&wg, doings[below(sizeof doings / sizeof *doings)], (void *)(intptr_t)i);
    if (more) weft_waitgroup_go(&wg, changes_procs, NULL);
    if (!WC_TSAN && below(3) == 0) weft_go(for_ever, NULL); /* there a loop without calls is not preempted */
    if (!WC_TSAN && below(5) == 0) weft_go(polls_for_ever, NULL);
    if (below(4) == 0) {
        spin(below(3000));
        return (int)(intptr_t)arg;
    }
    weft_waitgroup_wait(&wg);
    WC_EQ(ended, n + more);
    return (int)(intptr_t)arg;
}

static int body(void) {
    seeds = wc_seed();
    for (intptr_t i = 0; i < RUNS; i++) {
        memset(&wg, 0, sizeof wg); /* a run may end in the midst of a change */
        memset(&mu, 0, sizeof mu);
        ended = 0;
        c = weft_chan_new(0, 100);
        WC_EQ(weft_run(one_run, (void *)i), i);
        weft_chan_free(c);
    }
    return 0;
}

WC_CASE(stress_thread_mix, .item = "stress", .proc = body, .timeout_s = 120, .env = {"WEFT_DEBUG=slice=1000,retire=20", NULL},
        .no_twin = "a Go program starts its runtime once");
