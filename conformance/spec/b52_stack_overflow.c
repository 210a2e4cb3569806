/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B52: a goroutine that outgrows its stack ends the program with a report, not with a plain segmentation fault.
 * Source:   runtime/stack.go:newstack.
 * Goal:     Go's three lines; the number is the goroutine's own limit; in main and in a goroutine with a stack of its own.
 * Method:   endless recursion that touches every page on its way, in main; then in a goroutine named "deep" with 64 KiB, and
 *           with 64 MiB and 1 GiB, where frames of 64 KiB, of which one page is touched, lead to the last MiB; then with pcall
 *           around it, which must not catch it. Without guards (guard=none) nothing can notice: a declared skip.
 * Expected: "runtime: goroutine stack exceeds N-byte limit", "runtime: sp=" … "stack=[", "fatal error: stack overflow";
 *           exit 2. N is the size that was asked for.
 */
#include "case.h"

static volatile int sink, enough = -1; /* never reached, but the compiler cannot know */

__attribute__((noinline)) static int recurse(int n) {
    volatile char room[512];
    if (n == enough) return 0;
    room[n & 511] = (char)n;
    sink += recurse(n + 1) + room[(n + 1) & 511];
    return sink;
}

static void deep(void *arg) {
    (void)arg;
    recurse(0);
}

static void need_guard(void) {
    if (wc_no_guard()) wc_skip("guard=none: nothing to notice an overflow");
}

static int in_main(void *arg) {
    need_guard();
    deep(arg);
    return 9;
}

static int in_child(void *arg) {
    need_guard();
    struct weft_go_options o = {.name = "deep", .stack_size = 64 << 10};
    WC_EQ(weft_go_with(&o, deep, arg), 0);
    weft_select(NULL, 0);
    return 9;
}

__attribute__((noinline)) static int leap(const char *start, size_t bytes) {
    volatile char room[64 << 10];
    room[0] = 1;
    if ((size_t)(start - (const char *)room) > bytes) return recurse(0);
    return leap(start, bytes) + room[0];
}

static void deep_by_leaps(void *arg) {
    char here = 0;
    leap(&here, (size_t)(uintptr_t)arg - (1 << 20));
}

static int in_big(size_t size) {
    need_guard();
    struct weft_go_options o = {.name = "deep", .stack_size = size};
    WC_EQ(weft_go_with(&o, deep_by_leaps, (void *)(uintptr_t)size), 0);
    weft_select(NULL, 0);
    return 9;
}
static int in_64m(void *arg) { return (void)arg, in_big((size_t)64 << 20); }
static int in_1g(void *arg) { return (void)arg, in_big((size_t)1 << 30); }

static int caught(void *arg) {
    need_guard();
    weft_pcall(deep, arg);
    return 9;
}

static const char *report(const struct wc_result *r) {
    static const char exceeds[] = "runtime: goroutine stack exceeds ";
    if (strncmp(r->err, exceeds, sizeof exceeds - 1) == 0) wc_observed("limit", strtod(r->err + sizeof exceeds - 1, NULL));
    static const char *const lines[] = {"\nruntime: sp=", " stack=[", "\nfatal error: stack overflow", NULL};
    const char *at = r->err;
    for (int i = 0; lines[i]; i++)
        if (!(at = strstr(at, lines[i]))) return wc_text("no \"%s\" in its place in stderr", lines[i] + 1);
    return strstr(at, "\ngoroutine ") ? NULL : "no goroutine in the report";
}

static const char *report_name(const struct wc_result *r) {
    if (!strstr(r->err, "deep")) return "the goroutine's name is not in the report";
    return report(r);
}

#define GUARDLESS "guard=none: nothing to notice an overflow"
#define TEXT      "runtime: goroutine stack exceeds #-byte limit"

WC_CASE(b52_stack_overflow, .item = "B52", .main = in_main, .err = TEXT, .exit = 2, .check = report,
        .may_skip = GUARDLESS, .twin = "b52_stack_overflow");
WC_CASE(b52_overflow_own_limit, .item = "B52", .main = in_child,
        .err = "runtime: goroutine stack exceeds 65536-byte limit", .exit = 2, .check = report_name,
        .may_skip = GUARDLESS, .no_twin = "Go has one limit for all goroutines");
WC_CASE(b52_overflow_not_caught, .item = "B52", .main = caught, .err = TEXT, .exit = 2, .check = report,
        .may_skip = GUARDLESS, .twin = "b52_stack_overflow");
WC_CASE(b52_overflow_64m, .item = "B52", .main = in_64m,
        .err = "runtime: goroutine stack exceeds 67108864-byte limit", .exit = 2, .check = report_name,
        .may_skip = GUARDLESS, .no_twin = "Go has one limit for all goroutines");
WC_CASE(b52_overflow_1g, .item = "B52", .main = in_1g,
        .err = "runtime: goroutine stack exceeds 1073741824-byte limit", .exit = 2, .check = report_name,
        .may_skip = GUARDLESS, .no_twin = "Go has one limit for all goroutines");
