/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task.h — threads as the pthread baselines make them: placed, with a stack of a stated size, and started together.
 */
#ifndef PTHREAD_TASK_H
#define PTHREAD_TASK_H

#include <pthread.h>

#include "bench.h"

#define TASK_STACK (64 * 1024) /* of threads made in set-up; those whose making is measured say theirs */

/* Thread number `index` on its CPU of the benchmark's place. Failing fails the benchmark: false. */
int task_start(struct bench *b, pthread_t *t, unsigned index, void *(*fn)(void *), void *arg);
/* Put the calling thread where thread number `index` belongs. */
void task_place_self(const struct bench *b, unsigned index);
/* An attribute for threads of a stack size; 0: the system's default. */
void task_attr(pthread_attr_t *a, size_t stack);

/* Doors that all tasks wait at until the timed region begins: a barrier of `tasks` and the host. */
struct gate {
    pthread_barrier_t barrier;
};
static inline void gate_init(struct gate *g, unsigned tasks) { pthread_barrier_init(&g->barrier, NULL, tasks + 1); }
static inline void gate_pass(struct gate *g) { pthread_barrier_wait(&g->barrier); }
static inline void gate_destroy(struct gate *g) { pthread_barrier_destroy(&g->barrier); }

#endif
