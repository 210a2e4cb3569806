/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B28: goroutines that all wait are no deadlock while one of them may be woken by a signal.
 * Source:   os/signal.Notify.
 * Goal:     no false report while a signal is subscribed; the signal arrives though every thread of the runtime sleeps; the true
 *           report once nothing is subscribed any more, in the same run and in a later one.
 * Method:   (1) main subscribes to SIGUSR1 and waits; a plain thread (in Go a process) looks until all goroutines wait, lets 20 ms go
 *           by in which a report would come, and sends the signal. (2) Main subscribes, unsubscribes, waits. (3) A run ends with a
 *           subscription; the next one waits without.
 * Expected: (1) stdout "got it\n", exit 0; (2), (3) deadlock, goroutine 1 [chan receive], exit 2.
 */
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "case.h"

static weft_chan *c;

static void *sender(void *arg) {
    struct timespec ms = {.tv_nsec = WC_MS}, quiet = {.tv_nsec = 20 * WC_MS};
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    while (wc_waiting("chan receive") == 0) nanosleep(&ms, NULL);
    nanosleep(&quiet, NULL);
    kill(getpid(), SIGUSR1);
    return arg;
}

static int waits(void *arg) {
    pthread_t t;
    int signo = 0;
    c = wc_chan(sizeof(int), 1);
    WC_EQ(weft_signal_notify(SIGUSR1, c), 0);
    WC_EQ(pthread_create(&t, NULL, sender, arg), 0);
    WC_EQ(weft_chan_recv(c, &signo), 1);
    WC_EQ(signo, SIGUSR1);
    printf("got it\n");
    pthread_join(t, NULL);
    return 0;
}

static int dropped(void *arg) {
    (void)arg;
    c = wc_chan(sizeof(int), 1);
    WC_EQ(weft_signal_notify(SIGUSR1, c), 0);
    WC_EQ(weft_signal_notify(SIGUSR2, c), 0);
    WC_EQ(weft_signal_notify(SIGUSR1, NULL), 0);
    WC_EQ(weft_signal_notify(SIGUSR2, NULL), 0);
    weft_chan_recv(c, NULL);
    return 0;
}

static int subscribes(void *arg) { return (void)arg, weft_signal_notify(SIGUSR1, c); }
static int just_waits(void *arg) {
    (void)arg;
    weft_chan_recv(c, NULL);
    return 0;
}
static int two_runs(void) {
    c = weft_chan_new(sizeof(int), 1);
    WC_EQ(weft_run(subscribes, NULL), 0);
    return weft_run(just_waits, NULL);
}

WC_CASE(b28_signal_waiter, .item = "B28", .main = waits, .out = "got it\n", .twin = "b28_signal_waiter");
WC_CASE(b28_unsubscribed, .item = "B28", .main = dropped, .err = WC_DEADLOCK, .reason = "chan receive", .exit = 2,
        .no_twin = "Go waits on for any signal once one was subscribed");
WC_CASE(b28_next_run, .item = "B28", .proc = two_runs, .err = WC_DEADLOCK, .reason = "chan receive", .exit = 2,
        .no_twin = "a Go program is one run");
