/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims 76, 83: overlap in time.
 * Source:   seeds 000, 002, 003 (concurrency is not parallelism).
 * Goal:     a figure: how often two goroutines each saw the other's counter move within a piece of their own that no switch can have split;
 *           and the same of two threads that are pinned to one core.
 * Method:   each raises its own counter and, in a piece of 1000 steps, notes whether the other's moved in it; a piece that did not run on
 *           without a break (the thread's or the process's switches were counted in it, or the goroutine's) is not counted. With one processor a
 *           switch in the piece is the only way for the other to move.
 * Expected: P = 1: 0. P = 2: more, on two CPUs. Two threads on one core: 0, and both moved all along. Exit 0.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "case.h"

enum { PIECE = 1000, WANTED = 10 };
static _Atomic uint64_t count[2];
static atomic_int done, seen[2], pieces[2];

/* Switches of this thread, by the kernel or by a signal's handler that gives the processor away, which sleeps. */
static long switches(void) {
    struct rusage u;
    getrusage(RUSAGE_THREAD, &u);
    return u.ru_nvcsw + u.ru_nivcsw;
}

static void watch(int me) {
    long before = switches();
    uint64_t theirs = count[!me];
    for (int i = 0; i < PIECE; i++) count[me]++;
    int moved = count[!me] != theirs;
    if (switches() != before) return;
    pieces[me]++;
    seen[me] += moved;
}

static void goroutine(void *arg) {
    while (!done) watch((int)(intptr_t)arg);
}

static int overlap(void *arg) {
    static weft_waitgroup wg;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    (void)arg;
    weft_waitgroup_go(&wg, goroutine, (void *)0);
    weft_waitgroup_go(&wg, goroutine, (void *)1);
    int64_t end = weft_now() + (wc_procs() == 1 || cpus == 1 ? WC_SEC / 4 : 10 * WC_SEC);
    while (weft_now() < end && !(seen[0] >= WANTED && seen[1] >= WANTED)) weft_sleep(WC_MS);
    done = 1;
    weft_waitgroup_wait(&wg);
    if (wc_procs() == 1) WC_EQ(seen[0] + seen[1], 0);
    wc_figure("cpus", (double)cpus);
    wc_figure("pieces", pieces[0] + pieces[1]);
    wc_figure("overlaps", seen[0] < seen[1] ? seen[0] : seen[1]);
    return 0;
}

/* ---- threads on one core ---- */

static void *thread(void *arg) {
    for (int64_t end = weft_now() + WC_SEC / 5; weft_now() < end;) watch((int)(intptr_t)arg);
    return NULL;
}

static int one_core(void) {
    pthread_t t[2];
    cpu_set_t all;
    wc_on_one_cpu(&all);
    for (intptr_t i = 0; i < 2; i++) WC_EQ(pthread_create(&t[i], NULL, thread, (void *)i), 0);
    for (int i = 0; i < 2; i++) pthread_join(t[i], NULL);
    WC_CHECK(pieces[0] > 0 && pieces[1] > 0);
    WC_EQ(seen[0] + seen[1], 0);
    wc_figure("pthread.pieces", pieces[0] + pieces[1]);
    wc_figure("pthread.overlaps", seen[0] + seen[1]);
    return 0;
}

#define NO_CALLS .not_under = WC_NOT_TSAN, .not_why = "a loop without calls is never preempted there"
WC_CASE(claim_overlap_one, .item = "claim 76", .main = overlap, .procs = 1, NO_CALLS, .twin = "claim_overlap_one");
WC_CASE(claim_overlap_two, .item = "claim 76", .main = overlap, .procs = 2, NO_CALLS, .alone = 1,
        .twin = "claim_overlap_two");
WC_CASE(claim_one_core, .item = "claim 83", .proc = one_core, .procs = 1, .no_twin = "it is about threads");
