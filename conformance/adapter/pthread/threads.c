/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goroutines as threads, detached, with the stack that the system gives by default. WEFT_PROCS is so many CPUs, by affinity. The
 * counters are the kernel's where it has such: preemptions are involuntary switches, hand-offs voluntary ones.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "adapter.h"

struct thread {
    struct thread *next, **link; /* under lock */
    uint64_t id;
    weft_fn fn;
    void *arg;
    _Atomic(const char *) reason;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct thread *all; /* under lock */
static uint64_t ids;       /* under lock: ever */
static pthread_key_t ends;
static _Thread_local struct thread *self;

void adapter_absent(const char *what) {
    printf("n/a: %s\n", what);
    fflush(stdout);
    _exit(ADAPTER_ABSENT);
}

void adapter_waits(const char *reason) {
    if (self) self->reason = reason;
}

/* ---- coming and going ---- */

static void leave(void *arg) {
    struct thread *t = arg;
    pthread_mutex_lock(&lock);
    *t->link = t->next;
    if (t->next) t->next->link = t->link;
    pthread_mutex_unlock(&lock);
    free(t);
}

static void enter(struct thread *t) {
    pthread_mutex_lock(&lock);
    t->id = ++ids;
    t->next = all;
    t->link = &all;
    if (all) all->link = &t->next;
    all = t;
    pthread_mutex_unlock(&lock);
}

static void *begin(void *arg) {
    self = arg;
    pthread_setspecific(ends, self);
    self->fn(self->arg);
    return NULL;
}

static int start(weft_fn fn, void *arg, size_t stack) {
    struct thread *t = calloc(1, sizeof *t);
    pthread_attr_t attr;
    pthread_t thread;
    t->fn = fn;
    t->arg = arg;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (stack) pthread_attr_setstacksize(&attr, stack);
    enter(t);
    int e = pthread_create(&thread, &attr, begin, t);
    pthread_attr_destroy(&attr);
    if (e == 0) return 0;
    leave(t);
    return -e;
}

static void must(int e) {
    if (e == 0) return;
    fprintf(stderr, "pthread_create: %s\n", strerror(-e));
    exit(1);
}

void weft_go(weft_fn fn, void *arg) { must(start(fn, arg, 0)); }

int weft_go_with(const struct weft_go_options *o, weft_fn fn, void *arg) {
    return start(fn, arg, o ? o->stack_size : 0);
}

struct copied {
    weft_fn fn;
    _Alignas(16) char copy[];
};

static void run_copied(void *arg) {
    struct copied *c = arg;
    c->fn(c->copy);
    free(c);
}

void weft_go_copy_(weft_fn fn, const void *copy, size_t size) {
    struct copied *c = malloc(sizeof *c + size);
    c->fn = fn;
    memcpy(c->copy, copy, size);
    must(start(run_copied, c, 0));
}

/* ---- the run ---- */

static void use_cpus(int n) {
    cpu_set_t has, some;
    CPU_ZERO(&some);
    if (n <= 0 || sched_getaffinity(0, sizeof has, &has) != 0) return;
    for (int cpu = 0; cpu < CPU_SETSIZE && n > 0; cpu++)
        if (CPU_ISSET(cpu, &has)) {
            CPU_SET(cpu, &some);
            n--;
        }
    sched_setaffinity(0, sizeof some, &some);
}

int weft_run(int (*main_fn)(void *), void *arg) {
    static struct thread first;
    const char *procs = getenv("WEFT_PROCS");
    if (!self) { /* else it ran before: threads outlive a run */
        use_cpus(procs ? atoi(procs) : 0);
        pthread_key_create(&ends, leave);
        enter(&first);
        self = &first;
    }
    return main_fn(arg);
}

void weft_exit(int code) { exit(code); }
void weft_goexit(void) { pthread_exit(NULL); }
void weft_yield(void) { sched_yield(); }
void weft_lock_thread(void) {}
uint64_t weft_id(void) { return self ? self->id : 0; }

intptr_t weft_blocking(intptr_t (*fn)(void *), void *arg) {
    adapter_waits("");
    intptr_t result = fn(arg);
    adapter_waits(NULL);
    return result;
}

/* ---- the clock ---- */

int64_t weft_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

void adapter_deadline(int64_t when, struct timespec *to) {
    to->tv_sec = when / 1000000000;
    to->tv_nsec = when % 1000000000;
}

void weft_sleep(int64_t ns) {
    struct timespec until;
    adapter_deadline(weft_now() + ns, &until);
    adapter_waits("sleep");
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {}
    adapter_waits(NULL);
}

/* ---- seeing ---- */

size_t weft_goroutines(struct weft_goroutine_info *out, size_t max) {
    size_t n = 0;
    pthread_mutex_lock(&lock);
    for (struct thread *t = all; t; t = t->next, n++) {
        const char *reason = t->reason;
        if (n < max)
            out[n] = (struct weft_goroutine_info){.id = t->id,
                                                  .name = "",
                                                  .state = !reason   ? "running"
                                                           : *reason ? "waiting"
                                                                     : "syscall",
                                                  .wait_reason = reason ? reason : ""};
    }
    pthread_mutex_unlock(&lock);
    return n;
}

int weft_num_goroutines(void) { return (int)weft_goroutines(NULL, 0); }

void weft_stats_read(struct weft_stats *s) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    *s = (struct weft_stats){.size = s->size, .preemptions = (uint64_t)u.ru_nivcsw, .handoffs = (uint64_t)u.ru_nvcsw};
    pthread_mutex_lock(&lock);
    s->created = ids;
    for (struct thread *t = all; t; t = t->next) {
        const char *reason = t->reason;
        s->goroutines++;
        s->running += !reason;
        s->waiting += reason && *reason;
        s->in_syscall += reason && !*reason;
    }
    pthread_mutex_unlock(&lock);
    s->threads = s->goroutines;
}

void weft_dump(int fd) { (void)fd; /* a debugger can */ }
