/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syscalls with pthreads: the calls as they are, for no runtime is to be told of them. bench/WORKLOADS.md#syscalls.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "histogram.h"
#include "task.h"

#define PAIRS    500
#define SLEEPERS 16
#define NAP_NS   50000
#define SITTERS  100
#define SIT_NS   200000000

/* Through a pointer, as the callback of a runtime is called. */
static ssize_t (*volatile const put)(int, const void *, size_t) = write;
static ssize_t (*volatile const get)(int, void *, size_t) = read;

static void through_a_pipe(struct bench *b) {
    int ends[2];
    char byte = 0;
    uint64_t moved = 0;
    if (pipe(ends)) {
        bench_fail(b, "a pipe can't be opened");
        return;
    }
    bench_start(b);
    for (uint64_t i = 0; i < b->n * PAIRS; i++) {
        moved += put(ends[1], &byte, 1) == 1;
        moved += get(ends[0], &byte, 1) == 1;
    }
    bench_stop(b);
    close(ends[0]);
    close(ends[1]);
    b->items = b->n * PAIRS * 2;
    bench_check(b, "calls that moved a byte", moved, b->items);
}

static int nap(long ns) {
    struct timespec t = {0, ns};
    return clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

static struct gate gate;

struct sleeper {
    _Alignas(64) uint64_t calls;
    uint64_t whole;
    pthread_t thread;
};

static void *sleeper(void *arg) {
    struct sleeper *s = arg;
    gate_pass(&gate);
    for (uint64_t i = 0; i < s->calls; i++) s->whole += nap(NAP_NS) == 0;
    return NULL;
}

static void naps(struct bench *b) {
    struct sleeper sleepers[SLEEPERS] = {{0}};
    uint64_t whole = 0;
    gate_init(&gate, SLEEPERS);
    for (unsigned i = 0; i < SLEEPERS; i++) {
        sleepers[i].calls = b->n;
        if (!task_start(b, &sleepers[i].thread, i, sleeper, &sleepers[i])) exit(1);
    }
    bench_start(b);
    gate_pass(&gate);
    for (int i = 0; i < SLEEPERS; i++) pthread_join(sleepers[i].thread, NULL);
    bench_stop(b);
    gate_destroy(&gate);
    for (int i = 0; i < SLEEPERS; i++) whole += sleepers[i].whole;
    b->items = b->n * SLEEPERS;
    bench_check(b, "calls", whole, b->items);
}

static atomic_uint in, back;

static void *sit(void *arg) {
    atomic_fetch_add_explicit(&in, 1, memory_order_release);
    if (nap(SIT_NS) == 0) atomic_fetch_add_explicit(&back, 1, memory_order_release);
    return arg;
}

static void gaps(struct bench *b) {
    struct histogram *h = bench_alloc(1, sizeof *h);
    pthread_t threads[SITTERS];
    int64_t sum = 0;
    uint64_t whole = 0;
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        int64_t longest = 0;
        atomic_store_explicit(&in, 0, memory_order_relaxed);
        atomic_store_explicit(&back, 0, memory_order_relaxed);
        for (unsigned k = 0; k < SITTERS; k++)
            if (!task_start(b, &threads[k], k, sit, NULL)) exit(1);
        while (atomic_load_explicit(&in, memory_order_acquire) < SITTERS) sched_yield();
        int64_t before = bench_now();
        while (atomic_load_explicit(&back, memory_order_acquire) < SITTERS) {
            int64_t now = bench_now(), gap = now - before;
            histogram_add(h, gap);
            longest = gap > longest ? gap : longest;
            before = now;
        }
        whole += back;
        sum += longest;
        for (int k = 0; k < SITTERS; k++) pthread_join(threads[k], NULL);
    }
    bench_stop(b);
    bench_count(b, sum);
    bench_check(b, "calls", whole, b->n * SITTERS);
    histogram_publish(b, "gap", h);
    free(h);
}

const struct bench_def bench_pthread_syscalls[] = {
    {"syscalls/pthread/direct/same_core", through_a_pipe, 0, BENCH_SAME_CORE, 0, NULL},
    {"syscalls/pthread/direct/same_core/mode:nap", naps, 0, BENCH_SAME_CORE, 0, NULL},
    {"syscalls/pthread/direct/cross_core/mode:nap", naps, 0, BENCH_CROSS_CORE, 0, NULL},
    {"syscalls/pthread/direct/same_core/mode:gap", gaps, 0, BENCH_SAME_CORE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
