/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread pool. pool.h describes it.
 */
#include "pool.h"

#include <string.h>

#include "task.h"

/* Under the lock: take half of what is queued, so that others find some, and say whether a submitter waits for room. */
static unsigned take(struct pool *p, struct pool_call *batch, int *wake) {
    unsigned n = (p->len + 1) / 2;
    if (n > POOL_BATCH) n = POOL_BATCH;
    for (unsigned i = 0; i < n; i++) batch[i] = p->queue[(p->head + i) % POOL_QUEUE];
    p->head = (p->head + n) % POOL_QUEUE;
    p->len -= n;
    *wake = n && p->full;
    if (*wake) p->full = 0;
    return n;
}

/* Not under the lock. */
static void run(struct pool *p, const struct pool_call *batch, unsigned n, int wake) {
    if (wake) pthread_cond_signal(&p->room);
    for (unsigned i = 0; i < n; i++) batch[i].fn(batch[i].arg);
    if (atomic_fetch_sub_explicit(&p->pending, n, memory_order_acq_rel) != n) return;
    pthread_mutex_lock(&p->lock);
    wake = p->waiting;
    pthread_mutex_unlock(&p->lock);
    if (wake) pthread_cond_signal(&p->finished);
}

static void *work(void *arg) {
    struct pool *p = arg;
    struct pool_call batch[POOL_BATCH];
    int wake;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->len == 0 && !p->stop) {
            p->idle++;
            pthread_cond_wait(&p->work, &p->lock);
        }
        if (p->len == 0) break;
        unsigned n = take(p, batch, &wake);
        pthread_mutex_unlock(&p->lock);
        run(p, batch, n, wake);
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
    p->queue[tail] = (struct pool_call){fn, arg};
    int wake = p->idle > 0;
    p->idle -= (unsigned)wake;
    pthread_mutex_unlock(&p->lock);
    if (wake) pthread_cond_signal(&p->work);
}

void pool_wait(struct pool *p) {
    struct pool_call batch[POOL_BATCH];
    int wake;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        unsigned n = take(p, batch, &wake);
        if (n) {
            pthread_mutex_unlock(&p->lock);
            run(p, batch, n, wake);
            pthread_mutex_lock(&p->lock);
        } else if (atomic_load_explicit(&p->pending, memory_order_acquire)) {
            p->waiting = 1;
            pthread_cond_wait(&p->finished, &p->lock);
            p->waiting = 0;
        } else {
            break;
        }
    }
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
