/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_run: results, repetition, one at a time, from any one thread, and what is allowed outside a run.
 * Source:   api.md, "Running" and the details below it.
 * Goal:     results come back; a second concurrent run is refused; a run inside a run is fatal; runs from several threads
 *           one after the other work; bad configurations are refused with -EINVAL; calls that need a goroutine are fatal
 *           from a foreign thread and the others answer outside a run.
 * Method:   each case below does exactly that and compares results.
 * Expected: exit 0 with nothing on stderr; for the fatal ones "fatal error: …" first and exit 2.
 */
#include <pthread.h>
#include <signal.h>

#include "case.h"

static int triple(void *arg) { return 3 * *(int *)arg; }

static int results(void) {
    for (int i = 0; i < 40; i++) WC_EQ(weft_run(triple, &i), 3 * i);
    WC_CHECK(strcmp(weft_version(), WEFT_VERSION) == 0);
    return 0;
}

/* A thread tries to run while a run is on, and posts the answer. */
static weft_chan *answers;
static void give_answer(void *arg) { weft_chan_send(answers, &(int){(int)(intptr_t)arg}); }

static void *second_runner(void *arg) {
    int three = 3;
    WC_EQ(weft_post(give_answer, (void *)(intptr_t)weft_run(triple, &three)), 0);
    return arg;
}

static int while_running(void *arg) {
    pthread_t t;
    int rc = 0;
    answers = weft_chan_new(sizeof rc, 0);
    weft_hold();
    WC_EQ(pthread_create(&t, NULL, second_runner, arg), 0);
    weft_chan_recv(answers, &rc);
    WC_EQ(rc, -EBUSY);
    pthread_join(t, NULL);
    weft_release();
    weft_chan_free(answers);
    return 0;
}

static int inside(void *arg) {
    int one = 1;
    return weft_run(triple, &one) + (arg != NULL);
}

static const char *is_fatal(const struct wc_result *r) {
    return strncmp(r->err, "fatal error: ", 13) == 0 && r->err[13] > ' ' ? NULL
                                                                         : wc_text("stderr begins \"%.60s\"", r->err);
}

static void *run_some(void *arg) {
    for (int i = 0; i < 20; i++) WC_EQ(weft_run(triple, &i), 3 * i);
    return arg;
}

static int several_threads(void) {
    for (int t = 0; t < 8; t++) {
        pthread_t thread;
        WC_EQ(pthread_create(&thread, NULL, run_some, NULL), 0);
        WC_EQ(pthread_join(thread, NULL), 0);
    }
    run_some(NULL);
    return 0;
}

static int ask_procs(void *arg) { return (void)arg, weft_procs(0); }

static int configured(void) {
    struct weft_config c;
    weft_config_init(&c);
    WC_EQ(c.size, sizeof c);
    WC_EQ(c.procs, wc_procs());
    WC_EQ(c.stack_size, 256 << 10);
    c.procs = 3;
    WC_EQ(weft_run_config(&c, ask_procs, NULL), 3);
    c.stack_size = 64 << 10;
    WC_EQ(weft_run_config(&c, ask_procs, NULL), 3);
    struct weft_config bad = c;
    bad.procs = 0;
    WC_EQ(weft_run_config(&bad, ask_procs, NULL), -EINVAL);
    bad.procs = 1000;
    WC_EQ(weft_run_config(&bad, ask_procs, NULL), -EINVAL);
    bad = c;
    bad.stack_size = 1;
    WC_EQ(weft_run_config(&bad, ask_procs, NULL), -EINVAL);
    return 0;
}

static void never(void *arg) { (void)arg; }

static int outside(void) {
    struct weft_stats s;
    struct weft_goroutine_info info;
    memset(&s, 0xff, sizeof s);
    s.size = sizeof s;
    WC_EQ(weft_post(never, NULL), -ESRCH);
    weft_stats_read(&s);
    WC_EQ(s.goroutines, 0);
    WC_EQ(s.switches, 0);
    WC_EQ(weft_goroutines(&info, 1), 0);
    weft_hold();
    weft_release();
    weft_chan *c = weft_chan_new(4, 7);
    WC_EQ(weft_chan_cap(c), 7);
    WC_EQ(weft_chan_len(c), 0);
    weft_chan_free(c);
    weft_chan_free(NULL);
    int64_t a = weft_now(), b = weft_now();
    WC_CHECK(b >= a && a > 0);
    WC_EQ(weft_run(triple, &(int){2}), 6);
    WC_EQ(weft_post(never, NULL), -ESRCH);
    return 0;
}

static int yield_outside(void) {
    weft_yield();
    return 9;
}

static void *foreign_send(void *arg) {
    weft_chan_send(arg, "");
    return NULL;
}

static int send_foreign(void *arg) {
    pthread_t t;
    arg = weft_chan_new(1, 1);
    WC_EQ(pthread_create(&t, NULL, foreign_send, arg), 0);
    pthread_join(t, NULL);
    return 9;
}

static void exits(void *arg) { weft_exit((int)(intptr_t)arg); }

static int exit_from_pcall(void *arg) {
    weft_pcall(exits, arg);
    return 9;
}

static int exit_beside_work(void *arg) {
    weft_go(exits, arg);
    while (arg != (void *)exits) weft_yield();
    return 9;
}

static int exit_from_system_stack(void *arg) {
    weft_on_system_stack(exits, arg);
    return 9;
}

static void handles(int signo) { (void)signo; }
static int installs(void *signo) {
    struct sigaction sa = {.sa_handler = handles, .sa_flags = SA_ONSTACK};
    return sigaction((int)(intptr_t)signo, &sa, NULL);
}
/* What the program installed while Weft ran is there afterwards, for the signals that Weft handles too. */
static int keeps_handlers(void) {
    const int signals[] = {SIGQUIT, SIGSEGV, SIGFPE, SIGUSR1};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction now, dfl = {.sa_handler = SIG_DFL};
        WC_EQ(weft_run(installs, (void *)(intptr_t)signals[i]), 0);
        WC_EQ(sigaction(signals[i], &dfl, &now), 0);
        WC_CHECKF(now.sa_handler == handles && (now.sa_flags & SA_ONSTACK), "signal %d", signals[i]);
    }
    return 0;
}

static int exits_again(void) {
    for (intptr_t code = 0; code < 20; code++) {
        WC_EQ(weft_run(exit_from_system_stack, (void *)code), code);
        WC_EQ(weft_run(exit_from_pcall, (void *)code), code);
        WC_EQ(weft_run(exit_beside_work, (void *)code), code);
    }
    return 0;
}

WC_CASE(api_run_results, .item = "api", .proc = results, .no_twin = "a Go program runs once");
WC_CASE(api_run_busy, .item = "api", .main = while_running, .no_twin = "a Go program runs once");
WC_CASE(api_run_inside, .item = "api", .main = inside, .any_err = 1, .exit = 2, .check = is_fatal,
        .no_twin = "a Go program runs once");
WC_CASE(api_run_threads, .item = "api", .proc = several_threads, .no_twin = "a Go program runs once");
WC_CASE(api_run_config, .item = "api", .proc = configured, .no_twin = "a Go program runs once");
WC_CASE(api_outside_run, .item = "api", .proc = outside, .no_twin = "Go code is always in a goroutine");
WC_CASE(api_yield_outside, .item = "api", .proc = yield_outside, .any_err = 1, .exit = 2, .check = is_fatal,
        .no_twin = "Go code is always in a goroutine");
WC_CASE(api_foreign_send, .item = "api", .main = send_foreign, .any_err = 1, .exit = 2, .check = is_fatal,
        .no_twin = "Go code is always in a goroutine");
WC_CASE(api_run_handlers, .item = "api", .proc = keeps_handlers, .no_twin = "a Go program runs once");
WC_CASE(api_exit_again, .item = "api", .proc = exits_again, .no_twin = "a Go program runs once");
