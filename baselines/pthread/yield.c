/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yield with pthreads: sched_yield by N threads on one core, where each sees by itself whether another ran meanwhile, or on
 * two, where the kernel's count of switches is taken. bench/WORKLOADS.md#yield.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bench.h"
#include "task.h"

#define MAX_TASKS 8

static struct {
    struct gate gate;
    uint64_t rounds;
    atomic_long last; /* who came back from a yield last; same_core only, relaxed: they never run at once */
} shared;

struct task {
    pthread_t thread;
    long id;
    int watch;
    uint64_t calls, switches;
};

static void *yielder(void *p) {
    struct task *t = p;
    uint64_t i, switches = 0;
    gate_pass(&shared.gate);
    if (t->watch) {
        for (i = 0; i < shared.rounds; i++) {
            atomic_store_explicit(&shared.last, t->id, memory_order_relaxed);
            sched_yield();
            switches += atomic_load_explicit(&shared.last, memory_order_relaxed) != t->id;
        }
    } else {
        for (i = 0; i < shared.rounds; i++) sched_yield();
    }
    t->calls = i;
    t->switches = switches;
    return NULL;
}

static void all_yield(struct bench *b) {
    struct task tasks[MAX_TASKS] = {{0}};
    unsigned count = (unsigned)b->def->arg;
    uint64_t calls = 0, seen = 0;
    shared.rounds = b->n;
    gate_init(&shared.gate, count);
    for (unsigned i = 0; i < count; i++) {
        tasks[i].id = (long)i + 1;
        tasks[i].watch = b->def->place == BENCH_SAME_CORE;
        if (!task_start(b, &tasks[i].thread, i, yielder, &tasks[i])) exit(1);
    }
    bench_start(b);
    gate_pass(&shared.gate);
    for (unsigned i = 0; i < count; i++) pthread_join(tasks[i].thread, NULL);
    bench_stop(b);
    gate_destroy(&shared.gate);
    for (unsigned i = 0; i < count; i++) {
        calls += tasks[i].calls;
        seen += tasks[i].switches;
    }
    bench_check(b, "yields", calls, b->n * count);
    b->items = b->def->place == BENCH_SAME_CORE ? seen : (uint64_t)(b->voluntary + b->involuntary);
    if (b->items == 0) b->items = 1; /* one round: nothing switched, and a rate needs a divisor */
}

const struct bench_def bench_pthread_yield[] = {
    {"yield/pthread/sched_yield/same_core/tasks:2", all_yield, 0, BENCH_SAME_CORE, 2, NULL},
    {"yield/pthread/sched_yield/same_core/tasks:8", all_yield, 0, BENCH_SAME_CORE, 8, NULL},
    {"yield/pthread/sched_yield/cross_core/tasks:8", all_yield, 0, BENCH_CROSS_CORE, 8, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
