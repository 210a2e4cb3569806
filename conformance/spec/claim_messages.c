/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims 16, 32, 34, 81: what messages, starts and sleeps cost the kernel.
 * Source:   seeds 000, 002, 003.
 * Goal:     figures: context switches of the whole process for 1000 round trips between two goroutines, and between two threads; growth of the
 *           address space and page faults for 1000 starts, once 20,000 have been; how long 1000 sleeps of 10 ms take that are begun together, as
 *           a multiple of one.
 * Method:   getrusage: voluntary and involuntary switches of the process over 20,000 round trips, the threads' over 2000, by a mutex and a condition
 *           variable; the two threads are pinned to one core, the goroutines have one processor.
 * Expected: hardly a switch a thousand against two and more each; no growth. Exit 0.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include "case.h"

static struct rusage usage(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u;
}

static double per_thousand(struct rusage before, struct rusage after, int trips) {
    return (double)(after.ru_nvcsw + after.ru_nivcsw - before.ru_nvcsw - before.ru_nivcsw) * 1000 / trips;
}

/* ---- goroutines ---- */

enum { TRIPS = 20000, THREAD_TRIPS = 2000 };
static weft_chan *there, *back;

static void answers(void *arg) {
    for (int n; weft_chan_recv(there, &n);) weft_chan_send(back, &n);
    (void)arg;
}

static void some_trips(int trips) {
    for (int i = 0, n; i < trips; i++) {
        weft_chan_send(there, &i);
        weft_chan_recv(back, &n);
        WC_EQ(n, i);
    }
}

static int goroutines(void *arg) {
    there = weft_chan_new(sizeof(int), 0);
    back = weft_chan_new(sizeof(int), 0);
    weft_go(answers, arg);
    some_trips(1000);
    struct rusage before = usage();
    some_trips(TRIPS);
    double cost = per_thousand(before, usage(), TRIPS);
    wc_figure("switches_per_thousand", cost);
    return 0;
}

/* ---- threads ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn;

static void *thread(void *arg) {
    int me = (int)(intptr_t)arg;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < THREAD_TRIPS; i++) {
        while (turn != me) pthread_cond_wait(&changed, &lock);
        turn = !me;
        pthread_cond_signal(&changed);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void threads(void) {
    pthread_t t[2];
    cpu_set_t all;
    wc_on_one_cpu(&all);
    struct rusage before = usage();
    for (intptr_t i = 0; i < 2; i++) WC_EQ(pthread_create(&t[i], NULL, thread, (void *)i), 0);
    for (int i = 0; i < 2; i++) pthread_join(t[i], NULL);
    wc_figure("pthread.switches_per_thousand", per_thousand(before, usage(), THREAD_TRIPS));
    WC_EQ(sched_setaffinity(0, sizeof all, &all), 0);
}

static int messages(void) {
    threads();
    return weft_run(goroutines, NULL);
}

/* ---- starts ---- */

static weft_waitgroup wg;
static void nothing(void *arg) { (void)arg; }

static void starts(int n) {
    for (int i = 0; i < n; i++) weft_waitgroup_go(&wg, nothing, NULL);
    weft_waitgroup_wait(&wg);
}

static int steady(void *arg) {
    (void)arg;
    for (int i = 0; i < 20; i++) starts(1000);
    long vm = wc_vm_kib();
    struct rusage before = usage();
    for (int i = 0; i < 20; i++) starts(1000);
    struct rusage after = usage();
    wc_figure("grew_kib", (double)(wc_vm_kib() - vm));
    wc_figure("faults_per_thousand", (double)(after.ru_minflt - before.ru_minflt) / 20);
    return 0;
}

/* ---- sleeps ---- */

static void sleeps(void *arg) { weft_sleep((int64_t)(intptr_t)arg); }

static int together(void *arg) {
    (void)arg;
    int64_t begin = weft_now();
    for (int i = 0; i < 1000; i++) weft_waitgroup_go(&wg, sleeps, (void *)(intptr_t)(10 * WC_MS));
    weft_waitgroup_wait(&wg);
    wc_figure("times_one", (double)(weft_now() - begin) / (10.0 * WC_MS));
    return 0;
}

WC_CASE(claim_messages, .item = "claim 32", .proc = messages, .procs = 1, .alone = 1, .twin = "claim_messages");
WC_CASE(claim_steady, .item = "claim 16", .main = steady, .procs = 1, .twin = "claim_steady");
WC_CASE(claim_sleeps, .item = "claim 81", .main = together, .procs = 1, .twin = "claim_sleeps");
