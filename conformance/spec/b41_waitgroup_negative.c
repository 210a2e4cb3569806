/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B41: a WaitGroup's counter cannot go below zero.
 * Source:   sync/waitgroup.go:Add.
 * Goal:     by Add and by Done.
 * Method:   1 - 2; and Done on a zeroed one.
 * Expected: "panic: sync: negative WaitGroup counter"; goroutine 1 [running]; exit 2.
 */
#include "case.h"

static int by_add(void *arg) {
    (void)arg;
    weft_waitgroup wg = {0};
    weft_waitgroup_add(&wg, 1);
    weft_waitgroup_add(&wg, -2);
    return 9;
}

static int by_done(void *arg) {
    (void)arg;
    weft_waitgroup wg = {0};
    weft_waitgroup_done(&wg);
    return 9;
}

WC_CASE(b41_waitgroup_negative, .item = "B41", .main = by_add, .err = "panic: sync: negative WaitGroup counter",
        .reason = "running", .exit = 2, .twin = "b41_waitgroup_negative");
WC_CASE(b41_waitgroup_done, .item = "B41", .main = by_done, .err = "panic: sync: negative WaitGroup counter",
        .reason = "running", .exit = 2, .twin = "b41_waitgroup_done");
