/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring with pthreads: 503 threads pass a token, the host being one of them; on two cores neighbours sit on different ones.
 * bench/WORKLOADS.md#ring.
 */
#include <pthread.h>
#include <stdlib.h>

#include "bench.h"
#include "link.h"
#include "task.h"

#define TASKS 503

static struct node {
    struct link in;
    struct node *next;
    const struct link_way *way;
    pthread_t thread;
} nodes[TASKS];

static void *pass_on(void *p) {
    struct node *n = p;
    for (uint64_t token; (token = n->way->recv(&n->in)) != LINK_END;) n->way->send(&n->next->in, token + 1);
    n->way->send(&n->next->in, LINK_END);
    return NULL;
}

static void laps(struct bench *b) {
    const struct link_way *way = b->def->way;
    for (int i = 0; i < TASKS; i++) {
        way->open(&nodes[i].in);
        nodes[i].next = &nodes[(i + 1) % TASKS];
        nodes[i].way = way;
    }
    for (unsigned i = 1; i < TASKS; i++)
        if (!task_start(b, &nodes[i].thread, i, pass_on, &nodes[i])) exit(1);
    task_place_self(b, 0);
    way->send(&nodes[1].in, 0); /* a first lap, untimed: every task has run and waits */
    uint64_t token = way->recv(&nodes[0].in);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        way->send(&nodes[1].in, token + 1);
        token = way->recv(&nodes[0].in);
    }
    bench_stop(b);
    way->send(&nodes[1].in, LINK_END);
    way->recv(&nodes[0].in);
    for (int i = 1; i < TASKS; i++) pthread_join(nodes[i].thread, NULL);
    for (int i = 0; i < TASKS; i++) way->close(&nodes[i].in);
    b->items = b->n * TASKS;
    bench_check(b, "the token", token + 1, b->items + TASKS);
}

#define BOTH(way)                                                                     \
    {"ring/pthread/" #way "/same_core", laps, 0, BENCH_SAME_CORE, 0, &link_##way}, {  \
        "ring/pthread/" #way "/cross_core", laps, 0, BENCH_CROSS_CORE, 0, &link_##way \
    }

const struct bench_def bench_pthread_ring[] = {
    BOTH(futex),
    BOTH(semaphore),
    BOTH(condvar),
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
