/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large stacks: depth, the default class of 1 GiB, pages given back, high water.
 * Source:   weft.h: weft_go_options.stack_size, weft_config.stack_size, weft_goroutine_info.stack_high.
 * Goal:     64 MiB and nearly 1 GiB can be used by one goroutine; a run whose default is 1 GiB starts two hundred goroutines;
 *           memory that a deep recursion took goes back while its goroutine waits, and after it has ended, and what
 *           still stands on the stack is untouched; stack_high tells a deep function from a shallow one.
 * Method:   recursion by the distance of addresses, with frames that touch a page each, or (1 GiB) one page in sixteen.
 *           mincore tells what of a stack is in memory: nine tenths while deep, less than one after a while. That begins after a
 *           second; the bound of 20 s is ten times what it takes.
 * Expected: exit 0 and silence.
 */
#include <sys/mman.h>

#include "case.h"

static weft_waitgroup wg;
static weft_chan *gate;

/* How far down it came. */
__attribute__((noinline)) static size_t down(const char *start, size_t bytes) {
    volatile char room[3000];
    room[0] = room[2999] = 1;
    size_t depth = (size_t)(start - (const char *)room);
    return depth < bytes ? down(start, bytes) + (room[0] - room[2999]) : depth;
}

__attribute__((noinline)) static size_t leap(const char *start, size_t bytes) {
    volatile char room[64 << 10];
    room[0] = 1;
    size_t depth = (size_t)(start - (const char *)room);
    return depth < bytes ? leap(start, bytes) + (size_t)(room[0] - 1) : depth;
}

static void deep_64m(void *arg) {
    char here = 0;
    (void)arg;
    WC_CHECK(down(&here, (size_t)63 << 20) >= (size_t)63 << 20);
    weft_waitgroup_done(&wg);
}

static void deep_1g(void *arg) {
    char here = 0;
    size_t bytes = ((size_t)1 << 30) - (1 << 20);
    (void)arg;
    WC_CHECK(leap(&here, bytes) >= bytes);
    weft_yield();
    WC_CHECK(leap(&here, bytes) >= bytes);
    weft_waitgroup_done(&wg);
}

static int deep_by_option(void *arg) {
    struct weft_go_options o = {.stack_size = (size_t)64 << 20};
    weft_waitgroup_add(&wg, 2);
    WC_EQ(weft_go_with(&o, deep_64m, arg), 0);
    o.stack_size = (size_t)1 << 30;
    WC_EQ(weft_go_with(&o, deep_1g, arg), 0);
    weft_waitgroup_wait(&wg);
    o.stack_size++;
    WC_EQ(weft_go_with(&o, deep_1g, arg), -EINVAL);
    return 0;
}

static void waits(void *arg) {
    weft_chan_recv(arg, NULL);
    weft_waitgroup_done(&wg);
}

static int crowd_1g(void *arg) {
    enum { MANY = WC_ASAN ? 3 : 200 }; /* ASan's shadow of a stack is an eighth of it */
    weft_chan *go_on = weft_chan_new(0, 0);
    weft_waitgroup_add(&wg, MANY + 1);
    for (int i = 0; i < MANY; i++) weft_go(waits, go_on);
    weft_go(deep_1g, arg);
    wc_await(MANY, "chan receive");
    weft_chan_close(go_on);
    weft_waitgroup_wait(&wg);
    weft_chan_free(go_on);
    return 0;
}

static int class_1g(void) {
    struct weft_config c;
    weft_config_init(&c);
    c.stack_size = (size_t)1 << 30;
    for (int i = 0; i < 2; i++) WC_EQ(weft_run_config(&c, crowd_1g, NULL), 0);
    return 0;
}

/* ---- given back ---- */

enum { CROWD = 32, EACH = 180 << 10, BIG = 32 << 20, ROUNDS = 3, NEAR = 16 << 10 };

static struct region {
    char *low;
    size_t bytes;
} region[CROWD + 1];
static _Atomic int regions;
static weft_waitgroup known; /* the table */

static size_t resident(const struct region *r) {
    static _Thread_local unsigned char each[BIG / 4096];
    size_t n = 0;
    if (mincore(r->low, r->bytes, each) != 0) return 0; /* no longer mapped */
    for (size_t i = 0; i < r->bytes / 4096; i++) n += each[i] & 1;
    return n * 4096;
}

/* Deep, back, then wait with something on the stack, again and again. */
static void deep_then_waits(void *arg) {
    volatile char kept[2000];
    size_t bytes = (size_t)(uintptr_t)arg;
    int me = regions++;
    region[me] = (struct region){(char *)(((uintptr_t)kept - bytes) & ~(uintptr_t)4095), bytes - NEAR};
    weft_waitgroup_done(&known);
    for (int i = 0; i < 2000; i++) kept[i] = (char)(i * 7);
    for (int round = 0; round < ROUNDS; round++) {
        WC_CHECK(down((char *)(uintptr_t)kept, bytes) >= bytes);
        WC_CHECKF(resident(&region[me]) > bytes / 10 * 8, "%zu", resident(&region[me]));
        if (round < ROUNDS - 1) weft_chan_recv(gate, NULL);
        for (int i = 0; i < 2000; i++) WC_EQ(kept[i], (char)(i * 7));
    }
    weft_waitgroup_done(&wg);
}

static void await_fall(void) {
    int64_t end = weft_now() + 20 * WC_SLOW * WC_SEC;
    for (int i = 0; i <= CROWD; i++)
        while (resident(&region[i]) > region[i].bytes / 10) {
            WC_CHECKF(weft_now() < end, "%d: %zu of %zu bytes", i, resident(&region[i]), region[i].bytes);
            weft_sleep(10 * WC_MS);
        }
}

static int given_back(void *arg) {
    struct weft_go_options o = {.stack_size = BIG + (4 << 20)};
    (void)arg;
    gate = weft_chan_new(0, 0);
    weft_waitgroup_add(&wg, CROWD + 1);
    weft_waitgroup_add(&known, CROWD + 1);
    for (intptr_t i = 0; i < CROWD; i++) weft_go(deep_then_waits, (void *)(intptr_t)EACH);
    WC_EQ(weft_go_with(&o, deep_then_waits, (void *)(intptr_t)BIG), 0);
    weft_waitgroup_wait(&known);
    for (int round = 0; round < ROUNDS; round++) {
        if (round < ROUNDS - 1)
            wc_await(CROWD + 1, "chan receive");
        else
            weft_waitgroup_wait(&wg);
        await_fall(); /* while they wait; the last time: after they have ended */
        for (int i = 0; i <= CROWD && round < ROUNDS - 1; i++) weft_chan_send(gate, "");
    }
    weft_chan_free(gate);
    return 0;
}

/* ---- high water ---- */

__attribute__((noinline)) static void deep_one(void *arg) {
    char here = 0;
    down(&here, 100 << 10);
    weft_chan_recv(arg, NULL);
    weft_waitgroup_done(&wg);
}
__attribute__((noinline)) static void shallow_one(void *arg) {
    weft_chan_recv(arg, NULL);
    weft_waitgroup_done(&wg);
}

static size_t high_of(weft_fn fn) {
    struct weft_goroutine_info info[16];
    size_t n = weft_goroutines(info, 16);
    for (size_t i = 0; i < n && i < 16; i++)
        if (info[i].entry == (void *)(uintptr_t)fn) return info[i].stack_high;
    return 0;
}

static void one_of_each(weft_fn first, weft_fn second) {
    weft_chan *c = weft_chan_new(0, 0);
    weft_waitgroup_add(&wg, 1);
    weft_go(first, c);
    wc_await(1, "chan receive");
    weft_chan_send(c, "");
    weft_waitgroup_wait(&wg);
    wc_await_goroutines(1);
    weft_waitgroup_add(&wg, 1);
    weft_go(second, c); /* on the stack that the first left, as a rule */
    wc_await(1, "chan receive");
    weft_waitgroup_add(&wg, 1);
    weft_go(first, c);
    wc_await(2, "chan receive");
    size_t deep = high_of(deep_one), shallow = high_of(shallow_one);
    WC_CHECKF(deep >= 100 << 10 && deep <= 160 << 10, "%zu", deep);
    WC_CHECKF(shallow > 0 && shallow <= (WC_SLOW > 1 ? 16 << 10 : 8 << 10), "%zu", shallow);
    weft_chan_close(c);
    weft_waitgroup_wait(&wg);
    weft_chan_free(c);
}

static int deep_first(void *arg) { return (void)arg, one_of_each(deep_one, shallow_one), 0; }
static int shallow_first(void *arg) { return (void)arg, one_of_each(shallow_one, deep_one), 0; }

/* What a function reached in one run is not its high water in the next. */
static int goes_deep;
__attribute__((noinline)) static void once_deep(void *arg) {
    char here = 0;
    if (goes_deep) down(&here, 100 << 10);
    weft_chan_recv(arg, NULL);
}
static int one_run(void *arg) {
    weft_chan *c = weft_chan_new(0, 0);
    *(size_t *)arg = 0;
    for (int i = 0; i < 2; i++) { /* the first leaves what the second's is told by */
        weft_go(once_deep, c);
        wc_await(1, "chan receive");
        if (i == 1) *(size_t *)arg = high_of(once_deep);
        weft_chan_send(c, "");
        wc_await_goroutines(1);
    }
    weft_chan_free(c);
    return 0;
}
static int two_runs(void) {
    size_t high[2];
    for (int run = 0; run < 2; run++) {
        goes_deep = run == 0;
        WC_EQ(weft_run(one_run, &high[run]), 0);
    }
    WC_CHECKF(high[0] >= 100 << 10 && high[1] > 0 && high[1] < 100 << 10, "%zu, then %zu", high[0], high[1]);
    return 0;
}

WC_CASE(api_stack_depth, .item = "api", .main = deep_by_option, .no_twin = "Go's stacks grow");
WC_CASE(api_stack_class_1g, .item = "api", .proc = class_1g, .no_twin = "Go's stacks grow");
WC_CASE(api_stack_given_back, .item = "api", .main = given_back, .timeout_s = 120, .no_twin = "Go shrinks stacks with its collector");
WC_CASE(api_stack_high, .item = "api", .main = deep_first, .no_twin = "Go does not tell");
WC_CASE(api_stack_high_hot, .item = "api", .main = shallow_first, .no_twin = "Go does not tell");
WC_CASE(api_stack_high_runs, .item = "api", .proc = two_runs, .no_twin = "Go does not tell");
