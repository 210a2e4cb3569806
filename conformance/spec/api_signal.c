/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_signal_notify in its details.
 * Source:   weft.h; os/signal.Notify and Stop.
 * Goal:     a signal raised after the last was received always comes, also while processors are busy; what does not fit is dropped; the
 *           last channel given counts; who is unsubscribed gets nothing, and the process's own handler is back, then and at the
 *           end of the run; what cannot be subscribed to is refused.
 * Method:   many rounds of raise and receive; a full channel; handlers of the case's own that count.
 * Expected: exit 0 each; the rounds' bound in time is the case's time-out.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "case.h"

static weft_chan *c;
static atomic_int mine, stop;

static void count(int signo) { mine += signo == SIGUSR1; }

static void busy(void *arg) {
    (void)arg;
    while (!stop) weft_yield();
}

static void *raise_it(void *arg) {
    kill(getpid(), SIGUSR1);
    return arg;
}

/* Some from a goroutine, some from a thread of its own: its mask is that of the creator, so either thread may run the handler. */
static int each_comes(void *arg) {
    int rounds = 160, got;
    c = wc_chan(sizeof(int), 1);
    WC_EQ(weft_signal_notify(SIGUSR1, c), 0);
    for (int i = 0; i < 2 * wc_procs(); i++) weft_go(busy, NULL);
    for (int i = 0; i < rounds; i++) {
        pthread_t t;
        if (i % 4 == 3) {
            WC_EQ(pthread_create(&t, NULL, raise_it, arg), 0);
            pthread_join(t, NULL);
        } else {
            raise_it(arg);
        }
        got = 0;
        WC_EQ(weft_chan_recv(c, &got), 1);
        WC_EQ(got, SIGUSR1);
        if (i == rounds / 2) stop = 1; /* the second half with sleeping processors */
    }
    return 0;
}

static int several(void *arg) {
    (void)arg;
    static const int set[] = {SIGUSR1, SIGUSR2, SIGWINCH, SIGCHLD, SIGALRM, SIGTERM, SIGINT, SIGHUP};
    enum { N = sizeof set / sizeof *set };
    unsigned seen = 0;
    c = wc_chan(sizeof(int), N + 2);
    for (int i = 0; i < N; i++) WC_EQ(weft_signal_notify(set[i], c), 0);
    WC_EQ(weft_signal_notify(SIGRTMIN, c), 0);
    WC_EQ(weft_signal_notify(SIGRTMAX, c), 0);
    for (int i = 0; i < N; i++) kill(getpid(), set[i]);
    kill(getpid(), SIGRTMIN);
    kill(getpid(), SIGRTMAX);
    for (int i = 0; i < N + 2; i++) {
        int got = 0;
        weft_chan_recv(c, &got);
        for (int k = 0; k < N; k++) seen |= (unsigned)(got == set[k]) << k;
        seen |= (unsigned)(got == SIGRTMIN) << N | (unsigned)(got == SIGRTMAX) << (N + 1);
    }
    WC_EQ(seen, (1u << (N + 2)) - 1);
    return 0;
}

/* A second signal behind the one that nobody reads: once it has come, so has the first's turn to be dropped. */
static int drops(void *arg) {
    (void)arg;
    int got = 0;
    weft_chan *full = wc_chan(sizeof(int), 0), *other = wc_chan(sizeof(int), 1);
    c = wc_chan(sizeof(int), 1);
    WC_EQ(weft_signal_notify(SIGUSR1, full), 0);
    WC_EQ(weft_signal_notify(SIGUSR2, other), 0);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    weft_chan_recv(other, &got);
    WC_EQ(got, SIGUSR2);
    WC_EQ(weft_signal_notify(SIGUSR1, c), 0); /* the last one given */
    kill(getpid(), SIGUSR1);
    weft_chan_recv(c, &got);
    WC_EQ(got, SIGUSR1);
    WC_EQ(weft_chan_try_recv(full, &got), -EAGAIN);
    return 0;
}

static int restores(void *arg) {
    (void)arg;
    int got = 0;
    WC_EQ(weft_signal_notify(SIGUSR1, c), 0);
    kill(getpid(), SIGUSR1);
    WC_EQ(weft_chan_recv(c, &got), 1);
    WC_EQ(mine, 0);
    WC_EQ(weft_signal_notify(SIGUSR1, NULL), 0);
    WC_EQ(weft_signal_notify(SIGUSR1, NULL), 0); /* nothing to do */
    kill(getpid(), SIGUSR1);
    WC_UNTIL(mine == 1);
    WC_EQ(weft_chan_try_recv(c, &got), -EAGAIN);
    return weft_signal_notify(SIGUSR1, c);
}
static int restored(void) {
    struct sigaction sa, after;
    c = weft_chan_new(sizeof(int), 1);
    signal(SIGUSR1, count);
    sigaction(SIGUSR1, NULL, &sa);
    for (int i = 0; i < 3; i++) {
        mine = 0;
        WC_EQ(weft_run(restores, NULL), 0);
        sigaction(SIGUSR1, NULL, &after);
        WC_CHECK(after.sa_handler == count && after.sa_flags == sa.sa_flags);
        raise(SIGUSR1);
        WC_EQ(mine, 2);
        sigaction(SIGQUIT, NULL, &after);
        WC_CHECK(after.sa_handler == SIG_DFL);
    }
    weft_chan_free(c);
    return 0;
}

static int refuses(void *arg) {
    (void)arg;
    static const int never[] = {0, -1, 65, 1 << 20, SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGURG};
    weft_chan *bytes = wc_chan(1, 1);
    c = wc_chan(sizeof(int), 1);
    for (unsigned i = 0; i < sizeof never / sizeof *never; i++) {
        WC_EQ(weft_signal_notify(never[i], c), -EINVAL);
        WC_EQ(weft_signal_notify(never[i], NULL), -EINVAL);
    }
    WC_EQ(weft_signal_notify(SIGUSR1, bytes), -EINVAL);
    return 0;
}

static weft_waitgroup wg;
static void from_small(void *arg) {
    (void)arg;
    int got = 0;
    WC_EQ(weft_signal_notify(SIGUSR1, c), 0);
    kill(getpid(), SIGUSR1);
    weft_chan_recv(c, &got);
    WC_EQ(got, SIGUSR1);
    WC_EQ(weft_signal_notify(SIGUSR1, NULL), 0);
    weft_waitgroup_done(&wg);
}
static int small(void *arg) {
    (void)arg;
    struct weft_go_options o = {.small = 1};
    c = wc_chan(sizeof(int), 1);
    weft_waitgroup_add(&wg, 1);
    WC_EQ(weft_go_with(&o, from_small, NULL), 0);
    weft_waitgroup_wait(&wg);
    return 0;
}

/* A handler without SA_ONSTACK, from before the run, that needs more than a small goroutine has, on every thread. */
static atomic_int lifted, on_own_stack;
static void large(int signo) {
    volatile char frame[6000];
    for (unsigned i = 0; i < sizeof frame; i++) frame[i] = (char)signo;
    stack_t now;
    sigaltstack(NULL, &now);
    if (now.ss_flags & SS_ONSTACK)
        lifted++;
    else
        on_own_stack++;
}
static void raises(void *arg) {
    (void)arg;
    for (int i = 0; i < 50; i++) {
        raise(SIGUSR2);
        weft_yield();
    }
    weft_waitgroup_done(&wg);
}
static int lift(void *arg) {
    (void)arg;
    struct weft_go_options o = {.small = !WC_ASAN && !WC_TSAN}; /* a sanitizer's own handler needs more of either stack */
    weft_waitgroup_add(&wg, 20);
    for (int i = 0; i < 20; i++) WC_EQ(weft_go_with(&o, raises, NULL), 0);
    weft_waitgroup_wait(&wg);
    return 0;
}
static int lifts(void) {
    struct sigaction after;
    signal(SIGUSR2, large);
    for (int i = 0; i < 2; i++) {
        lifted = on_own_stack = 0;
        WC_EQ(weft_run(lift, NULL), 0);
        WC_EQ(on_own_stack, 0);
        if (!WC_TSAN) WC_EQ(lifted, 1000); /* TSan may merge what it keeps back */
        sigaction(SIGUSR2, NULL, &after);
        WC_CHECK(after.sa_handler == large && !(after.sa_flags & SA_ONSTACK));
    }
    return 0;
}

#define NO_TWIN .no_twin = "Go's own tests have it; here it is the C interface that counts"
WC_CASE(api_signal_each, .item = "api", .main = each_comes, NO_TWIN);
WC_CASE(api_signal_several, .item = "api", .main = several, NO_TWIN);
WC_CASE(api_signal_drops, .item = "api", .main = drops, NO_TWIN);
WC_CASE(api_signal_restores, .item = "api", .proc = restored, NO_TWIN);
WC_CASE(api_signal_refuses, .item = "api", .main = refuses, NO_TWIN);
WC_CASE(api_signal_lifts, .item = "api", .proc = lifts, NO_TWIN);
WC_CASE(api_signal_small, .item = "api", .main = small, NO_TWIN);
