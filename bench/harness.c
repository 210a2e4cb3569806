/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The harness below the shim: the timed region, placement, checks. It knows no runtime: run.c gets a body into a run of Weft, a peer's
 * file of its own into the peer's (baselines/README.md).
 *
 * WEFT_BENCH_INJECT=percent makes every benchmark do ceil(n * (1 + percent / 100)) iterations and report n: a slowdown of
 * known size, by which the regression gate is calibrated.
 */
#include "bench.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static int64_t read_clock(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t bench_now(void) { return read_clock(CLOCK_MONOTONIC); }

void bench_start(struct bench *b) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    b->voluntary = -u.ru_nvcsw;
    b->involuntary = -u.ru_nivcsw;
    b->started = 1;
    b->cpu_ns = -read_clock(CLOCK_PROCESS_CPUTIME_ID);
    b->wall_ns = -bench_now();
}

void bench_stop(struct bench *b) {
    b->wall_ns += bench_now();
    b->cpu_ns += read_clock(CLOCK_PROCESS_CPUTIME_ID);
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    b->voluntary += u.ru_nvcsw;
    b->involuntary += u.ru_nivcsw;
    b->stopped = 1;
}

void bench_fail(struct bench *b, const char *fmt, ...) {
    if (b->error[0]) return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(b->error, sizeof b->error, fmt, ap);
    va_end(ap);
}

void bench_check(struct bench *b, const char *what, uint64_t got, uint64_t want) {
    if (got != want)
        bench_fail(b, "wrong checksum: %s is %llu, not %llu", what, (unsigned long long)got, (unsigned long long)want);
}

void bench_extra(struct bench *b, const char *name, double value) {
    if (b->extras == BENCH_EXTRAS) {
        bench_fail(b, "more than %d extra figures", BENCH_EXTRAS);
        return;
    }
    b->extra[b->extras].name = name;
    b->extra[b->extras].value = value;
    b->extras++;
}

void *bench_alloc(size_t count, size_t size) {
    void *p = calloc(count, size);
    if (!p) {
        fprintf(stderr, "bench: out of memory\n");
        exit(1);
    }
    return p;
}

/* ---- work of a known length ---- */

uint64_t bench_work(uint64_t steps, uint64_t seed) {
    uint64_t x = seed | 1;
    for (uint64_t i = 0; i < steps; i++) { /* xorshift64: each step needs the one before */
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    return x;
}

/* The least of many short trials: whoever else was on the core only makes one longer. */
uint64_t bench_work_steps(int64_t ns) {
    static double per_step; /* written before any task exists, in set-up */
    if (per_step == 0) {
        const uint64_t steps = 20000;
        int64_t best = INT64_MAX;
        for (int trial = 0; trial < 60; trial++) {
            int64_t t = bench_now();
            uint64_t x = bench_work(steps, (uint64_t)t);
            __asm__ volatile("" : : "r"(x)); /* keep it */
            t = bench_now() - t;
            best = t < best ? t : best;
        }
        per_step = (double)best / (double)steps;
    }
    return (uint64_t)((double)ns / per_step) + 1;
}

/* ---- placement ---- */

/* Pin the host thread, from which the others inherit it, and say where each side goes. False: too few CPUs. */
static int place(struct bench *b, const cpu_set_t *allowed) {
    int found[2] = {-1, -1}, count = 0;
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && count < 2; cpu--) /* the first has more of the machine's own work */
        if (CPU_ISSET(cpu, allowed)) found[count++] = cpu;
    b->cpu[0] = b->cpu[1] = b->spare = -1;
    if (b->def->place == BENCH_ANYWHERE) return 1;
    if (b->def->place == BENCH_SAME_CORE) {
        b->spare = found[1];
        found[1] = found[0];
    }
    if (found[1] < 0) return 0;
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int i = 0; i < 2; i++) {
        CPU_SET(found[i], &set);
        b->cpu[i] = found[i];
    }
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

/* ---- calling a body ---- */

static double injected(void) {
    const char *s = getenv("WEFT_BENCH_INJECT");
    double percent = s ? strtod(s, NULL) : 0;
    return percent > 0 && percent < 1000 ? percent / 100 : 0;
}

void bench_call(struct bench *b, const struct bench_def *def, uint64_t n, uint64_t least) {
    uint64_t asked = n > least ? n : least;
    memset(b, 0, sizeof *b);
    b->def = def;
    b->n = b->items = (uint64_t)ceil((double)asked * (1 + injected()));
    uint64_t did = b->n;
    cpu_set_t allowed;
    sched_getaffinity(0, sizeof allowed, &allowed);
    if (!place(b, &allowed))
        bench_fail(b, "needs two CPUs");
    else if (def->procs > 0)
        bench_run(b);
    else
        def->body(b);
    sched_setaffinity(0, sizeof allowed, &allowed);
    if (!b->stopped) bench_fail(b, "the timed region was not run");
    b->done = (double)b->items * (double)asked / (double)did; /* an injected slowdown does not show in the items */
    b->part = (double)n / (double)asked;
}
