/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skynet in State Threads, the smaller tree: each of a million stacks would be a mapping. bench/WORKLOADS.md#skynet.
 */
#include "bench.h"
#include "chan.h"

#include <stdlib.h>

#define FAN_OUT 10

struct node {
    struct chan *up;
    uint64_t first, leaves;
};

static void *node(void *p) {
    struct node me = *(struct node *)p;
    if (me.leaves == 1) {
        chan_send(me.up, me.first);
        return NULL;
    }
    struct chan below;
    struct node child[FAN_OUT]; /* each has copied its own before it sends */
    uint64_t part = me.leaves / FAN_OUT, sum = 0;
    chan_init(&below, 0, FAN_OUT);
    for (uint64_t i = 0; i < FAN_OUT; i++) {
        child[i] = (struct node){&below, me.first + i * part, part};
        task(node, &child[i]);
    }
    for (int i = 0; i < FAN_OUT; i++) {
        uint64_t v = 0;
        chan_recv(&below, &v);
        sum += v;
    }
    while (below.senders) st_usleep(0); /* who has been told, and has not run yet */
    chan_destroy(&below);
    chan_send(me.up, sum);
    return NULL;
}

static uint64_t tree(struct chan *top, uint64_t leaves) {
    struct node root = {top, 0, leaves};
    uint64_t sum = 0;
    task(node, &root);
    chan_recv(top, &sum);
    return sum;
}

static void trees(struct bench *b) {
    uint64_t leaves = (uint64_t)b->def->arg, sum = 0;
    struct chan top;
    chan_init(&top, 0, 1);
    tree(&top, leaves);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) sum += tree(&top, leaves);
    bench_stop(b);
    while (top.senders) st_usleep(0);
    chan_destroy(&top);
    bench_check(b, "the leaves' sum", sum, b->n * (leaves * (leaves - 1) / 2));
}

const struct bench_def skynet_defs[] = {
    {"skynet/state_threads/procs:1/leaves:10000", trees, 1, BENCH_ANYWHERE, 10000, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
