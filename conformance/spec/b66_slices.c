/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B66, B67: goroutines that do not call Weft have their time slice, at P = 1.
 * Source:   runtime/proc.go:retake, forcePreemptNS (10 ms).
 * Goal:     a sleeper comes back beside a loop that never ends; two loops take turns of 10 to 25 ms.
 * Method:   B66: main sleeps 5 ms once the loop runs. That it returns, and that a preemption was counted, is the proof: the loop
 *           does not give way by itself. B67: each of two loops notes when the other was there last, until 40 turns were taken. How
 *           long a turn lasts is told in two clocks, so that other programs on the machine do not count: by the wall's no
 *           turn is shorter than the slice, by the process's own none is longer than 25 ms, on the average.
 * Expected: exit 0. B66 takes some 19 ms of B66's 30; the bound is ten times that.
 */
#include <stdatomic.h>
#include <time.h>

#include "case.h"

static atomic_int spinning;

static void spinner(void *arg) {
    (void)arg;
    spinning = 1;
    for (volatile uint64_t n = 0;; n++) {}
}

static uint64_t preemptions(void) {
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    return s.preemptions;
}

static int sleeps_beside(void *arg) {
    weft_go(spinner, arg);
    int64_t start = weft_now();
    weft_sleep(5 * WC_MS);
    int64_t took = weft_now() - start;
    wc_figure("back_ms", (double)took / WC_MS);
    wc_figure("preemptions", (double)preemptions());
    WC_EQ(spinning, 1);
    WC_CHECK(preemptions() > 0);
    WC_CHECKF(took >= 5 * WC_MS && took < 300 * WC_MS * WC_SLOW, "back after %" PRId64 " ns", took);
    return 0;
}

enum { TURNS = 40 };
static atomic_int turns, who;
static weft_waitgroup wg;

static void takes_turns(void *arg) {
    int me = (int)(intptr_t)arg;
    while (turns < TURNS)
        if (who != me) {
            who = me;
            atomic_fetch_add(&turns, 1);
        }
}

static int64_t own_time(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * WC_SEC + t.tv_nsec;
}

static int two(void *arg) {
    (void)arg;
    int64_t wall = weft_now(), own = own_time();
    weft_waitgroup_go(&wg, takes_turns, (void *)1);
    weft_waitgroup_go(&wg, takes_turns, (void *)2);
    weft_waitgroup_wait(&wg);
    wall = (weft_now() - wall) / TURNS;
    own = (own_time() - own) / TURNS;
    wc_figure("turn_ms", (double)own / WC_MS);
    WC_CHECKF(wall >= 9 * WC_MS, "a turn of %" PRId64 " ns", wall);
    WC_CHECKF(own <= 25 * WC_MS, "a turn of %" PRId64 " ns of processor time", own);
    return 0;
}

#define NO_CALLS "a loop without calls is never preempted there"
WC_CASE(b66_tight_loop, .item = "B66", .main = sleeps_beside, .procs = 1, .alone = 1, .not_under = WC_NOT_TSAN,
        .not_why = NO_CALLS, .twin = "b66_tight_loop");
WC_CASE(b67_two_spinners, .item = "B67", .main = two, .procs = 1, .alone = 1, .not_under = WC_NOT_TSAN,
        .not_why = NO_CALLS, .twin = "b67_two_spinners");
