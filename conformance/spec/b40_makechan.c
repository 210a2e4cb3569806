/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B40: a channel's capacity must be neither negative nor too large to address.
 * Source:   runtime/chan.go:makechan.
 * Goal:     a panic, not an overflowing multiplication and a small buffer.
 * Method:   capacities -1 and 2^62 of eight-byte elements.
 * Expected: "panic: makechan: size out of range"; goroutine 1 [running]; exit 2.
 */
#include "case.h"

static int make(ptrdiff_t capacity) {
    weft_chan_new(sizeof(int64_t), capacity);
    return 9;
}

static int negative(void *arg) { return (void)arg, make(-1); }
static int huge(void *arg) { return (void)arg, make((ptrdiff_t)1 << 62); }

WC_CASE(b40_makechan_negative, .item = "B40", .main = negative, .err = "panic: makechan: size out of range",
        .reason = "running", .exit = 2, .twin = "b40_makechan_negative");
WC_CASE(b40_makechan_huge, .item = "B40", .main = huge, .err = "panic: makechan: size out of range",
        .reason = "running", .exit = 2, .twin = "b40_makechan_huge");
