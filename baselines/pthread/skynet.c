/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skynet with pthreads. A thread for each of the tree's 1,111,111 nodes is beyond any system's limit, so there are two
 * forms: `join` makes the threads for a tree of 10,000 leaves, where the sum comes back by pthread_join; `pool` runs the
 * whole tree as tasks of a work-stealing pool, where the last child to finish a node carries its sum up. A task of the pool
 * never blocks, so it needs neither a stack nor a channel: more than a goroutine offers is not asked of it.
 * bench/WORKLOADS.md#skynet.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "task.h"

#define FAN_OUT 10

/* ---- a thread per node ---- */

static pthread_attr_t attr;

struct span {
    uint64_t first, leaves, sum;
};

static void *node_thread(void *p) {
    struct span *s = p, child[FAN_OUT];
    pthread_t t[FAN_OUT];
    if (s->leaves == 1) {
        s->sum = s->first;
        return NULL;
    }
    uint64_t part = s->leaves / FAN_OUT;
    for (unsigned i = 0; i < FAN_OUT; i++) {
        child[i] = (struct span){s->first + i * part, part, 0};
        int rc = pthread_create(&t[i], &attr, node_thread, &child[i]);
        if (rc) {
            fprintf(stderr, "bench: pthread_create: %s\n", strerror(rc));
            exit(1);
        }
    }
    s->sum = 0;
    for (int i = 0; i < FAN_OUT; i++) {
        pthread_join(t[i], NULL);
        s->sum += child[i].sum;
    }
    return NULL;
}

static void by_join(struct bench *b) {
    uint64_t leaves = (uint64_t)b->def->arg, sum = 0;
    pthread_t t;
    task_attr(&attr, 16384);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        struct span root = {0, leaves, 0};
        if (pthread_create(&t, &attr, node_thread, &root)) exit(1);
        pthread_join(t, NULL);
        sum += root.sum;
    }
    bench_stop(b);
    pthread_attr_destroy(&attr);
    bench_check(b, "the leaves' sum", sum, b->n * (leaves * (leaves - 1) / 2));
}

/* ---- a task per node, in a pool that steals ---- */

struct node {
    struct node *parent; /* free nodes: the next */
    uint64_t first, leaves;
    atomic_ullong sum;
    atomic_uint pending; /* children that have not finished */
};

#define DEQUE 1024 /* depth 6, ten at a time, on each of two workers: 120 at most */

static struct worker {
    _Alignas(64) pthread_mutex_t lock;
    struct node *deque[DEQUE]; /* under lock; the owner takes the newest, a thief the oldest */
    unsigned head, tail;
    struct node *spare; /* owner: finished nodes */
    struct worker *other;
    pthread_t thread;
} workers[2];

static atomic_int root_done, stopping;
static atomic_ullong root_sum;

static struct node *take(struct worker *w, int newest) {
    struct node *n = NULL;
    pthread_mutex_lock(&w->lock);
    if (w->head != w->tail) n = newest ? w->deque[--w->tail % DEQUE] : w->deque[w->head++ % DEQUE];
    pthread_mutex_unlock(&w->lock);
    return n;
}

static struct node *new_node(struct worker *w, struct node *parent, uint64_t first, uint64_t leaves) {
    struct node *n = w->spare;
    if (n)
        w->spare = n->parent;
    else
        n = bench_alloc(1, sizeof *n);
    n->parent = parent;
    n->first = first;
    n->leaves = leaves;
    atomic_store_explicit(&n->sum, 0, memory_order_relaxed); /* published by the deque's lock */
    atomic_store_explicit(&n->pending, FAN_OUT, memory_order_relaxed);
    return n;
}

static void finish(struct worker *w, struct node *n, uint64_t sum) {
    for (;;) {
        struct node *up = n->parent;
        n->parent = w->spare;
        w->spare = n;
        if (!up) {
            atomic_store_explicit(&root_sum, sum, memory_order_relaxed);
            atomic_store_explicit(&root_done, 1, memory_order_release);
            return;
        }
        atomic_fetch_add_explicit(&up->sum, sum, memory_order_relaxed); /* ordered by pending */
        if (atomic_fetch_sub_explicit(&up->pending, 1, memory_order_acq_rel) != 1) return;
        sum = atomic_load_explicit(&up->sum, memory_order_relaxed);
        n = up;
    }
}

static void run(struct worker *w, struct node *n) {
    if (n->leaves == 1) {
        finish(w, n, n->first);
        return;
    }
    uint64_t part = n->leaves / FAN_OUT;
    struct node *child[FAN_OUT];
    for (unsigned i = 0; i < FAN_OUT; i++) child[i] = new_node(w, n, n->first + i * part, part);
    pthread_mutex_lock(&w->lock);
    for (unsigned i = 0; i < FAN_OUT; i++) w->deque[w->tail++ % DEQUE] = child[i];
    pthread_mutex_unlock(&w->lock);
}

/* One step: run what there is. False: there was nothing. */
static int step(struct worker *w) {
    struct node *n = take(w, 1);
    if (!n && w->other) n = take(w->other, 0);
    if (n) run(w, n);
    return n != NULL;
}

static void *work(void *p) {
    struct worker *w = p;
    while (!atomic_load_explicit(&stopping, memory_order_acquire))
        if (!step(w)) sched_yield();
    return NULL;
}

static uint64_t tree(uint64_t leaves) {
    struct worker *w = &workers[0];
    struct node *root = new_node(w, NULL, 0, leaves);
    atomic_store(&root_done, 0);
    run(w, root);
    while (!atomic_load_explicit(&root_done, memory_order_acquire))
        if (!step(w)) sched_yield();
    return atomic_load_explicit(&root_sum, memory_order_relaxed);
}

static void give_back(struct worker *w) {
    while (w->spare) {
        struct node *next = w->spare->parent;
        free(w->spare);
        w->spare = next;
    }
}

static void by_pool(struct bench *b) {
    uint64_t leaves = (uint64_t)b->def->arg, sum = 0;
    int two = b->def->place == BENCH_CROSS_CORE;
    memset(workers, 0, sizeof workers);
    atomic_store(&stopping, 0);
    for (int i = 0; i < 2; i++) {
        pthread_mutex_init(&workers[i].lock, NULL);
        workers[i].other = two ? &workers[!i] : NULL;
    }
    if (two && !task_start(b, &workers[1].thread, 1, work, &workers[1])) return;
    task_place_self(b, 0); /* the host is worker 0 */
    tree(leaves);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) sum += tree(leaves);
    bench_stop(b);
    atomic_store_explicit(&stopping, 1, memory_order_release);
    if (two) pthread_join(workers[1].thread, NULL);
    for (int i = 0; i < 2; i++) give_back(&workers[i]);
    bench_check(b, "the leaves' sum", sum, b->n * (leaves * (leaves - 1) / 2));
}

const struct bench_def bench_pthread_skynet[] = {
    {"skynet/pthread/pool/same_core", by_pool, 0, BENCH_SAME_CORE, 1000000, NULL},
    {"skynet/pthread/pool/cross_core", by_pool, 0, BENCH_CROSS_CORE, 1000000, NULL},
    {"skynet/pthread/join_16k/same_core/leaves:10000", by_join, 0, BENCH_SAME_CORE, 10000, NULL},
    {"skynet/pthread/join_16k/cross_core/leaves:10000", by_join, 0, BENCH_CROSS_CORE, 10000, NULL},
    {"skynet/pthread/pool/same_core/leaves:10000", by_pool, 0, BENCH_SAME_CORE, 10000, NULL},
    {"skynet/pthread/pool/cross_core/leaves:10000", by_pool, 0, BENCH_CROSS_CORE, 10000, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
