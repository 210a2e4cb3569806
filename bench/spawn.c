/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spawn: start a goroutine, let it run, see it finished. WORKLOADS.md#spawn.
 */
#include "bench.h"

#include <stdlib.h>

#include "weft.h"

#define BATCH   1000
#define TOUCHED 2048 /* bytes of stack that a parking child uses */

static weft_waitgroup done, arrived;
static weft_chan *gate;

static void child(void *slot) {
    *(uint64_t *)slot += 1;
    weft_waitgroup_done(&done);
}

static void parking_child(void *slot) {
    volatile char room[TOUCHED];
    for (int i = 0; i < TOUCHED; i += 64) room[i] = 1;
    weft_waitgroup_done(&arrived);
    weft_chan_recv(gate, NULL); /* until it is closed */
    *(uint64_t *)slot += (uint64_t)room[TOUCHED - 64];
    weft_waitgroup_done(&done);
}

static void run_batch(uint64_t *slots) {
    weft_waitgroup_add(&done, BATCH);
    for (int i = 0; i < BATCH; i++) weft_go(child, &slots[i]);
    weft_waitgroup_wait(&done);
}

static void run_one_by_one(uint64_t *slots) {
    for (int i = 0; i < BATCH; i++) {
        weft_waitgroup_add(&done, 1);
        weft_go(child, &slots[i]);
        weft_waitgroup_wait(&done);
    }
}

static void run_parking(uint64_t *slots) {
    gate = weft_chan_new(0, 0);
    weft_waitgroup_add(&done, BATCH);
    weft_waitgroup_add(&arrived, BATCH);
    for (int i = 0; i < BATCH; i++) weft_go(parking_child, &slots[i]);
    weft_waitgroup_wait(&arrived);
    weft_chan_close(gate);
    weft_waitgroup_wait(&done);
    weft_chan_free(gate);
}

/* One iteration is a batch; one more goes before, untimed. */
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

const struct bench_def bench_weft_spawn[] = {
    {"spawn/weft/procs:1", batches, 1, BENCH_ANYWHERE, 0, NULL},
    {"spawn/weft/procs:2", batches, 2, BENCH_ANYWHERE, 0, NULL},
    {"spawn/weft/procs:1/mode:one", one_by_one, 1, BENCH_ANYWHERE, 0, NULL},
    {"spawn/weft/procs:2/mode:one", one_by_one, 2, BENCH_ANYWHERE, 0, NULL},
    {"spawn/weft/procs:1/mode:park", parking, 1, BENCH_ANYWHERE, 0, NULL},
    {"spawn/weft/procs:2/mode:park", parking, 2, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
