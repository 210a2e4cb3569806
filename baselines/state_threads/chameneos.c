/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chameneos in State Threads: the place needs no lock, since nobody switches in it. bench/WORKLOADS.md#chameneos-redux.
 */
#include "bench.h"
#include "chameneos.h"
#include "chan.h"

struct creature {
    unsigned id, other;
    enum colour colour, colour_of_other;
    int met;
    uint64_t meetings, with_itself;
    st_cond_t told;
};

static struct {
    struct creature *waiting;
    uint64_t left;
    struct group done;
} place;

static void meets(struct creature *c, const struct creature *other) {
    c->other = other->id;
    c->colour_of_other = other->colour;
    c->met = 1;
}

static int meet(struct creature *c) {
    if (place.left == 0) return 0;
    struct creature *first = place.waiting;
    c->met = 0;
    if (!first) {
        place.waiting = c;
        while (!c->met) st_cond_wait(c->told);
        return 1;
    }
    place.waiting = NULL;
    place.left--;
    meets(c, first);
    meets(first, c);
    st_cond_signal(first->told);
    return 1;
}

static void *live(void *p) {
    struct creature *c = p;
    while (meet(c)) {
        c->meetings++;
        c->with_itself += c->other == c->id;
        c->colour = complement(c->colour, c->colour_of_other);
    }
    group_done(&place.done);
    return NULL;
}

static void creatures(struct bench *b) {
    struct creature creature[CHAMENEOS_MOST];
    unsigned count = (unsigned)b->def->arg;
    uint64_t meetings = 0, with_itself = 0;
    place.left = b->n;
    for (unsigned i = 0; i < count; i++)
        creature[i] = (struct creature){.id = i, .colour = chameneos_first[i], .told = st_cond_new()};
    bench_start(b);
    group_init(&place.done, count);
    for (unsigned i = 0; i < count; i++) task(live, &creature[i]);
    group_wait(&place.done);
    bench_stop(b);
    for (unsigned i = 0; i < count; i++) {
        meetings += creature[i].meetings;
        with_itself += creature[i].with_itself;
        st_cond_destroy(creature[i].told);
    }
    bench_check(b, "visits", meetings, 2 * b->n);
    bench_check(b, "who met itself", with_itself, 0);
}

const struct bench_def chameneos_defs[] = {
    {"chameneos-redux/state_threads/procs:1/creatures:3", creatures, 1, BENCH_ANYWHERE, 3, NULL},
    {"chameneos-redux/state_threads/procs:1/creatures:10", creatures, 1, BENCH_ANYWHERE, 10, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
