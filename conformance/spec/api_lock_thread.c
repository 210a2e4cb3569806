/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_lock_thread, weft_unlock_thread.
 * Source:   runtime/proc.go:LockOSThread, UnlockOSThread, mexit; weft.h; api.md, the details.
 * Goal:     a locked goroutine keeps its thread, with its thread-locals, over any number of switches (errno is not promised),
 *           and nobody else runs there; it nests; too many unlocks are ignored; a goroutine that ends while locked ends its thread, the process's first
 *           excepted.
 * Method:   a thread's id is what gettid says. Beside the locked goroutine eight others switch all the time and note each time
 *           whether they run on a thread that is somebody's own.
 * Expected: exit 0 with nothing printed; the fatal one exit 2.
 */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <sys/syscall.h>

#include "case.h"

enum { OTHERS = 8, SWITCHES = 1000 };
static weft_waitgroup wg;
static atomic_int locked_tid[4], stop, trespassed;
static _Thread_local int mine;

static int tid(void) { return (int)syscall(SYS_gettid); }

static void other(void *arg) {
    weft_chan *c = arg;
    while (!stop) {
        int here = tid(); /* nothing switches between here and the look */
        for (int i = 0; i < 4; i++) trespassed += here == locked_tid[i];
        errno = ENOTTY;
        mine = -1;
        if (!weft_chan_try_send(c, "")) weft_chan_try_recv(c, NULL);
        weft_yield();
    }
}

static void others_start(void) {
    weft_chan *c = wc_chan(1, 1);
    for (int i = 0; i < OTHERS; i++) weft_waitgroup_go(&wg, other, c);
}

static void others_end(void) {
    stop = 1;
    weft_waitgroup_wait(&wg);
    WC_EQ(trespassed, 0);
}

/* ---- a thread of one's own ---- */

static weft_chan *ping, *pong;

static void echo(void *arg) {
    (void)arg;
    while (weft_chan_recv(ping, NULL)) weft_chan_send(pong, "");
}

static void one_switch(int i) {
    switch (i % 4) {
    case 0:
        weft_yield();
        break;
    case 1:
        weft_chan_send(ping, "");
        weft_chan_recv(pong, NULL);
        break;
    case 2:
        if (i % 64 == 2) weft_sleep(20000);
        break;
    case 3: {
        weft_syscall_enter();
        if (i % 64 == 3) usleep(50);
        weft_syscall_exit();
    }
    }
}

static void keeps(void *arg) {
    intptr_t slot = (intptr_t)arg;
    weft_lock_thread();
    int here = tid();
    locked_tid[slot] = here;
    for (int i = 0; i < SWITCHES; i++) {
        mine = 100 + (int)slot;
        one_switch(i);
        WC_EQ(tid(), here);
        WC_EQ(mine, 100 + (int)slot);
    }
    locked_tid[slot] = 0;
    weft_unlock_thread();
}

static int keeps_thread(void *arg) {
    weft_waitgroup locked = {0};
    (void)arg;
    ping = wc_chan(1, 0), pong = wc_chan(1, 0);
    weft_waitgroup_go(&wg, echo, NULL);
    others_start();
    for (intptr_t i = 1; i < 4; i++) weft_waitgroup_go(&locked, keeps, (void *)i);
    keeps((void *)0);
    weft_waitgroup_wait(&locked);
    weft_chan_close(ping);
    others_end();
    return 0;
}

/* ---- nesting, and too many unlocks ---- */

/* Is this goroutine said to be locked? The dump tells. */
static int said_locked(void) {
    static char text[1 << 16];
    char *at, want[64];
    int fd = (int)syscall(SYS_memfd_create, "dump", 0);
    WC_CHECK(fd >= 0);
    weft_dump(fd);
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    snprintf(want, sizeof want, "goroutine %d [", (int)weft_id());
    WC_CHECK((at = strstr(text, want)) != NULL);
    *strchr(at, '\n') = 0;
    return strstr(at, "locked to thread") != NULL;
}

static int nests(void *arg) {
    (void)arg;
    others_start();
    WC_EQ(said_locked(), 0);
    weft_unlock_thread(); /* never locked */
    weft_unlock_thread();
    for (int i = 0; i < 3; i++) weft_lock_thread();
    int here = tid();
    locked_tid[0] = here;
    for (int i = 0; i < 2; i++) weft_unlock_thread();
    WC_EQ(said_locked(), 1);
    for (int i = 0; i < 200; i++) {
        weft_yield();
        WC_EQ(tid(), here);
    }
    locked_tid[0] = 0;
    weft_unlock_thread();
    WC_EQ(said_locked(), 0);
    weft_unlock_thread();
    for (int i = 0; i < 100; i++) weft_yield();
    weft_lock_thread();
    here = tid();
    locked_tid[0] = here;
    for (int i = 0; i < 200; i++) {
        weft_yield();
        WC_EQ(tid(), here);
    }
    locked_tid[0] = 0;
    weft_unlock_thread();
    others_end();
    return 0;
}

/* ---- the end of a locked goroutine ---- */

static int there(int t) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d", t);
    return access(path, F_OK) == 0;
}

static void ends_locked(void *arg) {
    weft_lock_thread();
    *(atomic_int *)arg = tid();
    weft_yield();
    WC_EQ(tid(), *(atomic_int *)arg);
}

static int thread_ends(void *arg) {
    (void)arg;
    atomic_int t = 0;
    weft_lock_thread(); /* main keeps the first thread, the others have others */
    for (int i = 0; i < 20; i++) {
        weft_waitgroup_go(&wg, ends_locked, &t);
        weft_waitgroup_wait(&wg);
        WC_CHECK(t != tid());
        WC_UNTIL(!there(t));
    }
    weft_unlock_thread();
    return 0;
}

/* At P = 1 nothing but the first thread is there to run the goroutine. */
static int first_stays(void *arg) {
    (void)arg;
    atomic_int t = 0;
    weft_waitgroup_go(&wg, ends_locked, &t);
    weft_waitgroup_wait(&wg);
    WC_EQ(t, getpid());
    for (int i = 0; i < 1000; i++) weft_yield();
    return 5;
}

static int first_thread(void) {
    WC_EQ(tid(), getpid());
    WC_EQ(weft_run(first_stays, NULL), 5);
    WC_EQ(tid(), getpid());
    WC_EQ(weft_run(first_stays, NULL), 5);
    return 0;
}

/* ---- a lock ends with its goroutine and its run ---- */

static int locked_return(void *arg) {
    weft_lock_thread();
    return arg ? 7 : 8;
}

static int threads_end(void) {
    for (int i = 0; i < 3; i++) WC_EQ(weft_run(thread_ends, NULL), 0);
    return 0;
}

static int next_run(void) {
    for (int i = 0; i < 20; i++) {
        WC_EQ(weft_run(locked_return, "x"), 7);
        WC_EQ(weft_run(locked_return, NULL), 8);
    }
    return 0;
}

static void lock(void *arg) {
    (void)arg;
    weft_lock_thread();
}

static int on_system_stack(void *arg) {
    weft_on_system_stack(lock, arg);
    return 9;
}

/* Whoever is not locked any more may go on elsewhere: nothing of it binds a thread, or ends one. */
static void unlock(void *arg) {
    (void)arg;
    weft_unlock_thread();
}
static void unlocks_below(void *arg) {
    weft_lock_thread();
    weft_lock_thread();
    weft_unlock_thread();
    weft_on_system_stack(unlock, arg);
    char text[1 << 12];
    int ends[2];
    WC_EQ(pipe(ends), 0);
    weft_dump(ends[1]);
    ssize_t n = read(ends[0], text, sizeof text - 1);
    WC_CHECK(n > 0);
    text[n] = 0;
    WC_CHECKF(!strstr(text, "locked to thread"), "%s", text);
    close(ends[0]);
    close(ends[1]);
}
static int unlocks_on_system_stack(void *arg) {
    weft_go(unlocks_below, arg);
    wc_await_goroutines(1);
    return 0;
}

/* Nobody else is ready, so each yield comes back at once; and yet the sleeper's time is seen. */
static int woken;
static void sleeps_a_while(void *arg) {
    (void)arg;
    weft_sleep(WC_MS);
    __atomic_store_n(&woken, 1, __ATOMIC_RELEASE);
}
static int yields_alone(void *arg) {
    weft_lock_thread();
    for (int i = 0; i < 20; i++) {
        __atomic_store_n(&woken, 0, __ATOMIC_RELAXED);
        weft_go(sleeps_a_while, arg);
        while (!__atomic_load_n(&woken, __ATOMIC_ACQUIRE)) weft_yield();
    }
    return 0;
}

WC_CASE(api_lock_unlocks_below, .item = "api", .main = unlocks_on_system_stack, .no_twin = "Go's system stack is its own");
WC_CASE(api_lock_yields_alone, .item = "api", .main = yields_alone, .procs = 1, .env = {"WEFT_DEBUG=nosysmon=1", NULL},
        .no_twin = "Go has no such knob");
WC_CASE(api_lock_keeps_thread, .item = "api", .main = keeps_thread, .twin = "api_lock_keeps_thread");
WC_CASE(api_lock_nests, .item = "api", .main = nests,
        .no_twin = "a dump of a running Go program says it by signal alone");
WC_CASE(api_lock_thread_ends, .item = "api", .main = thread_ends, .twin = "api_lock_thread_ends");
WC_CASE(api_lock_ends_and_runs, .item = "api", .proc = threads_end, .no_twin = "a Go program runs once");
WC_CASE(api_lock_first_thread, .item = "api", .proc = first_thread, .procs = 1, .no_twin = "a Go program runs once");
WC_CASE(api_lock_next_run, .item = "api", .proc = next_run, .no_twin = "a Go program runs once");
WC_CASE(api_lock_system_stack, .item = "api", .main = on_system_stack, .exit = 2,
        .err = "fatal error: weft: weft_lock_thread was called on the system stack",
        .no_twin = "Go's system stack is the runtime's own");
