/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chameneos with pthreads: a thread a creature, one lock for the place; who waits there does so on a condition variable or a semaphore of
 * its own. bench/WORKLOADS.md#chameneos-redux.
 */
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "bench.h"
#include "chameneos.h"
#include "task.h"

struct creature {
    unsigned id, index;
    enum colour colour;
    uint64_t meetings, with_itself;

    /* under the place's lock, until `met`; then the creature's own */
    unsigned other;
    enum colour colour_of_other;
    int met;
    pthread_cond_t told;
    sem_t sem;
};

/* How one waits until it has been told, with the lock, which is then free; and how one tells, likewise. */
struct way {
    void (*wait)(struct creature *c);
    void (*tell)(struct creature *c);
};

static struct {
    _Alignas(64) pthread_mutex_t lock;
    struct creature *waiting;
    uint64_t left;

    const struct way *way;
    struct bench *bench;
    struct gate gate;
    struct creature creature[CHAMENEOS_MOST];
    pthread_t thread[CHAMENEOS_MOST];
} place = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void cond_wait(struct creature *c) {
    while (!c->met) pthread_cond_wait(&c->told, &place.lock);
    pthread_mutex_unlock(&place.lock);
}
static void cond_tell(struct creature *c) {
    pthread_mutex_unlock(&place.lock);
    pthread_cond_signal(&c->told);
}
static void semaphore_wait(struct creature *c) {
    pthread_mutex_unlock(&place.lock);
    while (sem_wait(&c->sem)) continue;
}
static void semaphore_tell(struct creature *c) {
    pthread_mutex_unlock(&place.lock);
    sem_post(&c->sem);
}
static const struct way condvar = {cond_wait, cond_tell}, semaphore = {semaphore_wait, semaphore_tell};

static void meets(struct creature *c, unsigned other, enum colour colour) {
    c->other = other;
    c->colour_of_other = colour;
    c->met = 1;
}

/* False: there are no more meetings. */
static int meet(struct creature *c) {
    pthread_mutex_lock(&place.lock);
    if (place.left == 0) {
        pthread_mutex_unlock(&place.lock);
        return 0;
    }
    struct creature *first = place.waiting;
    if (!first) {
        place.waiting = c;
        c->met = 0;
        place.way->wait(c);
        return 1;
    }
    place.waiting = NULL;
    place.left--;
    meets(c, first->id, first->colour);
    meets(first, c->id, c->colour);
    place.way->tell(first);
    return 1;
}

static void *live(void *p) {
    struct creature *c = p;
    gate_pass(&place.gate);
    while (meet(c)) {
        c->meetings++;
        c->with_itself += c->other == c->id;
        c->colour = complement(c->colour, c->colour_of_other);
    }
    gate_pass(&place.gate);
    return NULL;
}

static void creatures(struct bench *b) {
    unsigned count = (unsigned)b->def->arg;
    uint64_t meetings = 0, with_itself = 0;
    memset(place.creature, 0, sizeof place.creature);
    place.left = b->n;
    place.way = b->def->way;
    gate_init(&place.gate, count);
    for (unsigned i = 0; i < count; i++) {
        struct creature *c = &place.creature[i];
        c->id = i;
        c->colour = chameneos_first[i];
        pthread_cond_init(&c->told, NULL);
        sem_init(&c->sem, 0, 0);
        if (!task_start(b, &place.thread[i], i, live, c)) return;
    }
    bench_start(b);
    gate_pass(&place.gate);
    gate_pass(&place.gate);
    bench_stop(b);
    for (unsigned i = 0; i < count; i++) {
        struct creature *c = &place.creature[i];
        pthread_join(place.thread[i], NULL);
        meetings += c->meetings;
        with_itself += c->with_itself;
        pthread_cond_destroy(&c->told);
        sem_destroy(&c->sem);
    }
    gate_destroy(&place.gate);
    bench_check(b, "visits", meetings, 2 * b->n);
    bench_check(b, "who met itself", with_itself, 0);
}

#define BOTH(way, tail, count)                                                                          \
    {"chameneos-redux/pthread/" #way "/same_core" tail, creatures, 0, BENCH_SAME_CORE, count, &way}, {  \
        "chameneos-redux/pthread/" #way "/cross_core" tail, creatures, 0, BENCH_CROSS_CORE, count, &way \
    }

const struct bench_def bench_pthread_chameneos[] = {
    BOTH(condvar, "/creatures:3", 3),     BOTH(semaphore, "/creatures:3", 3),       BOTH(condvar, "/creatures:10", 10),
    BOTH(semaphore, "/creatures:10", 10), {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
