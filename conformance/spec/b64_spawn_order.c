/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B64: with one processor, the goroutine started last runs first, then the others in their order.
 * Source:   runtime/proc.go:runqput (next), runqget. Go's contract leaves the order open; today's Go does this every time.
 * Goal:     runnext and the local queue's order.
 * Method:   8 goroutines print their number; main waits by WaitGroup. P = 1.
 * Expected: stdout "7 0 1 2 3 4 5 6 \n"; exit 0.
 */
#include "case.h"

static weft_waitgroup wg;

static void number(int i) {
    printf("%d ", i);
    weft_waitgroup_done(&wg);
}
WEFT_GO_DEFINE(number, int);

static int body(void *arg) {
    (void)arg;
    weft_waitgroup_add(&wg, 8);
    for (int i = 0; i < 8; i++) go_number(i);
    weft_waitgroup_wait(&wg);
    printf("\n");
    return 0;
}

/* A time slice of 10 s: a loaded machine may keep main off its core for longer than one of 10 ms. */
#define CALM .env = {"WEFT_DEBUG=slice=10000000"}
WC_CASE(b64_spawn_order, .item = "B64", .main = body, .out = "7 0 1 2 3 4 5 6 \n", .procs = 1, .samples = 5, CALM,
        .twin = "b64_spawn_order");
