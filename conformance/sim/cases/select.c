/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Select's decision, short.
 * Goal:   exactly one case of a select goes on, whoever decides it: a peer, another select, a close, the timer.
 * Method: 4 goroutines pass 4 tokens around over 2 channels by selects of 2 cases, some with default, some with a
 *         deadline that is due soon; at the end every token is there once. Then two selects that can only meet each
 *         other, a close that meets selects.
 */
#include "meet.h"

enum { WORKERS = 4, TOKENS = 4, STEPS = 6 };
static weft_chan *c[2];
static weft_waitgroup wg;
static uint64_t seed;
static int seen[TOKENS];

struct hand {
    uint64_t r;
    int token[TOKENS], n;
};

static void turn(struct hand *h) {
    struct weft_case cs[2];
    int in[2] = {-7, -7}, out = h->n ? h->token[h->n - 1] : -1, got;
    for (int i = 0; i < 2; i++) {
        int sends = h->n > 0 && wc_rand(&h->r) % 2;
        cs[i] = (struct weft_case){
            .chan = c[wc_rand(&h->r) % 2], .dir = sends ? WEFT_DIR_SEND : WEFT_DIR_RECV, .elem = sends ? &out : &in[i]};
    }
    got = wc_rand(&h->r) % 3 == 0 ? weft_try_select(cs, 2)
                                  : weft_select_until(cs, 2, weft_now() + (int64_t)(wc_rand(&h->r) % 4) * 10000);
    WC_CHECKF(got == -EAGAIN || got == -ETIMEDOUT || got == 0 || got == 1, "%d", got);
    for (int i = 0; i < 2; i++)
        WC_CHECKF((in[i] != -7) == (i == got && cs[i].dir == WEFT_DIR_RECV), "case %d of %d: %d", i, got, in[i]);
    if (got < 0) return;
    if (cs[got].dir == WEFT_DIR_SEND)
        h->n--;
    else
        h->token[h->n++] = in[got];
}

static void worker(void *arg) {
    int me = (int)(intptr_t)arg;
    struct hand h = {.r = seed ^ (uint64_t)(me + 1) * 77777, .token = {me}, .n = 1};
    meet(WORKERS);
    for (int i = 0; i < STEPS; i++) turn(&h);
    for (int i = 0; i < h.n; i++) seen[h.token[i]]++;
}

static int tokens(void *arg) {
    (void)arg;
    seed = wc_seed();
    for (int i = 0; i < 2; i++) c[i] = weft_chan_new(sizeof(int), (ptrdiff_t)(seed / 2 % 2) * i);
    for (intptr_t i = 0; i < WORKERS; i++) weft_waitgroup_go(&wg, worker, (void *)i);
    weft_waitgroup_wait(&wg);
    for (int i = 0, token; i < 2; i++) {
        while (weft_chan_try_recv(c[i], &token) == 1) seen[token]++;
        weft_chan_free(c[i]);
    }
    for (int i = 0; i < TOKENS; i++) WC_CHECKF(seen[i] == 1, "token %d was found %d times", i, seen[i]);
    return 0;
}
WC_CASE(sim_select, .item = "sim", .main = tokens, .no_twin = "no output to compare");

/*
 * Both sides select over the same two channels, in opposite roles and orders: each value is taken from the case that
 * gave it.
 */
static int sent, got_values;
static void gives(void *arg) {
    meet(3);
    for (int i = 0, v; i < 3; i++) {
        v = (int)(intptr_t)arg * 10 + i;
        struct weft_case cs[2] = {{.chan = c[0], .dir = WEFT_DIR_SEND, .elem = &v},
                                  {.chan = c[1], .dir = WEFT_DIR_SEND, .elem = &v}};
        int at = weft_select(cs, 2);
        WC_CHECKF(at == 0 || at == 1, "%d", at);
        sent += v;
    }
}
static void takes(void *arg) {
    (void)arg;
    meet(3);
    for (int i = 0; i < 3; i++) {
        int a = -1, b = -1;
        struct weft_case cs[2] = {{.chan = c[1], .dir = WEFT_DIR_RECV, .elem = &a},
                                  {.chan = c[0], .dir = WEFT_DIR_RECV, .elem = &b}};
        int at = weft_select(cs, 2);
        WC_CHECKF(at == 0 ? a >= 0 && b == -1 : a == -1 && b >= 0, "case %d: %d %d", at, a, b);
        got_values += at == 0 ? a : b;
    }
}
static int meets(void *arg) {
    (void)arg;
    c[0] = weft_chan_new(sizeof(int), 0);
    c[1] = weft_chan_new(sizeof(int), 0);
    for (intptr_t i = 0; i < 2; i++) {
        weft_waitgroup_go(&wg, gives, (void *)i);
        weft_waitgroup_go(&wg, takes, NULL);
    }
    weft_waitgroup_wait(&wg);
    WC_EQ(sent, got_values);
    weft_chan_free(c[0]);
    weft_chan_free(c[1]);
    return 0;
}
WC_CASE(sim_select_meets, .item = "sim", .main = meets, .no_twin = "no output to compare");

/* A close decides selects that wait, once each. */
static int closed;
static void waits(void *arg) {
    struct weft_case cs[2] = {{.chan = c[0], .dir = WEFT_DIR_RECV}, {.chan = c[1], .dir = WEFT_DIR_RECV}};
    int at = arg ? weft_select_until(cs, 2, weft_now() + 5000) : weft_select(cs, 2);
    WC_CHECKF(at == 0 || at == 1 || (arg && at == -ETIMEDOUT), "%d", at);
    if (at >= 0) WC_EQ(cs[at].ok, 0);
    closed++;
}
static void closes(void *arg) {
    meet(2);
    weft_chan_close(arg);
}
static int close_decides(void *arg) {
    (void)arg;
    c[0] = weft_chan_new(0, 0);
    c[1] = weft_chan_new(0, 0);
    for (intptr_t i = 0; i < 4; i++) weft_waitgroup_go(&wg, waits, (void *)(i % 2));
    weft_waitgroup_go(&wg, closes, c[0]);
    weft_waitgroup_go(&wg, closes, c[1]);
    weft_waitgroup_wait(&wg);
    WC_EQ(closed, 4);
    weft_chan_free(c[0]);
    weft_chan_free(c[1]);
    return 0;
}
WC_CASE(sim_select_close, .item = "sim", .main = close_decides, .no_twin = "no output to compare");
