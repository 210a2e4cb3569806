/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a run beside goroutines that do not call Weft.
 * Source:   api.md, the details: "When weft_run ends, threads are joined …".
 * Goal:     goroutines in calls that they start again on EINTR, with and without weft_blocking, are ended; one that no signal
 *           reaches is left to itself, which is said once, and the process can start other runs, nothing of which it disturbs
 *           when it comes back.
 * Method:   main returns once all are seen in their calls (poll, read, nanosleep in endless loops) or in a read with all
 *           signals blocked. Then more runs; then the read ends, and its thread must end too.
 * Expected: exit 0; stderr empty, or "weft: left to themselves at the end of the run: 1 goroutines that could not be stopped within
 *           100 ms" and nothing more. Threads are counted by /proc.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>

#include "case.h"

static int ends[2];
static atomic_int there, back;

static void on_read(void) {
    char c;
    while (read(ends[0], &c, 1) < 0 && errno == EINTR) {}
}

static void on_poll(void) {
    struct pollfd p = {.fd = ends[0], .events = POLLIN};
    for (;;) poll(&p, 1, -1);
}

static void on_sleep(void) {
    struct timespec t = {.tv_sec = 1000};
    while (nanosleep(&t, &t) != 0) {}
}

static void on_short_sleeps(void) {
    for (;;) usleep(100);
}

static void (*const loops[])(void) = {on_read, on_poll, on_sleep, on_short_sleeps};
enum { LOOPS = sizeof loops / sizeof *loops };

static intptr_t loop(void *arg) {
    atomic_fetch_add(&there, 1);
    loops[(intptr_t)arg % LOOPS]();
    return 0;
}

static void in_blocking(void *arg) { weft_blocking(loop, arg); }
static void with_its_p(void *arg) { loop(arg); }

static int beside_blocking(void *arg) {
    int n = (int)(intptr_t)arg;
    for (intptr_t i = 0; i < n; i++) weft_go(in_blocking, (void *)i);
    WC_UNTIL(there == n);
    return n;
}

/* They keep their processors, which only their being preempted gives to others. */
static int beside_plain(void *arg) {
    int n = (int)(intptr_t)arg;
    for (intptr_t i = 0; i < n; i++) weft_go(with_its_p, (void *)i);
    WC_UNTIL(there == n);
    return n;
}

static int ends_all(int (*main_fn)(void *), int runs, int n) {
    WC_EQ(pipe(ends), 0);
    for (int i = 0; i < runs; i++) {
        there = 0;
        WC_EQ(weft_run(main_fn, (void *)(intptr_t)n), n);
    }
    int64_t end = weft_now() + 5 * WC_SEC;
    while (wc_threads() > 2 && weft_now() < end) usleep(1000); /* a joined thread's entry may last a moment */
    if (!WC_TSAN) WC_EQ(wc_threads(), 2);                      /* the watchdog */
    return 0;
}

static int in_calls(void) { return ends_all(beside_blocking, 20, 8); }
static int plain(void) { return ends_all(beside_plain, 5, 4); }

/* ---- one that no signal reaches ---- */

static intptr_t deaf(void *arg) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    there = 1;
    char c;
    WC_EQ(read(ends[0], &c, 1), 1);
    back = 1;
    return arg != NULL;
}

static void deaf_goroutine(void *arg) {
    weft_blocking(deaf, arg);
    abort(); /* its run is over */
}

static int beside(void *fn) {
    weft_lock_thread(); /* the first thread is the caller's: what runs there is waited for without end */
    weft_go((weft_fn)(uintptr_t)fn, NULL);
    WC_UNTIL(there);
    return 3;
}
static void leave_one(weft_fn fn) {
    WC_EQ(pipe(ends), 0);
    WC_EQ(weft_run(beside, (void *)(uintptr_t)fn), 3);
}

static void adds(void *arg) { atomic_fetch_add((atomic_int *)arg, 1); }

static int other_run(void *arg) {
    atomic_int sum = 0;
    weft_waitgroup wg = {0};
    for (int i = 0; i < 100; i++) weft_waitgroup_go(&wg, adds, &sum);
    weft_waitgroup_wait(&wg);
    WC_EQ(raise(SIGURG), 0); /* not the runtime's own: nobody is to mind */
    return sum + (arg != NULL);
}

static int left_alone(void) {
    leave_one(deaf_goroutine);
    for (int i = 0; i < 20; i++) WC_EQ(weft_run(other_run, NULL), 100);
    int with = wc_threads();
    WC_EQ(write(ends[1], "x", 1), 1);
    int64_t end = weft_now() + 10 * WC_SEC;
    while (wc_threads() >= with && weft_now() < end) usleep(1000);
    WC_EQ(back, 1);
    WC_EQ(wc_threads(), with - 1);
    for (int i = 0; i < 20; i++) WC_EQ(weft_run(other_run, NULL), 100);
    return 0;
}

/* Its call ends in the midst of another run. */
static int lets_it_go(void *arg) {
    WC_EQ(write(ends[1], "x", 1), 1);
    for (int64_t end = weft_now() + 10 * WC_SEC; !back && weft_now() < end;) other_run(arg);
    WC_EQ(back, 1);
    for (int i = 0; i < 100; i++) other_run(arg);
    return other_run(arg);
}

static int back_in_another(void) {
    leave_one(deaf_goroutine);
    WC_EQ(weft_run(lets_it_go, NULL), 100);
    for (int i = 0; i < 20; i++) WC_EQ(weft_run(other_run, NULL), 100);
    return 0;
}

/* It did not declare its call, and comes back into the midst of another run to read what is that one's. */
static int data[2];
static atomic_int deaf_tid;

static void deaf_reader(void *arg) {
    char c;
    deaf_tid = (int)syscall(SYS_gettid);
    deaf(arg);
    weft_read(data[0], &c, 1);
    abort(); /* its run is over */
}

static void outlast_it(void) {
    char task[64];
    WC_EQ(write(ends[1], "x", 1), 1);
    snprintf(task, sizeof task, "/proc/self/task/%d", deaf_tid);
    for (int64_t end = weft_now() + 10 * WC_SEC; access(task, F_OK) == 0 && weft_now() < end;) weft_sleep(WC_MS);
    WC_EQ(back, 1);
    WC_CHECK(access(task, F_OK) != 0);
}

static int keeps_its_own(void *arg) {
    char c = 0;
    (void)arg;
    WC_EQ(weft_write(data[1], "y", 1), 1);
    outlast_it();
    WC_EQ(weft_read_until(data[0], &c, 1, weft_now() + WC_SEC), 1);
    WC_EQ(c, 'y');
    WC_EQ(weft_close(data[0]), 0);
    return weft_close(data[1]);
}

static int reads_in_another(void) {
    WC_EQ(pipe(data), 0);
    leave_one(deaf_reader);
    return weft_run(keeps_its_own, NULL);
}

/* It counts goroutines when it is back: another run's are not for it to see. */
static void deaf_counter(void *arg) {
    deaf_tid = (int)syscall(SYS_gettid);
    deaf(arg);
    weft_num_goroutines();
    abort(); /* its run is over */
}

static int outlasts_it(void *arg) {
    outlast_it();
    return arg != NULL;
}

static int counts_in_another(void) {
    leave_one(deaf_counter);
    return weft_run(outlasts_it, NULL);
}

/* It faults after another run, in which nobody was left. */
__attribute__((noinline, no_sanitize("address", "undefined"))) static void write_nil(int *at) { *(volatile int *)at = 1; }

static void deaf_faulty(void *arg) {
    sigset_t fault;
    deaf(arg);
    sigemptyset(&fault);
    sigaddset(&fault, SIGSEGV);
    pthread_sigmask(SIG_UNBLOCK, &fault, NULL);
    write_nil(arg);
}

static int faults_after_another(void) {
    leave_one(deaf_faulty);
    WC_EQ(weft_run(other_run, NULL), 100);
    WC_EQ(write(ends[1], "x", 1), 1);
    for (int64_t end = weft_now() + 10 * WC_SEC; weft_now() < end;) usleep(1000); /* until the process ends */
    return 0;
}

static const char *said_why(const struct wc_result *r) {
    return strstr(r->err, "\npanic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV") ? NULL : "no report of the fault";
}

static const char *said_once(const struct wc_result *r) {
    return wc_count(r->err, "\n") == 1 ? NULL : "more is said than one line";
}

#define LEFT "weft: left to themselves at the end of the run: 1 goroutines that could not be stopped within 100 ms"
#define ONCE "a Go program runs once"
#define LATE "a handler runs late there, in frames that count as libc's"
WC_CASE(api_ending_calls, .item = "api", .proc = in_calls, .not_under = WC_NOT_TSAN, .not_why = LATE, .no_twin = ONCE);
WC_CASE(api_ending_plain_calls, .item = "api", .proc = plain, .not_under = WC_NOT_TSAN, .not_why = LATE,
        .no_twin = ONCE);
WC_CASE(api_ending_deaf, .item = "api", .proc = left_alone, .err = LEFT, .check = said_once, .not_under = WC_NOT_TSAN,
        .not_why = LATE, .no_twin = ONCE);
WC_CASE(api_ending_deaf_reads, .item = "api", .proc = reads_in_another, .procs = 2, .err = LEFT, .check = said_once,
        .not_under = WC_NOT_TSAN, .not_why = LATE, .no_twin = ONCE); /* at one, what is deaf would have main's processor */
WC_CASE(api_ending_deaf_counts, .item = "api", .proc = counts_in_another, .procs = 2, .err = LEFT, .check = said_once,
        .not_under = WC_NOT_TSAN, .not_why = LATE, .no_twin = ONCE);
WC_CASE(api_ending_deaf_faults, .item = "api", .proc = faults_after_another, .procs = 2, .err = LEFT, .check = said_why, .exit = 2,
        .not_under = WC_NOT_TSAN | WC_NOT_ASAN, .not_why = "a sanitizer's own handler would come first", .no_twin = ONCE);
WC_CASE(api_ending_deaf_back, .item = "api", .proc = back_in_another, .err = LEFT, .check = said_once,
        .not_under = WC_NOT_TSAN, .not_why = LATE, .no_twin = ONCE);
