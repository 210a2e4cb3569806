/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B53: more threads than max_threads.
 * Source:   runtime/proc.go:checkmcount; api.md: the count includes the monitor and the caller of weft_run.
 * Goal:     the two lines, exit 2; and not one thread too early: at P = 1, 8 goroutines in calls, main and the monitor are ten.
 * Method:   goroutines in weft_blocking read from a pipe that nobody writes to: 20 of them; 8, until all are in their calls.
 * Expected: "runtime: program exceeds 10-thread limit", "fatal error: thread exhaustion", exit 2; the second case exit 0.
 */
#include "case.h"

static int ends[2];

static intptr_t read_one(void *arg) {
    char c;
    (void)arg;
    return read(ends[0], &c, 1);
}

static void reader(void *arg) { weft_blocking(read_one, arg); }

static uint64_t in_calls(void) {
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    return s.in_syscall;
}

static int some(void *arg) {
    int n = *(int *)arg;
    for (int i = 0; i < n; i++) weft_go(reader, NULL);
    WC_UNTIL(in_calls() == (uint64_t)n);
    return 0;
}

static int run_with(int n) {
    struct weft_config c;
    weft_config_init(&c);
    c.max_threads = 10;
    WC_EQ(pipe(ends), 0);
    return weft_run_config(&c, some, &n);
}

static int too_many(void) { return 90 + run_with(20); }
static int enough(void) { return run_with(8); }

static const char *second_line(const struct wc_result *r) {
    const char *at = strchr(r->err, '\n');
    return at && strncmp(at, "\nfatal error: thread exhaustion\n", 32) == 0 ? NULL : "the second line is another one";
}

WC_CASE(b53_thread_limit, .item = "B53", .proc = too_many, .err = "runtime: program exceeds 10-thread limit", .exit = 2,
        .check = second_line, .twin = "b53_thread_limit");
WC_CASE(b53_ten_threads, .item = "B53", .proc = enough, .procs = 1, .no_twin = "Go counts threads of its own");
