/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B59: exit runs no deferred call.
 * Source:   os.Exit: "The program terminates immediately; deferred functions are not run."
 * Goal:     neither the goroutine's nor a pcall's deferred calls run.
 * Method:   defer, then weft_exit(7) inside a pcall that has a deferred call as well.
 * Expected: no stdout; exit 7.
 */
#include "case.h"

static void say(void *arg) { printf("%s\n", (const char *)arg); }

static void inner(void *arg) {
    (void)arg;
    weft_defer(say, "deferred too");
    weft_exit(7);
}

static int body(void *arg) {
    weft_defer(say, "deferred");
    weft_pcall(inner, arg);
    return 9;
}

WC_CASE(b59_exit_no_deferred, .item = "B59", .main = body, .exit = 7, .twin = "b59_exit_no_deferred");
