/* SPDX-License-Identifier: Apache-2.0 */
/*
 * switch without a runtime: libc's own swapcontext between two stacks of one thread (it saves the signal mask by a system
 * call), and the kernel's switch between two threads that yield. bench/WORKLOADS.md#switch.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <ucontext.h>

#include "bench.h"
#include "task.h"

static ucontext_t host, other;
static uint64_t came_back;

static void back_and_forth(void) {
    for (;;) {
        came_back++;
        swapcontext(&other, &host);
    }
}

static void contexts(struct bench *b) {
    char *stack = bench_alloc(1, TASK_STACK);
    came_back = 0;
    getcontext(&other);
    other.uc_stack.ss_sp = stack;
    other.uc_stack.ss_size = TASK_STACK;
    other.uc_link = NULL;
    makecontext(&other, back_and_forth, 0);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) swapcontext(&host, &other);
    bench_stop(b);
    free(stack);
    b->items = 2 * b->n;
    bench_check(b, "visits", came_back, b->n);
}

/* ---- two threads on one core that do nothing but yield ---- */

static struct {
    struct gate gate;
    uint64_t rounds, left[2];
} y;

static void *yielder(void *left) {
    uint64_t i = y.rounds;
    gate_pass(&y.gate);
    for (; i > 0; i--) sched_yield();
    *(uint64_t *)left = i;
    return NULL;
}

static void yields(struct bench *b) {
    pthread_t t[2];
    y.rounds = b->n;
    y.left[0] = y.left[1] = 1;
    gate_init(&y.gate, 2);
    if (!task_start(b, &t[0], 0, yielder, &y.left[0]) || !task_start(b, &t[1], 1, yielder, &y.left[1])) exit(1);
    bench_start(b);
    gate_pass(&y.gate);
    for (int i = 0; i < 2; i++) pthread_join(t[i], NULL);
    bench_stop(b);
    gate_destroy(&y.gate);
    bench_check(b, "yields left", y.left[0] + y.left[1], 0);
    /* A call that found nothing to switch to is no switch: the kernel counted the others. */
    b->items = (uint64_t)(b->voluntary + b->involuntary);
    if (b->items > 2 * b->n || b->items == 0) b->items = 2 * b->n;
}

const struct bench_def bench_pthread_switch[] = {
    {"switch/pthread/swapcontext/same_core", contexts, 0, BENCH_SAME_CORE, 0, NULL},
    {"switch/pthread/sched_yield/same_core", yields, 0, BENCH_SAME_CORE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
