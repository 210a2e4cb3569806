/* SPDX-License-Identifier: Apache-2.0 */
/*
 * startup with pthreads: what a program without a runtime does in its place, one thread per processor, created and joined.
 * bench/WORKLOADS.md#startup.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "bench.h"

static atomic_ullong ran;

static void *worker(void *p) {
    (void)p;
    atomic_fetch_add_explicit(&ran, 1, memory_order_relaxed);
    return NULL;
}

static int start_and_stop(struct bench *b, long threads) {
    pthread_t t[2];
    long made = 0;
    int rc = 0;
    while (made < threads && !(rc = pthread_create(&t[made], NULL, worker, NULL))) made++;
    if (rc) bench_fail(b, "pthread_create: %s", strerror(rc));
    while (made > 0) pthread_join(t[--made], NULL);
    return rc == 0;
}

static void threads(struct bench *b) {
    uint64_t rounds = 1;
    atomic_store(&ran, 0);
    start_and_stop(b, b->def->arg);
    bench_start(b);
    for (uint64_t i = 0; i < b->n && start_and_stop(b, b->def->arg); i++) rounds++;
    bench_stop(b);
    bench_check(b, "threads that ran", atomic_load(&ran), rounds * (uint64_t)b->def->arg);
}

const struct bench_def bench_pthread_startup[] = {
    {"startup/pthread/one_thread/same_core", threads, 0, BENCH_SAME_CORE, 1, NULL},
    {"startup/pthread/two_threads/cross_core", threads, 0, BENCH_CROSS_CORE, 2, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
