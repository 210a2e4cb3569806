/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pingpong: a value there and back over two channels. WORKLOADS.md#pingpong.
 */
#include "bench.h"
#include "histogram.h"

#include <stdlib.h>

#include "weft.h"

#define PAIRS   8
#define WORK_NS 20000

WEFT_CHAN_DEFINE(values, uint64_t)

struct pair {
    values ping, pong;
    weft_waitgroup *done;
    struct histogram *hops; /* of the answering side */
    uint64_t rounds, steps, last;
};

static void open_pair(struct pair *p, int capacity) {
    p->ping = values_new(capacity);
    p->pong = values_new(capacity);
}

static void close_pair(struct pair *p) {
    values_free(p->ping);
    values_free(p->pong);
}

/* ---- a pair alone: main asks ---- */

static void answer(void *arg) {
    struct pair *p = arg;
    for (uint64_t v; values_recv(p->ping, &v);) values_send(p->pong, v + 1);
    weft_waitgroup_done(p->done);
}

static void round_trips(struct bench *b) {
    weft_waitgroup done = {0};
    struct pair p = {.done = &done};
    open_pair(&p, (int)b->def->arg);
    weft_waitgroup_add(&done, 1);
    weft_go(answer, &p);
    uint64_t v = 0;
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        values_send(p.ping, v);
        values_recv(p.pong, &v);
    }
    bench_stop(b);
    values_close(p.ping);
    weft_waitgroup_wait(&done);
    close_pair(&p);
    bench_check(b, "answers", v, b->n);
}

/* ---- the length of a hop ---- */

static void answer_with_time(void *arg) {
    struct pair *p = arg;
    for (uint64_t sent; values_recv(p->ping, &sent);) {
        histogram_add(p->hops, bench_now() - (int64_t)sent);
        values_send(p->pong, (uint64_t)bench_now());
    }
    weft_waitgroup_done(p->done);
}

static void hop_times(struct bench *b) {
    weft_waitgroup done = {0};
    struct histogram *hops = bench_alloc(2, sizeof *hops);
    struct pair p = {.done = &done, .hops = &hops[1]};
    open_pair(&p, 0);
    weft_waitgroup_add(&done, 1);
    weft_go(answer_with_time, &p);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        uint64_t sent;
        values_send(p.ping, (uint64_t)bench_now());
        values_recv(p.pong, &sent);
        histogram_add(&hops[0], bench_now() - (int64_t)sent);
    }
    bench_stop(b);
    values_close(p.ping);
    weft_waitgroup_wait(&done);
    close_pair(&p);
    histogram_merge(&hops[0], &hops[1]);
    bench_check(b, "hops", hops[0].count, 2 * b->n);
    histogram_publish(b, "hop", &hops[0]);
    free(hops);
}

/* ---- eight pairs, 20 us of work before each hop ---- */

static void work_and_answer(void *arg) {
    struct pair *p = arg;
    for (uint64_t v; values_recv(p->ping, &v);) {
        uint64_t x = bench_work(p->steps, v);
        values_send(p->pong, v + (x != 0));
    }
    weft_waitgroup_done(p->done);
}

static void work_and_ask(void *arg) {
    struct pair *p = arg;
    uint64_t v = 0;
    for (uint64_t i = 0; i < p->rounds; i++) {
        uint64_t x = bench_work(p->steps, v);
        values_send(p->ping, v + (x == 0));
        values_recv(p->pong, &v);
    }
    p->last = v;
    values_close(p->ping);
    weft_waitgroup_done(p->done);
}

static void with_work(struct bench *b) {
    weft_waitgroup done = {0};
    struct pair pairs[PAIRS] = {{0}};
    uint64_t steps = bench_work_steps(WORK_NS), sum = 0;
    for (int i = 0; i < PAIRS; i++) {
        pairs[i].done = &done;
        pairs[i].rounds = b->n;
        pairs[i].steps = steps;
        open_pair(&pairs[i], 0);
    }
    bench_start(b);
    weft_waitgroup_add(&done, 2 * PAIRS);
    for (int i = 0; i < PAIRS; i++) {
        weft_go(work_and_answer, &pairs[i]);
        weft_go(work_and_ask, &pairs[i]);
    }
    weft_waitgroup_wait(&done);
    bench_stop(b);
    for (int i = 0; i < PAIRS; i++) {
        sum += pairs[i].last;
        close_pair(&pairs[i]);
    }
    b->items = b->n * PAIRS;
    bench_check(b, "answers", sum, b->items);
}

const struct bench_def bench_weft_pingpong[] = {
    {"pingpong/weft/procs:1", round_trips, 1, BENCH_ANYWHERE, 0, NULL},
    {"pingpong/weft/procs:2", round_trips, 2, BENCH_ANYWHERE, 0, NULL},
    {"pingpong/weft/procs:1/mode:buffered", round_trips, 1, BENCH_ANYWHERE, 1, NULL},
    {"pingpong/weft/procs:2/mode:buffered", round_trips, 2, BENCH_ANYWHERE, 1, NULL},
    {"pingpong/weft/procs:1/mode:latency", hop_times, 1, BENCH_ANYWHERE, 0, NULL},
    {"pingpong/weft/procs:2/mode:latency", hop_times, 2, BENCH_ANYWHERE, 0, NULL},
    {"pingpong/weft/procs:1/work:20us", with_work, 1, BENCH_ANYWHERE, 0, NULL},
    {"pingpong/weft/procs:2/work:20us", with_work, 2, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
