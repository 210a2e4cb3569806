/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_now and weft_sleep.
 * Source:   time.Now (monotonic part), time.Sleep; api.md.
 * Goal:     the clock never goes back, sleeps are never short, sleepers wake in the order of their deadlines, and a sleep of
 *           nothing returns at once without parking.
 * Method:   reads; sleeps with the clock around them; 200 sleepers with scrambled deadlines, each woken once and not early;
 *           four sleepers with deadlines 10 ms apart, started in the opposite order. At P = 1 the processor is kept until all
 *           have passed, so that the heap alone makes the order. At more they are 200 ms apart, and only time tells: ten times the 20 ms
 *           that a loaded machine may be late.
 * Expected: exit 0 and silence.
 */
#include <stdatomic.h>

#include "case.h"

static weft_waitgroup wg;
static int64_t base;
static int order[200];
static atomic_int woken;

static void sleeper(void *arg) {
    int n = (int)(intptr_t)arg;
    int64_t until = base + n * WC_MS / 4;
    weft_sleep(until - weft_now());
    WC_CHECK(weft_now() >= until);
    order[atomic_fetch_add(&woken, 1)] = n;
}

static int sleepers(void *arg) {
    (void)arg;
    base = weft_now() + 5 * WC_MS;
    for (int i = 0; i < 200; i++) weft_waitgroup_go(&wg, sleeper, (void *)(intptr_t)(i * 73 % 200));
    weft_waitgroup_wait(&wg);
    WC_EQ(woken, 200);
    char seen[200] = {0};
    for (int i = 0; i < 200; i++) seen[order[i]]++;
    for (int i = 0; i < 200; i++) WC_EQ(seen[i], 1);
    return 0;
}

static void one_more(void *arg) { order[atomic_fetch_add(&woken, 1)] = (int)(intptr_t)arg; }

static int64_t apart;

static void late(void *arg) {
    weft_sleep(base + (int64_t)(intptr_t)arg * apart - weft_now());
    one_more(arg);
}

/* All four asleep before the first deadline: further away until that is so. */
static void send_to_sleep(void) {
    for (apart = wc_procs() == 1 ? 10 * WC_MS : 200 * WC_MS;; apart *= 2) {
        woken = 0;
        base = weft_now();
        for (intptr_t i = 4; i >= 1; i--) weft_waitgroup_go(&wg, late, (void *)i);
        while (wc_waiting("sleep") + woken < 4) weft_yield();
        if (weft_now() < base + apart && woken == 0) return;
        weft_waitgroup_wait(&wg);
    }
}

/* Later started, earlier woken. */
static int in_order(void *arg) {
    (void)arg;
    send_to_sleep();
    while (wc_procs() == 1 && weft_now() <= base + 4 * apart) {}
    weft_waitgroup_wait(&wg);
    for (int i = 0; i < 4; i++) WC_EQ(order[i], i + 1);
    return 0;
}

static int clock_body(void *arg) {
    (void)arg;
    struct weft_stats before = {.size = sizeof before}, after = {.size = sizeof after};
    int64_t last = weft_now();
    for (int i = 0; i < 1000; i++) {
        int64_t now = weft_now();
        WC_CHECK(now >= last);
        last = now;
    }
    weft_stats_read(&before);
    weft_sleep(0);
    weft_sleep(-5);
    weft_sleep(INT64_MIN);
    weft_stats_read(&after);
    WC_EQ(after.parks, before.parks);
    for (int i = 1; i <= 10; i++) {
        int64_t begin = weft_now();
        weft_sleep(i * WC_MS / 10);
        WC_CHECK(weft_now() - begin >= i * WC_MS / 10);
    }
    return 0;
}

WC_CASE(api_now_and_sleep, .item = "api", .main = clock_body, .no_twin = "no output to compare");
WC_CASE(api_sleepers, .item = "api", .main = sleepers, .no_twin = "no output to compare");
WC_CASE(api_sleep_order, .item = "api", .main = in_order, .alone = 1, .no_twin = "no output to compare");
