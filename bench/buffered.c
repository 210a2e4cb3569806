/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buffered: items through a channel of capacity 128. WORKLOADS.md#buffered.
 */
#include "bench.h"

#include "weft.h"

#define CAPACITY  128
#define MAX_SIDES 4

WEFT_CHAN_DEFINE(items, uint64_t)

static weft_waitgroup producing, consuming;

static void produce(items c, uint64_t first, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) items_send(c, first + i);
    weft_waitgroup_done(&producing);
}
WEFT_GO_DEFINE(produce, items, uint64_t, uint64_t)

static void consume(items c, uint64_t *sum) {
    uint64_t mine = 0;
    for (uint64_t v; items_recv(c, &v);) mine += v;
    *sum = mine;
    weft_waitgroup_done(&consuming);
}
typedef uint64_t *sum_pointer;
WEFT_GO_DEFINE(consume, items, sum_pointer)

static void through(struct bench *b) {
    unsigned sides = (unsigned)b->def->arg;
    uint64_t sums[MAX_SIDES] = {0}, total = 0, first = 1;
    items c = items_new(CAPACITY);
    bench_start(b);
    weft_waitgroup_add(&producing, (int)sides);
    weft_waitgroup_add(&consuming, (int)sides);
    for (unsigned i = 0; i < sides; i++) {
        go_consume(c, &sums[i]);
        go_produce(c, first, bench_share(b->n, sides, i));
        first += bench_share(b->n, sides, i);
    }
    weft_waitgroup_wait(&producing);
    items_close(c);
    weft_waitgroup_wait(&consuming);
    bench_stop(b);
    items_free(c);
    for (unsigned i = 0; i < sides; i++) total += sums[i];
    bench_check(b, "the sum of the items", total, b->n * (b->n + 1) / 2);
}

const struct bench_def bench_weft_buffered[] = {
    {"buffered/weft/procs:1/shape:1to1", through, 1, BENCH_ANYWHERE, 1, NULL},
    {"buffered/weft/procs:2/shape:1to1", through, 2, BENCH_ANYWHERE, 1, NULL},
    {"buffered/weft/procs:1/shape:4x4", through, 1, BENCH_ANYWHERE, 4, NULL},
    {"buffered/weft/procs:2/shape:4x4", through, 2, BENCH_ANYWHERE, 4, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
