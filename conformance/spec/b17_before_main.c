/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B17: a deadlock before main.
 * Source:   runtime/proc.go:main (init runs on goroutine 1) and checkdead.
 * Goal:     the report comes however early it is. Go's hook is a package's init; C's is a constructor of the program, which runs
 *           before main, and in Weft's own life nothing is earlier than the first call of the main goroutine: no other
 *           thread has been made then, the monitor's included.
 * Method:   this file's constructor starts a run if it is this case's process; its main goroutine receives at once. The second
 *           case does the same from main.
 * Expected: the deadlock, goroutine 1 [chan receive], exit 2. (Go adds "locked to thread": it locks main while inits run.)
 */
#include "case.h"

static int receive(void *arg) {
    (void)arg;
    return weft_chan_recv(wc_chan(1, 0), NULL);
}

__attribute__((constructor)) static void before_main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--case") == 0 && strcmp(argv[2], "b17_before_main") == 0)
        _exit(100 + weft_run(receive, NULL));
}

static int not_reached(void *arg) {
    (void)arg;
    return 99;
}

WC_CASE(b17_before_main, .item = "B17", .main = not_reached, .err = WC_DEADLOCK, .reason = "chan receive", .exit = 2,
        .twin = "b17_before_main");
WC_CASE(b17_first_call, .item = "B17", .main = receive, .err = WC_DEADLOCK, .reason = "chan receive", .exit = 2,
        .no_twin = "it is B04 in Go");
