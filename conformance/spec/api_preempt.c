/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preemption: goroutines that do not call Weft are stopped by a signal, wherever they are, and everything else goes on working.
 * Source:   runtime/preempt.go; weft.h. What is ours alone: the thread waits in the handler, so a goroutine may be stopped in
 *           malloc or stdio.
 * Goal:     fair shares; no error of libc's under eight goroutines that are stopped there; and preemption together with locked
 *           threads, blocking calls, dumps, panics and weft_pcall.
 * Method:   loops without calls of Weft beside a main that needs its turn, mostly at P = 1, where nothing but preemption gives it one.
 *           The slice is cut to 0.5 or 1 ms so that much of it happens in a short time. Libc: malloc and free, snprintf, stdio and errno
 *           for a second; WC_LONG=60 in the environment of `--case api_preempt_libc` makes it a minute.
 *           Turns are counted at P = 1 by each loop when it finds that another one was there last: what is done in a turn is the kernel's
 *           to share out, on a busy machine.
 * Expected: exit 0 with nothing printed; the uncaught panic "panic: boom 7", exit 2. Jain's index of 64 loops' turns at least 0.95.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "case.h"

static weft_waitgroup wg;
static atomic_int stop, spinning;

static struct weft_stats stats(void) {
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    return s;
}

static int tid(void) { return (int)syscall(SYS_gettid); }

/* Wait as Weft does until n more preemptions have been counted. */
static void await_preemptions(uint64_t n) {
    uint64_t until = stats().preemptions + n;
    int64_t end = weft_now() + 10 * WC_SLOW * WC_SEC;
    while (stats().preemptions < until) {
        WC_CHECKF(weft_now() < end, "%d preemptions, not %d", (int)stats().preemptions, (int)until);
        weft_sleep(1000);
    }
}

/* With its symbol in the table, for dumps. */
__attribute__((noinline)) void spin_here(void) {
    atomic_fetch_add(&spinning, 1);
    while (!stop) {}
}

static void spinner(void *arg) {
    (void)arg;
    spin_here();
}

/* ---- fair shares ---- */

enum { SPINNERS = 64, ROUNDS = 10 };
static atomic_int who;
static int turns[SPINNERS]; /* each its own */

static void takes_turns(void *arg) {
    int me = (int)(intptr_t)arg;
    while (!stop)
        if (who != me) {
            who = me;
            turns[me]++;
        }
}

static int fair(void *arg) {
    (void)arg;
    who = -1;
    for (intptr_t i = 0; i < SPINNERS; i++) weft_waitgroup_go(&wg, takes_turns, (void *)i);
    await_preemptions(ROUNDS * SPINNERS);
    stop = 1;
    weft_waitgroup_wait(&wg);
    double sum = 0, squares = 0;
    for (int i = 0; i < SPINNERS; i++) {
        sum += turns[i];
        squares += (double)turns[i] * turns[i];
    }
    double index = sum * sum / (SPINNERS * squares);
    wc_figure("jain", index);
    WC_CHECKF(sum >= ROUNDS * SPINNERS / 2 && index >= 0.95, "Jain's index of %.0f turns is %.3f", sum, index);
    return 0;
}

/* ---- inside libc ---- */

static FILE *file;

static void in_libc(void *arg) {
    int me = (int)(intptr_t)arg;
    char *kept[16] = {NULL};
    for (uint64_t i = 0; !stop; i++) {
        char text[64], want[32];
        int n = snprintf(text, sizeof text, "%d %" PRIu64 " %.3f", me, i, (double)me / 8);
        snprintf(want, sizeof want, "%d %" PRIu64 " ", me, i);
        WC_CHECK(strncmp(text, want, strlen(want)) == 0);
        char **at = &kept[i % 16];
        WC_CHECK(!*at || (*at)[0] == (char)me);
        free(*at);
        WC_CHECK((*at = malloc((size_t)n + i % 3000 + 1)) != NULL);
        memset(*at, me, (size_t)n + i % 3000 + 1);
        WC_EQ(fprintf(file, "%s\n", text), n + 1);
        errno = 0;
        WC_EQ(close(-1), -1);
        WC_EQ(errno, EBADF);
    }
    for (int i = 0; i < 16; i++) free(kept[i]);
}

static int libc(void *arg) {
    (void)arg;
    const char *given = getenv("WC_LONG");
    int64_t end = weft_now() + (given ? atoi(given) : 1) * WC_SEC;
    WC_CHECK((file = fopen("/dev/null", "w")) != NULL);
    for (intptr_t i = 1; i <= 8; i++) weft_waitgroup_go(&wg, in_libc, (void *)i);
    while (weft_now() < end) weft_sleep(2 * WC_MS);
    if (!WC_TSAN) await_preemptions(10); /* a busy machine may have left few */
    stop = 1;
    weft_waitgroup_wait(&wg);
    fclose(file);
    return 0;
}

/* ---- with locked threads, thread-locals and errno ---- */

static _Thread_local int mine;

static void locked_spinner(void *arg) {
    weft_lock_thread();
    int here = tid(), me = (int)(intptr_t)arg;
    while (!stop) {
        mine = me;
        errno = me;
        for (volatile int i = 0; i < 10000; i++) {}
        WC_EQ(mine, me);
        WC_EQ(errno, me);
        WC_EQ(tid(), here);
    }
    weft_unlock_thread();
}

static int locked(void *arg) {
    (void)arg;
    weft_lock_thread();
    int here = tid();
    for (intptr_t i = 1; i <= 4; i++) weft_waitgroup_go(&wg, locked_spinner, (void *)i);
    await_preemptions(40);
    WC_EQ(tid(), here);
    weft_unlock_thread();
    stop = 1;
    weft_waitgroup_wait(&wg);
    return 0;
}

/* ---- beside blocking calls ---- */

static atomic_int calls;

/* SIGURG may interrupt it: a nanosleep is not restarted by the kernel. */
static intptr_t nap(void *arg) {
    usleep((unsigned)(intptr_t)arg);
    return 0;
}

static void caller(void *arg) {
    while (!stop) {
        WC_EQ(weft_blocking(nap, arg), 0);
        atomic_fetch_add(&calls, 1);
    }
}

static int beside_calls(void *arg) {
    for (int i = 0; i < 3; i++) weft_waitgroup_go(&wg, spinner, arg);
    for (intptr_t i = 0; i < 4; i++) weft_waitgroup_go(&wg, caller, (void *)(i * 100));
    for (int64_t end = weft_now() + 20 * WC_SEC; (calls < 40 || stats().preemptions == 0) && weft_now() < end;) weft_sleep(WC_MS);
    WC_CHECK(calls >= 40);
    WC_CHECK(stats().preemptions > 0);
    stop = 1;
    weft_waitgroup_wait(&wg);
    WC_EQ(stats().in_syscall, 0);
    return 0;
}

/* ---- in a dump ---- */

static int dumped(void *arg) {
    static char text[1 << 16];
    char *at;
    struct weft_go_options o = {.name = "the spinner"};
    WC_EQ(weft_go_with(&o, spinner, arg), 0);
    WC_UNTIL(spinning);
    await_preemptions(1);
    int fd = (int)syscall(SYS_memfd_create, "dump", 0);
    weft_dump(fd); /* at P = 1: so it is off */
    WC_CHECK(pread(fd, text, sizeof text - 1, 0) > 0);
    close(fd);
    stop = 1;
    WC_CHECKF((at = strstr(text, " [runnable")) != NULL, "%s", text);
    WC_CHECKF(strstr(at, "spin_here("), "%s", text);
    WC_CHECKF(strstr(at, "created by dumped"), "%s", text);
    struct weft_goroutine_info info[2];
    WC_EQ(weft_goroutines(info, 2), 2);
    int which = info[0].id == 1;
    WC_CHECK(strcmp(info[which].state, "runnable") == 0 && strcmp(info[which].name, "the spinner") == 0);
    return 0;
}

/* ---- panics ---- */

static atomic_int deferred;

static void note(void *arg) {
    (void)arg;
    atomic_fetch_add(&deferred, 1);
}

static void spin_and_panic(void *arg) {
    weft_defer(note, NULL);
    spin_here();
    weft_panic("boom %d", *(int *)arg);
}

static void caught(void *arg) {
    int n = (int)(intptr_t)arg;
    for (int i = 0; i < 3; i++) {
        const char *m = weft_pcall(spin_and_panic, &n);
        WC_CHECK(m && strncmp(m, "boom ", 5) == 0 && atoi(m + 5) == n);
    }
}

static int panics(void *arg) {
    (void)arg;
    for (intptr_t i = 1; i <= 4; i++) weft_waitgroup_go(&wg, caught, (void *)i);
    await_preemptions(20);
    stop = 1;
    weft_waitgroup_wait(&wg);
    WC_EQ(deferred, 12);
    return 0;
}

static int uncaught(void *arg) {
    (void)arg;
    int n = 7;
    weft_go(spin_and_panic, &n);
    await_preemptions(3);
    stop = 1;
    weft_sleep(1000 * WC_SEC);
    return 9;
}

static const char *has_frames(const struct wc_result *r) {
    return strstr(r->err, " [running]:\n") && strstr(r->err, "spin_and_panic(") ? NULL : "its frames are missing";
}

/* ---- runs that end, one after the other ---- */

static int ends_beside(void *arg) {
    int n = (int)(intptr_t)arg;
    for (int i = 0; i < 3; i++) weft_go(spinner, NULL);
    weft_sleep(n * 100000);
    return n;
}

static int many_runs(void) {
    for (intptr_t i = 0; i < 30; i++) WC_EQ(weft_run(ends_beside, (void *)(i % 15)), i % 15);
    return 0;
}

/* ---- at the run's end ---- */

static void nothing(void *arg) { (void)arg; }
/* Stopped in libc again and again, and back in user code when its run has ended: its next call ends it, whichever that is. */
static void prints_and_calls(void *arg) {
    char line[64];
    (void)arg;
    for (;;) {
        for (int i = 0; i < 50; i++) snprintf(line, sizeof line, "%d %g %s", i, i * 0.5, "text");
        weft_pcall(nothing, NULL);
    }
}
static int ends_meanwhile(void *arg) {
    for (int i = 0; i < 3; i++) weft_go(prints_and_calls, NULL);
    for (int i = 0; i < 5; i++) weft_sleep(WC_MS);
    return (int)(intptr_t)arg;
}
static int ends_often(void) {
    for (intptr_t i = 0; i < 100; i++) WC_EQ(weft_run(ends_meanwhile, (void *)(i % 7)), i % 7);
    return 0;
}

/* ---- after a rest ---- */

/* With all processors idle for long, sysmon sleeps without limit: whoever uses one again has to wake it, or the loop goes on for ever. */
static int after_rest(void *arg) {
    (void)arg;
    for (int i = 0; i < 2; i++) {
        stop = 0;
        weft_sleep(i ? 3 * WC_SEC : 200 * WC_MS); /* 3 s: there is nothing to trim any more */
        weft_waitgroup_go(&wg, spinner, NULL);
        weft_yield();
        stop = 1;
        weft_waitgroup_wait(&wg);
        WC_EQ(spinning, i + 1);
    }
    return 0;
}

/* ---- beside a thread that is long in ending ---- */

static pthread_key_t key;
static atomic_int lingers, let_go;

static void destructor(void *arg) {
    (void)arg;
    lingers = 1;
    for (int ms = 0; !let_go && ms < 20000; ms++) usleep(1000);
}
static void ends_its_thread(void *arg) {
    weft_lock_thread();
    WC_EQ(pthread_setspecific(key, arg), 0);
}
/* sysmon joins it, and is not to wait for a destructor of ours meanwhile. */
static int beside_destructor(void *arg) {
    (void)arg;
    weft_lock_thread(); /* the first thread ends with the process alone */
    WC_EQ(pthread_key_create(&key, destructor), 0);
    weft_go(ends_its_thread, &key);
    for (int64_t end = weft_now() + 10 * WC_SEC; !lingers && weft_now() < end;) weft_sleep(WC_MS);
    WC_EQ(lingers, 1);
    weft_waitgroup_go(&wg, spinner, NULL);
    weft_yield();
    stop = 1;
    weft_waitgroup_wait(&wg);
    let_go = 1;
    return 0;
}

#define NO_CALLS "a loop without calls is never preempted there"
#define OURS     "its way of stopping a goroutine is Weft's own"
#define FAST     "WEFT_DEBUG=slice=500"
WC_CASE(api_preempt_fair, .item = "api", .main = fair, .procs = 1, .env = {"WEFT_DEBUG=slice=1000"}, .timeout_s = 60,
        .not_under = WC_NOT_TSAN, .not_why = NO_CALLS, .no_twin = "Go's slice of 10 ms makes it long");
WC_CASE(api_preempt_libc, .item = "api", .main = libc, .env = {FAST}, .no_twin = "Go has no libc", .timeout_s = 40);
WC_CASE(api_preempt_locked, .item = "api", .main = locked, .env = {FAST}, .procs = 1, .not_under = WC_NOT_TSAN,
        .not_why = NO_CALLS, .no_twin = OURS);
WC_CASE(api_preempt_calls, .item = "api", .main = beside_calls, .env = {FAST}, .procs = 1, .not_under = WC_NOT_TSAN,
        .not_why = NO_CALLS, .no_twin = OURS);
WC_CASE(api_preempt_dump, .item = "api", .main = dumped, .procs = 1, .not_under = WC_NOT_TSAN, .not_why = NO_CALLS,
        .no_twin = OURS);
WC_CASE(api_preempt_pcall, .item = "api", .main = panics, .env = {FAST}, .procs = 1, .not_under = WC_NOT_TSAN,
        .not_why = NO_CALLS, .no_twin = OURS);
WC_CASE(api_preempt_panic, .item = "api", .main = uncaught, .env = {FAST}, .procs = 1, .not_under = WC_NOT_TSAN,
        .not_why = NO_CALLS, .err = "panic: boom 7", .exit = 2, .check = has_frames, .no_twin = OURS);
WC_CASE(api_preempt_runs, .item = "api", .proc = many_runs, .env = {FAST}, .not_under = WC_NOT_TSAN,
        .not_why = NO_CALLS, .no_twin = "a Go program runs once");
WC_CASE(api_preempt_after_rest, .item = "api", .main = after_rest, .procs = 1, .not_under = WC_NOT_TSAN, .not_why = NO_CALLS,
        .no_twin = OURS);
WC_CASE(api_preempt_thread_ends, .item = "api", .main = beside_destructor, .procs = 1, .not_under = WC_NOT_TSAN, .not_why = NO_CALLS,
        .no_twin = "a Go thread has no destructors");
WC_CASE(api_preempt_ends, .item = "api", .proc = ends_often, .procs = 1, .env = {FAST}, .not_under = WC_NOT_TSAN, .not_why = NO_CALLS,
        .timeout_s = 60, .no_twin = "a Go program runs once");
