/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gochan with pthreads: ChanProdCons10 and ChanProdCons100, with the channel of chan.h, a producer and a consumer a core. A hand-over
 * without a buffer is `pingpong`, several queues at once are `select`. bench/WORKLOADS.md#chanprodcons0.
 */
#include <pthread.h>

#include "bench.h"
#include "chan.h"
#include "gobench.h"
#include "spsc.h"
#include "task.h"

#define MOST 2

static struct {
    struct gate gate;
    struct chan c;
    int64_t left; /* atomic: blocks */
    uint64_t sums[MOST];
} shared;

/* One producer and one consumer: no lock is needed. */
static struct spsc ring;

static void *produce_ring(void *unused) {
    gate_pass(&shared.gate);
    while (gobench_take(&shared.left) >= 0)
        for (int i = 0; i < GOBENCH_BLOCK; i++) spsc_send(&ring, 1);
    spsc_send(&ring, 0);
    gate_pass(&shared.gate);
    return unused;
}

static void *consume_ring(void *sum) {
    uint64_t mine = 0;
    gate_pass(&shared.gate);
    for (uint64_t v; (v = spsc_recv(&ring));) mine += v;
    *(uint64_t *)sum = mine;
    gate_pass(&shared.gate);
    return NULL;
}

static void *produce(void *unused) {
    gate_pass(&shared.gate);
    while (gobench_take(&shared.left) >= 0)
        for (int i = 0; i < GOBENCH_BLOCK; i++) chan_send(&shared.c, 1);
    chan_send(&shared.c, 0);
    gate_pass(&shared.gate);
    return unused;
}

static void *consume(void *sum) {
    uint64_t mine = 0;
    gate_pass(&shared.gate);
    for (uint64_t v; chan_recv(&shared.c, &v) && v;) mine += v;
    *(uint64_t *)sum = mine;
    gate_pass(&shared.gate);
    return NULL;
}

static void with(struct bench *b, void *(*producer)(void *), void *(*consumer)(void *)) {
    unsigned sides = b->def->place == BENCH_CROSS_CORE ? 2 : 1;
    pthread_t thread[2 * MOST];
    uint64_t sum = 0;
    shared.left = (int64_t)b->n;
    gate_init(&shared.gate, 2 * sides);
    for (unsigned i = 0; i < sides; i++)
        if (!task_start(b, &thread[2 * i], i, producer, NULL) ||
            !task_start(b, &thread[2 * i + 1], i + 1, consumer, &shared.sums[i]))
            return;
    bench_start(b);
    gate_pass(&shared.gate);
    gate_pass(&shared.gate);
    bench_stop(b);
    for (unsigned i = 0; i < 2 * sides; i++) pthread_join(thread[i], NULL);
    for (unsigned i = 0; i < sides; i++) sum += shared.sums[i];
    gate_destroy(&shared.gate);
    b->items = b->n * GOBENCH_BLOCK;
    bench_check(b, "the sum received", sum, b->items);
}

static void by_condvar(struct bench *b) {
    chan_init(&shared.c, (unsigned)b->def->arg);
    with(b, produce, consume);
    chan_destroy(&shared.c);
}

static void by_ring(struct bench *b) {
    ring = (struct spsc){.capacity = (uint32_t)b->def->arg};
    with(b, produce_ring, consume_ring);
}

const struct bench_def bench_pthread_gochan[] = {
    {"ChanProdCons10/pthread/condvar/same_core", by_condvar, 0, BENCH_SAME_CORE, 10, NULL},
    {"ChanProdCons10/pthread/lockfree_1to1/same_core", by_ring, 0, BENCH_SAME_CORE, 10, NULL},
    {"ChanProdCons10/pthread/condvar/cross_core", by_condvar, 0, BENCH_CROSS_CORE, 10, NULL},
    {"ChanProdCons100/pthread/condvar/same_core", by_condvar, 0, BENCH_SAME_CORE, 100, NULL},
    {"ChanProdCons100/pthread/lockfree_1to1/same_core", by_ring, 0, BENCH_SAME_CORE, 100, NULL},
    {"ChanProdCons100/pthread/condvar/cross_core", by_condvar, 0, BENCH_CROSS_CORE, 100, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
