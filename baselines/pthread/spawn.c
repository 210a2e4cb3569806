/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spawn with pthreads: threads of the default stack and of 16 KiB, created and joined, and a pool that only takes calls.
 * bench/WORKLOADS.md#spawn.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "pool.h"
#include "task.h"

#define BATCH   1000
#define TOUCHED 2048

static struct {
    pthread_attr_t attr;
    pthread_t thread[BATCH];
    uint64_t slots[BATCH];
    struct pool pool;
    struct { /* where parking children wait */
        pthread_mutex_t lock;
        pthread_cond_t arrived, opened;
        unsigned inside, round;
    } gate;
} s = {.gate = {
           .lock = PTHREAD_MUTEX_INITIALIZER, .arrived = PTHREAD_COND_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER}};

static void count(void *slot) { *(uint64_t *)slot += 1; }

static void *child(void *slot) {
    count(slot);
    return NULL;
}

static void *parking_child(void *slot) {
    volatile char room[TOUCHED];
    for (int i = 0; i < TOUCHED; i += 64) room[i] = 1;
    pthread_mutex_lock(&s.gate.lock);
    unsigned round = s.gate.round;
    if (++s.gate.inside == BATCH) pthread_cond_signal(&s.gate.arrived);
    while (s.gate.round == round) pthread_cond_wait(&s.gate.opened, &s.gate.lock);
    pthread_mutex_unlock(&s.gate.lock);
    *(uint64_t *)slot += (uint64_t)room[TOUCHED - 64];
    return NULL;
}

/* A failure ends the process: parked threads can't be joined, and the driver reports the crash with this line. */
static void create(int from, int to, void *(*fn)(void *)) {
    for (int i = from; i < to; i++) {
        int rc = pthread_create(&s.thread[i], &s.attr, fn, &s.slots[i]);
        if (rc) {
            fprintf(stderr, "bench: pthread_create: %s\n", strerror(rc));
            exit(1);
        }
    }
}

static void join(int from, int to) {
    for (int i = from; i < to; i++) pthread_join(s.thread[i], NULL);
}

static void batch_create(void) {
    create(0, BATCH, child);
    join(0, BATCH);
}

static void one_create(void) {
    for (int i = 0; i < BATCH; i++) {
        create(i, i + 1, child);
        join(i, i + 1);
    }
}

static void park_create(void) {
    s.gate.inside = 0;
    create(0, BATCH, parking_child);
    pthread_mutex_lock(&s.gate.lock);
    while (s.gate.inside < BATCH) pthread_cond_wait(&s.gate.arrived, &s.gate.lock);
    s.gate.round++;
    pthread_mutex_unlock(&s.gate.lock);
    pthread_cond_broadcast(&s.gate.opened);
    join(0, BATCH);
}

static void batch_pool(void) {
    for (int i = 0; i < BATCH; i++) pool_submit(&s.pool, count, &s.slots[i]);
    pool_wait(&s.pool);
}

static void one_pool(void) {
    for (int i = 0; i < BATCH; i++) {
        pool_submit(&s.pool, count, &s.slots[i]);
        pool_wait(&s.pool);
    }
}

static void repeat(struct bench *b, void (*batch)(void)) {
    uint64_t sum = 0;
    memset(s.slots, 0, sizeof s.slots);
    batch();
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) batch();
    bench_stop(b);
    for (int i = 0; i < BATCH; i++) sum += s.slots[i];
    b->items = b->n * BATCH;
    bench_check(b, "children that ran", sum, b->items + BATCH);
}

struct way {
    void (*batch)(void);
};

static void threads(struct bench *b) {
    task_attr(&s.attr, (size_t)b->def->arg);
    repeat(b, ((const struct way *)b->def->way)->batch);
    pthread_attr_destroy(&s.attr);
}

static void pooled(struct bench *b) {
    if (pool_start(b, &s.pool)) repeat(b, ((const struct way *)b->def->way)->batch);
    pool_stop(&s.pool);
}

static const struct way by_batch = {batch_create}, by_one = {one_create}, by_park = {park_create},
                        pool_batch = {batch_pool}, pool_one = {one_pool};

#define BOTH(name, tail, body, stack, way)                                              \
    {"spawn/pthread/" name "/same_core" tail, body, 0, BENCH_SAME_CORE, stack, way}, {  \
        "spawn/pthread/" name "/cross_core" tail, body, 0, BENCH_CROSS_CORE, stack, way \
    }

const struct bench_def bench_pthread_spawn[] = {
    BOTH("default_stack", "", threads, 0, &by_batch),
    BOTH("stack_16k", "", threads, 16384, &by_batch),
    BOTH("pool", "", pooled, 0, &pool_batch),
    BOTH("default_stack", "/mode:one", threads, 0, &by_one),
    BOTH("stack_16k", "/mode:one", threads, 16384, &by_one),
    BOTH("pool", "/mode:one", pooled, 0, &pool_one),
    BOTH("default_stack", "/mode:park", threads, 0, &by_park),
    BOTH("stack_16k", "/mode:park", threads, 16384, &by_park),
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
