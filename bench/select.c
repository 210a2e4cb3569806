/* SPDX-License-Identifier: Apache-2.0 */
/*
 * select: one goroutine takes items from whichever of four channels has one. WORKLOADS.md#select.
 */
#include "bench.h"

#include "weft.h"

#define CHANNELS 4

WEFT_CHAN_DEFINE(items, uint64_t)

static weft_waitgroup done;

static void produce(items c, uint64_t first, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) items_send(c, first + i);
    weft_waitgroup_done(&done);
}
WEFT_GO_DEFINE(produce, items, uint64_t, uint64_t)

static uint64_t take(items *channels, uint64_t count) {
    uint64_t v[CHANNELS], sum = 0;
    struct weft_case cases[CHANNELS];
    for (int i = 0; i < CHANNELS; i++) cases[i] = (struct weft_case){items_raw(channels[i]), WEFT_DIR_RECV, &v[i], 0};
    for (uint64_t i = 0; i < count; i++) sum += v[weft_select(cases, CHANNELS)];
    return sum;
}

static void from_four(struct bench *b) {
    items channels[CHANNELS];
    uint64_t first = 1;
    for (int i = 0; i < CHANNELS; i++) channels[i] = items_new(0);
    bench_start(b);
    weft_waitgroup_add(&done, CHANNELS);
    for (unsigned i = 0; i < CHANNELS; i++) {
        go_produce(channels[i], first, bench_share(b->n, CHANNELS, i));
        first += bench_share(b->n, CHANNELS, i);
    }
    uint64_t sum = take(channels, b->n);
    weft_waitgroup_wait(&done);
    bench_stop(b);
    for (int i = 0; i < CHANNELS; i++) items_free(channels[i]);
    bench_check(b, "the sum of the items", sum, b->n * (b->n + 1) / 2);
}

const struct bench_def bench_weft_select[] = {
    {"select/weft/procs:1", from_four, 1, BENCH_ANYWHERE, 0, NULL},
    {"select/weft/procs:2", from_four, 2, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
