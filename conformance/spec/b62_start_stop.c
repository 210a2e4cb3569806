/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B62: a program may start and stop the runtime as often as it likes.
 * Source:   battery.md (no Go counterpart: a Go program runs once).
 * Goal:     after 1000 runs the process has the descriptors, threads and mappings it had, whatever state its goroutines
 *           were in when main returned: parked, runnable, never started, or none.
 * Method:   20 runs to warm up (glibc keeps a cache of thread stacks), then a count, 1000 runs, a count. A joined thread
 *           may stand in /proc for a moment, so the counts are looked at until they fit, at most 5 s.
 * Expected: the same descriptors and threads; mappings within 8 and 2 a processor (that cache), address space within 16 MiB; exit 0.
 */
#include <malloc.h>

#include "case.h"

enum { WARM = 20, RUNS = 1000 };

static void nothing(void *arg) { (void)arg; }
static void receive(void *arg) { weft_chan_recv(arg, NULL); }

static void yields(void *arg) {
    (void)arg;
    for (;;) weft_yield();
}

static weft_chan *c;

static int main_fn(void *arg) {
    int round = *(int *)arg;
    c = weft_chan_new(1, 0);
    if (round % 4 == 1) {
        for (int i = 0; i < 10; i++) weft_go(receive, c);
        wc_await(10, "chan receive");
    } else if (round % 4 == 2) {
        for (int i = 0; i < 4; i++) weft_go(yields, NULL);
        for (int i = 0; i < 10; i++) weft_yield();
    } else if (round % 4 == 3) {
        for (int i = 0; i < 300; i++) weft_go(nothing, NULL);
    }
    return round;
}

static void some_runs(int n) {
    for (int i = 0; i < n; i++) {
        WC_EQ(weft_run(main_fn, &i), i);
        weft_chan_free(c); /* whoever waited on it is gone */
    }
}

static int body(void) {
    mallopt(M_ARENA_MAX, 1); /* or glibc reserves 64 MiB for a thread's malloc, now or later */
    some_runs(WARM);
    int fds = wc_fds(), threads = 2 /* main and the watchdog */, maps = wc_maps();
    long vm = wc_vm_kib();
    some_runs(RUNS / WC_SLOW);
    for (int64_t end = weft_now() + 5 * WC_SEC; wc_threads() > threads && weft_now() < end;) usleep(1000);
    WC_EQ(wc_fds(), fds);
    if (!WC_TSAN) WC_EQ(wc_threads(), threads); /* TSan has a thread of its own */
    WC_CHECKF(WC_SLOW > 1 || wc_maps() <= maps + 8 + 2 * wc_procs(), "%d mappings, then %d", maps, wc_maps());
    WC_CHECKF(WC_SLOW > 1 || wc_vm_kib() <= vm + 16 * 1024, "%ld KiB of address space, then %ld", vm, wc_vm_kib());
    return 0;
}

WC_CASE(b62_start_stop, .item = "B62", .proc = body, .timeout_s = 60,
        .no_twin = "a Go program starts its runtime once");
