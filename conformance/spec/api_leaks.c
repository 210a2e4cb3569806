/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WEFT_DEBUG=leaks: goroutines that are left when a run ends are listed, with where they were started and why they wait.
 * Source:   weft.h, "Seeing"; runtime/sched/leaks.h; the idea is Uber's goleak. Go itself has no such list.
 * Goal:     one that waits, sleeps, is in a call or computes is listed when main returns, and when weft_exit is called; those that are alike
 *           once; one that was just told to end is none, nor is one that ended; a run that leaves nobody says nothing; each run of a
 *           process is judged for itself.
 * Method:   main leaves goroutines whose way of waiting has been seen, and closes a channel on which others wait, which then
 *           yield a hundred times before they end.
 * Expected: the list on stderr, the program's own exit status; with fatal 2; where nobody is left, silence.
 */
#include <poll.h>

#include "case.h"

static weft_mutex held;
static weft_chan *never, *ends;
static weft_waitgroup wg;

static void receives(void *arg) {
    weft_chan_recv(never, NULL);
    WC_CHECKF(!arg, "received"); /* so that the call above is no jump */
}
static void sleeps(void *arg) {
    weft_sleep(1000 * WC_SEC);
    WC_CHECKF(!arg, "woke");
}
static void locks(void *arg) {
    weft_mutex_lock(&held);
    WC_CHECKF(!arg, "got it");
}
static void calls(void *arg) {
    (void)arg;
    weft_syscall_enter();
    poll(NULL, 0, -1);
    weft_syscall_exit();
}
static void is_told(void *arg) {
    (void)arg;
    weft_chan_recv(ends, NULL);
    for (int i = 0; i < 100; i++) weft_yield();
}
static void ended(void *arg) { (void)arg; }

__attribute__((noinline)) static void start_receivers(void) {
    for (volatile int i = 0; i < 3; i++) weft_go(receives, NULL); /* one call, not three */
}

static int in_call(void) {
    struct weft_goroutine_info info[16];
    size_t n = weft_goroutines(info, 16);
    int found = 0;
    for (size_t i = 0; i < n && i < 16; i++) found |= strcmp(info[i].state, "syscall") == 0;
    return found;
}

/* Some that are none. */
static void no_leaks(void) {
    ends = wc_chan(0, 0);
    for (int i = 0; i < 20; i++) weft_go(is_told, NULL);
    for (int i = 0; i < 20; i++) weft_waitgroup_go(&wg, ended, NULL);
    weft_waitgroup_wait(&wg);
    wc_await(20, "chan receive");
    weft_chan_close(ends);
}

static int leaves_six(void *arg) {
    (void)arg;
    no_leaks();
    never = wc_chan(0, 0);
    weft_mutex_lock(&held);
    start_receivers();
    weft_waitgroup_go(&wg, sleeps, NULL); /* its caller started it */
    weft_go(locks, NULL);
    WC_EQ(weft_go_with(&(struct weft_go_options){.name = "caller"}, calls, NULL), 0);
    wc_await(3, "chan receive");
    wc_await(1, "sleep");
    wc_await(1, "sync.Mutex.Lock");
    WC_UNTIL(in_call());
    return 3;
}

static const char *lists_six(const struct wc_result *r) {
    static const char *const once[] = {" [chan receive]:\n",
                                       "\nreceives(...)\n",
                                       "\ncreated by start_receivers\n",
                                       "and 2 more like it\n",
                                       " [sleep]:\n",
                                       "\nsleeps(...)\n",
                                       " [sync.Mutex.Lock]:\n",
                                       "\nlocks(...)\n",
                                       " [syscall]: \"caller\"\n"};
    for (size_t i = 0; i < sizeof once / sizeof *once; i++)
        if (wc_count(r->err, once[i]) != 1)
            return wc_text("\"%s\" is there %d times", once[i], wc_count(r->err, once[i]));
    if (wc_count(r->err, "\ncreated by leaves_six\n") != 3) return "not three that leaves_six started";
    if (wc_headers(r->err) != 4) return wc_text("%d headers", wc_headers(r->err));
    return NULL;
}

#define NO_TWIN .no_twin = "Go has no such list"

WC_CASE(api_leaks, .item = "beyond", .main = leaves_six, .exit = 3,
        .err = "weft: 6 goroutines are left at the end of the run", .check = lists_six,
        .env = {"WEFT_DEBUG=leaks=1", NULL}, NO_TWIN);
WC_CASE(api_leaks_fatal, .item = "beyond", .main = leaves_six, .exit = 2, .check = lists_six,
        .err = "fatal error: 6 goroutines are left at the end of the run", .env = {"WEFT_DEBUG=leaks=fatal", NULL},
        NO_TWIN);

/* ---- weft_exit ---- */

static void exits(void *arg) {
    (void)arg;
    wc_await(1, "chan receive");
    weft_exit(4);
}

static int main_waits(void *arg) {
    never = wc_chan(0, 0);
    weft_go(exits, NULL);
    weft_chan_recv(never, NULL);
    return arg != NULL;
}

static const char *lists_main(const struct wc_result *r) {
    return wc_headers(r->err) == 1 && strstr(r->err, "\ngoroutine 1 [chan receive]:\n") &&
                   strstr(r->err, "\nmain_waits(...)\n")
               ? NULL
               : "not main alone";
}

WC_CASE(api_leaks_exit, .item = "beyond", .main = main_waits, .exit = 4,
        .err = "weft: 1 goroutine is left at the end of the run", .check = lists_main,
        .env = {"WEFT_DEBUG=leaks=1", NULL}, NO_TWIN);

/* ---- nobody, and one run after another ---- */

static int leaves_none(void *arg) {
    (void)arg;
    no_leaks();
    return 0;
}

static int leaves_one(void *arg) {
    (void)arg;
    weft_go(sleeps, NULL);
    wc_await(1, "sleep");
    return 0;
}

static int three_runs(void) {
    return weft_run(leaves_one, NULL) || weft_run(leaves_none, NULL) || weft_run(leaves_one, NULL);
}

static const char *twice(const struct wc_result *r) {
    int n = wc_count(r->err, "weft: 1 goroutine is left at the end of the run\n");
    return n == 2 && wc_headers(r->err) == 2 ? NULL : wc_text("%d lists, %d headers", n, wc_headers(r->err));
}

WC_CASE(api_leaks_none, .item = "beyond", .main = leaves_none, .env = {"WEFT_DEBUG=leaks=fatal", NULL}, NO_TWIN);
WC_CASE(api_leaks_runs, .item = "beyond", .proc = three_runs, .any_err = 1, .check = twice,
        .env = {"WEFT_DEBUG=leaks=1", NULL}, NO_TWIN);

/* ---- two that end it at once ---- */

enum { TIMES = 100 };
static int at_the_end;

static void meet_there(void) {
    __atomic_fetch_add(&at_the_end, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&at_the_end, __ATOMIC_ACQUIRE) < 2) weft_yield();
}
static void exits_too(void *arg) {
    meet_there();
    weft_exit((int)(intptr_t)arg);
}
static int returns_meanwhile(void *arg) {
    weft_go(exits_too, arg);
    meet_there();
    return (int)(intptr_t)arg;
}
static int both_end(void) {
    for (int i = 0; i < TIMES; i++) {
        at_the_end = 0;
        WC_EQ(weft_run(returns_meanwhile, (void *)5), 5);
    }
    return 0;
}
WC_CASE(api_leaks_both_end, .item = "beyond", .proc = both_end, .env = {"WEFT_DEBUG=leaks=fatal", NULL}, NO_TWIN);
