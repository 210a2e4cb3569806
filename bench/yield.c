/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yield: N goroutines yield in turn; what counts is the switch, not the call. WORKLOADS.md#yield.
 *
 * With one processor each goroutine sees by itself whether another ran while it was away: `last` then names someone else.
 * With two that variable would be a contended line; the runtime's own count of switches is taken.
 */
#include "bench.h"

#include "weft.h"

#define MAX_TASKS 8

static struct {
    weft_waitgroup done;
    uint64_t rounds;
    long last; /* who came back from a yield last; procs:1 only */
} shared;

struct task {
    long id;
    uint64_t calls, switches;
    char pad[40];
};

static void watching(void *p) {
    struct task *t = p;
    uint64_t switches = 0, i;
    for (i = 0; i < shared.rounds; i++) {
        shared.last = t->id;
        weft_yield();
        switches += shared.last != t->id;
    }
    t->calls = i;
    t->switches = switches;
    weft_waitgroup_done(&shared.done);
}

static void plain(void *p) {
    struct task *t = p;
    uint64_t i;
    for (i = 0; i < shared.rounds; i++) weft_yield();
    t->calls = i;
    weft_waitgroup_done(&shared.done);
}

static uint64_t switches_so_far(void) {
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    return s.switches;
}

static void all_yield(struct bench *b) {
    struct task tasks[MAX_TASKS] = {{0}};
    int count = (int)b->def->arg;
    uint64_t calls = 0, seen = 0, before = switches_so_far();
    shared.rounds = b->n;
    bench_start(b);
    weft_waitgroup_add(&shared.done, count);
    for (int i = 0; i < count; i++) {
        tasks[i].id = i + 1;
        weft_go(b->def->procs == 1 ? watching : plain, &tasks[i]);
    }
    weft_waitgroup_wait(&shared.done);
    bench_stop(b);
    uint64_t counted = switches_so_far() - before;
    for (int i = 0; i < count; i++) {
        calls += tasks[i].calls;
        seen += tasks[i].switches;
    }
    bench_check(b, "yields", calls, b->n * (uint64_t)count);
    b->items = b->def->procs == 1 ? seen : counted;
    if (b->items == 0) b->items = 1; /* a call of one round: nothing switched, and a rate needs a divisor */
}

const struct bench_def bench_weft_yield[] = {
    {"yield/weft/procs:1/tasks:2", all_yield, 1, BENCH_ANYWHERE, 2, NULL},
    {"yield/weft/procs:1/tasks:8", all_yield, 1, BENCH_ANYWHERE, 8, NULL},
    {"yield/weft/procs:2/tasks:8", all_yield, 2, BENCH_ANYWHERE, 8, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
