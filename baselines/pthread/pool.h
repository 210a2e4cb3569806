/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h — a pool of threads that run submitted calls: the fair rival of a runtime that uses its goroutines again.
 * A ring of calls under a mutex; who takes calls takes several; idle workers sleep on a condition variable and are woken only if there is
 * one. Who waits for the end works meanwhile.
 */
#ifndef PTHREAD_POOL_H
#define PTHREAD_POOL_H

#include <pthread.h>
#include <stdatomic.h>

#include "bench.h"

#define POOL_QUEUE   1024
#define POOL_WORKERS 2
#define POOL_BATCH   32

struct pool_call {
    void (*fn)(void *);
    void *arg;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work, room, finished;
    /* under lock */
    struct pool_call queue[POOL_QUEUE];
    unsigned head, len;
    unsigned idle; /* workers that wait and have not been signalled */
    int stop, waiting, full;

    _Alignas(64) atomic_uint pending; /* submitted, not finished */
    pthread_t worker[POOL_WORKERS];
    unsigned workers;
};

/* One worker on each core of the benchmark's place. */
int pool_start(struct bench *b, struct pool *p);
void pool_submit(struct pool *p, void (*fn)(void *), void *arg);
void pool_wait(struct pool *p); /* until all that was submitted has finished; from the submitting thread, which helps */
void pool_stop(struct pool *p);

#endif
