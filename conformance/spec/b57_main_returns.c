/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B57, B58: main returns while goroutines spin or are in blocking calls.
 * Source:   Go spec, "Program execution": the program does not wait for other goroutines. In C weft_run returns, with its threads
 *           joined: api.md, the details.
 * Goal:     it does so beside a goroutine that never calls Weft, one for each processor and more, and beside a hundred in read.
 * Method:   a spinner counts until main has seen it count; so do 2 P of them; a hundred goroutines read from a pipe in
 *           weft_blocking until all are seen in their calls. Then main returns; the clock is read in main and behind weft_run.
 * Expected: exit 0. B58 takes a few milliseconds; the bound is B58's 100 ms and, on a busy machine, ten times that.
 */
#include <stdatomic.h>

#include "case.h"

static atomic_int spinning;
static int64_t left;

static void spinner(void *arg) {
    (void)arg;
    atomic_fetch_add(&spinning, 1);
    for (volatile uint64_t n = 0;; n++) {}
}

static int spinners(void *arg) {
    int n = *(int *)arg;
    for (int i = 0; i < n; i++) weft_go(spinner, NULL);
    WC_UNTIL(spinning == n);
    return 0;
}

static int one(void) { return weft_run(spinners, &(int){1}); }

static int many(void) {
    int n = 2 * wc_procs();
    return weft_run(spinners, &n);
}

enum { CALLS = 100 };
static int ends[2];

static intptr_t read_one(void *arg) { return read(ends[0], arg, 1); }

static void reader(void *arg) {
    char c;
    (void)arg;
    weft_blocking(read_one, &c);
}

static uint64_t in_calls(void) {
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    return s.in_syscall;
}

static int calls(void *arg) {
    for (int i = 0; i < CALLS; i++) weft_go(reader, arg);
    WC_UNTIL(in_calls() == CALLS);
    left = weft_now();
    return 0;
}

static int hundred_calls(void) {
    WC_EQ(pipe(ends), 0);
    int rc = weft_run(calls, NULL);
    int64_t took = weft_now() - left;
    WC_CHECKF(took < 1000 * WC_MS * WC_SLOW, "weft_run returned %" PRId64 " ns after main", took);
    return rc;
}

#define NO_CALLS "a loop without calls is never preempted there"
WC_CASE(b57_spinner, .item = "B57", .proc = one, .not_under = WC_NOT_TSAN, .not_why = NO_CALLS, .twin = "b57_spinner");
WC_CASE(b57_spinners, .item = "B57", .proc = many, .not_under = WC_NOT_TSAN, .not_why = NO_CALLS,
        .twin = "b57_spinners");
WC_CASE(b58_blocking_calls, .item = "B58", .proc = hundred_calls, .alone = 1, .twin = "b58_blocking_calls");
