/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims 56, 59, 60: which queue a goroutine comes back to that was preempted, or was in a call.
 * Source:   seeds 000, 001, 002; runtime/proc.go:goschedImpl, exitsyscall.
 * Goal:     figures of Weft's own counters: goroutines that the global queue gave out for each preemption; for each of 1000 short calls;
 *           for a call that was long while its processor was wanted. And threads during and after 100 blocking calls, kept or given up.
 * Method:   P = 1, where nothing else goes by way of the global queue. Two loops without calls, until 20 preemptions are counted. Long: a call that
 *           reads from a pipe, handed over while main yields; main writes to the pipe and waits.
 * Expected: one for each preemption; none for a short call; one for the long one. Exit 0.
 */
#include <stdatomic.h>

#include "case.h"

static struct weft_stats stats(void) {
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    return s;
}

static weft_waitgroup wg;
static atomic_int stop;

static void loops(void *arg) {
    (void)arg;
    while (!stop) {}
}

static int preempted(void *arg) {
    weft_waitgroup_go(&wg, loops, arg);
    weft_waitgroup_go(&wg, loops, arg);
    for (int64_t end = weft_now() + 10 * WC_SEC; stats().preemptions < 20 && weft_now() < end;) weft_sleep(WC_MS);
    struct weft_stats s = stats();
    stop = 1;
    weft_waitgroup_wait(&wg);
    WC_CHECK(s.preemptions >= 20);
    WC_CHECK(s.global_gets + 2 >= s.preemptions && s.global_gets <= s.preemptions); /* two may still be in it */
    wc_figure("preemptions", (double)s.preemptions);
    wc_figure("each_by_global", (double)s.global_gets / (double)s.preemptions);
    return 0;
}

static int ends[2];
static intptr_t is_short(void *arg) { return arg == NULL; }
static intptr_t reads(void *arg) { return read(ends[0], arg, 1); }
static void calls(void *arg) {
    char c;
    (void)arg;
    WC_EQ(weft_blocking(reads, &c), 1);
}

static int called(void *arg) {
    (void)arg;
    WC_EQ(pipe(ends), 0);
    for (int i = 0; i < 1000; i++) WC_EQ(weft_blocking(is_short, NULL), 1);
    uint64_t quick = stats().global_gets;
    weft_waitgroup_go(&wg, calls, NULL);
    WC_UNTIL(stats().handoffs > 0 && stats().in_syscall == 1);
    WC_EQ(write(ends[1], "x", 1), 1);
    WC_UNTIL(stats().in_syscall == 0);
    weft_waitgroup_wait(&wg);
    wc_figure("short_by_global", (double)quick);
    wc_figure("long_by_global", (double)(stats().global_gets - quick));
    return 0;
}

/* ---- threads ---- */

enum { CALLS = 100 };

static int kept(void *arg) {
    char bytes[CALLS] = {0};
    WC_EQ(pipe(ends), 0);
    for (int i = 0; i < CALLS; i++) weft_waitgroup_go(&wg, calls, arg);
    WC_UNTIL(stats().in_syscall == CALLS);
    int during = wc_threads() - 1;
    WC_EQ(write(ends[1], bytes, CALLS), CALLS);
    weft_waitgroup_wait(&wg);
    wc_figure("during", during);
    wc_figure("after", wc_threads() - 1);
    for (int64_t end = weft_now() + 10 * WC_SLOW * WC_SEC; wc_threads() > wc_procs() + 5 && weft_now() < end;)
        weft_sleep(10 * WC_MS);
    wc_figure("later", wc_threads() - 1);
    return 0;
}

WC_CASE(claim_preempted, .item = "claim 56", .main = preempted, .procs = 1, .env = {"WEFT_DEBUG=slice=1000"},
        .not_under = WC_NOT_TSAN, .not_why = "a loop without calls is never preempted there",
        .no_twin = "Go shows no such counters");
WC_CASE(claim_called, .item = "claim 59", .main = called, .procs = 1, .no_twin = "Go shows no such counters");
WC_CASE(claim_kept, .item = "claim 60", .main = kept, .procs = 1, .env = {"WEFT_DEBUG=retire=300"},
        .twin = "claim_kept");
