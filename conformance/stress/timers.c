/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers stopped, reset, received from and freed by many goroutines at once, while they fire.
 * Source:   package time (Stop, Reset, AfterFunc): each setting of a timer ends in exactly one of: it fires, or a stop or reset says
 *           that it was pending.
 * Goal:     no firing is lost, doubled or late of a stop; no stale value; freeing needs no stop and harms nobody; masses.
 * Method:   (functions) 16 goroutines stop and reset 8 shared timers of 0 to 60 us from the seed; calls + "it was pending" equal
 *           the settings. (channels) the same with receives, selects and deadlines; what a receiver got is counted. (tickers) values
 *           are multiples of the period, growing for each receiver; (free) timers freed by whoever comes by, just about when they
 *           fire, by another goroutine than made them. (mass) many pending at once, stopped and fired in one go; their number under
 *           way is right and each runs once.
 * Expected: equal sums; exit 0; silence but for the seed.
 */
#include <stdatomic.h>

#include "case.h"

enum { WORKERS = 16, TIMERS = 8, STEPS = 3000 / WC_SLOW };
static weft_timer *timer[TIMERS];
static weft_waitgroup wg;
static uint64_t seed;
static atomic_long settings, pending, calls, received;

static void start(weft_fn fn, int n) {
    for (intptr_t i = 0; i < n; i++) weft_waitgroup_go(&wg, fn, (void *)i);
}
static int64_t soon(uint64_t *r) { return (int64_t)(wc_rand(r) % 60) * 1000; }
static void call(void *arg) {
    (void)arg;
    calls++;
}

/* ---- functions ---- */

static void stop_or_reset(weft_timer *t, uint64_t *r) {
    if (wc_rand(r) % 4 == 0) {
        pending += weft_timer_stop(t);
    } else {
        settings++;
        pending += weft_timer_reset(t, soon(r));
    }
}

static void pester(void *arg) {
    uint64_t r = seed + (uint64_t)(intptr_t)arg;
    for (int i = 0; i < STEPS; i++) {
        stop_or_reset(timer[wc_rand(&r) % TIMERS], &r);
        if (wc_rand(&r) % 3 == 0) weft_yield();
        if (wc_rand(&r) % 50 == 0) weft_sleep(soon(&r));
    }
}

static int functions(void *arg) {
    (void)arg;
    seed = wc_seed();
    for (int i = 0; i < TIMERS; i++) timer[i] = weft_after_func(i * 10000, call, NULL), settings++;
    start(pester, WORKERS);
    weft_waitgroup_wait(&wg);
    for (int i = 0; i < TIMERS; i++) pending += weft_timer_stop(timer[i]);
    wc_await_goroutines(1); /* those that have started */
    WC_EQ(calls + pending, settings);
    WC_CHECK(calls > 0 && pending > 0);
    for (int i = 0; i < TIMERS; i++) weft_timer_free(timer[i]);
    return 0;
}

/* ---- channels ---- */

static void take(weft_timer *t, uint64_t *r) {
    weft_chan *c = weft_timer_chan(t);
    int64_t v = -1;
    struct weft_case cs[3] = {{.chan = c, .dir = WEFT_DIR_RECV, .elem = &v}, {.chan = weft_timer_chan(timer[wc_rand(r) % TIMERS])},
                              {.chan = NULL}};
    cs[1].dir = cs[2].dir = WEFT_DIR_RECV;
    cs[1].elem = &v;
    int got = 0;
    switch (wc_rand(r) % 4) {
    case 0:
        got = weft_chan_try_recv(c, &v) == 1;
        break;
    case 1:
        got = weft_chan_recv_until(c, &v, weft_now() + soon(r)) == 1;
        break;
    case 2:
        got = weft_select_until(cs, 3, weft_now() + soon(r)) >= 0;
        break;
    case 3:
        got = weft_try_select(cs, 2) >= 0;
    }
    WC_EQ(weft_chan_len(c), 0);
    received += got;
    if (got) WC_CHECK(v > 0 && v <= weft_now());
}

static void pester_chan(void *arg) {
    uint64_t r = seed + (uint64_t)(intptr_t)arg;
    for (int i = 0; i < STEPS; i++) {
        weft_timer *t = timer[wc_rand(&r) % TIMERS];
        if (wc_rand(&r) % 2)
            stop_or_reset(t, &r);
        else
            take(t, &r);
        if (wc_rand(&r) % 4 == 0) weft_yield();
    }
}

static int channels(void *arg) {
    (void)arg;
    seed = wc_seed();
    for (int i = 0; i < TIMERS; i++) timer[i] = weft_timer_new(i * 10000), settings++;
    start(pester_chan, WORKERS);
    weft_waitgroup_wait(&wg);
    for (int i = 0; i < TIMERS; i++) {
        pending += weft_timer_stop(timer[i]);
        WC_EQ(weft_chan_try_recv(weft_timer_chan(timer[i]), NULL), -EAGAIN);
    }
    WC_EQ(received + pending, settings);
    WC_CHECK(received > 0 && pending > 0);
    for (int i = 0; i < TIMERS; i++) weft_timer_free(timer[i]);
    return 0;
}

/* ---- tickers ---- */

enum { PERIOD = 20000, TICKS = 300 };
static int64_t phase;

static void tick(void *arg) {
    int64_t v = 0, last = 0;
    for (int i = 0; i < TICKS; i++) {
        int64_t before = weft_now();
        int got = (intptr_t)arg % 2 ? weft_chan_recv(weft_timer_chan(timer[0]), &v)
                                    : weft_chan_recv_until(weft_timer_chan(timer[0]), &v, before + 10 * PERIOD);
        if (got != 1) {
            WC_EQ(got, -ETIMEDOUT);
            continue;
        }
        WC_EQ((v - phase) % PERIOD, 0);
        WC_CHECK(v > last && v <= weft_now());
        last = v;
    }
}

static int tickers(void *arg) {
    (void)arg;
    timer[0] = weft_ticker_new(PERIOD);
    weft_chan_recv(weft_timer_chan(timer[0]), &phase);
    start(tick, WORKERS);
    weft_waitgroup_wait(&wg);
    weft_timer_free(timer[0]);
    return 0;
}

/* ---- free ---- */

static weft_chan *hand;

static void touch(void *arg) { atomic_fetch_add((atomic_int *)arg, 1); }

static void maker(void *arg) {
    static atomic_int unit;
    uint64_t r = seed + (uint64_t)(intptr_t)arg;
    for (int i = 0; i < STEPS; i++) {
        weft_timer *t = wc_rand(&r) % 2 ? weft_after_func(soon(&r) / 2, touch, &unit) : weft_timer_new(soon(&r) / 2);
        if (weft_timer_chan(t) && wc_rand(&r) % 2) weft_chan_recv_until(weft_timer_chan(t), NULL, weft_now() + soon(&r) / 2);
        if (wc_rand(&r) % 4 == 0) weft_yield();
        if (wc_rand(&r) % 2)
            weft_chan_send(hand, &t);
        else
            weft_timer_free(t);
    }
}

static void freer(void *arg) {
    weft_timer *t;
    uint64_t r = seed + 77 + (uint64_t)(intptr_t)arg;
    while (weft_chan_recv(hand, &t) == 1) {
        if (wc_rand(&r) % 3 == 0) weft_timer_reset(t, soon(&r) / 4);
        weft_timer_free(t);
    }
}

static int frees(void *arg) {
    (void)arg;
    static weft_waitgroup freers;
    seed = wc_seed();
    hand = weft_chan_new(sizeof(weft_timer *), 8);
    for (intptr_t i = 0; i < 4; i++) weft_waitgroup_go(&freers, freer, (void *)i);
    start(maker, 8);
    weft_waitgroup_wait(&wg);
    weft_chan_close(hand);
    weft_waitgroup_wait(&freers);
    weft_chan_free(hand);
    wc_await_goroutines(1);
    return 0;
}

/* ---- masses ---- */

enum { MASS = 1000000 / (WC_SLOW * WC_SLOW) };

static int mass(void *arg) {
    (void)arg;
    uint64_t r = seed = wc_seed();
    weft_timer **all = malloc(MASS * sizeof *all);
    for (int i = 0; i < MASS; i++) all[i] = weft_after_func(3600 * WC_SEC + (int64_t)(wc_rand(&r) % 1000000), call, NULL);
    for (int i = 0; i < MASS; i++) WC_EQ(weft_timer_stop(all[(int64_t)i * 7919 % MASS]), 1);
    int64_t base = weft_now() + WC_SEC / 2;
    for (int i = 0; i < MASS; i++) WC_EQ(weft_timer_reset(all[i], base - weft_now() + (int64_t)(wc_rand(&r) % 1000000)), 0);
    while (calls < MASS) weft_sleep(WC_MS);
    wc_await_goroutines(1);
    for (int i = 0; i < MASS; i++) weft_timer_free(all[i]);
    free(all);
    WC_EQ(calls, MASS);
    return 0;
}

WC_CASE(stress_timer_functions, .item = "stress", .main = functions, .timeout_s = 60, .no_twin = "no output to compare");
WC_CASE(stress_timer_channels, .item = "stress", .main = channels, .timeout_s = 60, .no_twin = "no output to compare");
WC_CASE(stress_timer_tickers, .item = "stress", .main = tickers, .timeout_s = 60, .no_twin = "no output to compare");
WC_CASE(stress_timer_free, .item = "stress", .main = frees, .timeout_s = 60, .no_twin = "no output to compare");
WC_CASE(stress_timer_mass, .item = "stress", .main = mass, .timeout_s = 120, .no_twin = "no output to compare");
