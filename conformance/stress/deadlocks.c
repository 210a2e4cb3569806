/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The deadlock is found whatever came before it, and not before.
 * Source:   runtime/proc.go:checkdead; the issue: "terminates itself in every state".
 * Goal:     the last M that goes idle sees it, with any number of processors, sleepers and finished goroutines around.
 * Method:   20 goroutines make a random number of steps from the seed (yield, sleep up to 1 ms, hand a token over, spawn a
 *           short one) and then block for ever in a random way; main blocks too. Each goroutine prints a dot before it
 *           blocks: 20 dots show that nobody was cut off. Five processes, each with its own seed.
 * Expected: 20 dots, then the deadlock, exit 2.
 */
#include "case.h"

enum { N = 20 };
static weft_chan *tokens, *none;
static uint64_t seed;

static void nothing(void *arg) { (void)arg; }

static void block(uint64_t r) {
    weft_sema s = {0};
    weft_waitgroup w = {0};
    struct weft_case cs[] = {{.chan = none, .dir = WEFT_DIR_RECV}, {.chan = NULL, .dir = WEFT_DIR_SEND}};
    switch (r % 5) {
    case 0:
        weft_chan_recv(none, NULL);
        break;
    case 1:
        weft_select(cs, 2);
        break;
    case 2:
        weft_sema_acquire(&s);
        break;
    case 3:
        weft_waitgroup_add(&w, 1), weft_waitgroup_wait(&w);
        break;
    case 4:
        weft_select(NULL, 0);
    }
}

static void walker(void *arg) {
    uint64_t r = seed + (uint64_t)(intptr_t)arg;
    for (int steps = (int)(wc_rand(&r) % 30); steps > 0; steps--) {
        switch (wc_rand(&r) % 4) {
        case 0:
            weft_yield();
            break;
        case 1:
            weft_sleep((int64_t)(wc_rand(&r) % 1000) * 1000);
            break;
        case 2:
            weft_chan_try_send(tokens, "") ? (void)0 : (void)weft_chan_try_recv(tokens, NULL);
            break;
        case 3:
            weft_go(nothing, NULL);
        }
    }
    printf(".");
    block(wc_rand(&r));
}

static int body(void *arg) {
    (void)arg;
    seed = wc_seed();
    tokens = weft_chan_new(1, 3);
    none = weft_chan_new(1, 0);
    for (intptr_t i = 0; i < N; i++) weft_go(walker, (void *)i);
    block(seed);
    return 9;
}

WC_CASE(stress_deadlocks, .item = "stress", .main = body, .out = "....................", .err = WC_DEADLOCK, .exit = 2,
        .samples = 5, .no_twin = "the battery's items have theirs");
