/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim 7, 41: the states of a goroutine.
 * Source:   seeds 000, 001, 002.
 * Goal:     figures: how many states a look at goroutines in every situation finds, and whether their numbers add up to all; how many
 *           goroutines the runtime has for itself.
 * Method:   P = 1: main runs, ten wait, one is in a call that blocks, one computes and was taken off. weft_goroutines tells the states; in Go the
 *           headers of a dump do, at its highest level, which shows the runtime's own too.
 * Expected: running, runnable, waiting and syscall; the sum of the statistics is the number of goroutines. Exit 0.
 */
#include <stdatomic.h>

#include "case.h"

static atomic_int stop, spinning;
static int ends[2];

static void waits(void *arg) { weft_chan_recv(arg, NULL); }
static void spins(void *arg) {
    spinning = 1;
    while (!stop) {}
    (void)arg;
}
static intptr_t reads(void *arg) { return read(ends[0], arg, 1); }
static void calls(void *arg) {
    char c;
    (void)arg;
    weft_blocking(reads, &c);
}

static struct weft_stats stats(void) {
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    return s;
}

static int states(void *arg) {
    static const char *const words[] = {"running", "runnable", "waiting", "syscall"};
    struct weft_goroutine_info info[32];
    int seen = 0, others = 0;
    (void)arg;
    weft_chan *c = wc_chan(1, 0);
    WC_EQ(pipe(ends), 0);
    for (int i = 0; i < 10; i++) weft_go(waits, c);
    weft_go(calls, NULL);
    WC_UNTIL(stats().in_syscall == 1 && stats().waiting == 10);
    weft_go(spins, NULL);
    WC_UNTIL(spinning);
    struct weft_stats s = stats();
    uint64_t sum = s.running + s.runnable + s.waiting + s.in_syscall;
    for (size_t i = 0, n = weft_goroutines(info, 32); i < n; i++) {
        int which = -1;
        for (int k = 0; k < 4; k++)
            if (strcmp(info[i].state, words[k]) == 0) which = k;
        if (which < 0)
            others++;
        else
            seen |= 1 << which;
    }
    WC_EQ(sum, s.goroutines);
    WC_EQ(others, 0);
    stop = 1;
    wc_figure("states", __builtin_popcount((unsigned)seen));
    wc_figure("adds_up", sum == s.goroutines);
    WC_EQ(write(ends[1], "x", 1), 1);
    return 0;
}

WC_CASE(claim_states, .item = "claim 7", .main = states, .procs = 1, .not_under = WC_NOT_TSAN,
        .not_why = "a loop without calls is never preempted there", .twin = "claim_states");
