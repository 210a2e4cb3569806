/* SPDX-License-Identifier: Apache-2.0 */
/*
 * select in State Threads, which has none: a slot for each producer and one condition variable that all signal, as its users would
 * write it. bench/WORKLOADS.md#select.
 */
#include "bench.h"
#include "chan.h"

#define SLOTS 4

static struct {
    struct group done;
    st_cond_t filled; /* the consumer waits */
    int waiting;
} shared;

struct slot {
    uint64_t value, first, count;
    int full;
    st_cond_t taken;
};

static void *produce(void *p) {
    struct slot *s = p;
    for (uint64_t i = 0; i < s->count; i++) {
        s->value = s->first + i;
        s->full = 1;
        if (shared.waiting) st_cond_signal(shared.filled);
        while (s->full) st_cond_wait(s->taken); /* unbuffered: until it has been received */
    }
    group_done(&shared.done);
    return NULL;
}

static uint64_t take(struct slot *slots, uint64_t count) {
    uint64_t sum = 0;
    for (unsigned next = 0; count > 0; next++) {
        for (int tried = 0; !slots[next % SLOTS].full; next++)
            if (++tried == SLOTS) {
                shared.waiting = 1;
                st_cond_wait(shared.filled);
                shared.waiting = tried = 0;
            }
        struct slot *s = &slots[next % SLOTS];
        sum += s->value;
        s->full = 0;
        st_cond_signal(s->taken);
        count--;
    }
    return sum;
}

static void from_four(struct bench *b) {
    struct slot slots[SLOTS] = {{0}};
    uint64_t first = 1;
    shared.filled = st_cond_new();
    for (unsigned i = 0; i < SLOTS; i++) {
        slots[i] = (struct slot){.first = first, .count = bench_share(b->n, SLOTS, i), .taken = st_cond_new()};
        first += slots[i].count;
    }
    bench_start(b);
    group_init(&shared.done, SLOTS);
    for (int i = 0; i < SLOTS; i++) task(produce, &slots[i]);
    uint64_t sum = take(slots, b->n);
    group_wait(&shared.done);
    bench_stop(b);
    for (int i = 0; i < SLOTS; i++) st_cond_destroy(slots[i].taken);
    st_cond_destroy(shared.filled);
    bench_check(b, "the sum of the items", sum, b->n * (b->n + 1) / 2);
}

const struct bench_def select_defs[] = {
    {"select/state_threads/procs:1", from_four, 1, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
