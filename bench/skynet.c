/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skynet: a tree of goroutines, ten children each; a leaf sends its number up, an inner node the sum of its children's.
 * WORKLOADS.md#skynet.
 */
#include "bench.h"

#include "weft.h"

#define FAN_OUT 10

WEFT_CHAN_DEFINE(sums, uint64_t)

static void node(sums up, uint64_t first, uint64_t leaves);
WEFT_GO_DEFINE(node, sums, uint64_t, uint64_t)

static void node(sums up, uint64_t first, uint64_t leaves) {
    if (leaves == 1) {
        sums_send(up, first);
        return;
    }
    sums below = sums_new(0);
    uint64_t part = leaves / FAN_OUT, sum = 0;
    for (uint64_t i = 0; i < FAN_OUT; i++) go_node(below, first + i * part, part);
    for (int i = 0; i < FAN_OUT; i++) {
        uint64_t v;
        sums_recv(below, &v);
        sum += v;
    }
    sums_free(below); /* each child's one send has been received: nobody uses it any more */
    sums_send(up, sum);
}

static uint64_t tree(sums top, uint64_t leaves) {
    uint64_t sum;
    go_node(top, 0, leaves);
    sums_recv(top, &sum);
    return sum;
}

static void trees(struct bench *b) {
    uint64_t leaves = (uint64_t)b->def->arg, sum = 0;
    sums top = sums_new(0);
    tree(top, leaves);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) sum += tree(top, leaves);
    bench_stop(b);
    sums_free(top);
    bench_check(b, "the leaves' sum", sum, b->n * (leaves * (leaves - 1) / 2));
}

const struct bench_def bench_weft_skynet[] = {
    {"skynet/weft/procs:1", trees, 1, BENCH_ANYWHERE, 1000000, NULL},
    {"skynet/weft/procs:2", trees, 2, BENCH_ANYWHERE, 1000000, NULL},
    {"skynet/weft/procs:1/leaves:10000", trees, 1, BENCH_ANYWHERE, 10000, NULL},
    {"skynet/weft/procs:2/leaves:10000", trees, 2, BENCH_ANYWHERE, 10000, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
