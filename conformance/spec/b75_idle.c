/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B75: idleness costs nothing.
 * Source:   runtime/proc.go: findRunnable, sysmon.
 * Goal:     a program that waits uses no processor time. (That few threads look for work that is not there: unit/spinning.c.)
 * Method:   100 goroutines received and now wait, all processors have been busy; main sleeps for a second of which the process's
 *           own time is taken.
 * Expected: 10 ms of the second at the most. Exit 0.
 */
#include <sys/resource.h>

#include "case.h"

static weft_chan *c;

static void receiver(void *arg) {
    for (int64_t n = (int64_t)(intptr_t)arg; n >= 0; n--) weft_chan_recv(c, NULL);
}

static int64_t own_us(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * INT64_C(1000000) + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

static int idle(void *arg) {
    (void)arg;
    c = wc_chan(1, 0);
    for (int i = 0; i < 100; i++) weft_go(receiver, (void *)10);
    for (int i = 0; i < 1000; i++) weft_chan_send(c, "");
    int64_t before = own_us();
    weft_sleep(WC_SEC);
    int64_t took = own_us() - before;
    wc_figure("own_us", (double)took);
    WC_CHECKF(took <= 10000 * WC_SLOW, "%" PRId64 " us of an idle second", took);
    return 0;
}

WC_CASE(b75_idle, .item = "B75", .main = idle, .alone = 1, .twin = "b75_idle");
