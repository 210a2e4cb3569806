/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gosched with pthreads: CreateGoroutines alone. PingPongHog and WakeupParallelSpinning ask of threads what `pingpong` and `wake`
 * ask, and nobody cuts a matrix into a thread each. bench/WORKLOADS.md#creategoroutines.
 */
#include <pthread.h>
#include <semaphore.h>

#include "bench.h"
#include "gobench.h"
#include "task.h"

static struct {
    pthread_attr_t attr;
    uint64_t made; /* by one after the other */
    sem_t end;
} chain;

/* Detached, since nobody waits but for the last. One that cannot be made is missing in the sum. */
static void *link_of_chain(void *left) {
    pthread_t next;
    chain.made++;
    if (!left || pthread_create(&next, &chain.attr, link_of_chain, (void *)((uintptr_t)left - 1))) sem_post(&chain.end);
    return NULL;
}

static void create_threads(struct bench *b) {
    chain.made = 0;
    sem_init(&chain.end, 0, 0);
    task_attr(&chain.attr, (size_t)b->def->arg);
    pthread_attr_setdetachstate(&chain.attr, PTHREAD_CREATE_DETACHED);
    bench_start(b);
    pthread_t first;
    if (pthread_create(&first, &chain.attr, link_of_chain, (void *)(uintptr_t)(b->n * GOBENCH_LINKS - 1)))
        sem_post(&chain.end);
    while (sem_wait(&chain.end)) continue;
    bench_stop(b);
    sem_destroy(&chain.end);
    pthread_attr_destroy(&chain.attr);
    b->items = b->n * GOBENCH_LINKS;
    bench_check(b, "threads that ran", chain.made, b->items);
}

#define BOTH(name, stack)                                                                                \
    {"CreateGoroutines/pthread/" name "/same_core", create_threads, 0, BENCH_SAME_CORE, stack, NULL}, {  \
        "CreateGoroutines/pthread/" name "/cross_core", create_threads, 0, BENCH_CROSS_CORE, stack, NULL \
    }

const struct bench_def bench_pthread_gosched[] = {
    BOTH("default_stack", 0),
    BOTH("stack_16k", 16384),
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
