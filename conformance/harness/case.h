/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a conformance case is, and the few helpers its body may use. A case file holds one rule of the battery (or one
 * tight family) and says in its head: the rule, its source, the goal, the method and what is expected. The body uses
 * weft.h alone and runs in a process of its own: `weft_conformance --case NAME`.
 */
#ifndef WEFT_CONFORMANCE_CASE_H
#define WEFT_CONFORMANCE_CASE_H

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "weft.h"

#define WC_MS       INT64_C(1000000)
#define WC_SEC      INT64_C(1000000000)
#define WC_DEADLOCK "fatal error: all goroutines are asleep - deadlock!"

#if defined(__SANITIZE_ADDRESS__)
#define WC_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define WC_TSAN 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WC_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define WC_TSAN 1
#endif
#endif
#ifndef WC_ASAN
#define WC_ASAN 0
#endif
#ifndef WC_TSAN
#define WC_TSAN 0
#endif
/* Bounds in time and big counts are stretched and cut by this under a sanitizer. */
#define WC_SLOW (WC_ASAN || WC_TSAN ? 10 : 1)

enum { WC_NOT_ASAN = 1, WC_NOT_TSAN = 2, WC_ANY_EXIT = -1 };

/* What one process printed and how it ended: of a case or of its Go twin. */
struct wc_result {
    const char *out, *err; /* NUL-terminated; zero bytes in between end the text */
    size_t out_len, err_len;
    int status; /* exit status, or 128 + signal */
    int timed_out;
    int64_t ms; /* wall time of the process */
    const char *figures; /* lines "NAME VALUE" that it published; NULL: none */
    int procs;  /* WEFT_PROCS or GOMAXPROCS; 0: not set */
    int twin;   /* 1: this is the Go twin's */
};

/* NULL, or why the result is wrong. The text may be in a static buffer (thread-local in the runner). */
typedef const char *(*wc_check_fn)(const struct wc_result *r);

struct wc_case {
    const char *name;
    const char *item; /* "B01", "L107", "api", "stress", "unit" */
    /* Exactly one of these three is what runs. */
    int (*main)(void *); /* as the main goroutine of weft_run; its result is the exit status */
    int (*proc)(void);   /* as the process's main: the case calls weft_run itself */
    const char *exec;    /* a program, relative to the runner's own folder */
    /* What is expected. In `out` and `err`, '#' stands for one or more digits. */
    const char *out;    /* the whole of stdout; NULL: empty, unless `check` is set */
    const char *err;    /* the first line of stderr; NULL: stderr is empty */
    const char *reason; /* "goroutine 1 [reason]"; NULL: not looked at */
    int exit;           /* WC_ANY_EXIT: `check` looks at it */
    wc_check_fn check;  /* unordered output, counts of headers, …; judges the twin as well */
    int min_ms, max_ms; /* wall time of the process, 0: free; max_ms grows under a sanitizer. Judges the twin too. */
    int any_err;        /* 1: stderr may say anything */
    /* The Go twin. */
    const char *twin;    /* its name in conformance/go; NULL: there is none, because … */
    const char *no_twin; /* … of this */
    int go_since;        /* 1.N: the first Go that behaves so; older ones may differ, which is recorded */
    const char *go_misses; /* a deadlock that Go itself was measured to miss now and then, and why: its hang is recorded, no failure */
    /* How it runs. */
    int procs;        /* the item fixes P; 0: at each of --procs */
    int samples;      /* runs of the process for one verdict, of the twin too; 0: one */
    const char *rate; /* with samples: how many of them had this text on stdout (or what rate_fn says) is reported */
    int (*rate_fn)(const struct wc_result *r);
    const char *env[4];   /* NAME=value */
    const char *may_skip; /* exit 77 is a declared skip, for this reason; otherwise it is a failure */
    int not_under;        /* WC_NOT_…: a declared skip under that sanitizer, for … */
    const char *not_why;  /* … this reason */
    int timeout_s;         /* 0: 20 */
    const char *longer_by; /* an environment variable whose seconds come on top */
    int alone;             /* measures time: nothing else of the suite runs beside it */
};

void wc_register(const struct wc_case *c);

/* At file scope: WC_CASE(b01_select_empty, .item = "B01", .main = body, …). */
#define WC_CASE(id, ...)                                                                            \
    static const struct wc_case wc_case_##id = {.name = #id, __VA_ARGS__};                          \
    __attribute__((constructor)) static void wc_register_##id(void) { wc_register(&wc_case_##id); } \
    _Static_assert(sizeof(#id) > 1, "")

/* ---- For bodies ------------------------------------------------------------------------------------------------- */

/* End the process with status 1, a line that says where and why, and a dump of the goroutines. */
WEFT_NORETURN void wc_fail(const char *file, int line, const char *expr, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
#define WC_CHECK(cond)       ((cond) ? (void)0 : wc_fail(__FILE__, __LINE__, #cond, " "))
#define WC_CHECKF(cond, ...) ((cond) ? (void)0 : wc_fail(__FILE__, __LINE__, #cond, __VA_ARGS__))
#define WC_EQ(a, b)                                                                                       \
    do {                                                                                                  \
        long long wc_a_ = (long long)(a), wc_b_ = (long long)(b);                                         \
        if (wc_a_ != wc_b_) wc_fail(__FILE__, __LINE__, #a " == " #b, "%lld against %lld", wc_a_, wc_b_); \
    } while (0)

/* A figure for the ledger of claims, see figures.c: of this runtime, or of threads where the name begins with "pthread.". At the start of a
 * line of stdout. */
void wc_figure(const char *name, double value);

/* Skip: print the reason and exit 77. */
WEFT_NORETURN void wc_skip(const char *why);

/* Yield until cond holds, a bound of 10 s (times WC_SLOW) that fails. For "it happens", never for "it does not". */
#define WC_UNTIL(cond)                                                                       \
    do {                                                                                     \
        int64_t wc_end_ = weft_now() + 10 * WC_SLOW * WC_SEC;                                \
        while (!(cond)) {                                                                    \
            if (weft_now() > wc_end_) wc_fail(__FILE__, __LINE__, #cond, "not within 10 s"); \
            weft_yield();                                                                    \
        }                                                                                    \
    } while (0)

/* A channel that the harness frees after the run: for bodies that end with channels in use. At most 4096. */
weft_chan *wc_chan(size_t elem_size, ptrdiff_t capacity);

/* How many goroutines wait for this reason now; NULL: in the state "waiting" at all. */
int wc_waiting(const char *reason);
/* Yield until at least n goroutines wait for this reason: the proof that they blocked. */
void wc_await(int n, const char *reason);
/* Yield until n goroutines exist, the caller included. */
void wc_await_goroutines(int n);

/* A run-wide seed, from --seed or the clock; printed once as "seed: N" on stdout. */
uint64_t wc_seed(void);
uint64_t wc_rand(uint64_t *state); /* splitmix64 */

/* Of this process: entries of /proc/self/fd and /task, lines of /proc/self/maps, VmSize and VmRSS in KiB. */
int wc_fds(void);
int wc_threads(void);
/* The calling thread runs on the first CPU of those that it may use, which *all tells. */
void wc_on_one_cpu(cpu_set_t *all);
int wc_maps(void);
long wc_vm_kib(void);
long wc_rss_kib(void);

/* 1: WEFT_DEBUG of this process says guard=none, so nothing catches an overflow. */
int wc_no_guard(void);

/* The processors this process was told to use (WEFT_PROCS). */
int wc_procs(void);

/* ---- For checks (in the runner) ---------------------------------------------------------------------------------- */

/* wc_figure of what the check saw in the result that it judges. */
void wc_observed(const char *name, double value);
/* A thread-local buffer filled as by printf. */
const char *wc_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Does pattern, with '#' for digits, describe all n bytes of s? */
int wc_match(const char *pattern, const char *s, size_t n);
/* Occurrences of a text. */
int wc_count(const char *s, const char *what);
/* Header lines "goroutine N [" in a dump. */
int wc_headers(const char *err);
/* Is `sub` a subsequence of s, byte by byte? */
int wc_subsequence(const char *s, const char *sub);

#endif
