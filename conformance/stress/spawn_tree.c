/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree of goroutines, and bursts of them: every one runs once.
 * Source:   claims 70 to 73.
 * Goal:     overflow, stealing, free lists and stack reuse lose no goroutine and run none twice.
 * Method:   a tree of depth 6 and fan-out 6 (55,987 goroutines) whose sums go up over channels; then bursts of 1 to 2000
 *           goroutines, of which a part yields, a part spawns one more, a part has its own stack size, each counted.
 * Expected: 6^6 leaves; the counts agree; exit 0; silence but for the seed.
 */
#include <stdatomic.h>

#include "case.h"

enum { FAN = 6, DEPTH = WC_SLOW > 1 ? 4 : 6, BURSTS = 30 };

static void start_node(weft_chan *up, int depth);

static void node(weft_chan *up, int depth) {
    int64_t sum = depth == 0;
    if (depth > 0) {
        weft_chan *c = weft_chan_new(sizeof sum, FAN);
        for (int i = 0; i < FAN; i++) start_node(c, depth - 1);
        for (int64_t i = 0, v; i < FAN; i++) {
            weft_chan_recv(c, &v);
            sum += v;
        }
        weft_chan_free(c);
    }
    weft_chan_send(up, &sum);
}
WEFT_GO_DEFINE(node, weft_chan *, int);
static void start_node(weft_chan *up, int depth) { go_node(up, depth); }

static int tree(void *arg) {
    (void)arg;
    int64_t sum = 0, want = 1;
    weft_chan *c = wc_chan(sizeof sum, 0);
    for (int i = 0; i < DEPTH; i++) want *= FAN;
    go_node(c, DEPTH);
    weft_chan_recv(c, &sum);
    WC_EQ(sum, want);
    wc_await_goroutines(1);
    return 0;
}

static weft_waitgroup wg;
static atomic_int ran;

static void leaf(void *arg) {
    (void)arg;
    atomic_fetch_add(&ran, 1);
    weft_waitgroup_done(&wg);
}

static void yielder(void *arg) {
    weft_yield();
    leaf(arg);
}

static void parent(void *arg) {
    weft_waitgroup_add(&wg, 1);
    weft_go(leaf, arg);
    leaf(arg);
}

static int bursts(void *arg) {
    uint64_t r = wc_seed();
    for (int b = 0; b < BURSTS; b++) {
        int n = 1 + (int)(wc_rand(&r) % (2000 / WC_SLOW)), want = n;
        ran = 0;
        weft_waitgroup_add(&wg, n);
        for (int i = 0; i < n; i++) {
            unsigned kind = wc_rand(&r) % 8;
            struct weft_go_options o = {.stack_size = kind == 7 ? 32 << 10 : 0, .small = kind == 6};
            want += kind == 5;
            if (kind >= 6)
                WC_EQ(weft_go_with(&o, leaf, arg), 0);
            else
                weft_go(kind == 5 ? parent : kind == 4 ? yielder : leaf, arg);
        }
        weft_waitgroup_wait(&wg);
        WC_EQ(ran, want);
    }
    wc_await_goroutines(1);
    return 0;
}

WC_CASE(stress_spawn_tree, .item = "stress", .main = tree, .timeout_s = 60, .no_twin = "no output to compare");
WC_CASE(stress_spawn_bursts, .item = "stress", .main = bursts, .timeout_s = 60, .no_twin = "no output to compare");
