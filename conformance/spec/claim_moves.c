/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims 6, 13, 96: a goroutine changes threads, main as any other, and thread-locals stay behind.
 * Source:   seeds 000 and 003.
 * Goal:     figures: the goroutines when main begins; threads that one goroutine was seen on, the most of all, and main; how often a
 *           thread-local was another one after a switch; whether two goroutines had the same number.
 * Method:   P = 2. Eight goroutines and main yield and sleep, with some computing in between, until main and another have each been on two threads, 10 s
 *           at the most. Thread-locals are read in functions that are not inlined.
 * Expected: one goroutine; two threads or more, for main too; numbers differ. Exit 0.
 */
#include <stdatomic.h>
#include <sys/syscall.h>

#include "case.h"

enum { CROWD = 8, MOST = 64 };

static _Thread_local int mine;
__attribute__((noinline)) static void set(int to) { mine = to; }
__attribute__((noinline)) static int get(void) { return mine; }
__attribute__((noinline)) static int tid(void) { return (int)syscall(SYS_gettid); }

static atomic_int moved, done, lost, used, main_used;
static _Atomic uint64_t ids[CROWD + 1];
static weft_waitgroup wg;

static void goes_about(int me, atomic_int *most) {
    int tids[MOST], n = 0;
    ids[me] = weft_id();
    for (int round = 0; !done; round++) {
        int here = tid(), known = 0;
        for (int i = 0; i < n; i++) known |= tids[i] == here;
        if (!known && n < MOST) tids[n++] = here;
        if (n == 2) moved |= me == CROWD ? 1 : 2;
        if (n > *most) *most = n;
        if (me == CROWD && moved == 3) done = 1;
        set(me);
        for (volatile int i = 0; i < 5000; i++) {}
        if (round % 4 == 0)
            weft_sleep(20000 * (me + 1));
        else
            weft_yield();
        if (get() != me) atomic_fetch_add(&lost, 1);
    }
}
static void goroutine(void *arg) { goes_about((int)(intptr_t)arg, &used); }

static void stops(void *arg) {
    (void)arg;
    weft_sleep(10 * WC_SEC);
    done = 1;
}

static int moves(void *arg) {
    (void)arg;
    int at_entry = weft_num_goroutines(), same = 0;
    weft_go(stops, NULL);
    for (intptr_t i = 0; i < CROWD; i++) weft_waitgroup_go(&wg, goroutine, (void *)i);
    goes_about(CROWD, &main_used);
    weft_waitgroup_wait(&wg);
    for (int i = 0; i <= CROWD; i++)
        for (int k = 0; k < i; k++) same |= ids[i] == ids[k];
    WC_EQ(at_entry, 1);
    WC_EQ(same, 0);
    WC_CHECKF(used >= 2 && main_used >= 2, "%d and %d threads", used, main_used);
    wc_figure("at_entry", at_entry);
    wc_figure("threads_used", used);
    wc_figure("main_used", main_used);
    wc_figure("locals_lost", lost);
    wc_figure("distinct", !same);
    return 0;
}

/* ---- names ---- */

static void waits(void *arg) { weft_chan_recv(arg, NULL); }

static int names(void *arg) {
    struct weft_goroutine_info info[4];
    weft_chan *c = wc_chan(1, 0);
    struct weft_go_options o = {.name = "called so"};
    (void)arg;
    weft_go(waits, c);
    WC_EQ(weft_go_with(&o, waits, c), 0);
    wc_await(2, "chan receive");
    int without = 0, with = 0;
    for (size_t i = 0, n = weft_goroutines(info, 4); i < n; i++) {
        without += info[i].name[0] == 0;
        with += strcmp(info[i].name, "called so") == 0;
    }
    WC_EQ(with, 1);
    WC_EQ(without, 2);
    wc_figure("named", with);
    wc_figure("anonymous", without);
    return 0;
}

WC_CASE(claim_moves, .item = "claim 13", .main = moves, .procs = 2, .timeout_s = 60, .twin = "claim_moves");
WC_CASE(claim_names, .item = "claim 97", .main = names, .procs = 1, .no_twin = "Go has no names");
