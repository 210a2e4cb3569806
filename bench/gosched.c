/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gosched: what Go's runtime package measures its scheduler by, under the same names. WORKLOADS.md#creategoroutines and on.
 */
#include "bench.h"
#include "gobench.h"

#include <stdlib.h>
#include <string.h>

#include "weft.h"

WEFT_CHAN_DEFINE(ints, int64_t)

static weft_waitgroup done;

/* ---- CreateGoroutines ---- */

static struct {
    uint64_t made; /* by one after the other */
    ints end;
} chain;

static void link_of_chain(void *left) {
    chain.made++;
    if (left)
        weft_go(link_of_chain, (void *)((uintptr_t)left - 1));
    else
        ints_send(chain.end, 1);
}

static void create_goroutines(struct bench *b) {
    int64_t v;
    chain.made = 0;
    chain.end = ints_new(0);
    bench_start(b);
    weft_go(link_of_chain, (void *)(uintptr_t)(b->n * GOBENCH_LINKS - 1));
    ints_recv(chain.end, &v);
    bench_stop(b);
    ints_free(chain.end);
    b->items = b->n * GOBENCH_LINKS;
    bench_check(b, "goroutines that ran", chain.made, b->items);
}

/* ---- PingPongHog ---- */

static struct {
    ints ping, pong, stop;
    uint64_t trips, last;
    uint64_t looked; /* by the hog */
} hog;

/* Never lets go by itself. */
static void hog_processor(void *unused) {
    (void)unused;
    int64_t v;
    while (ints_try_recv(hog.stop, &v) != 0) hog.looked++;
    weft_waitgroup_done(&done);
}

static void answer(void *unused) {
    (void)unused;
    for (int64_t v; ints_recv(hog.ping, &v);) ints_send(hog.pong, v + 1);
    ints_close(hog.pong);
    weft_waitgroup_done(&done);
}

static void ask(void *unused) {
    (void)unused;
    int64_t v = 0;
    for (uint64_t i = 0; i < hog.trips; i++) {
        ints_send(hog.ping, v);
        ints_recv(hog.pong, &v);
    }
    hog.last = (uint64_t)v;
    ints_close(hog.ping);
    ints_close(hog.stop);
    weft_waitgroup_done(&done);
}

static void ping_pong_hog(struct bench *b) {
    hog.ping = ints_new(0), hog.pong = ints_new(0), hog.stop = ints_new(0);
    hog.trips = b->n * GOBENCH_TRIPS;
    hog.looked = 0;
    weft_waitgroup_add(&done, 3);
    bench_start(b);
    weft_go(hog_processor, NULL);
    weft_go(answer, NULL);
    weft_go(ask, NULL);
    weft_waitgroup_wait(&done);
    bench_stop(b);
    ints_free(hog.ping), ints_free(hog.pong), ints_free(hog.stop);
    b->items = hog.trips;
    bench_check(b, "answers", hog.last, hog.trips);
    bench_check(b, "hogs that ran", hog.looked > 0, 1);
}

/* ---- WakeupParallelSpinning ---- */

static struct {
    ints ping, pong;
    uint64_t n, got[2];
    int64_t delay;
} wakeup;

static void spin(int64_t ns) {
    for (int64_t end = weft_now() + ns; weft_now() < end;) continue;
}

static void wake_send(ints c) {
    spin(wakeup.delay + GOBENCH_WAKE_NS);
    ints_send(c, 1);
}

static uint64_t wake_recv(ints c) {
    int64_t v;
    spin(wakeup.delay);
    ints_recv(c, &v);
    return (uint64_t)v;
}

static void send_first(void *unused) {
    (void)unused;
    for (uint64_t i = 0; i < wakeup.n; i++) {
        wake_send(wakeup.ping);
        wakeup.got[0] += wake_recv(wakeup.pong);
    }
    weft_waitgroup_done(&done);
}

static void recv_first(void *unused) {
    (void)unused;
    for (uint64_t i = 0; i < wakeup.n; i++) {
        wakeup.got[1] += wake_recv(wakeup.ping);
        wake_send(wakeup.pong);
    }
    weft_waitgroup_done(&done);
}

static void wakeups(struct bench *b) {
    memset(&wakeup, 0, sizeof wakeup);
    wakeup.ping = ints_new(0), wakeup.pong = ints_new(0);
    wakeup.n = b->n;
    wakeup.delay = b->def->arg;
    weft_waitgroup_add(&done, 2);
    bench_start(b);
    weft_go(send_first, NULL);
    weft_go(recv_first, NULL);
    weft_waitgroup_wait(&done);
    bench_stop(b);
    ints_free(wakeup.ping), ints_free(wakeup.pong);
    bench_check(b, "wake-ups", wakeup.got[0] + wakeup.got[1], 2 * b->n);
}

/* ---- Matmult ---- */

#define N         GOBENCH_MATRIX
#define THRESHOLD 8

static double (*ma)[N], (*mb)[N], (*mc)[N];

/* C += A * B within these bounds. */
struct block {
    int i0, i1, j0, j1, k0, k1;
    weft_chan *done; /* capacity 1; NULL: the caller does it itself */
};

static void multiply(void *p);

/* One half is another goroutine's. */
static void halves(struct block first, struct block second) {
    struct weft_go_options o = {.copy = &first, .copy_size = sizeof first};
    first.done = weft_chan_new(0, 1);
    second.done = NULL;
    if (weft_go_with(&o, multiply, NULL)) weft_fatal("no memory for a goroutine");
    multiply(&second);
    weft_chan_recv(first.done, NULL);
    weft_chan_free(first.done);
}

static void directly(const struct block *t) {
    for (int i = t->i0; i < t->i1; i++)
        for (int j = t->j0; j < t->j1; j++)
            for (int k = t->k0; k < t->k1; k++) mc[i][j] += ma[i][k] * mb[k][j];
}

static void multiply(void *p) {
    const struct block *t = p;
    struct block first = *t, second = *t;
    int di = t->i1 - t->i0, dj = t->j1 - t->j0, dk = t->k1 - t->k0;
    if (di >= dj && di >= dk && di >= THRESHOLD) {
        first.i1 = second.i0 = t->i0 + di / 2;
        halves(first, second);
    } else if (dj >= dk && dj >= THRESHOLD) {
        first.j1 = second.j0 = t->j0 + dj / 2;
        halves(first, second);
    } else if (dk >= THRESHOLD) { /* both add to the same part of C: one after the other */
        first.k1 = second.k0 = t->k0 + dk / 2;
        first.done = second.done = NULL;
        multiply(&first);
        multiply(&second);
    } else
        directly(t);
    if (t->done) weft_chan_send(t->done, NULL);
}

static void matmult(struct bench *b) {
    uint64_t sum = 0;
    ma = bench_alloc(N, sizeof *ma), mb = bench_alloc(N, sizeof *mb), mc = bench_alloc(N, sizeof *mc);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) ma[i][j] = mb[i][j] = i * N + j;
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) multiply(&(struct block){0, N, 0, N, 0, N, NULL});
    bench_stop(b);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) sum += (uint64_t)mc[i][j];
    free(ma), free(mb), free(mc);
    b->items = b->n * N * N * N;
    bench_check(b, "the sum of the product", sum, b->n * GOBENCH_MATRIX_SUM);
}

const struct bench_def bench_weft_gosched[] = {
    {"CreateGoroutines/weft/procs:1", create_goroutines, 1, BENCH_ANYWHERE, 0, NULL},
    {"CreateGoroutines/weft/procs:2", create_goroutines, 2, BENCH_ANYWHERE, 0, NULL},
    {"PingPongHog/weft/procs:1", ping_pong_hog, 1, BENCH_ANYWHERE, 0, NULL},
    {"WakeupParallelSpinning/weft/procs:2/delay:0s", wakeups, 2, BENCH_ANYWHERE, 0, NULL},
    {"WakeupParallelSpinning/weft/procs:2/delay:10us", wakeups, 2, BENCH_ANYWHERE, 10000, NULL},
    {"WakeupParallelSpinning/weft/procs:2/delay:100us", wakeups, 2, BENCH_ANYWHERE, 100000, NULL},
    {"Matmult/weft/procs:1", matmult, 1, BENCH_ANYWHERE, 0, NULL},
    {"Matmult/weft/procs:2", matmult, 2, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
