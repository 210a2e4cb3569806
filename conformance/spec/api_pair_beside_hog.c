/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A goroutine that never lets go does not starve two that hand the processor to each other.
 * Source:   runtime/proc.go:schedule (schedtick counts no round that inherits its time slice), as BenchmarkPingPongHog relies on.
 * Goal:     a pair in runnext has a slice between two of a preempted goroutine's, not the 61 rounds after which a P looks at the
 *           global queue.
 * Method:   P = 1: one polls a channel without an end, two exchange 50,000 messages. Counted is how often the first is preempted
 *           meanwhile: at 61 rounds a slice that is some 1,600 times, by slices of the pair's own a few.
 * Expected: stdout "50000 answers\n"; fewer than 400 preemptions.
 */
#include "case.h"

#define TRIPS       50000
#define PREEMPTIONS 400

static weft_chan *ping, *pong, *stop;
static weft_waitgroup wg;

static void hog(void *arg) {
    (void)arg;
    while (weft_chan_try_recv(stop, NULL) != 0) continue;
    weft_waitgroup_done(&wg);
}

static void answer(void *arg) {
    (void)arg;
    for (int v; weft_chan_recv(ping, &v); weft_chan_send(pong, &v)) v++;
    weft_waitgroup_done(&wg);
}

static int body(void *arg) {
    (void)arg;
    ping = weft_chan_new(sizeof(int), 0);
    pong = weft_chan_new(sizeof(int), 0);
    stop = weft_chan_new(0, 0);
    weft_waitgroup_add(&wg, 2);
    weft_go(hog, NULL);
    weft_go(answer, NULL);
    struct weft_stats before = {.size = sizeof before}, after = before;
    weft_stats_read(&before);
    int v = 0;
    while (v < TRIPS) {
        weft_chan_send(ping, &v);
        weft_chan_recv(pong, &v);
    }
    weft_stats_read(&after);
    weft_chan_close(stop);
    weft_chan_close(ping);
    weft_waitgroup_wait(&wg);
    WC_CHECKF(after.preemptions - before.preemptions < PREEMPTIONS, "%" PRIu64 " preemptions", after.preemptions - before.preemptions);
    printf("%d answers\n", v);
    return 0;
}

WC_CASE(api_pair_beside_hog, .item = "api", .main = body, .out = "50000 answers\n", .procs = 1, .alone = 1,
        .not_under = WC_NOT_TSAN, .not_why = "the hog does not call what TSan intercepts",
        .twin = "api_pair_beside_hog");
