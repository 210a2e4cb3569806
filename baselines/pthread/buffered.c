/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buffered with pthreads: the mutex-and-condvar channel, 1 to 1 and 4 by 4; and for 1 to 1 a lock-free ring.
 * bench/WORKLOADS.md#buffered.
 */
#include <pthread.h>
#include <stdlib.h>

#include "bench.h"
#include "chan.h"
#include "spsc.h"
#include "task.h"

#define CAPACITY  128
#define MAX_SIDES 4

static struct chan channel;
static struct spsc ring;
static struct gate doors;

struct side {
    pthread_t thread;
    uint64_t first, count, sum;
};

static void *produce(void *p) {
    struct side *s = p;
    gate_pass(&doors);
    for (uint64_t i = 0; i < s->count; i++) chan_send(&channel, s->first + i);
    return NULL;
}

static void *consume(void *p) {
    struct side *s = p;
    uint64_t sum = 0, v;
    gate_pass(&doors);
    while (chan_recv(&channel, &v)) sum += v;
    s->sum = sum;
    return NULL;
}

static void *produce_ring(void *p) {
    struct side *s = p;
    gate_pass(&doors);
    for (uint64_t i = 0; i < s->count; i++) spsc_send(&ring, s->first + i);
    return NULL;
}

static void *consume_ring(void *p) {
    struct side *s = p;
    uint64_t sum = 0;
    gate_pass(&doors);
    for (uint64_t i = 0; i < s->count; i++) sum += spsc_recv(&ring);
    s->sum = sum;
    return NULL;
}

/* Producers on one core, consumers on the other, or all on one. */
static void through(struct bench *b, unsigned sides, void *(*producer)(void *), void *(*consumer)(void *)) {
    struct side from[MAX_SIDES] = {{0}}, to[MAX_SIDES] = {{0}};
    uint64_t first = 1, total = 0;
    gate_init(&doors, 2 * sides);
    for (unsigned i = 0; i < sides; i++) {
        from[i].first = first;
        from[i].count = to[i].count = bench_share(b->n, sides, i);
        first += from[i].count;
        if (!task_start(b, &from[i].thread, 0, producer, &from[i]) ||
            !task_start(b, &to[i].thread, 1, consumer, &to[i]))
            exit(1);
    }
    bench_start(b);
    gate_pass(&doors);
    for (unsigned i = 0; i < sides; i++) pthread_join(from[i].thread, NULL);
    if (producer == produce) chan_close(&channel);
    for (unsigned i = 0; i < sides; i++) {
        pthread_join(to[i].thread, NULL);
        total += to[i].sum;
    }
    bench_stop(b);
    gate_destroy(&doors);
    bench_check(b, "the sum of the items", total, b->n * (b->n + 1) / 2);
}

static void by_condvar(struct bench *b) {
    chan_init(&channel, CAPACITY);
    through(b, (unsigned)b->def->arg, produce, consume);
    chan_destroy(&channel);
}

static void by_ring(struct bench *b) {
    ring = (struct spsc){.capacity = CAPACITY};
    through(b, 1, produce_ring, consume_ring);
}

const struct bench_def bench_pthread_buffered[] = {
    {"buffered/pthread/condvar/same_core/shape:1to1", by_condvar, 0, BENCH_SAME_CORE, 1, NULL},
    {"buffered/pthread/condvar/cross_core/shape:1to1", by_condvar, 0, BENCH_CROSS_CORE, 1, NULL},
    {"buffered/pthread/lockfree_1to1/same_core/shape:1to1", by_ring, 0, BENCH_SAME_CORE, 1, NULL},
    {"buffered/pthread/lockfree_1to1/cross_core/shape:1to1", by_ring, 0, BENCH_CROSS_CORE, 1, NULL},
    {"buffered/pthread/condvar/same_core/shape:4x4", by_condvar, 0, BENCH_SAME_CORE, 4, NULL},
    {"buffered/pthread/condvar/cross_core/shape:4x4", by_condvar, 0, BENCH_CROSS_CORE, 4, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
