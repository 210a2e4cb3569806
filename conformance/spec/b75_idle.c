/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B75: idleness costs nothing.
 * Source:   runtime/proc.go:wakep, findRunnable (no more spinning Ms than half of the busy Ps), sysmon.
 * Goal:     a program that waits uses no processor time, and few threads look for work that is not there.
 * Method:   100 goroutines received and now wait, all processors have been busy; main sleeps for a second of which the process's
 *           own time is taken. Then one goroutine works all the time, others in short bursts, while a thread that is not Weft's
 *           samples the statistics.
 * Expected: 10 ms of the second at the most; of the busy threads seen at once no more than half spin, and one, because who finds work
 *           at its last look spins beyond the rule, as in Go. Two looks of all and one in a thousand may be wrong, since the numbers
 *           are read one by one: of 192 runs none failed; without the rule, at 8 processors, 17 of 20. Exit 0.
 */
#include <pthread.h>
#include <stdatomic.h>
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

static atomic_int done;
static atomic_ulong samples;
static uint64_t beyond;

static void *sample(void *arg) {
    for (; !done; samples++) {
        struct weft_stats s = {.size = sizeof s};
        weft_stats_read(&s);
        uint64_t busy = s.running + s.threads_spinning;
        beyond += s.threads_spinning > 1 && 2 * (s.threads_spinning - 1) > busy;
        usleep(20);
    }
    return arg;
}

static void burst(void *arg) {
    for (volatile int n = (int)(intptr_t)arg; n > 0; n--) {}
}

static void worker(void *arg) {
    while (!done) {
        burst((void *)20000);
        weft_yield();
    }
    (void)arg;
}

static int spinning(void *arg) {
    (void)arg;
    pthread_t t;
    weft_waitgroup wg = {0};
    weft_go(worker, NULL);
    WC_EQ(pthread_create(&t, NULL, sample, NULL), 0);
    for (int64_t i = 0, end = weft_now() + WC_SEC / 4; weft_now() < end; i++) {
        for (intptr_t k = 1; k <= 1 + i % 8; k++) weft_waitgroup_go(&wg, burst, (void *)(k * 1000));
        weft_waitgroup_wait(&wg);
        if (i % 4 == 0) weft_sleep(50000);
    }
    WC_UNTIL(samples > 100);
    done = 1;
    pthread_join(t, NULL);
    WC_CHECKF(beyond * 1000 <= samples + 2000, "in %lu looks %" PRIu64 " times more than half of the busy threads, and one, spun",
              (unsigned long)samples, beyond);
    return 0;
}

WC_CASE(b75_idle, .item = "B75", .main = idle, .alone = 1, .twin = "b75_idle");
WC_CASE(b75_spinning, .item = "B75", .main = spinning, .alone = 1, .no_twin = "Go tells that number in a trace alone");
