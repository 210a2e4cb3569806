/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goroutines: ids, counts, options, typed starts, stacks.
 * Source:   api.md, "Goroutines"; Go spec, "Go statements" (arguments are evaluated and copied at the go statement).
 * Goal:     what programs rely on about starting goroutines.
 * Method:   per case below.
 * Expected: exit 0 with nothing printed, but for the fatal one.
 */
#include <stdatomic.h>

#include "case.h"

static weft_waitgroup wg;

/* Ids are unique, main is 1, num_goroutines counts the caller. */
enum { IDS = 300 };
static _Atomic uint64_t ids[IDS];
static atomic_int ids_n;

static void note_id(void *arg) {
    (void)arg;
    ids[atomic_fetch_add(&ids_n, 1)] = weft_id();
}

static int identity(void *arg) {
    (void)arg;
    WC_EQ(weft_id(), 1);
    WC_EQ(weft_num_goroutines(), 1);
    for (int i = 0; i < IDS; i++) weft_waitgroup_go(&wg, note_id, NULL);
    weft_waitgroup_wait(&wg);
    for (int i = 0; i < IDS; i++) {
        WC_CHECK(ids[i] > 1);
        for (int j = 0; j < i; j++) WC_CHECK(ids[i] != ids[j]);
    }
    wc_await_goroutines(1);
    WC_EQ(weft_id(), 1);
    return 0;
}

/* copy: fn works on its own bytes, whatever the starter does to its own. */
enum { BIG = 5000 };
static weft_chan *sums;

static void sum_copy(void *arg) {
    unsigned char *bytes = arg;
    int sum = 0;
    weft_yield();
    for (int i = 0; i < BIG; i++) sum += bytes[i];
    memset(bytes, 0, BIG);
    weft_chan_send(sums, &sum);
}

static void sum_small(void *arg) {
    int sum = 0;
    weft_yield();
    for (int i = 0; i < 8; i++) sum += ((int *)arg)[i];
    weft_chan_send(sums, &sum);
}

static int copies(void *arg) {
    (void)arg;
    unsigned char big[BIG];
    int small[8], sum, total = 0;
    sums = wc_chan(sizeof(int), 0);
    for (int g = 1; g <= 20; g++) {
        memset(big, g, sizeof big);
        for (int i = 0; i < 8; i++) small[i] = g * 1000;
        struct weft_go_options o = {.copy = big, .copy_size = sizeof big},
                               p = {.copy = small, .copy_size = sizeof small};
        WC_EQ(weft_go_with(&o, sum_copy, NULL), 0);
        WC_EQ(weft_go_with(&p, sum_small, NULL), 0);
        memset(big, 99, sizeof big);
        memset(small, 99, sizeof small);
    }
    for (int i = 0; i < 40; i++) {
        weft_chan_recv(sums, &sum);
        total += sum;
    }
    WC_EQ(total, 210 * (BIG + 8000));
    return 0;
}

static int options(void *arg) {
    (void)arg;
    struct weft_go_options o = {0};
    weft_waitgroup_add(&wg, 1);
    WC_EQ(weft_go_with(&o, (weft_fn)weft_waitgroup_done, &wg), 0);
    weft_waitgroup_wait(&wg);
    o = (struct weft_go_options){.stack_size = (size_t)1 << 40};
    WC_EQ(weft_go_with(&o, (weft_fn)weft_waitgroup_done, &wg), -EINVAL);
    o = (struct weft_go_options){.copy_size = 8};
    WC_EQ(weft_go_with(&o, (weft_fn)weft_waitgroup_done, &wg), -EINVAL);
    o = (struct weft_go_options){.copy = &o, .copy_size = (size_t)2 << 20};
    WC_EQ(weft_go_with(&o, (weft_fn)weft_waitgroup_done, &wg), -EINVAL);
    wc_await_goroutines(1);
    return 0;
}

/* WEFT_GO_DEFINE, 1 to 6 arguments of mixed types. */
static weft_chan *seen;
struct pair {
    short a;
    double b;
};
static void say(double v) { weft_chan_send(seen, &v); }
static void one(int a) { say(a); }
static void two(const char *a, int b) { say(a[b]); }
static void three(struct pair a, char b, float c) { say(a.a + a.b + b + (double)c); }
static void four(int64_t a, int b, int c, int d) { say((double)a + b + c + d); }
static void five(int a, int b, int c, int d, double e) { say(a + b + c + d + e); }
static void six(int a, int b, int c, int d, int e, struct pair f) { say(a + b + c + d + e + f.a + f.b); }
WEFT_GO_DEFINE(one, int);
WEFT_GO_DEFINE(two, const char *, int);
WEFT_GO_DEFINE(three, struct pair, char, float);
WEFT_GO_DEFINE(four, int64_t, int, int, int);
WEFT_GO_DEFINE(five, int, int, int, int, double);
WEFT_GO_DEFINE(six, int, int, int, int, int, struct pair);

static void expect(double want) {
    double got = 0;
    weft_chan_recv(seen, &got);
    WC_CHECKF(got == want, "%f against %f", got, want);
}

static int typed(void *arg) {
    (void)arg;
    struct pair p = {3, 0.5};
    seen = wc_chan(sizeof(double), 0);
    go_one(7);
    expect(7);
    go_two("abc", 1);
    expect('b');
    go_three(p, 2, 0.25f);
    expect(5.75);
    go_four((int64_t)1 << 40, 1, 2, 3);
    expect((double)((int64_t)1 << 40) + 6);
    go_five(1, 2, 3, 4, 0.5);
    expect(10.5);
    p.a = 100;
    go_six(1, 2, 3, 4, 5, p);
    p.a = 0;
    expect(115.5);
    return 0;
}

/* 240 KiB of stack are usable, in main and in any goroutine. */
__attribute__((noinline)) static int use_stack(size_t bytes) {
    volatile char room[1024];
    room[0] = (char)bytes;
    room[1023] = 1;
    /* What a frame takes beside its array is small against the 16 KiB between 240 and the stack's 256. */
    return bytes > 1152 ? use_stack(bytes - 1152) + room[1023] : room[1023];
}

static void deep(void *arg) {
    WC_CHECK(use_stack((size_t)(uintptr_t)arg) > 0);
    weft_waitgroup_done(&wg);
}

static int usable_stack(void *arg) {
    (void)arg;
    uintptr_t usable = WC_SLOW > 1 ? 100 << 10 : 240 << 10; /* a sanitizer's frames are larger than what they say */
    weft_waitgroup_add(&wg, 6);
    deep((void *)usable);
    for (int i = 0; i < 4; i++) weft_go(deep, (void *)usable);
    struct weft_go_options o = {.stack_size = 16 << 20};
    WC_EQ(weft_go_with(&o, deep, (void *)((uintptr_t)(WC_SLOW > 1 ? 8 : 15) << 20)), 0);
    weft_waitgroup_wait(&wg);
    return 0;
}

/* Small goroutines: park, wake, call deep functions by way of the thread's stack. */
static void deep_on_g0(void *arg) {
    char text[400];
    WC_EQ(use_stack(48 << 10) > 0, 1);
    snprintf(text, sizeof text, "%0300d", *(int *)arg);
    *(int *)arg = (int)strlen(text);
}

static void small(void *arg) {
    int n = 5;
    weft_chan_recv(arg, NULL);
    weft_on_system_stack(deep_on_g0, &n);
    weft_yield();
    weft_chan_send(sums, &n);
}

static int small_stacks(void *arg) {
    (void)arg;
    weft_chan *go = wc_chan(1, 0);
    sums = wc_chan(sizeof(int), 0);
    struct weft_go_options o = {.small = 1};
    for (int i = 0; i < 100; i++) WC_EQ(weft_go_with(&o, small, go), 0);
    wc_await(100, "chan receive");
    weft_chan_close(go);
    for (int i = 0, n = 0; i < 100; i++) {
        weft_chan_recv(sums, &n);
        WC_EQ(n, 300);
    }
    return 0;
}

static void parks(void *arg) { weft_chan_recv(arg, NULL); }

static int park_on_g0(void *arg) {
    (void)arg;
    weft_on_system_stack(parks, weft_chan_new(1, 0));
    return 9;
}

static const char *is_fatal(const struct wc_result *r) {
    return strncmp(r->err, "fatal error: ", 13) == 0 && strstr(r->err, "deadlock") == NULL
               ? NULL
               : wc_text("stderr begins \"%.60s\"", r->err);
}

/* The spawner goes on first (P = 1), a yield lets the others run in turn. */
static int turns;
static void count_turn(void *arg) {
    for (int i = 0; i < 100; i++) {
        turns++;
        weft_yield();
    }
    (void)arg;
    weft_waitgroup_done(&wg);
}

static int spawner_first(void *arg) {
    (void)arg;
    weft_waitgroup_add(&wg, 1);
    for (int i = 0; i < 1; i++) weft_go(count_turn, NULL);
    WC_EQ(turns, 0);
    weft_yield();
    WC_EQ(turns, 1);
    weft_yield();
    WC_EQ(turns, 2);
    weft_waitgroup_wait(&wg);
    WC_EQ(turns, 100);
    return 0;
}

WC_CASE(api_identity, .item = "api", .main = identity, .no_twin = "Go hides ids");
WC_CASE(api_go_copy, .item = "api", .main = copies, .no_twin = "Go's closures are by reference");
WC_CASE(api_go_options, .item = "api", .main = options, .no_twin = "Go has no options");
WC_CASE(api_go_define, .item = "api", .main = typed, .no_twin = "a macro of C");
WC_CASE(api_usable_stack, .item = "api", .main = usable_stack, .no_twin = "Go's stacks grow");
WC_CASE(api_small_stacks, .item = "api", .main = small_stacks, .no_twin = "Go has no such class");
WC_CASE(api_park_on_system_stack, .item = "api", .main = park_on_g0, .any_err = 1, .exit = 2, .check = is_fatal,
        .no_twin = "Go does not show its system stack");
WC_CASE(api_spawner_first, .item = "api", .main = spawner_first, .procs = 1,
        .env = {"WEFT_DEBUG=slice=10000000"} /* or a loaded machine has main preempted in between */, .not_under = WC_NOT_TSAN,
        .not_why = "counts turns in a plain variable, which is right at P=1 alone",
        .no_twin = "order is Go's too, but not its contract");
