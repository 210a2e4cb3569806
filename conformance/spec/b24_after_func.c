/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B24: a function that is still to start can wake others, so with one pending there is no deadlock; nor with a context's deadline.
 * Source:   runtime/proc.go:checkdead (timers); time.AfterFunc; context.WithDeadline.
 * Goal:     no early report while main blocks for ever beside it, and the report afterwards.
 * Method:   a function after 300 ms prints and exits the run; one that only prints; a context's deadline whose channel nobody waits
 *           on when main blocks in a select without cases.
 * Expected: stdout "fired\n", exit 0, not before 300 ms; "fired\n" and deadlock; deadlock, not before 50 ms.
 */
#include "case.h"

static weft_timer *t;

static void print_and_exit(void *arg) {
    printf("%s\n", (const char *)arg);
    weft_timer_free(t);
    weft_exit(0);
}
static void print(void *arg) { printf("%s\n", (const char *)arg); }

static int exits(void *arg) {
    (void)arg;
    t = weft_after_func(300 * WC_MS, print_and_exit, "fired");
    return weft_select(NULL, 0);
}

static int only_prints(void *arg) {
    (void)arg;
    weft_after_func(50 * WC_MS, print, "fired");
    return weft_select(NULL, 0);
}

static int deadline(void *arg) {
    (void)arg;
    weft_context_with_deadline(NULL, weft_now() + 50 * WC_MS);
    return weft_select(NULL, 0);
}

WC_CASE(b24_after_func, .item = "B24", .main = exits, .out = "fired\n", .min_ms = 300, .twin = "b24_after_func");
WC_CASE(b24_then_deadlock, .item = "B24", .main = only_prints, .out = "fired\n", .err = WC_DEADLOCK,
        .reason = "select (no cases)", .exit = 2, .min_ms = 50, .twin = "b24_then_deadlock");
WC_CASE(b24_context_deadline, .item = "B24", .main = deadline, .err = WC_DEADLOCK, .reason = "select (no cases)", .exit = 2,
        .min_ms = 50, .twin = "b24_context_deadline");
