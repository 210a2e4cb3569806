/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syscalls: calls that may block the thread, and what they cost the others. WORKLOADS.md#syscalls.
 */
#include "bench.h"
#include "histogram.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "weft.h"

#define PAIRS    500 /* of calls, an iteration */
#define SLEEPERS 16
#define NAP_NS   50000
#define SITTERS  100
#define SIT_NS   200000000

/* ---- the way in and out ---- */

static intptr_t put(void *ends) { return write(((int *)ends)[1], "", 1); }

static intptr_t get(void *ends) {
    char byte;
    return read(((int *)ends)[0], &byte, 1);
}

static void through_a_pipe(struct bench *b) {
    int ends[2];
    uint64_t moved = 0;
    if (pipe(ends)) {
        bench_fail(b, "a pipe can't be opened");
        return;
    }
    bench_start(b);
    for (uint64_t i = 0; i < b->n * PAIRS; i++) {
        moved += weft_blocking(put, ends) == 1;
        moved += weft_blocking(get, ends) == 1;
    }
    bench_stop(b);
    close(ends[0]);
    close(ends[1]);
    b->items = b->n * PAIRS * 2;
    bench_check(b, "calls that moved a byte", moved, b->items);
}

/* ---- calls that do block ---- */

/* All of it, though a signal may interrupt it. */
static intptr_t nap(void *ns) {
    struct timespec left = {0, (intptr_t)ns};
    int rc;
    while ((rc = clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left)) == EINTR) {}
    return rc;
}

static weft_waitgroup done;

struct sleeper {
    uint64_t calls, whole;
};

static void sleeper(void *arg) {
    struct sleeper *s = arg;
    for (uint64_t i = 0; i < s->calls; i++) s->whole += weft_blocking(nap, (void *)(intptr_t)NAP_NS) == 0;
    weft_waitgroup_done(&done);
}

static void naps(struct bench *b) {
    struct sleeper sleepers[SLEEPERS] = {{0}};
    uint64_t whole = 0;
    bench_start(b);
    weft_waitgroup_add(&done, SLEEPERS);
    for (int i = 0; i < SLEEPERS; i++) {
        sleepers[i].calls = b->n;
        weft_go(sleeper, &sleepers[i]);
    }
    weft_waitgroup_wait(&done);
    bench_stop(b);
    for (int i = 0; i < SLEEPERS; i++) whole += sleepers[i].whole;
    b->items = b->n * SLEEPERS;
    bench_check(b, "calls", whole, b->items);
}

/* ---- what another goroutine sees meanwhile ---- */

static unsigned in, back; /* sitters that are about to call, and whose call is over */

static intptr_t sit_down(void *ns) {
    __atomic_fetch_add(&in, 1, __ATOMIC_RELEASE);
    return nap(ns);
}

static void sit(void *arg) {
    (void)arg;
    if (weft_blocking(sit_down, (void *)(intptr_t)SIT_NS) == 0) __atomic_fetch_add(&back, 1, __ATOMIC_RELEASE);
}

static void gaps(struct bench *b) {
    struct histogram *h = bench_alloc(1, sizeof *h);
    int64_t sum = 0;
    uint64_t whole = 0;
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        int64_t longest = 0;
        __atomic_store_n(&in, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&back, 0, __ATOMIC_RELAXED);
        for (int k = 0; k < SITTERS; k++) weft_waitgroup_go(&done, sit, NULL);
        while (__atomic_load_n(&in, __ATOMIC_ACQUIRE) < SITTERS) weft_yield();
        int64_t before = bench_now();
        while (__atomic_load_n(&back, __ATOMIC_ACQUIRE) < SITTERS) {
            weft_yield();
            int64_t now = bench_now(), gap = now - before;
            histogram_add(h, gap);
            longest = gap > longest ? gap : longest;
            before = now;
        }
        whole += back;
        sum += longest;
        weft_waitgroup_wait(&done);
    }
    bench_stop(b);
    bench_count(b, sum);
    bench_check(b, "calls", whole, b->n * SITTERS);
    histogram_publish(b, "gap", h);
    free(h);
}

const struct bench_def bench_weft_syscalls[] = {
    {"syscalls/weft/procs:1", through_a_pipe, 1, BENCH_ANYWHERE, 0, NULL},
    {"syscalls/weft/procs:2", through_a_pipe, 2, BENCH_ANYWHERE, 0, NULL},
    {"syscalls/weft/procs:1/mode:nap", naps, 1, BENCH_ANYWHERE, 0, NULL},
    {"syscalls/weft/procs:2/mode:nap", naps, 2, BENCH_ANYWHERE, 0, NULL},
    {"syscalls/weft/procs:1/mode:gap", gaps, 1, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
