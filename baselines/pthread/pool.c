/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread pool. pool.h describes it.
 */
#include "pool.h"

#include <string.h>

#include "task.h"

static void finish_one(struct pool *p) {
    if (atomic_fetch_sub_explicit(&p->pending, 1, memory_order_acq_rel) != 1) return;
    pthread_mutex_lock(&p->lock);
    int wake = p->waiting;
    pthread_mutex_unlock(&p->lock);
    if (wake) pthread_cond_signal(&p->finished);
}

static void *work(void *arg) {
    struct pool *p = arg;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->len == 0 && !p->stop) {
            p->idle++;
            pthread_cond_wait(&p->work, &p->lock);
        }
        if (p->len == 0) break;
        void (*fn)(void *) = p->queue[p->head].fn;
        void *fn_arg = p->queue[p->head].arg;
        p->head = (p->head + 1) % POOL_QUEUE;
        p->len--;
        int wake = p->full;
        p->full = 0;
        pthread_mutex_unlock(&p->lock);
        if (wake) pthread_cond_signal(&p->room);
        fn(fn_arg);
        finish_one(p);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

int pool_start(struct bench *b, struct pool *p) {
    memset(p, 0, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->room, NULL);
    pthread_cond_init(&p->finished, NULL);
    unsigned wanted = b->def->place == BENCH_CROSS_CORE ? 2 : 1;
    while (p->workers < wanted && task_start(b, &p->worker[p->workers], p->workers, work, p)) p->workers++;
    return p->workers == wanted;
}

void pool_submit(struct pool *p, void (*fn)(void *), void *arg) {
    atomic_fetch_add_explicit(&p->pending, 1, memory_order_relaxed); /* the lock below orders it */
    pthread_mutex_lock(&p->lock);
    while (p->len == POOL_QUEUE) {
        p->full = 1;
        pthread_cond_wait(&p->room, &p->lock);
    }
    unsigned tail = (p->head + p->len++) % POOL_QUEUE;
    p->queue[tail].fn = fn;
    p->queue[tail].arg = arg;
    int wake = p->idle > 0;
    p->idle -= (unsigned)wake;
    pthread_mutex_unlock(&p->lock);
    if (wake) pthread_cond_signal(&p->work);
}

void pool_wait(struct pool *p) {
    pthread_mutex_lock(&p->lock);
    p->waiting = 1;
    while (atomic_load_explicit(&p->pending, memory_order_acquire)) pthread_cond_wait(&p->finished, &p->lock);
    p->waiting = 0;
    pthread_mutex_unlock(&p->lock);
}

void pool_stop(struct pool *p) {
    pthread_mutex_lock(&p->lock);
    p->stop = 1;
    pthread_mutex_unlock(&p->lock);
    pthread_cond_broadcast(&p->work);
    for (unsigned i = 0; i < p->workers; i++) pthread_join(p->worker[i], NULL);
    pthread_cond_destroy(&p->work);
    pthread_cond_destroy(&p->room);
    pthread_cond_destroy(&p->finished);
    pthread_mutex_destroy(&p->lock);
}
