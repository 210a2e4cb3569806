/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spawn in State Threads. bench/WORKLOADS.md#spawn.
 */
#include "bench.h"
#include "chan.h"

#include <stdlib.h>

#define BATCH   1000
#define TOUCHED 2048

static struct group done, arrived;
static st_cond_t gate;
static int open;

static void *child(void *slot) {
    *(uint64_t *)slot += 1;
    group_done(&done);
    return NULL;
}

static void *parking_child(void *slot) {
    volatile char room[TOUCHED];
    for (int i = 0; i < TOUCHED; i += 64) room[i] = 1;
    group_done(&arrived);
    while (!open) st_cond_wait(gate);
    *(uint64_t *)slot += (uint64_t)room[TOUCHED - 64];
    group_done(&done);
    return NULL;
}

static void run_batch(uint64_t *slots) {
    group_init(&done, BATCH);
    for (int i = 0; i < BATCH; i++) task(child, &slots[i]);
    group_wait(&done);
}

static void run_one_by_one(uint64_t *slots) {
    for (int i = 0; i < BATCH; i++) {
        group_init(&done, 1);
        task(child, &slots[i]);
        group_wait(&done);
    }
}

static void run_parking(uint64_t *slots) {
    open = 0;
    gate = st_cond_new();
    group_init(&done, BATCH);
    group_init(&arrived, BATCH);
    for (int i = 0; i < BATCH; i++) task(parking_child, &slots[i]);
    group_wait(&arrived);
    open = 1;
    st_cond_broadcast(gate);
    group_wait(&done);
    st_cond_destroy(gate);
}

static void repeat(struct bench *b, void (*batch)(uint64_t *slots)) {
    uint64_t *slots = bench_alloc(BATCH, sizeof *slots), sum = 0;
    batch(slots);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) batch(slots);
    bench_stop(b);
    for (int i = 0; i < BATCH; i++) sum += slots[i];
    free(slots);
    bench_check(b, "children that ran", sum, (b->n + 1) * BATCH);
    b->items = b->n * BATCH;
}

static void batches(struct bench *b) { repeat(b, run_batch); }
static void one_by_one(struct bench *b) { repeat(b, run_one_by_one); }
static void parking(struct bench *b) { repeat(b, run_parking); }

const struct bench_def spawn_defs[] = {
    {"spawn/state_threads/procs:1", batches, 1, BENCH_ANYWHERE, 0, NULL},
    {"spawn/state_threads/procs:1/mode:one", one_by_one, 1, BENCH_ANYWHERE, 0, NULL},
    {"spawn/state_threads/procs:1/mode:park", parking, 1, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
