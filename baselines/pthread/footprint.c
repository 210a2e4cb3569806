/* SPDX-License-Identifier: Apache-2.0 */
/*
 * footprint with pthreads: N threads parked on one condition variable. bench/WORKLOADS.md#footprint.
 */
#include "footprint.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench.h"
#include "task.h"

#define MOST 32000 /* a machine at its limit is no use to anybody else */

static struct {
    struct footprint *f;
    pthread_mutex_t lock;
    pthread_cond_t arrived, opened;
    uint64_t inside, expected;
    int open;
} p = {.lock = PTHREAD_MUTEX_INITIALIZER, .arrived = PTHREAD_COND_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};

static void park_here(void *slot) {
    pthread_mutex_lock(&p.lock);
    if (++p.inside == p.expected) pthread_cond_signal(&p.arrived);
    while (!p.open) pthread_cond_wait(&p.opened, &p.lock);
    pthread_mutex_unlock(&p.lock);
    *(uint64_t *)slot += 1;
}

static void *sleeper(void *slot) {
    footprint_deep(p.f->depth, park_here, slot);
    return NULL;
}

/* Two mappings a thread, stack and guard, count against max_map_count. */
static uint64_t limit(void) {
    struct rlimit r;
    uint64_t least = MOST;
    int64_t of_system = memory_field("/proc/sys/kernel/threads-max", "", 1);
    int64_t of_pids = memory_field("/proc/sys/kernel/pid_max", "", 1);
    int64_t of_maps = memory_field("/proc/sys/vm/max_map_count", "", 1) / 2 - 64;
    if (getrlimit(RLIMIT_NPROC, &r) == 0 && r.rlim_cur != RLIM_INFINITY && r.rlim_cur < least) least = r.rlim_cur;
    if (of_system > 0 && (uint64_t)of_system < least) least = (uint64_t)of_system;
    if (of_pids > 0 && (uint64_t)of_pids < least) least = (uint64_t)of_pids;
    if (of_maps > 0 && (uint64_t)of_maps < least) least = (uint64_t)of_maps;
    return least;
}

static void wait_for_all(uint64_t created) {
    pthread_mutex_lock(&p.lock);
    p.expected = created;
    while (p.inside < created) pthread_cond_wait(&p.arrived, &p.lock);
    pthread_mutex_unlock(&p.lock);
}

static void wake_all(void) {
    pthread_mutex_lock(&p.lock);
    p.open = 1;
    pthread_mutex_unlock(&p.lock);
    pthread_cond_broadcast(&p.opened);
}

int footprint_pthread(struct footprint *f) {
    f->limit = limit();
    uint64_t wanted = f->n < f->limit ? f->n : f->limit;
    pthread_t *threads = bench_alloc(wanted, sizeof *threads);
    uint64_t *slots = bench_alloc(wanted, sizeof *slots);
    pthread_attr_t a;
    p.f = f;
    for (uint64_t i = 0; i < wanted; i++) {
        slots[i] = i;
        memset(&threads[i], 0xff, sizeof threads[i]);
    }
    task_attr(&a, f->stack);
    if (memory_read(&f->before)) /* once unread, for stdio's own pages */
        return 1;
    memory_read(&f->before);
    int64_t t = bench_now();
    while (f->created < wanted && pthread_create(&threads[f->created], &a, sleeper, &slots[f->created]) == 0)
        f->created++;
    wait_for_all(f->created);
    f->create_ns = bench_now() - t;
    int rc = memory_read(&f->parked);
    t = bench_now();
    wake_all();
    for (uint64_t i = 0; i < f->created; i++) {
        pthread_join(threads[i], NULL);
        f->sum += slots[i];
    }
    f->wake_ns = bench_now() - t;
    free(threads);
    free(slots);
    return rc ? 1 : 0;
}
