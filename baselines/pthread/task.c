/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads of the pthread baselines. The host is pinned by the harness and its threads inherit that; only with a side on
 * each core is there more to say.
 */
#include "task.h"

#include <sched.h>
#include <string.h>

void task_attr(pthread_attr_t *a, size_t stack) {
    pthread_attr_init(a);
    if (stack) pthread_attr_setstacksize(a, stack);
}

void task_place_self(const struct bench *b, unsigned index) {
    if (b->def->place != BENCH_CROSS_CORE) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(b->cpu[index & 1], &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

int task_start(struct bench *b, pthread_t *t, unsigned index, void *(*fn)(void *), void *arg) {
    pthread_attr_t a;
    task_attr(&a, TASK_STACK);
    if (b->def->place == BENCH_CROSS_CORE) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(b->cpu[index & 1], &set);
        pthread_attr_setaffinity_np(&a, sizeof set, &set);
    }
    int rc = pthread_create(t, &a, fn, arg);
    pthread_attr_destroy(&a);
    if (rc) bench_fail(b, "pthread_create: %s", strerror(rc));
    return rc == 0;
}
