/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels, short enough that a schedule is a few thousand steps.
 * Goal:   every value arrives once, in the order of its sender; close wakes everyone; a sender that a close meets
 *         panics and its value is nowhere.
 * Method: 3 senders of 3 values and 2 receivers over a capacity of 0 to 2. Then the same with a close in the midst.
 */
#include "meet.h"

enum { SENDERS = 3, EACH = 3, RECEIVERS = 2 };
static weft_chan *c;
static weft_waitgroup sends, receives;
static int seen[SENDERS * EACH], panicked[SENDERS * EACH];

static void sender(void *arg) {
    int me = (int)(intptr_t)arg;
    meet(3);
    for (int i = 0, v; i < EACH; i++) {
        v = me * EACH + i;
        weft_chan_send(c, &v);
    }
}

static void receiver(void *arg) {
    int last[SENDERS] = {-1, -1, -1};
    (void)arg;
    meet(3);
    for (int v; weft_chan_recv(c, &v) == 1;) {
        WC_CHECKF(v >= 0 && v < SENDERS * EACH, "%d", v);
        WC_CHECKF(last[v / EACH] < v % EACH, "%d after %d", v, last[v / EACH]);
        last[v / EACH] = v % EACH;
        seen[v]++;
    }
}

static void start(weft_fn send) {
    uint64_t r = wc_seed();
    c = weft_chan_new(sizeof(int), (ptrdiff_t)(wc_rand(&r) % 3));
    for (int i = 0; i < RECEIVERS; i++) weft_waitgroup_go(&receives, receiver, NULL);
    for (intptr_t i = 0; i < SENDERS; i++) weft_waitgroup_go(&sends, send, (void *)i);
}

static int all_arrive(void *arg) {
    (void)arg;
    start(sender);
    weft_waitgroup_wait(&sends);
    weft_chan_close(c);
    weft_waitgroup_wait(&receives);
    for (int i = 0; i < SENDERS * EACH; i++) WC_CHECKF(seen[i] == 1, "%d was seen %d times", i, seen[i]);
    weft_chan_free(c);
    return 0;
}
WC_CASE(sim_chan, .item = "sim", .main = all_arrive, .no_twin = "no output to compare");

static void send_one(void *arg) { weft_chan_send(c, arg); }

static void braver(void *arg) {
    int me = (int)(intptr_t)arg;
    meet(3);
    for (int i = 0, v; i < EACH; i++) {
        v = me * EACH + i;
        const char *why = weft_pcall(send_one, &v);
        WC_CHECKF(!why || strcmp(why, "send on closed channel") == 0, "%s", why);
        panicked[v] = why != NULL;
        if (!why) weft_yield();
    }
}

static void closer(void *arg) {
    (void)arg;
    meet(3);
    weft_yield();
    weft_chan_close(c);
}

static int close_meets(void *arg) {
    (void)arg;
    start(braver);
    weft_waitgroup_go(&sends, closer, NULL);
    weft_waitgroup_wait(&sends);
    weft_waitgroup_wait(&receives);
    for (int i = 0; i < SENDERS * EACH; i++)
        WC_CHECKF(seen[i] + panicked[i] == 1, "%d was seen %d times, panicked %d", i, seen[i], panicked[i]);
    weft_chan_free(c);
    return 0;
}
WC_CASE(sim_chan_close, .item = "sim", .main = close_meets, .no_twin = "no output to compare");
