/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timers with pthreads. bench/WORKLOADS.md#timers.
 * `heap_pool`   one thread with a binary heap of deadlines, which runs the calls that are due: a sleep is a call put in, with no
 *               thread and no stack of its own. What one would rather write for 100,000.
 * `heap_futex`  the same thread and heap; each sleeper is a thread that waits on a futex until its turn.
 * `nanosleep`   each sleeper is a thread in clock_nanosleep: the kernel's timers.
 */
#include "timers.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "task.h"

struct sleeper {
    _Alignas(64) atomic_uint awake; /* heap_futex */
    uint64_t slept;                 /* full sleeps */
    pthread_t thread;
};

struct timer {
    int64_t deadline;
    struct sleeper *whose;
};

struct way {
    void (*due)(struct sleeper *p, int64_t now);        /* what the timer thread does, under lock; NULL: there is none */
    void (*sleep)(struct sleeper *p, int64_t deadline); /* what a thread does; NULL: there is none */
};

static struct {
    struct bench *b;
    const struct way *way;
    long count;
    struct sleeper *sleepers;
    int64_t start;
    uint64_t rounds; /* for the sleepers that are threads */
    struct gate gate;

    /* the timer thread's, under lock */
    pthread_mutex_t lock;
    pthread_cond_t earlier, all_done;
    struct timer *heap;
    long len, done;
    int asleep, stop;
    pthread_t thread;
} s = {.lock = PTHREAD_MUTEX_INITIALIZER, .all_done = PTHREAD_COND_INITIALIZER};

static struct timespec at(int64_t ns) { return (struct timespec){ns / 1000000000, ns % 1000000000}; }

/* ---- the heap: under lock ---- */

static void push(int64_t deadline, struct sleeper *whose) {
    long i = s.len++;
    for (long up; i > 0 && s.heap[up = (i - 1) / 2].deadline > deadline; i = up) s.heap[i] = s.heap[up];
    s.heap[i] = (struct timer){deadline, whose};
}

static struct sleeper *pop(void) {
    struct sleeper *first = s.heap[0].whose;
    struct timer last = s.heap[--s.len];
    long i = 0;
    for (long down; (down = 2 * i + 1) < s.len; i = down) {
        if (down + 1 < s.len && s.heap[down + 1].deadline < s.heap[down].deadline) down++;
        if (s.heap[down].deadline >= last.deadline) break;
        s.heap[i] = s.heap[down];
    }
    s.heap[i] = last;
    return first;
}

/* The timer thread is woken only for a deadline that comes before the one it sleeps for. */
static void add_timer(int64_t deadline, struct sleeper *whose) {
    pthread_mutex_lock(&s.lock);
    push(deadline, whose);
    int wake = s.asleep && s.heap[0].whose == whose;
    if (wake) s.asleep = 0;
    pthread_mutex_unlock(&s.lock);
    if (wake) pthread_cond_signal(&s.earlier);
}

/* ---- the timer thread ---- */

/* What a timer does when it is due. Under lock. */
static void call(struct sleeper *p, int64_t now) {
    int64_t ns = timers_ns((uint64_t)(p - s.sleepers));
    p->slept += now >= s.start + ns;
    if (++s.done == s.count) pthread_cond_signal(&s.all_done);
}

static void let_go(struct sleeper *p, int64_t now) {
    (void)now;
    atomic_store_explicit(&p->awake, 1, memory_order_release);
    syscall(SYS_futex, &p->awake, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *run_timers(void *arg) {
    (void)arg;
    pthread_mutex_lock(&s.lock);
    while (!s.stop) {
        int64_t now = bench_now();
        while (s.len && s.heap[0].deadline <= now) s.way->due(pop(), now);
        s.asleep = 1;
        if (!s.len) {
            pthread_cond_wait(&s.earlier, &s.lock);
        } else {
            struct timespec t = at(s.heap[0].deadline);
            pthread_cond_timedwait(&s.earlier, &s.lock, &t);
        }
        s.asleep = 0;
    }
    pthread_mutex_unlock(&s.lock);
    return NULL;
}

static void start_timers(void) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s.earlier, &monotonic);
    s.heap = bench_alloc((size_t)s.count, sizeof *s.heap);
    s.len = s.done = s.stop = s.asleep = 0;
    if (!task_start(s.b, &s.thread, 1, run_timers, NULL)) exit(1);
}

static void stop_timers(void) {
    pthread_mutex_lock(&s.lock);
    s.stop = 1;
    pthread_mutex_unlock(&s.lock);
    pthread_cond_signal(&s.earlier);
    pthread_join(s.thread, NULL);
    pthread_cond_destroy(&s.earlier);
    free(s.heap);
}

/* ---- the ways ---- */

static void begin(struct bench *b) {
    s.b = b;
    s.way = b->def->way;
    s.count = b->def->arg;
    s.sleepers = bench_alloc((size_t)s.count, sizeof *s.sleepers);
    s.rounds = b->n + 1;
}

static void end(struct bench *b) {
    uint64_t sum = 0;
    for (long i = 0; i < s.count; i++) sum += s.sleepers[i].slept;
    free(s.sleepers);
    b->items = b->n * (uint64_t)s.count;
    bench_count(b, b->cpu_ns);
    bench_extra(b, "batch_wall_ns", (double)b->wall_ns / (double)b->n);
    bench_check(b, "sleeps of full length", sum, s.rounds * (uint64_t)s.count);
}

static void pool_batch(void) {
    s.start = bench_now();
    s.done = 0; /* nobody else is at it: the heap is empty */
    for (long i = 0; i < s.count; i++) add_timer(bench_now() + timers_ns((uint64_t)i), &s.sleepers[i]);
    pthread_mutex_lock(&s.lock);
    while (s.done < s.count) pthread_cond_wait(&s.all_done, &s.lock);
    pthread_mutex_unlock(&s.lock);
}

static void heap_pool(struct bench *b) {
    begin(b);
    start_timers();
    task_place_self(b, 0);
    pool_batch();
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) pool_batch();
    bench_stop(b);
    stop_timers();
    end(b);
}

static void sleep_in_kernel(struct sleeper *p, int64_t deadline) {
    (void)p;
    struct timespec t = at(deadline);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {}
}

static void sleep_on_futex(struct sleeper *p, int64_t deadline) {
    atomic_store_explicit(&p->awake, 0, memory_order_relaxed);
    add_timer(deadline, p);
    while (!atomic_load_explicit(&p->awake, memory_order_acquire))
        syscall(SYS_futex, &p->awake, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

/* A thread a sleeper, made in set-up; a gate before and after each batch. */
static void *sleeper(void *arg) {
    struct sleeper *p = arg;
    for (uint64_t i = 0; i < s.rounds; i++) {
        gate_pass(&s.gate);
        int64_t deadline = bench_now() + timers_ns((uint64_t)(p - s.sleepers));
        s.way->sleep(p, deadline);
        p->slept += bench_now() >= deadline;
        gate_pass(&s.gate);
    }
    return NULL;
}

static const struct way pool = {call, NULL}, kernel = {NULL, sleep_in_kernel}, futex = {let_go, sleep_on_futex};

static void a_thread_each(struct bench *b) {
    begin(b);
    if (s.way->due) start_timers();
    gate_init(&s.gate, (unsigned)s.count);
    for (long i = 0; i < s.count; i++)
        if (!task_start(b, &s.sleepers[i].thread, (unsigned)i, sleeper, &s.sleepers[i])) exit(1);
    for (uint64_t i = 0; i < s.rounds; i++) {
        if (i == 1) bench_start(b);
        gate_pass(&s.gate);
        gate_pass(&s.gate);
    }
    bench_stop(b);
    for (long i = 0; i < s.count; i++) pthread_join(s.sleepers[i].thread, NULL);
    gate_destroy(&s.gate);
    if (s.way->due) stop_timers();
    end(b);
}

const struct bench_def bench_pthread_timers[] = {
    {"timers/pthread/heap_pool/same_core", heap_pool, 0, BENCH_SAME_CORE, 100000, &pool},
    {"timers/pthread/heap_pool/cross_core", heap_pool, 0, BENCH_CROSS_CORE, 100000, &pool},
    {"timers/pthread/heap_pool/same_core/sleepers:1000", heap_pool, 0, BENCH_SAME_CORE, 1000, &pool},
    {"timers/pthread/nanosleep/same_core/sleepers:1000", a_thread_each, 0, BENCH_SAME_CORE, 1000, &kernel},
    {"timers/pthread/nanosleep/cross_core/sleepers:1000", a_thread_each, 0, BENCH_CROSS_CORE, 1000, &kernel},
    {"timers/pthread/heap_futex/same_core/sleepers:1000", a_thread_each, 0, BENCH_SAME_CORE, 1000, &futex},
    {"timers/pthread/heap_futex/cross_core/sleepers:1000", a_thread_each, 0, BENCH_CROSS_CORE, 1000, &futex},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
