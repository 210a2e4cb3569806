/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alphabet with pthreads: each of a pair a thread of its own, or a call in a pool. bench/WORKLOADS.md#alphabet.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alphabet_sink.h"
#include "pool.h"
#include "task.h"

static struct pair {
    pthread_mutex_t lock;
    struct alphabet_sink sink;
} pairs[ALPHABET_PAIRS];
static pthread_t threads[2 * ALPHABET_PAIRS];
static pthread_attr_t attr;
static struct pool pool;

static void print(struct pair *p, char from) {
    for (int count = 0; count < ALPHABET_TIMES; count++)
        for (char c = from; c < from + 26; c++) {
            pthread_mutex_lock(&p->lock);
            alphabet_put(&p->sink, c);
            pthread_mutex_unlock(&p->lock);
        }
}
static void small(void *p) { print(p, 'a'); }
static void capital(void *p) { print(p, 'A'); }
static void *small_thread(void *p) { return small(p), NULL; }
static void *capital_thread(void *p) { return capital(p), NULL; }

static void create(pthread_t *t, void *(*fn)(void *), void *arg) {
    int rc = pthread_create(t, &attr, fn, arg);
    if (rc) {
        fprintf(stderr, "bench: pthread_create: %s\n", strerror(rc));
        exit(1);
    }
}

static void batch_threads(void) {
    for (int i = 0; i < ALPHABET_PAIRS; i++) {
        create(&threads[2 * i], small_thread, &pairs[i]);
        create(&threads[2 * i + 1], capital_thread, &pairs[i]);
    }
    for (int i = 0; i < 2 * ALPHABET_PAIRS; i++) pthread_join(threads[i], NULL);
}

static void batch_pool(void) {
    for (int i = 0; i < ALPHABET_PAIRS; i++) {
        pool_submit(&pool, small, &pairs[i]);
        pool_submit(&pool, capital, &pairs[i]);
    }
    pool_wait(&pool);
}

static uint64_t batch(void (*run)(void)) {
    uint64_t bytes = 0;
    for (int i = 0; i < ALPHABET_PAIRS; i++) pairs[i].sink.used = 0;
    run();
    for (int i = 0; i < ALPHABET_PAIRS; i++) bytes += pairs[i].sink.used;
    return bytes;
}

static void repeat(struct bench *b, void (*run)(void)) {
    uint64_t bytes = 0;
    for (int i = 0; i < ALPHABET_PAIRS; i++) pthread_mutex_init(&pairs[i].lock, NULL);
    batch(run);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) bytes += batch(run);
    bench_stop(b);
    b->items = b->n * ALPHABET_PAIRS;
    bench_check(b, "bytes", bytes, b->items * ALPHABET_BYTES);
    for (int i = 0; i < ALPHABET_PAIRS; i++) alphabet_check(b, &pairs[i].sink);
}

static void by_threads(struct bench *b) {
    task_attr(&attr, (size_t)b->def->arg);
    repeat(b, batch_threads);
    pthread_attr_destroy(&attr);
}

static void by_pool(struct bench *b) {
    if (pool_start(b, &pool)) repeat(b, batch_pool);
    pool_stop(&pool);
}

const struct bench_def bench_pthread_alphabet[] = {
    {"alphabet/pthread/default_stack/same_core", by_threads, 0, BENCH_SAME_CORE, 0, NULL},
    {"alphabet/pthread/default_stack/cross_core", by_threads, 0, BENCH_CROSS_CORE, 0, NULL},
    {"alphabet/pthread/stack_16k/same_core", by_threads, 0, BENCH_SAME_CORE, 16384, NULL},
    {"alphabet/pthread/stack_16k/cross_core", by_threads, 0, BENCH_CROSS_CORE, 16384, NULL},
    {"alphabet/pthread/pool/same_core", by_pool, 0, BENCH_SAME_CORE, 0, NULL},
    {"alphabet/pthread/pool/cross_core", by_pool, 0, BENCH_CROSS_CORE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
