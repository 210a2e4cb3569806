/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gochan: what Go's runtime package measures its channels and select by, under the same names. WORKLOADS.md#chansync and on.
 */
#include "bench.h"
#include "gobench.h"

#include <string.h>

#include "weft.h"

WEFT_CHAN_DEFINE(ints, int64_t)

#define MOST_PROCS 2
#define FILL       100 /* ChanUncontended's capacity */

static struct {
    weft_waitgroup done;
    int64_t left; /* atomic: blocks */
    ints c;
    uint64_t sums[MOST_PROCS];
} shared;

static uint64_t sum_of(int parts) {
    uint64_t sum = 0;
    for (int i = 0; i < parts; i++) sum += shared.sums[i];
    return sum;
}

/* Set up; the sums are what is checked. */
static void begin(int64_t blocks, int capacity) {
    shared.left = blocks;
    shared.c = ints_new(capacity);
    memset(shared.sums, 0, sizeof shared.sums);
}

/* ---- ChanSync ---- */

static void in_turn(int id) {
    uint64_t sum = 0;
    for (int64_t block; (block = gobench_take(&shared.left)) >= 0;)
        for (int i = 0; i < GOBENCH_BLOCK; i++) {
            int64_t v;
            if (block % 2 == 0) {
                ints_recv(shared.c, &v);
                ints_send(shared.c, 1);
            } else {
                ints_send(shared.c, 1);
                ints_recv(shared.c, &v);
            }
            sum += (uint64_t)v;
        }
    shared.sums[id] = sum;
    weft_waitgroup_done(&shared.done);
}
WEFT_GO_DEFINE(in_turn, int)

static void chan_sync(struct bench *b) {
    begin((int64_t)b->n * 2, 0);
    bench_start(b);
    weft_waitgroup_add(&shared.done, 2);
    for (int i = 0; i < 2; i++) go_in_turn(i);
    weft_waitgroup_wait(&shared.done);
    bench_stop(b);
    ints_free(shared.c);
    b->items = b->n * 2 * GOBENCH_BLOCK;
    bench_check(b, "the sum received", sum_of(2), b->items);
}

/* ---- ChanProdCons, SelectProdCons ---- */

static void produce(void *unused) {
    (void)unused;
    while (gobench_take(&shared.left) >= 0)
        for (int i = 0; i < GOBENCH_BLOCK; i++) ints_send(shared.c, 1);
    ints_send(shared.c, 0); /* no more, for one of the consumers */
    weft_waitgroup_done(&shared.done);
}

static void consume(void *p) {
    uint64_t sum = 0;
    for (int64_t v; ints_recv(shared.c, &v), v;) sum += (uint64_t)v;
    *(uint64_t *)p = sum;
    weft_waitgroup_done(&shared.done);
}

static weft_chan *closing;

static void produce_selecting(void *unused) {
    (void)unused;
    int64_t one = 1, when;
    weft_timer *hour = weft_timer_new(INT64_C(3600000000000)); /* never comes */
    struct weft_case cases[] = {{ints_raw(shared.c), WEFT_DIR_SEND, &one, 0},
                                {weft_timer_chan(hour), WEFT_DIR_RECV, &when, 0},
                                {closing, WEFT_DIR_RECV, NULL, 0}};
    while (gobench_take(&shared.left) >= 0)
        for (int i = 0; i < GOBENCH_BLOCK; i++) {
            gobench_work();
            weft_select(cases, 3);
        }
    ints_send(shared.c, 0);
    weft_timer_free(hour);
    weft_waitgroup_done(&shared.done);
}

static void consume_selecting(void *p) {
    uint64_t sum = 0;
    int64_t v, when;
    weft_timer *hour = weft_timer_new(INT64_C(3600000000000));
    struct weft_case cases[] = {{ints_raw(shared.c), WEFT_DIR_RECV, &v, 0},
                                {weft_timer_chan(hour), WEFT_DIR_RECV, &when, 0},
                                {closing, WEFT_DIR_RECV, NULL, 0}};
    while (weft_select(cases, 3) == 0 && v) {
        sum += (uint64_t)v;
        gobench_work();
    }
    weft_timer_free(hour);
    *(uint64_t *)p = sum;
    weft_waitgroup_done(&shared.done);
}

static void prod_cons(struct bench *b, int capacity, weft_fn producer, weft_fn consumer) {
    begin((int64_t)b->n, capacity);
    bench_start(b);
    weft_waitgroup_add(&shared.done, 2 * b->def->procs);
    for (int i = 0; i < b->def->procs; i++) {
        weft_go(producer, NULL);
        weft_go(consumer, &shared.sums[i]);
    }
    weft_waitgroup_wait(&shared.done);
    bench_stop(b);
    ints_free(shared.c);
    b->items = b->n * GOBENCH_BLOCK;
    bench_check(b, "the sum received", sum_of(b->def->procs), b->items);
}

static void chan_prod_cons(struct bench *b) { prod_cons(b, (int)b->def->arg, produce, consume); }

static void select_prod_cons(struct bench *b) {
    closing = weft_chan_new(1, 0);
    prod_cons(b, 128, produce_selecting, consume_selecting);
    weft_chan_free(closing);
}

/* ---- ChanUncontended, SelectUncontended: a task a processor, each with channels of its own ---- */

static void fill_and_drain(int id, uint64_t times) {
    ints c = ints_new(FILL);
    uint64_t sum = 0;
    for (; times > 0; times--) {
        for (int i = 0; i < FILL; i++) ints_send(c, 1);
        for (int i = 0; i < FILL; i++) {
            int64_t v;
            ints_recv(c, &v);
            sum += (uint64_t)v;
        }
    }
    ints_free(c);
    shared.sums[id] = sum;
    weft_waitgroup_done(&shared.done);
}
WEFT_GO_DEFINE(fill_and_drain, int, uint64_t)

static void to_and_fro(int id, uint64_t times) {
    ints c[2] = {ints_new(1), ints_new(1)};
    int64_t v[2];
    struct weft_case cases[] = {{ints_raw(c[0]), WEFT_DIR_RECV, &v[0], 0}, {ints_raw(c[1]), WEFT_DIR_RECV, &v[1], 0}};
    ints_send(c[0], 0);
    for (uint64_t i = 0; i < times; i++) {
        int from = weft_select(cases, 2);
        ints_send(c[1 - from], v[from] + 1);
    }
    int last = weft_select(cases, 2);
    shared.sums[id] = (uint64_t)v[last];
    for (int i = 0; i < 2; i++) ints_free(c[i]);
    weft_waitgroup_done(&shared.done);
}
WEFT_GO_DEFINE(to_and_fro, int, uint64_t)

static void uncontended(struct bench *b, void (*go)(int, uint64_t), uint64_t worth) {
    begin(0, 0);
    bench_start(b);
    weft_waitgroup_add(&shared.done, b->def->procs);
    for (int i = 0; i < b->def->procs; i++) go(i, bench_share(b->n, (unsigned)b->def->procs, (unsigned)i));
    weft_waitgroup_wait(&shared.done);
    bench_stop(b);
    ints_free(shared.c);
    bench_check(b, "the sum received", sum_of(b->def->procs), b->n * worth);
}

static void chan_uncontended(struct bench *b) { uncontended(b, go_fill_and_drain, FILL); }
static void select_uncontended(struct bench *b) { uncontended(b, go_to_and_fro, 1); }

#define BOTH(name, body, arg)                                     \
    {name "/weft/procs:1", body, 1, BENCH_ANYWHERE, arg, NULL}, { \
        name "/weft/procs:2", body, 2, BENCH_ANYWHERE, arg, NULL  \
    }

const struct bench_def bench_weft_gochan[] = {
    BOTH("ChanSync", chan_sync, 0),
    BOTH("ChanProdCons0", chan_prod_cons, 0),
    BOTH("ChanProdCons10", chan_prod_cons, 10),
    BOTH("ChanProdCons100", chan_prod_cons, 100),
    BOTH("ChanUncontended", chan_uncontended, 0),
    BOTH("SelectUncontended", select_uncontended, 0),
    BOTH("SelectProdCons", select_prod_cons, 0),
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
