/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tasktree: tasks that start tasks and wait for them: Fibonacci numbers, queens on a board. WORKLOADS.md#fib, #nqueens.
 */
#include "bench.h"
#include "tasktree.h"

#include <string.h>

#include "weft.h"

struct call {
    uint64_t n, value;
    weft_waitgroup *done; /* NULL: a plain call */
};

static void fib(void *p) {
    struct call *c = p;
    if (c->n < 2)
        c->value = c->n;
    else {
        weft_waitgroup one = {0};
        struct call first = {c->n - 1, 0, &one}, second = {c->n - 2, 0, NULL};
        weft_waitgroup_add(&one, 1);
        weft_go(fib, &first);
        fib(&second);
        weft_waitgroup_wait(&one);
        c->value = first.value + second.value;
    }
    if (c->done) weft_waitgroup_done(c->done);
}

struct board {
    signed char columns[QUEENS_N];
    int rows; /* that have their queen */
    uint64_t ways;
    weft_waitgroup *done; /* NULL: a plain call */
};

static void queens(void *p) {
    struct board *t = p, next[QUEENS_N];
    weft_waitgroup all = {0};
    int count = 0;
    if (t->rows == QUEENS_N) {
        t->ways = 1;
    } else {
        for (int column = 0; column < QUEENS_N; column++) {
            if (!queen_is_safe(t->columns, t->rows, column)) continue;
            struct board *down = &next[count++];
            memcpy(down->columns, t->columns, sizeof t->columns);
            down->columns[t->rows] = (signed char)column;
            down->rows = t->rows + 1;
            down->done = &all;
        }
        weft_waitgroup_add(&all, count);
        for (int i = 0; i < count; i++) weft_go(queens, &next[i]);
        weft_waitgroup_wait(&all);
        t->ways = 0;
        for (int i = 0; i < count; i++) t->ways += next[i].ways;
    }
    if (t->done) weft_waitgroup_done(t->done);
}

static uint64_t one_fib(void) {
    struct call c = {FIB_N, 0, NULL};
    fib(&c);
    return c.value;
}

static uint64_t one_board(void) {
    struct board t = {.rows = 0};
    queens(&t);
    return t.ways;
}

static void trees(struct bench *b, uint64_t (*tree)(void), uint64_t value, uint64_t tasks) {
    uint64_t sum = 0;
    tree();
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) sum += tree();
    bench_stop(b);
    b->items = b->n * tasks;
    bench_check(b, "the sum", sum, b->n * value);
}

static void fibs(struct bench *b) { trees(b, one_fib, FIB_VALUE, FIB_TASKS); }
static void boards(struct bench *b) { trees(b, one_board, QUEENS_VALUE, QUEENS_TASKS); }

const struct bench_def bench_weft_tasktree[] = {
    {"fib/weft/procs:1", fibs, 1, BENCH_ANYWHERE, 0, NULL},
    {"fib/weft/procs:2", fibs, 2, BENCH_ANYWHERE, 0, NULL},
    {"nqueens/weft/procs:1", boards, 1, BENCH_ANYWHERE, 0, NULL},
    {"nqueens/weft/procs:2", boards, 2, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
