/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A million operations on one channel by 64 goroutines lose and duplicate nothing.
 * Source:   the text; Go spec, "Channel types" (a channel is a FIFO queue, safe without further synchronisation).
 * Goal:     every value that was sent is received exactly once, and what one sender sends to one receiver keeps its order.
 * Method:   32 senders send 500,000 numbered values, 32 receivers take them (a million operations); a map of bits finds a
 *           value that comes twice, the count one that is lost; each receiver checks that numbers of one sender only grow.
 *           Capacities 0, 1 and 128. Random yields from the seed shift the schedule.
 * Expected: exit 0; silence but for the seed.
 */
#include <stdatomic.h>

#include "case.h"

enum { SENDERS = 32, RECEIVERS = 32, EACH = 500000 / SENDERS / WC_SLOW, TOTAL = SENDERS * EACH };
struct value {
    uint16_t sender;
    uint32_t number;
};
static weft_chan *c;
static weft_waitgroup senders, receivers;
static atomic_uchar came[TOTAL];
static atomic_int received;
static uint64_t seed;

static void sender(void *arg) {
    struct value v = {.sender = (uint16_t)(intptr_t)arg};
    uint64_t r = seed + v.sender;
    for (; v.number < EACH; v.number++) {
        weft_chan_send(c, &v);
        if (wc_rand(&r) % 64 == 0) weft_yield();
    }
}

static void receiver(void *arg) {
    int64_t last[SENDERS];
    struct value v;
    uint64_t r = seed + 1000 + (uint64_t)(intptr_t)arg;
    memset(last, 0xff, sizeof last);
    while (weft_chan_recv(c, &v)) {
        WC_CHECKF(v.sender < SENDERS && v.number < EACH, "a value nobody sent: %u of %u", v.number, v.sender);
        WC_CHECKF((int64_t)v.number > last[v.sender], "%u after %" PRId64 " of sender %u", v.number, last[v.sender],
                  v.sender);
        last[v.sender] = v.number;
        WC_EQ(atomic_exchange(&came[v.sender * EACH + (int)v.number], 1), 0);
        atomic_fetch_add(&received, 1);
        if (wc_rand(&r) % 64 == 0) weft_yield();
    }
}

static int million(ptrdiff_t capacity) {
    seed = wc_seed();
    c = weft_chan_new(sizeof(struct value), capacity);
    for (intptr_t i = 0; i < RECEIVERS; i++) weft_waitgroup_go(&receivers, receiver, (void *)i);
    for (intptr_t i = 0; i < SENDERS; i++) weft_waitgroup_go(&senders, sender, (void *)i);
    weft_waitgroup_wait(&senders);
    weft_chan_close(c);
    weft_waitgroup_wait(&receivers);
    WC_EQ(received, TOTAL);
    weft_chan_free(c);
    return 0;
}

static int unbuffered(void *arg) { return (void)arg, million(0); }
static int one(void *arg) { return (void)arg, million(1); }
static int buffered(void *arg) { return (void)arg, million(128); }

WC_CASE(stress_chan_million_0, .item = "stress", .main = unbuffered, .timeout_s = 60,
        .no_twin = "no output to compare");
WC_CASE(stress_chan_million_1, .item = "stress", .main = one, .timeout_s = 60, .no_twin = "no output to compare");
WC_CASE(stress_chan_million_128, .item = "stress", .main = buffered, .timeout_s = 60,
        .no_twin = "no output to compare");
