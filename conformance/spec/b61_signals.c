/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B61: signals that nobody subscribed to. SIGTERM, SIGHUP and SIGINT end the process as they do any; SIGQUIT reports every goroutine.
 * Source:   os/signal, "Default behavior of signals in Go programs"; runtime/signal_unix.go: sighandler.
 * Goal:     the status by which a parent knows the signal; for SIGQUIT the report's first lines, a waiting goroutine's state in
 *           it, and status 2. Also a process's own handler for SIGQUIT: it is left alone.
 * Method:   main waits on a channel; a goroutine, once it sees main wait, sends the signal to the process and sleeps on.
 * Expected: 143, 129, 130; "SIGQUIT: quit", "PC=…", a blank line, goroutine 1 [chan receive], 2; own handler: stdout "mine\n", 0.
 */
#include <pthread.h>
#include <signal.h>

#include "case.h"

static weft_chan *c;
static int signo;

static void send_it(void *arg) {
    (void)arg;
    wc_await(1, "chan receive");
    kill(getpid(), signo);
    weft_sleep(20 * WC_SEC);
}

static int waits(void *arg) {
    weft_go(send_it, arg);
    weft_chan_recv(c, NULL);
    return 0;
}

/* The harness keeps SIGQUIT back in a case's process. */
static int with(int which) {
    sigset_t quit;
    sigemptyset(&quit);
    sigaddset(&quit, SIGQUIT);
    pthread_sigmask(SIG_UNBLOCK, &quit, NULL);
    signo = which;
    c = weft_chan_new(1, 0);
    return weft_run(waits, NULL);
}

static int term(void) { return with(SIGTERM); }
static int hup(void) { return with(SIGHUP); }
static int interrupt(void) { return with(SIGINT); }
static int quit(void) { return with(SIGQUIT); }

static void mine(int which) {
    (void)which;
    _exit(write(1, "mine\n", 5) != 5);
}
static int own_handler(void) {
    signal(SIGQUIT, mine);
    return with(SIGQUIT);
}

static int ignored_main(void *arg) {
    raise(SIGQUIT);
    return arg != NULL;
}
static int ignored(void) {
    signal(SIGQUIT, SIG_IGN);
    int rc = weft_run(ignored_main, NULL);
    printf("still here\n");
    return rc;
}

static const char *is_report(const struct wc_result *r) {
    const char *at = strstr(r->err, "\nPC=0x");
    if (at != strchr(r->err, '\n')) return "the second line is no PC=";
    at = strchr(at + 1, '\n');
    if (!at || strncmp(at, "\n\n", 2) != 0) return "no blank line after PC=";
    /* Go puts addresses between the number and the state in this report. */
    at = strstr(at, "\ngoroutine 1 ");
    const char *state = at ? strstr(at, "[chan receive") : NULL;
    return state && state < strchr(at + 1, '\n') ? NULL : "no goroutine 1 [chan receive] in the report";
}

WC_CASE(b61_sigterm, .item = "B61", .proc = term, .exit = 143, .twin = "b61_sigterm");
WC_CASE(b61_sighup, .item = "B61", .proc = hup, .exit = 129, .twin = "b61_sighup");
WC_CASE(b61_sigint, .item = "B61", .proc = interrupt, .exit = 130, .twin = "b61_sigint");
WC_CASE(b61_sigquit, .item = "B61", .proc = quit, .err = "SIGQUIT: quit", .check = is_report, .exit = 2, .twin = "b61_sigquit");
WC_CASE(b61_sigquit_own, .item = "B61", .proc = own_handler, .out = "mine\n",
        .no_twin = "a Go program has no handler but the runtime's");
WC_CASE(b61_sigquit_ignored, .item = "B61", .proc = ignored, .out = "still here\n",
        .no_twin = "Go reports an ignored SIGQUIT; in a library whose process ignores it that would be a surprise");
