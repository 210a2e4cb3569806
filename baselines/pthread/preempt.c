/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preempt with pthreads on one core: the kernel's scheduler is what preempts. bench/WORKLOADS.md#preempt.
 * `nanosleep` sleeps by clock_nanosleep, which may be late by the thread's timer slack (50 us by default); `timerfd`, by reading
 * one, has no slack.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "histogram.h"
#include "task.h"

#define SPINNERS 8
#define SLEEPS   10
#define SLEEP_NS 1000000

static atomic_int stop;
static atomic_uint ended;

static void *spin(void *arg) {
    uint64_t x = (uint64_t)(intptr_t)arg;
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) x = bench_work(1000, x);
    ended += x != 0;
    return NULL;
}

static const struct timespec duration = {0, SLEEP_NS};

static void by_nanosleep(int fd) {
    (void)fd;
    struct timespec left = duration;
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {}
}

static void by_timerfd(int fd) {
    const struct itimerspec once = {.it_value = duration};
    uint64_t times;
    timerfd_settime(fd, 0, &once, NULL);
    while (read(fd, &times, sizeof times) != sizeof times) {}
}

static const struct way {
    void (*sleep)(int fd);
} nanosleep_way = {by_nanosleep}, timerfd_way = {by_timerfd};

static void beside_spinners(struct bench *b) {
    const struct way *way = b->def->way;
    struct histogram *late = bench_alloc(1, sizeof *late);
    pthread_t threads[SPINNERS];
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (fd < 0) {
        bench_fail(b, "timerfd_create: errno %d", errno);
        return;
    }
    stop = 0;
    ended = 0;
    for (unsigned i = 0; i < SPINNERS; i++)
        if (!task_start(b, &threads[i], i, spin, (void *)(intptr_t)(i + 1))) exit(1);
    way->sleep(fd);
    bench_start(b);
    for (uint64_t i = 0; i < b->n * SLEEPS; i++) {
        int64_t start = bench_now();
        way->sleep(fd);
        histogram_add(late, bench_now() - start - SLEEP_NS);
    }
    bench_stop(b);
    atomic_store_explicit(&stop, 1, memory_order_relaxed);
    for (int i = 0; i < SPINNERS; i++) pthread_join(threads[i], NULL);
    close(fd);
    b->items = b->n * SLEEPS;
    bench_check(b, "spinners", ended, SPINNERS);
    bench_check(b, "sleeps", late->count, b->items);
    bench_count(b, late->sum);
    histogram_publish(b, "late", late);
    free(late);
}

const struct bench_def bench_pthread_preempt[] = {
    {"preempt/pthread/nanosleep/same_core", beside_spinners, 0, BENCH_SAME_CORE, 0, &nanosleep_way},
    {"preempt/pthread/timerfd/same_core", beside_spinners, 0, BENCH_SAME_CORE, 0, &timerfd_way},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
