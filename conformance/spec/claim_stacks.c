/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims 20 to 23, 27: stacks that grow, shrink, move or leak, and what a thread's is.
 * Source:   seeds 000, 001, 002, 003; runtime/stack.go:copystack; pthread_attr_init(3).
 * Goal:     figures: how many MiB a recursion of 60 MiB takes and leaves in memory; whether a local variable has another address after a
 *           recursion; bytes for each of 20,000 goroutines that never end, and whether a look finds them all; the largest stack that may be; a thread's default stack, how much of it is
 *           in memory, and whether another size can be asked for.
 * Method:   VmRSS before, deep in the recursion, and after it until a fifth is left, 20 s at the most (the runtime gives back after a
 *           second; in Go two collections are asked for). A goroutine that never ends waits on a channel that nobody has.
 * Expected: as a C runtime: an address stays. Exit 0.
 */
#define _GNU_SOURCE
#include <pthread.h>

#include "case.h"

enum { DEEP = 60 << 20 };

__attribute__((noinline)) static size_t down(const char *start, size_t bytes) {
    volatile char room[3000];
    room[0] = room[2999] = 1;
    size_t depth = (size_t)(start - (const char *)room);
    return depth < bytes ? down(start, bytes) + (size_t)(room[0] - room[2999]) : depth;
}

/* ---- growing, shrinking, moving ---- */

static long deepest_kib;
static uintptr_t address[2];

__attribute__((noinline)) static size_t down_and_look(const char *start, size_t bytes) {
    size_t depth = down(start, bytes);
    deepest_kib = wc_rss_kib();
    return depth;
}

static void grows(void *arg) {
    volatile char here = 0;
    (void)arg;
    address[0] = (uintptr_t)&here;
    WC_CHECK(down_and_look((const char *)(uintptr_t)address[0], DEEP) >= DEEP);
    address[1] = (uintptr_t)&here;
}

static int growth(void *arg) {
    struct weft_go_options o = {.stack_size = 64 << 20};
    (void)arg;
    long before = wc_rss_kib(), left;
    WC_EQ(weft_go_with(&o, grows, NULL), 0);
    wc_await_goroutines(1);
    long grew = deepest_kib - before;
    WC_CHECKF(grew > (DEEP >> 10) / 2 || WC_SLOW > 1, "%ld KiB", grew);
    int64_t end = weft_now() + 20 * WC_SEC;
    while ((left = wc_rss_kib() - before) > grew / 5 && weft_now() < end) weft_sleep(10 * WC_MS);
    wc_figure("grew_mib", (double)grew / 1024);
    wc_figure("left_mib", (double)left / 1024);
    wc_figure("moved", address[0] != address[1]);
    return 0;
}

/* ---- goroutines that never end ---- */

enum { LEAKED = 20000 / WC_SLOW };
static void leaks(void *arg) { weft_chan_recv(arg, NULL); }

static int leak(void *arg) {
    weft_chan *c = wc_chan(1, 0);
    (void)arg;
    weft_go(leaks, c);
    wc_await(1, "chan receive");
    long before = wc_rss_kib();
    for (int i = 1; i < LEAKED; i++) weft_go(leaks, c);
    struct weft_stats s = {.size = sizeof s};
    WC_UNTIL((weft_stats_read(&s), s.waiting) == LEAKED);
    WC_EQ(weft_goroutines(NULL, 0), LEAKED + 1);
    wc_figure("bytes_each", (double)(wc_rss_kib() - before) * 1024 / (LEAKED - 1));
    wc_figure("found", (double)weft_goroutines(NULL, 0) / (LEAKED + 1));
    return 0;
}

/* ---- the limit ---- */

static int limit(void) {
    struct weft_config k;
    weft_config_init(&k);
    wc_figure("limit", (double)k.max_stack);
    wc_figure("default_kib", (double)k.stack_size / 1024);
    return 0;
}

/* ---- a thread's stack ---- */

static void *nothing(void *arg) { return arg; }

static int thread_stack(void) {
    pthread_attr_t a;
    pthread_t t;
    size_t size = 0, asked = 0;
    WC_EQ(pthread_attr_init(&a), 0);
    WC_EQ(pthread_attr_getstacksize(&a, &size), 0);
    WC_EQ(pthread_attr_setstacksize(&a, 64 << 10), 0);
    WC_EQ(pthread_create(&t, &a, nothing, NULL), 0);
    WC_EQ(pthread_getattr_np(t, &a), 0);
    WC_EQ(pthread_attr_getstacksize(&a, &asked), 0);
    pthread_join(t, NULL);
    pthread_attr_destroy(&a);
    wc_figure("pthread.stack_kib", (double)size / 1024);
    wc_figure("pthread.asked_kib", (double)asked / 1024);
    return 0;
}

WC_CASE(claim_growth, .item = "claim 20", .main = growth, .procs = 1, .timeout_s = 60, .twin = "claim_growth");
WC_CASE(claim_leak, .item = "claim 27", .main = leak, .procs = 2, .twin = "claim_leak");
WC_CASE(claim_limit, .item = "claim 22", .proc = limit, .procs = 1, .twin = "claim_limit");
WC_CASE(claim_thread_stack, .item = "claim 23", .proc = thread_stack, .procs = 1,
        .not_under = WC_NOT_ASAN | WC_NOT_TSAN, .not_why = "a sanitizer asks for more",
        .no_twin = "it is about threads");
