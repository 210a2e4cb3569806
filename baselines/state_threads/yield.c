/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yield in State Threads, which has no call for that in its interface: a sleep of 0 is what its users write, and it goes by way of the
 * list of sleepers. bench/WORKLOADS.md#yield.
 */
#include "bench.h"
#include "chan.h"

#define MAX_TASKS 8

static struct {
    struct group done;
    uint64_t rounds;
    long last; /* who came back from a yield last */
} shared;

struct yielder {
    long id;
    uint64_t calls, switches;
};

static void *yields(void *p) {
    struct yielder *t = p;
    uint64_t i;
    for (i = 0; i < shared.rounds; i++) {
        shared.last = t->id;
        st_usleep(0);
        t->switches += shared.last != t->id;
    }
    t->calls = i;
    group_done(&shared.done);
    return NULL;
}

static void all_yield(struct bench *b) {
    struct yielder tasks[MAX_TASKS] = {{0}};
    int count = (int)b->def->arg;
    uint64_t calls = 0, seen = 0;
    shared.rounds = b->n;
    bench_start(b);
    group_init(&shared.done, (uint64_t)count);
    for (int i = 0; i < count; i++) {
        tasks[i].id = i + 1;
        task(yields, &tasks[i]);
    }
    group_wait(&shared.done);
    bench_stop(b);
    for (int i = 0; i < count; i++) {
        calls += tasks[i].calls;
        seen += tasks[i].switches;
    }
    bench_check(b, "yields", calls, b->n * (uint64_t)count);
    b->items = seen ? seen : 1;
}

const struct bench_def yield_defs[] = {
    {"yield/state_threads/procs:1/tasks:2", all_yield, 1, BENCH_ANYWHERE, 2, NULL},
    {"yield/state_threads/procs:1/tasks:8", all_yield, 1, BENCH_ANYWHERE, 8, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
