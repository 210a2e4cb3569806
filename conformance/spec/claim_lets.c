/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims 38, 40, 43, 50 to 54, 95: at which points another goroutine gets its turn.
 * Source:   seeds 000, 001, 002, 003.
 * Goal:     figures, 1 or 0: whether a runnable goroutine ran while another did this: start one, atomic operations, a yield, a
 *           sleep, a channel operation that waits, a mutex that is held, a blocking call, a loop without calls.
 * Method:   P = 1, so that only a switch lets the other run. It raises a flag, and does what the waiter waits for; the flag is read at
 *           once when the step is done. A loop without calls runs until the flag is up, some seconds at the most; the steps that must not let go
 *           take far less than a time slice, which is 10 s for them.
 * Expected: start and atomics: no; all others: yes. Exit 0.
 */
#include <stdatomic.h>
#include <time.h>

#include "case.h"

static atomic_int flag, held;
static weft_chan *c;
static weft_mutex m;
static weft_waitgroup wg;

static void raises(void *arg) {
    (void)arg;
    flag = 1;
}
static void raises_and_sends(void *arg) {
    flag = 1;
    weft_chan_send(c, arg);
}
static void raises_and_unlocks(void *arg) {
    flag = 1;
    weft_mutex_unlock(&m);
    (void)arg;
}

static void nothing(void *arg) { (void)arg; }
static void start(void) { weft_waitgroup_go(&wg, nothing, NULL); }
static void atomics(void) {
    for (int i = 0; i < 100000; i++) atomic_fetch_add(&held, i & 1 ? 1 : -1);
}
static void sleeps(void) { weft_sleep(20 * WC_MS); }
static void receives(void) { weft_chan_recv(c, NULL); }
static void locks(void) { weft_mutex_lock(&m); }

/* Until the other ran, 10 s at the most: how soon the processor is handed over is the machine's matter. */
static intptr_t nap(void *arg) {
    for (int i = 0; !flag && i < 10000; i++) {
        struct timespec t = {.tv_nsec = WC_MS};
        nanosleep(&t, NULL);
    }
    return (intptr_t)arg;
}
static void calls(void) { weft_blocking(nap, NULL); }

static void loops(void) {
    for (volatile int64_t i = 0; !flag && i < 2 * WC_SEC; i++) {}
}

static int lets(const char *name, void (*step)(void), weft_fn other) {
    flag = 0;
    weft_waitgroup_go(&wg, other, NULL);
    step();
    int did = flag;
    weft_waitgroup_wait(&wg);
    wc_figure(name, did);
    return did;
}

static int short_steps(void *arg) {
    (void)arg;
    WC_EQ(lets("start", start, raises), 0);
    WC_EQ(lets("atomics", atomics, raises), 0);
    WC_EQ(lets("yield", weft_yield, raises), 1);
    return 0;
}

static int long_steps(void *arg) {
    (void)arg;
    c = wc_chan(0, 0);
    weft_mutex_lock(&m);
    WC_EQ(lets("sleep", sleeps, raises), 1);
    WC_EQ(lets("channel", receives, raises_and_sends), 1);
    WC_EQ(lets("mutex", locks, raises_and_unlocks), 1);
    WC_EQ(lets("call", calls, raises), 1);
    WC_EQ(lets("loop", loops, raises), 1);
    return 0;
}

WC_CASE(claim_lets_short, .item = "claim 43", .main = short_steps, .procs = 1, .env = {"WEFT_DEBUG=slice=10000000"},
        .twin = "claim_lets_short");
WC_CASE(claim_lets_long, .item = "claim 38", .main = long_steps, .procs = 1, .not_under = WC_NOT_TSAN,
        .not_why = "a loop without calls is never preempted there", .twin = "claim_lets_long");
