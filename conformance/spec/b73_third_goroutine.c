/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B73: two goroutines that hand the processor to each other do not starve a third.
 * Source:   runtime/proc.go:runqput ("inheritTime"): runnext shares one time slice of 10 ms.
 * Goal:     the pair in runnext loses the processor when its slice is used up.
 * Method:   P = 1, 20 times: a pair exchanges messages over two unbuffered channels for ever; once that runs it starts a third
 *           goroutine, which stands in the queue behind the pair, and only it can stop it. Its wait is counted in processor time of
 *           the process, to which a loaded machine adds nothing.
 * Expected: stdout "20 rounds\n". Only time can tell "bounded": the third runs within 100 ms, ten slices; never, if
 *           runnext is not bounded: a time-out.
 */
#include <time.h>

#include "case.h"

static weft_chan *ping, *pong;
static _Atomic int stop;
static weft_waitgroup wg;

static void echo(void *arg) {
    (void)arg;
    for (int v; weft_chan_recv(ping, &v);) weft_chan_send(pong, &v);
    weft_waitgroup_done(&wg);
}

static int64_t cpu_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * WC_SEC + t.tv_nsec;
}

static void third(void *arg);
static void nothing(void *arg) { (void)arg; }
static int64_t began, ran;

static void driver(void *arg) {
    (void)arg;
    for (int v = 1; !stop; v++) {
        int back;
        if (v == 100) {
            began = cpu_now();
            weft_go(third, NULL);
            weft_go(nothing, NULL); /* which puts the third out of runnext, to the end of the queue */
        }
        weft_chan_send(ping, &v);
        weft_chan_recv(pong, &back);
        WC_EQ(back, v);
    }
    weft_chan_close(ping);
    weft_waitgroup_done(&wg);
}

static void third(void *arg) {
    (void)arg;
    ran = cpu_now();
    stop = 1;
    weft_waitgroup_done(&wg);
}

static int body(void *arg) {
    (void)arg;
    for (int round = 0; round < 20; round++) {
        stop = 0;
        ping = weft_chan_new(sizeof(int), 0);
        pong = weft_chan_new(sizeof(int), 0);
        weft_waitgroup_add(&wg, 3);
        weft_go(echo, NULL);
        weft_go(driver, NULL);
        weft_waitgroup_wait(&wg);
        WC_CHECKF(ran - began < 100 * WC_MS * WC_SLOW, "the third goroutine waited %" PRId64 " ns", ran - began);
        weft_chan_free(ping);
        weft_chan_free(pong);
    }
    printf("20 rounds\n");
    return 0;
}

WC_CASE(b73_third_goroutine, .item = "B73", .main = body, .out = "20 rounds\n", .procs = 1, .alone = 1,
        .twin = "b73_third_goroutine");
