/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims 39, 44 to 48: in what order goroutines run.
 * Source:   seeds 000 and 003; runtime/proc.go:runqput, wakep.
 * Goal:     figures: of two goroutines that were started one after the other, how often the first ran first; of eight, how many orders there
 *           were, how often the usual one came, and how often the last ran first; how often one that was started ran on another processor
 *           while its starter computed on.
 * Method:   1000 times two (100 with four processors), 100 times eight, each noting its number in the order in which they run; main waits for them in between. An
 *           order counts once. With four processors each computes for a while first, so that others come for some of them, and it goes on
 *           until there are two orders, 10 s at the most. The starter of the third waits for the child in a loop without calls of its own, 10 s at the most.
 * Expected: P = 1: the last first, always, one order. P = 4: several. P = 2: a goroutine that was started is run while the starter computes. Exit 0.
 */
#include <stdatomic.h>

#include "case.h"

enum { MANY = 1000, FEW = 100, N = 8 };
static weft_waitgroup wg;
static atomic_int place;
static char order[N + 1];

static volatile int pace; /* how long each computes before it notes */

static void notes(void *arg) {
    for (volatile int i = 0; i < pace; i++) {}
    order[atomic_fetch_add(&place, 1)] = (char)('0' + (intptr_t)arg);
}

static void some(int n) {
    place = 0;
    for (intptr_t i = 0; i < n; i++) weft_waitgroup_go(&wg, notes, (void *)i);
    weft_waitgroup_wait(&wg);
    order[n] = 0;
}

static int orders(void *arg) {
    static char seen[FEW + 1][N + 1];
    int pairs = wc_procs() == 1 ? MANY : FEW;
    int first = 0, last = 0, kinds = 0, rounds = 0, times[FEW + 1] = {0}, usual = 0;
    int64_t end = weft_now() + 10 * WC_SEC;
    (void)arg;
    pace = wc_procs() == 1 ? 0 : 5000;
    for (int i = 0; i < pairs; i++) {
        some(2);
        first += order[0] == '0';
    }
    for (int i = 0; i < FEW; i++) {
        int which = 0;
        if (i == FEW - 1 && wc_procs() > 1 && kinds == 1 && weft_now() < end) i = 0;
        some(N);
        last += order[0] == '0' + N - 1;
        rounds++;
        while (which < kinds && strcmp(seen[which], order) != 0) which++;
        if (which == kinds) strcpy(seen[kinds++], order);
        if (++times[which] > usual) usual = times[which];
    }
    wc_figure("first_first", (double)first / pairs);
    wc_figure("last_first", (double)last / rounds);
    wc_figure("orders", kinds);
    wc_figure("usual", (double)usual / rounds);
    return 0;
}

/* ---- where it is started, with two processors ---- */

enum { STARTS = 20 };
static atomic_int ran;
static void runs(void *arg) {
    (void)arg;
    ran = 1;
}

static int elsewhere(void *arg) {
    int there = 0;
    (void)arg;
    for (int i = 0; i < STARTS; i++) {
        ran = 0;
        weft_waitgroup_go(&wg, runs, NULL);
        for (int64_t end = weft_now() + 10 * WC_SEC; !ran && weft_now() < end;) {}
        there += ran;
        weft_waitgroup_wait(&wg);
    }
    WC_EQ(there, STARTS);
    wc_figure("elsewhere", (double)there / STARTS);
    return 0;
}

/* ---- which queue: by the runtime's counters, Weft only ---- */

static struct weft_stats stats(void) {
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    return s;
}

static int queues(void *arg) {
    (void)arg;
    for (int i = 0; i < 200; i++) weft_waitgroup_go(&wg, runs, NULL); /* the local queue has room for them */
    uint64_t spilled = stats().overflows;
    weft_waitgroup_wait(&wg);
    wc_figure("from_global", (double)(stats().global_gets + spilled));
    for (int i = 0; i < 1000; i++) weft_waitgroup_go(&wg, runs, NULL);
    weft_waitgroup_wait(&wg);
    wc_figure("overflowed", (double)stats().global_gets);
    return 0;
}

#define CALM .env = {"WEFT_DEBUG=slice=10000000"}
WC_CASE(claim_order_one, .item = "claim 44", .main = orders, .procs = 1, CALM, .twin = "claim_order_one");
WC_CASE(claim_order_four, .item = "claim 48", .main = orders, .procs = 4, .twin = "claim_order_four");
WC_CASE(claim_elsewhere, .item = "claim 39", .main = elsewhere, .procs = 2, CALM, .timeout_s = 60,
        .twin = "claim_elsewhere");
WC_CASE(claim_queues, .item = "claim 46", .main = queues, .procs = 1, CALM, .no_twin = "Go shows no such counters");
