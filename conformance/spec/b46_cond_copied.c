/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B46: a Cond that has been used must not be copied.
 * Source:   sync/cond.go:copyChecker.
 * Goal:     the copy is found out at its first use, by signal and by wait.
 * Method:   signal one (nobody waits), copy its bytes, signal (or wait on) the copy.
 * Expected: "panic: sync.Cond is copied"; goroutine 1 [running]; exit 2.
 */
#include "case.h"

static void copied(weft_cond *to) {
    static weft_cond used;
    weft_cond_signal(&used);
    memcpy(to, &used, sizeof used);
}

static int by_signal(void *arg) {
    (void)arg;
    weft_cond c;
    copied(&c);
    weft_cond_signal(&c);
    return 9;
}

static int by_wait(void *arg) {
    (void)arg;
    weft_cond c;
    weft_mutex m = {0};
    copied(&c);
    weft_mutex_lock(&m);
    weft_cond_wait(&c, &m);
    return 9;
}

WC_CASE(b46_cond_copied, .item = "B46", .main = by_signal, .err = "panic: sync.Cond is copied", .reason = "running",
        .exit = 2, .twin = "b46_cond_copied");
WC_CASE(b46_cond_copied_wait, .item = "B46", .main = by_wait, .err = "panic: sync.Cond is copied", .reason = "running",
        .exit = 2, .twin = "b46_cond_copied");
