/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WEFT_DEBUG=hog=MS: goroutines that keep their thread for long are named; those that let others run, or declare their calls, are not.
 * Source:   weft.h, "Seeing"; runtime/sched/hogs.c. Go has no such report.
 * Goal:     one that computes, and one that blocks its thread undeclared, is named with its kind, its frames and where it was started,
 *           alone or while others wait and it is stopped every 10 ms for them, main too; of one entry and
 *           place the first of a kind alone. A goroutine
 *           that yields, one in a declared call, one that sleeps by Weft's clock is not named, however busy.
 * Method:   stderr is a pipe; a thread beside the run reads it and lets the goroutine go once the report is whole. What blocks does so
 *           in poll, on a pipe that becomes readable then.
 * Expected: one report each, with its lines; silence for the well-behaved.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>

#include "case.h"

static int report_fd, stderr_was, door[2];
static _Atomic(int) seen, at_work;
static char text[1 << 16];
static const char *last; /* of a whole report */

/* A report ends with where it was started, or (main's) with a frame. */
static int whole(void) {
    const char *at = last ? strstr(text, last) : NULL;
    return at && strchr(at, '\t') && strchr(strchr(at, '\t'), '\n');
}

static void *reads(void *arg) {
    size_t have = 0;
    (void)arg;
    for (int64_t end = weft_now() + 10 * WC_SLOW * WC_SEC; !whole() && weft_now() < end;) {
        struct pollfd p = {.fd = report_fd, .events = POLLIN};
        if (poll(&p, 1, 10) <= 0) continue;
        ssize_t n = read(report_fd, text + have, sizeof text - 1 - have);
        have += n > 0 ? (size_t)n : 0;
        text[have] = 0;
    }
    dup2(stderr_was, 2); /* for complaints */
    seen = 1;
    if (write(door[1], "x", 1) != 1) abort();
    return NULL;
}

/* ---- hogs ---- */

__attribute__((noinline)) static void hog_computes(void *arg) {
    at_work++;
    while (!seen) {}
    WC_CHECK(arg == NULL);
}

__attribute__((noinline)) static void hog_blocks(void *arg) {
    at_work++;
    while (!seen) {
        struct pollfd p = {.fd = door[0], .events = POLLIN};
        poll(&p, 1, -1);
    }
    WC_CHECK(arg == NULL);
}

/* Most signals strike within the runtime, where no frames can be had. */
static weft_chan *empty;
__attribute__((noinline)) static void hog_calls(void *arg) {
    while (!seen) weft_chan_try_recv(empty, NULL);
    WC_CHECK(arg == NULL);
}

static weft_waitgroup wg;

/* Alone, or while main is always ready. */
__attribute__((noinline)) static void starts(weft_fn fn, int beside) {
    weft_waitgroup_go(&wg, fn, NULL);
    while (beside && !seen) weft_yield();
    weft_waitgroup_wait(&wg);
}

__attribute__((noinline)) static int starts_one(void *arg) {
    starts((weft_fn)arg, 0);
    return 0;
}
__attribute__((noinline)) static int starts_beside(void *arg) {
    starts((weft_fn)arg, 1);
    return 0;
}

static int starts_calling(void *arg) {
    empty = wc_chan(0, 0);
    return starts_one(arg);
}

static int is_itself(void *arg) {
    ((weft_fn)arg)(NULL);
    return 0;
}

static int captured(int (*body)(void *), weft_fn fn, const char *ends_with) {
    int p[2];
    pthread_t t;
    stderr_was = dup(2);
    last = ends_with;
    if (pipe(p) != 0 || pipe(door) != 0) return 1;
    report_fd = p[0];
    dup2(p[1], 2);
    if (pthread_create(&t, NULL, reads, NULL) != 0) return 1;
    int e = weft_run(body, (void *)(uintptr_t)fn);
    pthread_join(t, NULL);
    fputs(text, stdout);
    return e;
}

static const char *check(const struct wc_result *r, const char *what, const char *frame, const char *by) {
    if (wc_count(r->out, "weft: hog: ") != 1) return wc_text("%d reports", wc_count(r->out, "weft: hog: "));
    if (!strstr(r->out, what)) return wc_text("no \"%s\"", what);
    if (by && !strstr(r->out, by)) return wc_text("no \"%s\"", by);
    if (!by && strstr(r->out, "created by")) return "main has no creator";
    return WC_TSAN || strstr(r->out, frame) ? NULL : wc_text("no \"%s\"", frame); /* TSan delivers a signal late */
}

static const char *names_computing(const struct wc_result *r) {
    return check(r, " computes and lets nobody else run, for ", "\nhog_computes(...)\n", "\ncreated by starts\n");
}
static const char *names_calling(const struct wc_result *r) {
    return check(r, " computes and lets nobody else run, for ", "\nhog_calls(...)\n", "\ncreated by starts\n");
}
static const char *names_main(const struct wc_result *r) {
    return check(r, "weft: hog: goroutine 1 computes", "\nhog_computes(...)\n", NULL);
}
static const char *names_blocking(const struct wc_result *r) {
    static const char *const names[] = {" (", ", in ", " ms so far\n"};
    char call[40];
    int told = 0;
#if defined(SYS_poll)
    snprintf(call, sizeof call, "in system call %d", SYS_poll);
#else
    snprintf(call, sizeof call, "in system call %d", SYS_ppoll);
#endif
    if (strstr(r->out, "in system call") && !strstr(r->out, call)) return wc_text("no \"%s\"", call);
    for (int i = 0; i < 3; i++) told |= strstr(r->out, names[i]) != NULL;
    if (!told) return "neither a call nor that there is none to name";
    return check(r, " blocks its thread undeclared, for ", "\nhog_blocks(...)\n", "\ncreated by starts\n");
}

#define HOG(id, ms, body, fn, ends_with, judge, ...)                                                          \
    static int id(void) { return captured(body, fn, ends_with); }                                             \
    WC_CASE(api_hog_##id, .item = "beyond", .proc = id, .check = judge, .env = {"WEFT_DEBUG=hog=" #ms, NULL}, \
            .no_twin = "Go has no such report", __VA_ARGS__)
#define LATE .not_under = WC_NOT_TSAN, .not_why = "a loop without calls is not preempted there"

HOG(computes, 25, starts_one, hog_computes, "created by ", names_computing, .procs = 0);
/* Stopped every 10 ms, so no slice is as long as that. */
HOG(computes_beside, 100, starts_beside, hog_computes, "created by ", names_computing, .procs = 1, LATE);
HOG(calls, 25, starts_calling, hog_calls, "created by ", names_calling, .procs = 0);
HOG(computes_main, 25, is_itself, hog_computes, "[running]:", names_main, .procs = 0);
HOG(blocks, 25, starts_one, hog_blocks, "created by ", names_blocking, .procs = 0);
HOG(blocks_beside, 25, starts_beside, hog_blocks, "created by ", names_blocking, .procs = 0);

/* ---- two with one entry: the others of its kind are not named ---- */

__attribute__((noinline)) static void starts_it(void *arg) {
    weft_waitgroup_go(&wg, (weft_fn)arg, NULL);
    WC_CHECK(arg != NULL); /* so that the call above is no jump */
}

static int starts_three(void *arg) {
    for (int i = 0; i < 3; i++) starts_it(arg);
    weft_waitgroup_wait(&wg);
    seen = 0;
    int64_t end = weft_now() + 100 * WC_MS; /* four times what the knob says */
    starts_it(arg);
    while (weft_now() < end) weft_sleep(WC_MS);
    seen = 1;
    weft_waitgroup_wait(&wg);
    return 0;
}

static const char *names_three(const struct wc_result *r) {
    return check(r, " computes", "\nhog_computes(...)\n", "\ncreated by starts_it\n");
}
HOG(once, 25, starts_three, hog_computes, "created by ", names_three, LATE);

/* ---- nothing to name ---- */

static int64_t own_time(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * WC_SEC + t.tv_nsec;
}
static void yields(void *arg) {
    for (int64_t end = own_time() + 200 * WC_MS; own_time() < end; weft_yield())
        for (int64_t stop = own_time() + WC_MS; own_time() < stop;) {}
    (void)arg;
}
static intptr_t waits_long(void *arg) { return poll(NULL, 0, (int)(intptr_t)arg); }
static void declares(void *arg) {
    for (int i = 0; i < 2; i++) weft_blocking(waits_long, (void *)150);
    for (int64_t end = weft_now() + 200 * WC_MS; weft_now() < end;) weft_blocking(waits_long, (void *)1);
    (void)arg;
}
static void naps(void *arg) { (void)arg, weft_sleep(300 * WC_MS); }
static void is_short(void *arg) {
    for (int i = 0; i < 20; i++) {
        poll(NULL, 0, 1);
        weft_yield();
    }
    (void)arg;
}

static int well_behaved(void *arg) {
    static const weft_fn all[] = {yields, declares, naps, is_short};
    for (int i = 0; i < 4; i++) weft_waitgroup_go(&wg, all[i], NULL);
    weft_waitgroup_wait(&wg);
    (void)arg;
    return 0;
}

/* ---- one that ends before it could be asked for its frames ---- */

static void calls_and_ends(void *until) {
    while (weft_now() < (intptr_t)until) weft_chan_try_recv(empty, NULL);
}
/* Then its thread has nothing to do, nor a processor, when sysmon asks again. */
static int one_ends(void *ns) {
    empty = weft_chan_new(0, 0);
    weft_waitgroup_go(&wg, calls_and_ends, (void *)(intptr_t)(weft_now() + (intptr_t)ns));
    weft_waitgroup_wait(&wg);
    weft_sleep(12 * WC_MS);
    weft_chan_free(empty);
    return 0;
}
static int ends_unasked(void) {
    int was = dup(2), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    WC_CHECK(was >= 0 && nowhere >= 0 && dup2(nowhere, 2) == 2); /* some are named */
    for (intptr_t i = 0; i < 40; i++) WC_EQ(weft_run(one_ends, (void *)((20 + i % 10) * WC_MS)), 0);
    WC_EQ(dup2(was, 2), 2);
    return 0;
}
WC_CASE(api_hog_ends, .item = "beyond", .proc = ends_unasked, .procs = 1, .env = {"WEFT_DEBUG=hog=20", NULL},
        .no_twin = "Go has no such report");

WC_CASE(api_hog_none, .item = "beyond", .main = well_behaved, .env = {"WEFT_DEBUG=hog=50", NULL},
        .no_twin = "Go has no such report");
