/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Free lists that processors share: descriptors, small objects, stacks of a size of their own.
 * Goal:   what is freed on another processor than it was taken on is used again, so that a program whose goroutines begin on one
 *         and end on another does not grow; the descriptor freed last stays with its processor (its goroutine is only ending:
 *         the switch has still to write its sp); more big stacks than slabs come and go.
 * Method: white-box, one P. 1. 64-byte objects taken and freed; the P's list, as another P's, is put aside: what is
 *         taken now must have been among them. 2. Descriptors freed until the list spills: the last one is still its head.
 *         3. 3000 goroutines with stacks of their own, parked, ended in two orders, twice: the reserved bytes return to what they were.
 */
#include "queue_test.h"

enum { N = 20000, BYTES = 64, CLASS = 1, MOST_KEPT = 4096 };

static int small_objects(void *unused)
{
    static void *o[N];
    (void)unused;
    struct w_m *m = w_enter();
    struct w_p *p = m->p;
    for (int i = 0; i < N; i++)
        CHECK((o[i] = w_small_alloc(m, BYTES)) != NULL);
    for (int i = 0; i < N; i++)
        w_small_free(m, o[i], BYTES);
    p->small_free[CLASS] = NULL; /* what one P may keep is lost to the others */
    p->small_n[CLASS] = 0;
    qsort(o, N, sizeof *o, by_address);
    for (int i = 0; i < N - MOST_KEPT; i++) {
        void *again = w_small_alloc(m, BYTES);
        CHECK(bsearch(&again, o, N, sizeof *o, by_address) != NULL);
    }
    w_leave(m);
    return 0;
}

static int descriptors(void *unused)
{
    enum { GS = 5000 };
    static struct w_g *g[GS];
    (void)unused;
    struct w_m *m = w_enter();
    for (int i = 0; i < GS; i++) {
        CHECK((g[i] = w_g_new(m)) != NULL);
        w_g_set(g[i], W_G_RUNNABLE, W_REASON_NONE);
    }
    for (int i = 0; i < GS; i++) {
        w_g_free(m, g[i]);
        CHECK(m->p->gfree == g[i]);
    }
    w_leave(m);
    return 0;
}

static weft_chan *gate[2];
static void waits(void *which) { weft_chan_recv(which, NULL); }

static int big_stacks(void *unused)
{
    enum { BIG = 3000 / SLOW };
    struct weft_go_options o = {.stack_size = 32768};
    struct weft_stats before = {.size = sizeof before}, after = before;
    (void)unused;
    weft_stats_read(&before);
    for (int round = 0; round < 2; round++) {
        gate[0] = weft_chan_new(0, 0);
        gate[1] = weft_chan_new(0, 0);
        for (int i = 0; i < BIG; i++)
            CHECK_EQ(weft_go_with(&o, waits, gate[i % 2]), 0);
        weft_yield();
        for (int k = 0; k < 2; k++) {
            weft_chan_close(gate[k]);
            while (weft_num_goroutines() > (k ? 1 : BIG / 2 + 1))
                weft_yield();
            weft_sleep(1000); /* by way of g0, which gives them back */
            weft_chan_free(gate[k]);
        }
    }
    weft_stats_read(&after);
    CHECK(after.stack_bytes < before.stack_bytes + (8 << 20)); /* but for slabs of the default class */
    return 0;
}

int main(void)
{
    CHECK_EQ(run_quiet(1, small_objects, NULL), 0);
    CHECK_EQ(run_quiet(1, descriptors, NULL), 0);
    CHECK_EQ(run_at(1, big_stacks, NULL), 0);
    return 0;
}
