/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B54: a write through a nil pointer is reported as Go reports it.
 * Source:   runtime/signal_unix.go:sigpanic; runtime/error.go.
 * Goal:     a fault that is no overflow has the signal's name and the goroutine's frames, not a bare core dump. Beyond Go,
 *           which can recover from it: weft_pcall must not catch it, for C's state is unknown after it.
 * Method:   store to address 0 in main, and inside a pcall.
 * Expected: "panic: runtime error: invalid memory address or nil pointer dereference", then a line with
 *           "[signal SIGSEGV"; goroutine 1 [running]; exit 2.
 */
#include "case.h"

#define TEXT "panic: runtime error: invalid memory address or nil pointer dereference"

static int *volatile nowhere;

__attribute__((noinline, no_sanitize("address", "undefined"))) static void write_nil(void *arg) {
    (void)arg;
    *(volatile int *)nowhere = 1;
}

static int body(void *arg) {
    write_nil(arg);
    return 9;
}

static int caught(void *arg) {
    weft_pcall(write_nil, arg);
    return 9;
}

static const char *signal_line(const struct wc_result *r) {
    return strncmp(r->err + strlen(TEXT), "\n[signal SIGSEGV", strlen("\n[signal SIGSEGV")) == 0
               ? NULL
               : "the second line does not begin with [signal SIGSEGV";
}

WC_CASE(b54_nil_write, .item = "B54", .main = body, .err = TEXT, .reason = "running", .exit = 2, .check = signal_line,
        .twin = "b54_nil_write");
WC_CASE(b54_not_caught, .item = "B54", .main = caught, .err = TEXT, .reason = "running", .exit = 2,
        .check = signal_line, .no_twin = "Go can recover from it");
