/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buffered in State Threads. bench/WORKLOADS.md#buffered.
 */
#include "bench.h"
#include "chan.h"

#define CAPACITY  128
#define MAX_SIDES 4

static struct group producing, consuming;
static struct chan items;

struct side {
    uint64_t first, count, sum;
};

static void *produce(void *p) {
    struct side *s = p;
    for (uint64_t i = 0; i < s->count; i++) chan_send(&items, s->first + i);
    group_done(&producing);
    return NULL;
}

static void *consume(void *p) {
    struct side *s = p;
    for (uint64_t v; chan_recv(&items, &v);) s->sum += v;
    group_done(&consuming);
    return NULL;
}

static void through(struct bench *b) {
    struct side side[MAX_SIDES] = {{0}};
    unsigned sides = (unsigned)b->def->arg;
    uint64_t first = 1, total = 0;
    chan_init(&items, CAPACITY, sides);
    bench_start(b);
    group_init(&producing, sides);
    group_init(&consuming, sides);
    for (unsigned i = 0; i < sides; i++) {
        side[i].first = first;
        side[i].count = bench_share(b->n, sides, i);
        first += side[i].count;
        task(consume, &side[i]);
        task(produce, &side[i]);
    }
    group_wait(&producing);
    chan_close(&items);
    group_wait(&consuming);
    bench_stop(b);
    chan_destroy(&items);
    for (unsigned i = 0; i < sides; i++) total += side[i].sum;
    bench_check(b, "the sum of the items", total, b->n * (b->n + 1) / 2);
}

const struct bench_def buffered_defs[] = {
    {"buffered/state_threads/procs:1/shape:1to1", through, 1, BENCH_ANYWHERE, 1, NULL},
    {"buffered/state_threads/procs:1/shape:4x4", through, 1, BENCH_ANYWHERE, 4, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
