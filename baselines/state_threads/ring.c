/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring in State Threads. bench/WORKLOADS.md#ring.
 */
#include "bench.h"
#include "chan.h"

#define TASKS 503

static struct group done;
static struct chan links[TASKS]; /* task i receives from links[i] */

static void *pass_on(void *p) {
    struct chan *in = p, *out = in + 1 < links + TASKS ? in + 1 : links;
    for (uint64_t token; chan_recv(in, &token);) chan_send(out, token + 1);
    chan_close(out);
    group_done(&done);
    return NULL;
}

static void laps(struct bench *b) {
    for (int i = 0; i < TASKS; i++) chan_init(&links[i], 0, 1);
    group_init(&done, TASKS - 1);
    for (int i = 1; i < TASKS; i++) task(pass_on, &links[i]);
    uint64_t token = 0;
    chan_send(&links[1], token); /* a first lap, untimed */
    chan_recv(&links[0], &token);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        chan_send(&links[1], token + 1);
        chan_recv(&links[0], &token);
    }
    bench_stop(b);
    chan_close(&links[1]);
    group_wait(&done);
    for (int i = 0; i < TASKS; i++) chan_destroy(&links[i]);
    b->items = b->n * TASKS;
    bench_check(b, "the token", token + 1, (b->n + 1) * TASKS);
}

const struct bench_def ring_defs[] = {
    {"ring/state_threads/procs:1", laps, 1, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
