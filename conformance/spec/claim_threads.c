/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims 8, 10, 12, 17, 42, 61, 65: how many threads there are, and how many goroutines run at once.
 * Source:   seeds 000, 001, 002, 003.
 * Goal:     figures: threads when main begins; threads beyond the processors beside 10,000 goroutines that compute; the most of
 *           these that ever ran at once; threads added by 20,000 goroutines that wait, and by 100 that wait in each of nine ways.
 * Method:   /proc/self/task, without the runner's watchdog. At once: a counter that each raises while it computes; with a time slice of 10 s,
 *           so that nobody is taken off in between (in Go asyncpreemptoff).
 * Expected: at once at most P; P + 4 threads; none added. Exit 0.
 */
#include <stdatomic.h>
#include <sys/socket.h>

#include "case.h"

static int threads(void) { return wc_threads() - 1; }

static int at_start(void *arg) {
    (void)arg;
    wc_figure("threads", threads());
    return 0;
}

/* ---- computing ---- */

enum { MANY = 10000 / WC_SLOW };
static atomic_int inside, most;
static weft_waitgroup wg;

static void computes(void *arg) {
    int n = atomic_fetch_add(&inside, 1) + 1, before = most;
    while (n > before && !atomic_compare_exchange_weak(&most, &before, n)) {}
    for (volatile int i = 0; i < 1000; i++) {}
    atomic_fetch_sub(&inside, 1);
    (void)arg;
}

static int at_once(void *arg) {
    for (int i = 0; i < MANY; i++) weft_waitgroup_go(&wg, computes, arg);
    weft_waitgroup_wait(&wg);
    int extra = threads() - wc_procs();
    WC_CHECKF(most <= wc_procs(), "%d at once", most);
    if (!WC_TSAN) WC_CHECKF(extra <= 4, "%d threads more than processors", extra); /* TSan has one of its own */
    wc_figure("at_once", most);
    wc_figure("beyond", most - wc_procs());
    wc_figure("extra", extra);
    return 0;
}

/* ---- waiting ---- */

enum { CROWD = 20000 / WC_SLOW, EACH = 100, WAYS = 9 };
static weft_chan *empty, *full, *silent;
static weft_mutex m, others;
static weft_rwmutex rw;
static weft_cond cond;
static weft_waitgroup never;
static int ends[EACH];

static uint64_t waiting(void) {
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    return s.waiting;
}

static void on_recv(void *arg) { weft_chan_recv(empty, arg); }

static int crowd(void *arg) {
    empty = wc_chan(0, 0);
    weft_go(on_recv, NULL);
    WC_UNTIL(waiting() == 1);
    int before = threads();
    for (int i = 1; i < CROWD; i++) weft_go(on_recv, NULL);
    WC_UNTIL(waiting() == CROWD);
    wc_figure("goroutines", CROWD);
    wc_figure("added", threads() - before);
    (void)arg;
    return 0;
}

static void on_send(void *arg) { (void)arg, weft_chan_send(full, ""); }
static void on_select(void *arg) {
    struct weft_case cs[] = {{.chan = silent, .dir = WEFT_DIR_RECV}, {.chan = full, .dir = WEFT_DIR_SEND, .elem = ""}};
    (void)arg;
    weft_select(cs, 2);
}
static void on_sleep(void *arg) { (void)arg, weft_sleep(1000 * WC_SEC); }
static void on_mutex(void *arg) { (void)arg, weft_mutex_lock(&m); }
static void on_rlock(void *arg) { (void)arg, weft_rwmutex_rlock(&rw); }
static void on_waitgroup(void *arg) { (void)arg, weft_waitgroup_wait(&never); }
static void on_cond(void *arg) {
    (void)arg;
    weft_mutex_lock(&others);
    weft_cond_wait(&cond, &others);
}
static void on_read(void *arg) {
    char c;
    weft_read(ends[(intptr_t)arg], &c, 1);
}

static int ways(void *arg) {
    static const weft_fn way[WAYS] = {on_recv,  on_send,      on_select, on_sleep, on_mutex,
                                      on_rlock, on_waitgroup, on_cond,   on_read};
    (void)arg;
    empty = wc_chan(1, 0);
    full = wc_chan(1, 0);
    silent = wc_chan(1, 0);
    weft_mutex_lock(&m);
    weft_rwmutex_lock(&rw);
    weft_waitgroup_add(&never, 1);
    for (int i = 0; i < EACH; i++) {
        int pair[2];
        WC_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
        ends[i] = pair[0];
    }
    weft_go(on_sleep, NULL);
    WC_UNTIL(waiting() == 1);
    int before = threads(), added = 0;
    for (int k = 0; k < WAYS; k++) {
        for (intptr_t i = 0; i < EACH; i++) weft_go(way[k], (void *)i);
        WC_UNTIL(waiting() == (uint64_t)(1 + (k + 1) * EACH));
        added = threads() - before > added ? threads() - before : added;
    }
    wc_figure("ways", WAYS);
    wc_figure("added", added);
    return 0;
}

#define CALM .env = {"WEFT_DEBUG=slice=10000000"}
WC_CASE(claim_threads_start, .item = "claim 12", .main = at_start, .twin = "claim_threads_start");
WC_CASE(claim_at_once, .item = "claim 8", .main = at_once, CALM, .twin = "claim_at_once");
WC_CASE(claim_crowd, .item = "claim 17", .main = crowd, .procs = 2, CALM, .twin = "claim_crowd");
WC_CASE(claim_ways, .item = "claim 42", .main = ways, .procs = 2, CALM, .twin = "claim_ways");
