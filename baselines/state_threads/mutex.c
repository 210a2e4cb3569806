/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mutex in State Threads, which needs none here and is asked all the same. bench/WORKLOADS.md#mutex.
 */
#include "bench.h"
#include "chan.h"

#define TASKS 8

static struct group done;
static st_mutex_t lock;
static uint64_t counter;

static void *add(void *times) {
    for (uintptr_t i = 0; i < (uintptr_t)times; i++) {
        st_mutex_lock(lock);
        counter++;
        st_mutex_unlock(lock);
    }
    group_done(&done);
    return NULL;
}

static void locks(struct bench *b) {
    counter = 0;
    lock = st_mutex_new();
    bench_start(b);
    group_init(&done, TASKS);
    for (unsigned i = 0; i < TASKS; i++) task(add, (void *)(uintptr_t)bench_share(b->n, TASKS, i));
    group_wait(&done);
    bench_stop(b);
    st_mutex_destroy(lock);
    bench_check(b, "the number", counter, b->n);
}

const struct bench_def mutex_defs[] = {
    {"mutex/state_threads/procs:1", locks, 1, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
