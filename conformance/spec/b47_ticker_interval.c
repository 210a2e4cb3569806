/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B47: a ticker's interval is positive.
 * Source:   time/tick.go:NewTicker, Ticker.Reset.
 * Goal:     0 and less panic, when it is made and when it is reset.
 * Method:   weft_ticker_new(0) and (-1); a reset of a running ticker to 0.
 * Expected: "panic: non-positive interval for NewTicker", "… for Ticker.Reset"; goroutine 1 [running]; exit 2.
 */
#include "case.h"

static int zero(void *arg) {
    (void)arg;
    weft_ticker_new(0);
    return 9;
}

static int negative(void *arg) {
    (void)arg;
    weft_ticker_new(-1);
    return 9;
}

static int reset(void *arg) {
    (void)arg;
    weft_timer_reset(weft_ticker_new(WC_SEC), 0);
    return 9;
}

WC_CASE(b47_ticker_interval, .item = "B47", .main = zero, .err = "panic: non-positive interval for NewTicker",
        .reason = "running", .exit = 2, .twin = "b47_ticker_interval");
WC_CASE(b47_ticker_negative, .item = "B47", .main = negative, .err = "panic: non-positive interval for NewTicker",
        .reason = "running", .exit = 2, .twin = "b47_ticker_negative");
WC_CASE(b47_ticker_reset, .item = "B47", .main = reset, .err = "panic: non-positive interval for Ticker.Reset",
        .reason = "running", .exit = 2, .twin = "b47_ticker_reset");
