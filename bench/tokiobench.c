/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tokiobench: what tokio measures its schedulers by, under the same names. WORKLOADS.md#spawn_many and on.
 */
#include "bench.h"

#include "weft.h"

#define SPAWNS 10000 /* spawn_many */
#define TASKS  200   /* yield_many */
#define YIELDS 1000
#define PAIRS  1000 /* ping_pong */
#define LINKS  1000 /* chained_spawn */

WEFT_CHAN_DEFINE(words, uint64_t)

static struct {
    words end;          /* capacity 1: the last one says how many there were */
    uint64_t remaining; /* atomic */
    uint64_t answers;   /* atomic: ping_pong's */
} shared;

/* The last of those who were to do something. */
static int last(void) { return __atomic_sub_fetch(&shared.remaining, 1, __ATOMIC_ACQ_REL) == 0; }

static void iterate(struct bench *b, uint64_t (*once)(void), uint64_t worth, const char *what) {
    uint64_t sum = 0;
    shared.end = words_new(1);
    once();
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) sum += once();
    bench_stop(b);
    words_free(shared.end);
    b->items = b->n * worth;
    bench_check(b, what, sum, b->items);
}

static uint64_t await_end(void) {
    uint64_t v;
    words_recv(shared.end, &v);
    return v;
}

/* ---- spawn_many ---- */

static void only_count(void *unused) {
    (void)unused;
    if (last()) words_send(shared.end, SPAWNS);
}

static uint64_t spawn_all(void) {
    shared.remaining = SPAWNS;
    for (int i = 0; i < SPAWNS; i++) weft_go(only_count, NULL);
    return await_end();
}

/* ---- yield_many ---- */

static void yield_often(void *unused) {
    (void)unused;
    for (int i = 0; i < YIELDS; i++) weft_yield();
    if (last()) words_send(shared.end, TASKS * YIELDS);
}

static uint64_t yield_all(void) {
    shared.remaining = TASKS;
    for (int i = 0; i < TASKS; i++) weft_go(yield_often, NULL);
    return await_end();
}

/* ---- ping_pong ---- */

static void pong(words there, words back) {
    uint64_t v;
    words_recv(there, &v);
    words_send(back, v + 1);
}
WEFT_GO_DEFINE(pong, words, words)

static void ping(void *unused) {
    (void)unused;
    words there = words_new(1), back = words_new(1);
    uint64_t v;
    go_pong(there, back);
    words_send(there, 0);
    words_recv(back, &v);
    words_free(there);
    words_free(back);
    __atomic_add_fetch(&shared.answers, v, __ATOMIC_RELAXED);
    if (last()) words_send(shared.end, __atomic_load_n(&shared.answers, __ATOMIC_RELAXED));
}

static uint64_t ping_all(void) {
    shared.remaining = PAIRS;
    shared.answers = 0;
    for (int i = 0; i < PAIRS; i++) weft_go(ping, NULL);
    return await_end();
}

/* ---- chained_spawn ---- */

static void spawn_next(void *left) {
    shared.answers++; /* by one after the other */
    if (left)
        weft_go(spawn_next, (void *)((uintptr_t)left - 1));
    else
        words_send(shared.end, shared.answers);
}

static uint64_t spawn_chain(void) {
    shared.answers = 0;
    weft_go(spawn_next, (void *)(uintptr_t)(LINKS - 1));
    return await_end();
}

static void spawn_many(struct bench *b) { iterate(b, spawn_all, SPAWNS, "tasks"); }
static void yield_many(struct bench *b) { iterate(b, yield_all, TASKS * YIELDS, "yields"); }
static void ping_pong(struct bench *b) { iterate(b, ping_all, PAIRS, "answers"); }
static void chained_spawn(struct bench *b) { iterate(b, spawn_chain, LINKS, "tasks"); }

#define BOTH(body)                                               \
    {#body "/weft/procs:1", body, 1, BENCH_ANYWHERE, 0, NULL}, { \
#body "/weft/procs:2", body, 2, BENCH_ANYWHERE, 0, NULL  \
    }

const struct bench_def bench_weft_tokiobench[] = {
    BOTH(spawn_many), BOTH(yield_many), BOTH(ping_pong), BOTH(chained_spawn), {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
