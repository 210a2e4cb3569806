/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels, groups and tasks over State Threads; and how a body gets to run: the process's thread is one of them.
 */
#include "chan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

void chan_init(struct chan *c, unsigned capacity, unsigned tasks) {
    unsigned room = 1;
    while (room < capacity + tasks) room *= 2;
    *c = (struct chan){.ring = bench_alloc(room, sizeof *c->ring), .mask = room - 1, .capacity = capacity};
    c->filled = st_cond_new();
    c->emptied = st_cond_new();
}

void chan_destroy(struct chan *c) {
    st_cond_destroy(c->filled);
    st_cond_destroy(c->emptied);
    free(c->ring);
}

void chan_send(struct chan *c, uint64_t v) {
    c->ring[c->sent++ & c->mask] = v;
    uint64_t mine = c->sent;
    if (c->receivers) st_cond_signal(c->filled);
    while (mine > c->taken + c->capacity + c->receivers) {
        c->senders++;
        st_cond_wait(c->emptied);
        c->senders--;
    }
}

int chan_recv(struct chan *c, uint64_t *v) {
    while (c->taken == c->sent) {
        if (c->closed) return 0;
        c->receivers++;
        st_cond_wait(c->filled);
        c->receivers--;
    }
    *v = c->ring[c->taken++ & c->mask];
    if (c->senders) st_cond_signal(c->emptied);
    return 1;
}

void chan_close(struct chan *c) {
    c->closed = 1;
    st_cond_broadcast(c->filled);
}

void group_init(struct group *g, uint64_t tasks) { *g = (struct group){tasks, st_cond_new()}; }

void group_done(struct group *g) {
    if (--g->left == 0) st_cond_signal(g->none);
}

void group_wait(struct group *g) {
    while (g->left) st_cond_wait(g->none);
    st_cond_destroy(g->none);
}

void task(void *(*fn)(void *), void *arg) {
    if (!st_thread_create(fn, arg, 0, 0)) {
        fprintf(stderr, "state_threads_bench: st_thread_create: %s\n", strerror(errno));
        exit(1);
    }
}

void bench_run(struct bench *b) {
    static int inside;
    if (!inside && (st_set_eventsys(ST_EVENTSYS_ALT) || st_init())) { /* ALT: epoll */
        bench_fail(b, "st_init: %s", strerror(errno));
        return;
    }
    inside = 1;
    b->def->body(b);
}
