/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B76: GOMAXPROCS(n) sets the number of processors and returns the former; n < 1 only asks.
 * Source:   runtime/debug.go:GOMAXPROCS.
 * Goal:     the four answers, and that work still gets done with 4, then 1, then 2 processors.
 * Method:   P = 2; ask, ask with -5, set 4, ask. Then goroutines run to their end after each of three changes.
 * Expected: stdout "2 2 2 4\n"; exit 0.
 */
#include "case.h"

static weft_waitgroup wg;

static void work(void *arg) {
    (void)arg;
    for (int i = 0; i < 10; i++) weft_yield();
}

static void some_work(void) {
    for (int i = 0; i < 100; i++) weft_waitgroup_go(&wg, work, NULL);
    weft_waitgroup_wait(&wg);
}

static int body(void *arg) {
    (void)arg;
    int a = weft_procs(0), b = weft_procs(-5), c = weft_procs(4), d = weft_procs(0);
    printf("%d %d %d %d\n", a, b, c, d);
    some_work();
    WC_EQ(weft_procs(1), 4);
    some_work();
    WC_EQ(weft_procs(2), 1);
    some_work();
    WC_EQ(weft_procs(0), 2);
    return 0;
}

WC_CASE(b76_gomaxprocs, .item = "B76", .main = body, .out = "2 2 2 4\n", .procs = 2, .twin = "b76_gomaxprocs");
