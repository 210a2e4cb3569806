/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chameneos: creatures meet in pairs at one place and change colour. WORKLOADS.md#chameneos-redux.
 */
#include "bench.h"
#include "chameneos.h"

#include "weft.h"

struct meeting {
    unsigned other;
    enum colour colour; /* of the other, before they met */
};
WEFT_CHAN_DEFINE(visits, struct meeting)

struct creature {
    unsigned id;
    enum colour colour;
    visits met; /* capacity 1: who came second says whom the first has met */
    uint64_t meetings, with_itself;
};

static struct {
    weft_mutex lock;
    /* under lock */
    struct creature *waiting;
    uint64_t left;

    weft_waitgroup done;
    struct creature creature[CHAMENEOS_MOST];
} place;

/* Whom c met; 0: there are no more meetings. */
static int meet(struct creature *c, struct meeting *m) {
    weft_mutex_lock(&place.lock);
    if (place.left == 0) {
        weft_mutex_unlock(&place.lock);
        return 0;
    }
    struct creature *first = place.waiting;
    if (!first) {
        place.waiting = c;
        weft_mutex_unlock(&place.lock);
        return visits_recv(c->met, m);
    }
    place.waiting = NULL;
    place.left--;
    *m = (struct meeting){first->id, first->colour}; /* who waits changes nothing until it has been told */
    weft_mutex_unlock(&place.lock);
    visits_send(first->met, (struct meeting){c->id, c->colour});
    return 1;
}

static void live(void *p) {
    struct creature *c = p;
    for (struct meeting m; meet(c, &m);) {
        c->meetings++;
        c->with_itself += m.other == c->id;
        c->colour = complement(c->colour, m.colour);
    }
    weft_waitgroup_done(&place.done);
}

static void creatures(struct bench *b) {
    int count = (int)b->def->arg;
    uint64_t meetings = 0, with_itself = 0;
    place.left = b->n;
    for (int i = 0; i < count; i++)
        place.creature[i] = (struct creature){.id = (unsigned)i, .colour = chameneos_first[i], .met = visits_new(1)};
    bench_start(b);
    weft_waitgroup_add(&place.done, count);
    for (int i = 0; i < count; i++) weft_go(live, &place.creature[i]);
    weft_waitgroup_wait(&place.done);
    bench_stop(b);
    for (int i = 0; i < count; i++) {
        meetings += place.creature[i].meetings;
        with_itself += place.creature[i].with_itself;
        visits_free(place.creature[i].met);
    }
    bench_check(b, "visits", meetings, 2 * b->n);
    bench_check(b, "who met itself", with_itself, 0);
}

const struct bench_def bench_weft_chameneos[] = {
    {"chameneos-redux/weft/procs:1/creatures:3", creatures, 1, BENCH_ANYWHERE, 3, NULL},
    {"chameneos-redux/weft/procs:2/creatures:3", creatures, 2, BENCH_ANYWHERE, 3, NULL},
    {"chameneos-redux/weft/procs:1/creatures:10", creatures, 1, BENCH_ANYWHERE, 10, NULL},
    {"chameneos-redux/weft/procs:2/creatures:10", creatures, 2, BENCH_ANYWHERE, 10, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
