/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring: a token goes round 503 goroutines, main being one of them. WORKLOADS.md#ring.
 */
#include "bench.h"

#include "weft.h"

#define TASKS 503

WEFT_CHAN_DEFINE(link, uint64_t)

static weft_waitgroup done;
static link links[TASKS]; /* task i receives from links[i] */

static void pass_on(link in, link out) {
    for (uint64_t token; link_recv(in, &token);) link_send(out, token + 1);
    link_close(out);
    weft_waitgroup_done(&done);
}
WEFT_GO_DEFINE(pass_on, link, link)

static void laps(struct bench *b) {
    for (int i = 0; i < TASKS; i++) links[i] = link_new(0);
    weft_waitgroup_add(&done, TASKS - 1);
    for (int i = 1; i < TASKS; i++) go_pass_on(links[i], links[(i + 1) % TASKS]);
    uint64_t token = 0;
    link_send(links[1], token); /* a first lap, untimed: every task has run and waits */
    link_recv(links[0], &token);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        link_send(links[1], token + 1);
        link_recv(links[0], &token);
    }
    bench_stop(b);
    link_close(links[1]);
    weft_waitgroup_wait(&done);
    for (int i = 0; i < TASKS; i++) link_free(links[i]);
    b->items = b->n * TASKS;
    bench_check(b, "the token", token + 1, (b->n + 1) * TASKS);
}

const struct bench_def bench_weft_ring[] = {
    {"ring/weft/procs:1", laps, 1, BENCH_ANYWHERE, 0, NULL},
    {"ring/weft/procs:2", laps, 2, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
