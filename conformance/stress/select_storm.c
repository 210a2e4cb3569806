/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random selects over shared channels keep every token.
 * Source:   Go spec, "Select statements": exactly one case goes on.
 * Goal:     no value is lost, doubled or delivered to a case that was not chosen, with sends and receives mixed, the same
 *           channel several times, defaults and deadlines.
 * Method:   24 goroutines own tokens and pass them around over 6 channels (capacities 0 to 3) by selects of 1 to 6 random
 *           cases, some with default, some with a deadline of up to 200 us. When the time or the count is over each stops;
 *           the rest is drained; every token must be there once.
 * Expected: exit 0; silence but for the seed.
 */
#include <stdatomic.h>

#include "case.h"

enum { WORKERS = 24, CHANNELS = 6, TOKENS = 48, STEPS = 3000 / WC_SLOW, HAND = TOKENS };
static weft_chan *c[CHANNELS];
static weft_waitgroup wg;
static uint64_t seed;
static atomic_int seen[TOKENS];

struct worker {
    uint64_t r;
    int hand[HAND], n;
};

static int step(struct worker *w, int only_send) {
    struct weft_case cs[CHANNELS];
    int in[CHANNELS], out = w->n ? w->hand[w->n - 1] : -1, n = 1 + (int)(wc_rand(&w->r) % CHANNELS), got;
    for (int i = 0; i < n; i++) {
        int sends = w->n > 0 && (only_send || wc_rand(&w->r) % 2);
        in[i] = -7;
        cs[i] = (struct weft_case){.chan = c[wc_rand(&w->r) % CHANNELS],
                                   .dir = sends ? WEFT_DIR_SEND : WEFT_DIR_RECV,
                                   .elem = sends ? &out : &in[i],
                                   .ok = -3};
    }
    if (wc_rand(&w->r) % 2)
        got = weft_try_select(cs, (size_t)n);
    else
        got = weft_select_until(cs, (size_t)n, weft_now() + (int64_t)(wc_rand(&w->r) % 200) * 1000);
    WC_CHECKF(got == -EAGAIN || got == -ETIMEDOUT || (got >= 0 && got < n), "%d of %d", got, n);
    for (int i = 0; i < n; i++) {
        if (cs[i].dir == WEFT_DIR_RECV && i != got)
            WC_EQ(in[i], -7);
        else if (cs[i].dir == WEFT_DIR_RECV)
            WC_CHECKF(in[i] >= 0 && in[i] < TOKENS && cs[i].ok == 1, "token %d, ok %d", in[i], cs[i].ok);
    }
    if (got < 0) return 0;
    if (cs[got].dir == WEFT_DIR_SEND)
        w->n--;
    else
        w->hand[w->n++] = in[got];
    return 1;
}

static void work(void *arg) {
    int me = (int)(intptr_t)arg;
    struct worker w = {.r = seed ^ (uint64_t)(me + 1) * 77777, .n = TOKENS / WORKERS};
    for (int i = 0; i < w.n; i++) w.hand[i] = me * w.n + i;
    for (int i = 0; i < STEPS; i++) step(&w, 0);
    for (int i = 0; i < w.n; i++) atomic_fetch_add(&seen[w.hand[i]], 1);
}

static int body(void *arg) {
    (void)arg;
    seed = wc_seed();
    for (int i = 0; i < CHANNELS; i++) c[i] = weft_chan_new(sizeof(int), i < 3 ? 0 : i - 2);
    for (intptr_t i = 0; i < WORKERS; i++) weft_waitgroup_go(&wg, work, (void *)i);
    weft_waitgroup_wait(&wg);
    for (int i = 0, token; i < CHANNELS; i++) {
        if (weft_chan_cap(c[i]) == 0) WC_EQ(weft_chan_try_send(c[i], &i), 0); /* no receiver is left behind */
        while (weft_chan_try_recv(c[i], &token) == 1) atomic_fetch_add(&seen[token], 1);
        weft_chan_free(c[i]);
    }
    for (int i = 0; i < TOKENS; i++) WC_CHECKF(seen[i] == 1, "token %d was found %d times", i, seen[i]);
    return 0;
}

WC_CASE(stress_select_storm, .item = "stress", .main = body, .timeout_s = 60, .no_twin = "no output to compare");
