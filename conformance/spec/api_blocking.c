/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_blocking, weft_syscall_enter, weft_syscall_exit.
 * Source:   runtime/proc.go:entersyscall, exitsyscall; weft.h.
 * Goal:     the result comes back; what may not be done in between is fatal and says so; the counters tell of it; threads that were
 *           needed for a burst of calls end when they have been idle for long.
 * Method:   per case below. "Retired": retire=50 (ms); a burst of 50 calls in read, let go; main sleeps until the process has
 *           few threads again.
 * Expected: exit 0 with nothing printed; the fatal ones "fatal error: weft: …" first and exit 2.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "case.h"

static struct weft_stats stats(void) {
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    return s;
}

static weft_waitgroup wg;

/* ---- results, and both forms among others ---- */

static intptr_t negative(void *arg) { return -*(int *)arg; }

static void calls_both_ways(void *arg) {
    for (int i = 0; i < 2000 / WC_SLOW; i++) {
        WC_EQ(weft_blocking(negative, &i), -i);
        weft_syscall_enter();
        int e = usleep(i % 64 == 0 ? 100 : 0);
        weft_syscall_exit();
        WC_CHECK(e == 0 || e == -1); /* SIGURG may interrupt it: a nanosleep is not restarted by the kernel */
        if (i % 16 == 0) weft_yield();
    }
    (void)arg;
}

static int results(void *arg) {
    (void)arg;
    for (int i = 0; i < 8; i++) weft_waitgroup_go(&wg, calls_both_ways, NULL);
    weft_waitgroup_wait(&wg);
    WC_EQ(stats().in_syscall, 0);
    return 0;
}

/* ---- counters ---- */

static int ends[2];

static intptr_t read_one(void *arg) { return read(ends[0], arg, 1); }

static void reader(void *arg) {
    char c;
    (void)arg;
    WC_EQ(weft_blocking(read_one, &c), 1);
}

static int counters(void *arg) {
    (void)arg;
    WC_EQ(pipe(ends), 0);
    WC_EQ(stats().in_syscall, 0);
    WC_EQ(stats().handoffs, 0);
    weft_waitgroup_go(&wg, reader, NULL);
    weft_waitgroup_go(&wg, reader, NULL);
    WC_UNTIL(stats().in_syscall == 2);
    struct weft_goroutine_info info[3];
    int n = (int)weft_goroutines(info, 3), in = 0;
    for (int i = 0; i < n; i++) in += strcmp(info[i].state, "syscall") == 0;
    WC_EQ(n, 3);
    WC_EQ(in, 2);
    WC_EQ(write(ends[1], "xy", 2), 2);
    weft_waitgroup_wait(&wg);
    WC_EQ(stats().in_syscall, 0);
    if (wc_procs() == 1) WC_CHECK(stats().handoffs >= 1);
    return 0;
}

/* ---- retired ---- */

static int retired(void *arg) {
    char bytes[50] = {0};
    (void)arg;
    WC_EQ(pipe(ends), 0);
    for (int i = 0; i < 50; i++) weft_waitgroup_go(&wg, reader, NULL);
    WC_UNTIL(stats().in_syscall == 50);
    WC_CHECK(stats().threads >= 50);
    WC_EQ(write(ends[1], bytes, 50), 50);
    weft_waitgroup_wait(&wg);
    int few = wc_procs() + 4; /* one idle a processor stays, and main's, the monitor, the watchdog, TSan's own */
    int64_t end = weft_now() + 10 * WC_SLOW * WC_SEC;
    while (wc_threads() > few && weft_now() < end) weft_sleep(10 * WC_MS);
    WC_CHECKF(wc_threads() <= few, "%d threads", wc_threads());
    WC_CHECK((int)stats().threads <= few);
    return 0;
}

/* ---- a call may well run a long way: another thread, a lock, a deep stack ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn;

static intptr_t wait_for_turn(void *arg) {
    pthread_mutex_lock(&lock);
    while (turn != (int)(intptr_t)arg) pthread_cond_wait(&changed, &lock);
    intptr_t next = ++turn;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return next;
}

static void takes_turn(void *arg) { WC_EQ(weft_blocking(wait_for_turn, arg), (intptr_t)arg + 1); }

static int turns(void *arg) {
    (void)arg;
    for (intptr_t i = 19; i >= 0; i--) weft_waitgroup_go(&wg, takes_turn, (void *)i);
    weft_waitgroup_wait(&wg);
    WC_EQ(turn, 20);
    return 0;
}

/* ---- misuse ---- */

static intptr_t yields(void *arg) { return weft_yield(), (intptr_t)arg; }
static intptr_t spawns(void *arg) { return weft_go(takes_turn, arg), 0; }
static intptr_t sends(void *arg) { return weft_chan_send(arg, ""), 0; }
static intptr_t nested(void *arg) { return weft_blocking(read_one, arg); }

static int call_inside(void *arg) { return (int)weft_blocking(yields, arg); }
static int go_inside(void *arg) { return (int)weft_blocking(spawns, arg); }
static int nested_call(void *arg) { return (int)weft_blocking(nested, arg); }

static int send_inside(void *arg) {
    (void)arg;
    return (int)weft_blocking(sends, wc_chan(1, 1));
}

static int between(void *arg) {
    (void)arg;
    weft_syscall_enter();
    weft_sleep(1);
    return 9;
}

/* The P is another M's by then, with somebody on it. */
static atomic_int gone;

static void other(void *arg) {
    gone = 1;
    while (arg != (void *)other) weft_yield();
}

static int late(void *arg) {
    weft_go(other, arg);
    weft_syscall_enter();
    while (!gone) usleep(1000);
    weft_yield();
    return 9;
}

static int exit_alone(void *arg) {
    (void)arg;
    weft_syscall_exit();
    return 9;
}

static void enter(void *arg) {
    (void)arg;
    weft_syscall_enter();
}

static int on_system_stack(void *arg) {
    weft_on_system_stack(enter, arg);
    return 9;
}

static int enter_outside(void) {
    weft_syscall_enter();
    return 9;
}

static int exit_outside(void) {
    weft_syscall_exit();
    return 9;
}

#define INSIDE \
    "fatal error: weft: a call to Weft within weft_blocking, or between weft_syscall_enter and weft_syscall_exit"
#define NONE(call)  "fatal error: weft: " call " called from a thread that runs no goroutine"
#define GO_HAS_NONE "Go's compiler puts both around system calls"

/* ---- a long call behind short ones ---- */

static atomic_int long_done;
static intptr_t takes_long(void *ns) {
    for (struct timespec left = {0, (intptr_t)ns}; nanosleep(&left, &left) != 0;) {}
    return 0;
}
static void short_then_long(void *arg) {
    for (int i = 0; i < 10; i++) {
        int n = i;
        WC_EQ(weft_blocking(negative, &n), -i);
    }
    weft_blocking(takes_long, (void *)(intptr_t)(300 * WC_MS));
    long_done = 1;
    (void)arg;
}
/* On one processor: it is taken from the long call, as from a first one. */
static int again(void *arg) {
    uint64_t turns = 0;
    weft_waitgroup_go(&wg, short_then_long, arg);
    for (; !long_done; turns++) weft_yield();
    weft_waitgroup_wait(&wg);
    WC_CHECKF(turns > 1000, "%d turns in 300 ms", (int)turns);
    return 0;
}

WC_CASE(api_blocking_again, .item = "api", .main = again, .procs = 1, .no_twin = GO_HAS_NONE);
WC_CASE(api_blocking, .item = "api", .main = results, .no_twin = GO_HAS_NONE);
WC_CASE(api_blocking_counters, .item = "api", .main = counters, .no_twin = GO_HAS_NONE);
WC_CASE(api_blocking_retired, .item = "api", .main = retired, .env = {"WEFT_DEBUG=retire=50"},
        .no_twin = "Go keeps its threads");
WC_CASE(api_blocking_turns, .item = "api", .main = turns, .no_twin = GO_HAS_NONE);
WC_CASE(api_blocking_yield, .item = "api", .main = call_inside, .err = INSIDE, .exit = 2, .no_twin = GO_HAS_NONE);
WC_CASE(api_blocking_go, .item = "api", .main = go_inside, .err = INSIDE, .exit = 2, .no_twin = GO_HAS_NONE);
WC_CASE(api_blocking_send, .item = "api", .main = send_inside, .err = INSIDE, .exit = 2, .no_twin = GO_HAS_NONE);
WC_CASE(api_blocking_nested, .item = "api", .main = nested_call, .err = INSIDE, .exit = 2, .no_twin = GO_HAS_NONE);
WC_CASE(api_syscall_between, .item = "api", .main = between, .err = INSIDE, .exit = 2, .no_twin = GO_HAS_NONE);
WC_CASE(api_syscall_late, .item = "api", .main = late, .err = INSIDE, .exit = 2, .no_twin = GO_HAS_NONE);
WC_CASE(api_syscall_exit, .item = "api", .main = exit_alone, .exit = 2,
        .err = "fatal error: weft: weft_syscall_exit without weft_syscall_enter", .no_twin = GO_HAS_NONE);
WC_CASE(api_syscall_system_stack, .item = "api", .main = on_system_stack, .exit = 2,
        .err = "fatal error: weft: weft_syscall_enter was called on the system stack", .no_twin = GO_HAS_NONE);
WC_CASE(api_syscall_enter_outside, .item = "api", .proc = enter_outside, .err = NONE("weft_syscall_enter"), .exit = 2,
        .no_twin = GO_HAS_NONE);
WC_CASE(api_syscall_exit_outside, .item = "api", .proc = exit_outside, .err = NONE("weft_syscall_exit"), .exit = 2,
        .no_twin = GO_HAS_NONE);
