/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B65: a program that does not wait for its goroutine usually ends without it.
 * Source:   Go spec, "Program execution"; the seeds' claim 85.
 * Goal:     main goes on at once after go; at P=1 the child never gets its turn. With more processors it is a race, whose
 *           rate is reported for both runtimes.
 * Method:   20 processes whose main starts a printing child and returns.
 * Expected: stdout "" or "child\n", "" at P=1; exit 0.
 */
#include "case.h"

static void child(void *arg) {
    (void)arg;
    printf("child\n");
}

static int body(void *arg) {
    weft_go(child, arg);
    return 0;
}

static const char *none_or_one(const struct wc_result *r) {
    if (r->out_len == 0) return NULL;
    if (r->procs == 1) return "the child ran although main never gave up its processor";
    return strcmp(r->out, "child\n") == 0 ? NULL : "stdout is neither empty nor the child's line";
}

/* A time slice of 10 s: a loaded machine may keep main off its core for longer than one of 10 ms. */
#define CALM .env = {"WEFT_DEBUG=slice=10000000"}
WC_CASE(b65_no_wait, .item = "B65", .main = body, .check = none_or_one, .samples = 20, .rate = "child", CALM,
        .twin = "b65_no_wait");
