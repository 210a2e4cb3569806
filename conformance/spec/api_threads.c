/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads of the runtime where few programs go: goroutines locked to them, none at hand, some that ended or were left behind.
 * Source:   api.md: weft_lock_thread, weft_procs, weft_run ("again and again"), what is said of goroutines that cannot be stopped;
 *           each case is a bug that was there.
 * Goal and method:
 *   api_lock_alone    main locks and sleeps before anything else runs: its P needs a thread that nobody has made yet.
 *   api_lock_procs    weft_procs takes the P of locked goroutines again and again; they stay on their threads.
 *   api_lock_runs     runs in which locked goroutines, and so their threads, ended; the next run begins with none of those.
 *   api_lock_ends     the last act before all are asleep is the end of a locked goroutine: it is reported, and soon.
 *   api_yield_alone   main yields beside idle processors, then waits for ever: a thread that was asked for hides no deadlock.
 *   api_procs_timer   a sleeper's P is taken away; main does not call Weft; the sleeper wakes all the same.
 *   api_hog_threads   goroutines that never yield cost a thread each, not as many as can be made until one has begun.
 *   api_lock_polls    a thread that slept in the poller, then waits for its own goroutine's turn: waking it leaves nobody polling in a
 *                     circle (one look in 5 ms is expected; ten times that is allowed).
 *   api_left_runs     a run that left a goroutine behind, within libc; SIGURG is the program's own again after the next, and
 *                     reaches its handler in between.
 *   api_left_system   a goroutine that stays on the system stack for ever is left behind too.
 * Expected: exit 0; deadlocks are reported within 2 s (expected at once; an idle thread looks again after 5).
 */
#include <pthread.h>
#include <search.h>
#include <signal.h>
#include <stdatomic.h>

#include "case.h"

static atomic_int up, woken, stop, moved, got;

static int alone(void *arg) {
    (void)arg;
    weft_lock_thread();
    weft_sleep(WC_MS);
    return 0;
}

static void stays(void *arg) {
    pthread_t me = pthread_self();
    weft_lock_thread();
    for (; !stop; weft_yield()) moved += !pthread_equal(me, pthread_self());
    weft_waitgroup_done(arg);
}

static int procs(void *arg) {
    static weft_waitgroup wg;
    (void)arg;
    weft_waitgroup_add(&wg, 4);
    for (int i = 0; i < 4; i++) weft_go(stays, &wg);
    for (int i = 0; i < 20; i++) {
        weft_procs(4);
        weft_sleep(WC_MS);
        weft_procs(1);
        weft_sleep(WC_MS);
    }
    stop = 1;
    weft_waitgroup_wait(&wg);
    WC_EQ(moved, 0);
    return 0;
}

static void ends_locked(void *arg) {
    (void)arg;
    weft_lock_thread();
    weft_yield();
}

static int some_end(void *arg) {
    (void)arg;
    weft_lock_thread();
    for (int i = 0; i < 20; i++) weft_go(ends_locked, NULL);
    for (int i = 0; i < 3; i++) weft_sleep(WC_MS);
    return 0;
}

static int runs(void) {
    for (int i = 0; i < 20; i++) WC_EQ(weft_run(some_end, NULL), 0);
    return 0;
}

static int last_ends(void *arg) {
    (void)arg;
    weft_lock_thread(); /* its thread is the first, which does not end */
    weft_go(ends_locked, NULL);
    weft_chan_recv(NULL, NULL);
    return 0;
}

static int yields(void *arg) {
    (void)arg;
    weft_yield();
    weft_chan_recv(NULL, NULL);
    return 0;
}

static void sleeps(void *arg) {
    (void)arg;
    up = 1;
    weft_sleep(20 * WC_MS);
    woken = 1;
}

static int timer(void *arg) {
    (void)arg;
    weft_go(sleeps, NULL);
    while (!up) continue; /* another P has come for it */
    weft_procs(1);
    for (int64_t end = weft_now() + 10 * WC_SLOW * WC_SEC; !woken;) WC_CHECK(weft_now() < end);
    return 0;
}

static void hog(void *arg) {
    (void)arg;
    up = 1;
    while (!stop) continue;
}

static int hogs(void *arg) {
    (void)arg;
    for (int i = 0; i < 2; i++) weft_go(hog, NULL);
    struct weft_stats s = {.size = sizeof s};
    for (int i = 0; i < 10; i++) {
        weft_sleep(2 * WC_MS);
        weft_stats_read(&s);
        WC_CHECKF(s.threads <= 10, "%d threads", (int)s.threads); /* main, sysmon, two hogs, who runs main's timer, a spare; few more */
    }
    stop = 1;
    return 0;
}

static void reads(void *arg) {
    char byte;
    weft_read(*(int *)arg, &byte, 1);
}

static void sleeps_locked(void *arg) {
    weft_sleep(20 * WC_MS); /* so that whoever wakes it may have been the poller's */
    weft_lock_thread();
    for (int i = 0; i < 20; i++) weft_sleep(WC_MS);
    weft_unlock_thread();
    weft_waitgroup_done(arg);
}

static int polls(void *arg) {
    static weft_waitgroup wg;
    int fd[2];
    (void)arg;
    WC_EQ(pipe(fd), 0);
    weft_go(reads, fd);
    weft_waitgroup_add(&wg, 4);
    for (int i = 0; i < 4; i++) weft_go(sleeps_locked, &wg);
    weft_waitgroup_wait(&wg);
    struct weft_stats before = {.size = sizeof before}, after = {.size = sizeof after};
    weft_stats_read(&before);
    weft_sleep(300 * WC_MS);
    weft_stats_read(&after);
    WC_CHECKF(after.polls - before.polls <= 600, "%d looks", (int)(after.polls - before.polls));
    return 0;
}

static int compare(const void *a, const void *b) {
    up = 1; /* within libc's frame */
    while (!stop) continue;
    return *(const char *)a - *(const char *)b;
}

static void searches(void *arg) {
    char text[] = "weft", key = 'x';
    size_t n = 4;
    (void)arg;
    lfind(&key, text, &n, 1, compare); /* libc's frame: it may hold a lock there, for all that anyone knows; no sanitizer has its own */
    weft_yield();
}

static void system_hog(void *arg) {
    (void)arg;
    weft_on_system_stack(hog, NULL);
}

/* Main keeps the first thread, which cannot be left behind. */
static int leaves(void *arg) {
    weft_lock_thread();
    weft_go((weft_fn)(uintptr_t)arg, NULL);
    while (!up) weft_sleep(WC_MS);
    return 0;
}

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static void on_urg(int signo) {
    (void)signo;
    got++;
}

static int left_runs(void) {
    struct sigaction now;
    signal(SIGURG, on_urg);
    WC_EQ(weft_run(leaves, (void *)(uintptr_t)searches), 0);
    for (int i = 0; i < 2; i++) {
        int before = got;
        raise(SIGURG);
        WC_CHECK(got == before + 1);
        WC_EQ(weft_run(nothing, NULL), 0);
    }
    WC_EQ(sigaction(SIGURG, NULL, &now), 0);
    WC_CHECK(now.sa_handler == on_urg);
    stop = 1;
    return 0;
}

static int left_system(void) {
    WC_EQ(weft_run(leaves, (void *)(uintptr_t)system_hog), 0);
    return 0;
}

#define LEFT "weft: left to themselves at the end of the run: 1 goroutines that could not be stopped within 100 ms"
#define NO_RUNS "a Go program starts its runtime once"

WC_CASE(api_lock_alone, .item = "api", .main = alone, .no_twin = "a bug of ours");
WC_CASE(api_lock_procs, .item = "api", .main = procs, .no_twin = "Go's threads are not to be told apart without cgo");
WC_CASE(api_lock_runs, .item = "api", .proc = runs, .no_twin = NO_RUNS);
WC_CASE(api_lock_ends, .item = "api", .main = last_ends, .err = WC_DEADLOCK, .exit = 2, .max_ms = 2000, .no_twin = "a bug of ours");
WC_CASE(api_yield_alone, .item = "api", .main = yields, .err = WC_DEADLOCK, .exit = 2, .max_ms = 2000, .no_twin = "a bug of ours");
WC_CASE(api_procs_timer, .item = "api", .main = timer, .procs = 2, .not_under = WC_NOT_TSAN,
        .not_why = "a loop without calls is not preempted there", .no_twin = "a bug of ours");
WC_CASE(api_hog_threads, .item = "api", .main = hogs, .not_under = WC_NOT_TSAN,
        .not_why = "a loop without calls is not preempted there", .no_twin = "a bug of ours");
WC_CASE(api_lock_polls, .item = "api", .main = polls, .alone = 1, .no_twin = "a bug of ours");
WC_CASE(api_left_runs, .item = "api", .proc = left_runs, .err = LEFT, .no_twin = NO_RUNS);
WC_CASE(api_left_system, .item = "api", .proc = left_system, .err = LEFT, .procs = 2 /* it keeps its P */, .no_twin = NO_RUNS);
