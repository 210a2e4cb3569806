/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wake with pthreads, by ways of link.h: the waker on one core, who is woken on the other. bench/WORKLOADS.md#wake.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bench.h"
#include "histogram.h"
#include "link.h"
#include "task.h"

#define WAKES   20
#define WORK_NS 200000
#define MAX     4

struct sleeper {
    struct link from;
    const struct link_way *way;
    struct histogram h;
    _Atomic uint64_t seen;
    pthread_t thread;
};

static void *sleeper(void *arg) {
    struct sleeper *s = arg;
    for (uint64_t sent; (sent = s->way->recv(&s->from)) != LINK_END;) {
        histogram_add(&s->h, bench_now() - (int64_t)sent);
        atomic_store_explicit(&s->seen, s->h.count, memory_order_release);
    }
    return NULL;
}

static void wakes(struct bench *b) {
    unsigned count = (unsigned)b->def->arg;
    const struct link_way *way = b->def->way;
    uint64_t steps = bench_work_steps(WORK_NS), x = 1;
    struct sleeper *sleepers = aligned_alloc(64, MAX * sizeof *sleepers);
    if (!sleepers) exit(1);
    for (unsigned i = 0; i < count; i++) {
        sleepers[i] = (struct sleeper){.way = way};
        if (way->open(&sleepers[i].from)) {
            bench_fail(b, "a link can't be opened");
            return;
        }
        if (!task_start(b, &sleepers[i].thread, 1, sleeper, &sleepers[i])) exit(1);
    }
    task_place_self(b, 0);
    bench_start(b);
    for (uint64_t n = 1; n <= b->n * WAKES; n++) {
        x = bench_work(steps, x);
        for (unsigned i = 0; i < count; i++) way->send(&sleepers[i].from, (uint64_t)bench_now());
        for (unsigned i = 0; i < count; i++)
            while (atomic_load_explicit(&sleepers[i].seen, memory_order_acquire) < n) x = bench_work(10, x);
    }
    bench_stop(b);
    for (unsigned i = 0; i < count; i++) {
        way->send(&sleepers[i].from, LINK_END);
        pthread_join(sleepers[i].thread, NULL);
        way->close(&sleepers[i].from);
        if (i) histogram_merge(&sleepers[0].h, &sleepers[i].h);
    }
    b->items = b->n * WAKES * count;
    bench_check(b, "wakes", sleepers[0].h.count + (x == 0), b->items);
    bench_count(b, sleepers[0].h.sum);
    histogram_publish(b, "wake", &sleepers[0].h);
    free(sleepers);
}

#define ON(way, tail, tasks) \
    { "wake/pthread/" #way "/cross_core" tail, wakes, 0, BENCH_CROSS_CORE, tasks, &link_##way }

const struct bench_def bench_pthread_wake[] = {
    ON(futex, "", 1),           ON(semaphore, "", 1), ON(condvar, "", 1), ON(eventfd, "", 1), ON(futex, "/tasks:4", 4),
    ON(condvar, "/tasks:4", 4), {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
