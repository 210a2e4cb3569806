/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pingpong in State Threads. bench/WORKLOADS.md#pingpong.
 */
#include "bench.h"
#include "chan.h"

static struct chan ping, pong;
static struct group done;

static void *answer(void *unused) {
    for (uint64_t v; chan_recv(&ping, &v);) chan_send(&pong, v + 1);
    group_done(&done);
    return unused;
}

static void round_trips(struct bench *b) {
    uint64_t v = 0;
    chan_init(&ping, (unsigned)b->def->arg, 1);
    chan_init(&pong, (unsigned)b->def->arg, 1);
    group_init(&done, 1);
    task(answer, NULL);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        chan_send(&ping, v);
        chan_recv(&pong, &v);
    }
    bench_stop(b);
    chan_close(&ping);
    group_wait(&done);
    chan_destroy(&ping);
    chan_destroy(&pong);
    bench_check(b, "answers", v, b->n);
}

const struct bench_def pingpong_defs[] = {
    {"pingpong/state_threads/procs:1", round_trips, 1, BENCH_ANYWHERE, 0, NULL},
    {"pingpong/state_threads/procs:1/mode:buffered", round_trips, 1, BENCH_ANYWHERE, 1, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
