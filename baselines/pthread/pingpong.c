/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pingpong with pthreads, by each way of link.h and, buffered, by the channel of chan.h. bench/WORKLOADS.md#pingpong.
 */
#include <pthread.h>
#include <stdlib.h>

#include "bench.h"
#include "chan.h"
#include "histogram.h"
#include "link.h"
#include "task.h"

#define PAIRS   8
#define WORK_NS 20000

struct pair {
    struct link ping, pong;
    const struct link_way *way;
    struct histogram *hops; /* of the answering side */
    struct gate *gate;
    uint64_t rounds, steps, last;
    pthread_t asker, answerer;
};

static int open_pair(struct bench *b, struct pair *p) {
    p->way = b->def->way;
    if (p->way->open(&p->ping) || p->way->open(&p->pong)) {
        bench_fail(b, "a link can't be opened");
        return 0;
    }
    return 1;
}

static void close_pair(struct pair *p) {
    p->way->close(&p->ping);
    p->way->close(&p->pong);
}

/* ---- a pair alone: the host thread asks ---- */

static void *answer(void *arg) {
    struct pair *p = arg;
    for (uint64_t v; (v = p->way->recv(&p->ping)) != LINK_END;) p->way->send(&p->pong, v + 1);
    return NULL;
}

static void round_trips(struct bench *b) {
    struct pair *p = bench_alloc(1, sizeof *p);
    if (!open_pair(b, p) || !task_start(b, &p->answerer, 1, answer, p)) return;
    task_place_self(b, 0);
    const struct link_way *way = p->way;
    way->send(&p->ping, 0);
    uint64_t v = way->recv(&p->pong);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        way->send(&p->ping, v);
        v = way->recv(&p->pong);
    }
    bench_stop(b);
    way->send(&p->ping, LINK_END);
    pthread_join(p->answerer, NULL);
    close_pair(p);
    free(p);
    bench_check(b, "answers", v, b->n + 1);
}

/* ---- the length of a hop ---- */

static void *answer_with_time(void *arg) {
    struct pair *p = arg;
    for (uint64_t sent; (sent = p->way->recv(&p->ping)) != LINK_END;) {
        histogram_add(p->hops, bench_now() - (int64_t)sent);
        p->way->send(&p->pong, (uint64_t)bench_now());
    }
    return NULL;
}

static void hop_times(struct bench *b) {
    struct pair *p = bench_alloc(1, sizeof *p);
    struct histogram *hops = bench_alloc(2, sizeof *hops);
    p->hops = &hops[1];
    if (!open_pair(b, p) || !task_start(b, &p->answerer, 1, answer_with_time, p)) return;
    task_place_self(b, 0);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        p->way->send(&p->ping, (uint64_t)bench_now());
        uint64_t sent = p->way->recv(&p->pong);
        histogram_add(&hops[0], bench_now() - (int64_t)sent);
    }
    bench_stop(b);
    p->way->send(&p->ping, LINK_END);
    pthread_join(p->answerer, NULL);
    close_pair(p);
    histogram_merge(&hops[0], &hops[1]);
    bench_check(b, "hops", hops[0].count, 2 * b->n);
    histogram_publish(b, "hop", &hops[0]);
    free(hops);
    free(p);
}

/* ---- channels of capacity 1 ---- */

struct chans {
    struct chan ping, pong;
};

static void *answer_chan(void *arg) {
    struct chans *c = arg;
    for (uint64_t v; chan_recv(&c->ping, &v);) chan_send(&c->pong, v + 1);
    return NULL;
}

static void buffered(struct bench *b) {
    struct chans c;
    pthread_t t;
    uint64_t v = 0;
    chan_init(&c.ping, 1);
    chan_init(&c.pong, 1);
    if (!task_start(b, &t, 1, answer_chan, &c)) return;
    task_place_self(b, 0);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        chan_send(&c.ping, v);
        chan_recv(&c.pong, &v);
    }
    bench_stop(b);
    chan_close(&c.ping);
    pthread_join(t, NULL);
    chan_destroy(&c.ping);
    chan_destroy(&c.pong);
    bench_check(b, "answers", v, b->n);
}

/* ---- eight pairs, 20 us of work before each hop ---- */

static void *work_and_answer(void *arg) {
    struct pair *p = arg;
    gate_pass(p->gate);
    for (uint64_t v; (v = p->way->recv(&p->ping)) != LINK_END;) {
        uint64_t x = bench_work(p->steps, v);
        p->way->send(&p->pong, v + (x != 0));
    }
    return NULL;
}

static void *work_and_ask(void *arg) {
    struct pair *p = arg;
    uint64_t v = 0;
    gate_pass(p->gate);
    for (uint64_t i = 0; i < p->rounds; i++) {
        uint64_t x = bench_work(p->steps, v);
        p->way->send(&p->ping, v + (x == 0));
        v = p->way->recv(&p->pong);
    }
    p->last = v;
    p->way->send(&p->ping, LINK_END);
    return NULL;
}

static void with_work(struct bench *b) {
    struct pair *pairs = bench_alloc(PAIRS, sizeof *pairs);
    struct gate gate;
    uint64_t steps = bench_work_steps(WORK_NS), sum = 0;
    gate_init(&gate, 2 * PAIRS);
    for (unsigned i = 0; i < PAIRS; i++) {
        struct pair *p = &pairs[i];
        p->gate = &gate;
        p->rounds = b->n;
        p->steps = steps;
        /* arg: a pair's ends on the same core, the pairs dealt to both; else one end on each */
        unsigned answerer = b->def->arg ? i : i + 1;
        if (!open_pair(b, p) || !task_start(b, &p->asker, i, work_and_ask, p) ||
            !task_start(b, &p->answerer, answerer, work_and_answer, p))
            exit(1);
    }
    bench_start(b);
    gate_pass(&gate);
    for (int i = 0; i < PAIRS; i++) {
        pthread_join(pairs[i].asker, NULL);
        pthread_join(pairs[i].answerer, NULL);
    }
    bench_stop(b);
    gate_destroy(&gate);
    for (int i = 0; i < PAIRS; i++) {
        sum += pairs[i].last;
        close_pair(&pairs[i]);
    }
    free(pairs);
    b->items = b->n * PAIRS;
    bench_check(b, "answers", sum, b->items);
}

#define ON(way, place, where, tail, body) \
    { "pingpong/pthread/" #way "/" place tail, body, 0, where, 0, &link_##way }
#define SAME(way, tail, body)  ON(way, "same_core", BENCH_SAME_CORE, tail, body)
#define CROSS(way, tail, body) ON(way, "cross_core", BENCH_CROSS_CORE, tail, body)
#define BOTH(way, tail, body)  SAME(way, tail, body), CROSS(way, tail, body)

const struct bench_def bench_pthread_pingpong[] = {
    BOTH(futex, "", round_trips),
    BOTH(semaphore, "", round_trips),
    BOTH(condvar, "", round_trips),
    BOTH(pipe, "", round_trips),
    BOTH(eventfd, "", round_trips),
    CROSS(spin, "", round_trips),
    SAME(spin_yield, "", round_trips),
    {"pingpong/pthread/condvar_chan/same_core/mode:buffered", buffered, 0, BENCH_SAME_CORE, 0, NULL},
    {"pingpong/pthread/condvar_chan/cross_core/mode:buffered", buffered, 0, BENCH_CROSS_CORE, 0, NULL},
    BOTH(futex, "/mode:latency", hop_times),
    BOTH(semaphore, "/mode:latency", hop_times),
    BOTH(condvar, "/mode:latency", hop_times),
    CROSS(spin, "/mode:latency", hop_times),
    BOTH(futex, "/work:20us", with_work),
    BOTH(condvar, "/work:20us", with_work),
    {"pingpong/pthread/futex_pair_per_core/cross_core/work:20us", with_work, 0, BENCH_CROSS_CORE, 1, &link_futex},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
