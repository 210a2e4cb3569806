/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mutex with pthreads: eight threads, one number, by libc's mutex, its adaptive one (spins a while first) and its spin lock.
 * bench/WORKLOADS.md#mutex.
 */
#include <pthread.h>
#include <stdlib.h>

#include "bench.h"
#include "task.h"

#define TASKS 8

static struct gate doors;
static _Alignas(64) pthread_mutex_t mutex;
static _Alignas(64) pthread_spinlock_t spin;
static _Alignas(64) uint64_t counter;

static void *add_by_mutex(void *times) {
    gate_pass(&doors);
    for (uint64_t i = *(uint64_t *)times; i > 0; i--) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void *add_by_spin(void *times) {
    gate_pass(&doors);
    for (uint64_t i = *(uint64_t *)times; i > 0; i--) {
        pthread_spin_lock(&spin);
        counter++;
        pthread_spin_unlock(&spin);
    }
    return NULL;
}

static void eight(struct bench *b, void *(*add)(void *)) {
    pthread_t t[TASKS];
    uint64_t times[TASKS];
    counter = 0;
    gate_init(&doors, TASKS);
    for (unsigned i = 0; i < TASKS; i++) {
        times[i] = bench_share(b->n, TASKS, i);
        if (!task_start(b, &t[i], i, add, &times[i])) exit(1);
    }
    bench_start(b);
    gate_pass(&doors);
    for (int i = 0; i < TASKS; i++) pthread_join(t[i], NULL);
    bench_stop(b);
    gate_destroy(&doors);
    bench_check(b, "the number", counter, b->n);
}

static void by_mutex(struct bench *b) {
    pthread_mutexattr_t a;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, (int)b->def->arg);
    pthread_mutex_init(&mutex, &a);
    eight(b, add_by_mutex);
    pthread_mutex_destroy(&mutex);
    pthread_mutexattr_destroy(&a);
}

static void by_spin(struct bench *b) {
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    eight(b, add_by_spin);
    pthread_spin_destroy(&spin);
}

const struct bench_def bench_pthread_mutex[] = {
    {"mutex/pthread/normal/same_core", by_mutex, 0, BENCH_SAME_CORE, PTHREAD_MUTEX_NORMAL, NULL},
    {"mutex/pthread/normal/cross_core", by_mutex, 0, BENCH_CROSS_CORE, PTHREAD_MUTEX_NORMAL, NULL},
    {"mutex/pthread/adaptive/same_core", by_mutex, 0, BENCH_SAME_CORE, PTHREAD_MUTEX_ADAPTIVE_NP, NULL},
    {"mutex/pthread/adaptive/cross_core", by_mutex, 0, BENCH_CROSS_CORE, PTHREAD_MUTEX_ADAPTIVE_NP, NULL},
    {"mutex/pthread/spin/same_core", by_spin, 0, BENCH_SAME_CORE, 0, NULL},
    {"mutex/pthread/spin/cross_core", by_spin, 0, BENCH_CROSS_CORE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
