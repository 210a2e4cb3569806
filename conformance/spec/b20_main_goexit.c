/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B20: Goexit in the main goroutine does not end the program; the others go on, and when none is left that is fatal.
 * Source:   runtime/panic.go:Goexit; runtime/proc.go:checkdead.
 * Goal:     the text of its own, which is not the plain deadlock's; the plain one where others remain but all wait.
 * Method:   goexit in main alone; goexit in main while another still has to print; while another waits for ever.
 * Expected: "fatal error: no goroutines (main called runtime.Goexit) - deadlock!", the second with stdout "the other\n",
 *           the third "fatal error: all goroutines are asleep - deadlock!" without a goroutine 1; exit 2.
 */
#include "case.h"

#define NONE_LEFT "fatal error: no goroutines (main called runtime.Goexit) - deadlock!"

static void print(void *arg) { printf("%s\n", (const char *)arg); }

static void wait(void *arg) {
    (void)arg;
    weft_waitgroup wg = {0};
    weft_waitgroup_add(&wg, 1);
    weft_waitgroup_wait(&wg);
}

static int alone(void *arg) {
    (void)arg;
    weft_goexit();
}

static int others_end(void *arg) {
    (void)arg;
    weft_go(print, "the other");
    weft_goexit();
}

static int others_block(void *arg) {
    (void)arg;
    weft_go(wait, NULL);
    weft_goexit();
}

static const char *no_main(const struct wc_result *r) {
    if (strstr(r->err, "goroutine 1 [")) return "goroutine 1 has ended but is in the dump";
    return wc_headers(r->err) == 1 ? NULL : wc_text("%d goroutines in the dump, not 1", wc_headers(r->err));
}

WC_CASE(b20_main_goexit, .item = "B20", .main = alone, .err = NONE_LEFT, .exit = 2, .twin = "b20_main_goexit");
WC_CASE(b20_goexit_others_end, .item = "B20", .main = others_end, .out = "the other\n", .err = NONE_LEFT, .exit = 2,
        .twin = "b20_goexit_others_end");
WC_CASE(b20_goexit_others_block, .item = "B20", .main = others_block, .err = WC_DEADLOCK, .exit = 2, .check = no_main,
        .twin = "b20_goexit_others_block");
