/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B50: a panic in any goroutine ends the whole program.
 * Source:   Go spec, "Handling panics"; runtime/panic.go.
 * Goal:     the panicking goroutine is the one that is shown, as running.
 * Method:   a child panics "boom" while main waits for ever.
 * Expected: "panic: boom"; first header goroutine N [running], N > 1; exit 2.
 */
#include "case.h"

static void child(void *arg) {
    (void)arg;
    weft_panic("boom");
}

static int body(void *arg) {
    (void)arg;
    weft_go(child, NULL);
    weft_select(NULL, 0);
    return 9;
}

static const char *the_child(const struct wc_result *r) {
    uint64_t id = 0;
    const char *at = strstr(r->err, "\n\ngoroutine ");
    int end = 0;
    if (!at || sscanf(at, "\n\ngoroutine %" SCNu64 " [running]:%n", &id, &end) != 1 || !end)
        return "no \"goroutine N [running]:\" after an empty line";
    return id > 1 ? NULL : "it is goroutine 1";
}

WC_CASE(b50_child_panic, .item = "B50", .main = body, .err = "panic: boom", .exit = 2, .check = the_child,
        .twin = "b50_child_panic");
