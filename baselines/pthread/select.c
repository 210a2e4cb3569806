/* SPDX-License-Identifier: Apache-2.0 */
/*
 * select with pthreads: four producers, one consumer that takes from whichever has something. By `condvar` they share one
 * lock, and a slot each is what a channel is; by `epoll` each has a pipe and the consumer waits on all of them.
 * bench/WORKLOADS.md#select.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench.h"
#include "task.h"

#define CHANNELS 4

static struct gate doors;

static struct source {
    pthread_t thread;
    uint64_t first, count;
    int in, out; /* epoll: the pipe */
    /* condvar: under lock */
    int full;
    uint64_t value;
    pthread_cond_t emptied;
} sources[CHANNELS];

/* ---- one lock ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static unsigned ready; /* under lock: full slots, a bit each */
static int consumer_waits;

static void *put_in_slots(void *p) {
    struct source *s = p;
    gate_pass(&doors);
    for (uint64_t i = 0; i < s->count; i++) {
        pthread_mutex_lock(&lock);
        while (s->full) pthread_cond_wait(&s->emptied, &lock);
        s->full = 1;
        s->value = s->first + i;
        ready |= 1u << (s - sources);
        int wake = consumer_waits;
        consumer_waits = 0;
        pthread_mutex_unlock(&lock);
        if (wake) pthread_cond_signal(&filled);
    }
    return NULL;
}

/* Any full slot is as good; the turn after the last one taken keeps it fair. */
static uint64_t take_from_slots(uint64_t count) {
    uint64_t sum = 0;
    unsigned last = 0;
    for (uint64_t i = 0; i < count; i++) {
        pthread_mutex_lock(&lock);
        while (!ready) {
            consumer_waits = 1;
            pthread_cond_wait(&filled, &lock);
        }
        unsigned turned = (ready | ready << CHANNELS) >> (last + 1);
        last = (last + 1 + (unsigned)__builtin_ctz(turned)) % CHANNELS;
        struct source *s = &sources[last];
        ready &= ~(1u << last);
        s->full = 0;
        sum += s->value;
        pthread_mutex_unlock(&lock);
        pthread_cond_signal(&s->emptied);
    }
    return sum;
}

/* ---- descriptors ---- */

static void *put_in_pipes(void *p) {
    struct source *s = p;
    gate_pass(&doors);
    for (uint64_t i = 0; i < s->count; i++) {
        uint64_t v = s->first + i;
        while (write(s->in, &v, sizeof v) != sizeof v) {}
    }
    return NULL;
}

/* All that one wait reported is taken before the next: what epoll is for. */
static uint64_t take_from_pipes(uint64_t count) {
    struct epoll_event e = {.events = EPOLLIN}, got[CHANNELS];
    int ep = epoll_create1(EPOLL_CLOEXEC);
    uint64_t sum = 0;
    for (unsigned i = 0; i < CHANNELS; i++) {
        e.data.fd = sources[i].out;
        epoll_ctl(ep, EPOLL_CTL_ADD, sources[i].out, &e);
    }
    while (count > 0) {
        int n = epoll_wait(ep, got, CHANNELS, -1);
        for (int i = 0; i < n; i++) {
            uint64_t v;
            if (read(got[i].data.fd, &v, sizeof v) != sizeof v) continue;
            sum += v;
            count--;
        }
    }
    close(ep);
    return sum;
}

/* ---- either ---- */

struct way {
    void *(*put)(void *);
    uint64_t (*take)(uint64_t count);
};
static const struct way by_condvar = {put_in_slots, take_from_slots}, by_epoll = {put_in_pipes, take_from_pipes};

static void from_four(struct bench *b) {
    const struct way *way = b->def->way;
    uint64_t first = 1;
    gate_init(&doors, CHANNELS);
    for (unsigned i = 0; i < CHANNELS; i++) {
        int ends[2];
        if (pipe(ends)) {
            bench_fail(b, "pipe failed");
            exit(1);
        }
        sources[i] =
            (struct source){.first = first, .count = bench_share(b->n, CHANNELS, i), .in = ends[1], .out = ends[0]};
        first += sources[i].count;
        pthread_cond_init(&sources[i].emptied, NULL);
        if (!task_start(b, &sources[i].thread, 1, way->put, &sources[i])) exit(1);
    }
    task_place_self(b, 0);
    bench_start(b);
    gate_pass(&doors);
    uint64_t sum = way->take(b->n);
    for (int i = 0; i < CHANNELS; i++) pthread_join(sources[i].thread, NULL);
    bench_stop(b);
    for (int i = 0; i < CHANNELS; i++) {
        close(sources[i].in);
        close(sources[i].out);
        pthread_cond_destroy(&sources[i].emptied);
    }
    gate_destroy(&doors);
    bench_check(b, "the sum of the items", sum, b->n * (b->n + 1) / 2);
}

const struct bench_def bench_pthread_select[] = {
    {"select/pthread/condvar/same_core", from_four, 0, BENCH_SAME_CORE, 0, &by_condvar},
    {"select/pthread/condvar/cross_core", from_four, 0, BENCH_CROSS_CORE, 0, &by_condvar},
    {"select/pthread/epoll/same_core", from_four, 0, BENCH_SAME_CORE, 0, &by_epoll},
    {"select/pthread/epoll/cross_core", from_four, 0, BENCH_CROSS_CORE, 0, &by_epoll},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
