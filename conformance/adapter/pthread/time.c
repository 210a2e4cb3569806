/* SPDX-License-Identifier: Apache-2.0 */
/* Timers and tickers: a thread each, which waits on a condition variable until it is due or told otherwise. */
#include <errno.h>
#include <stdlib.h>

#include "adapter.h"

struct weft_timer {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int64_t when, every; /* under lock; when WEFT_NEVER: not pending */
    bool freed;          /* under lock */
    weft_chan *chan;     /* NULL: a function's */
    weft_fn fn;
    void *arg;
};

/* Locked, and due. */
static void fire(weft_timer *t) {
    int64_t due = t->when;
    t->when = t->every ? due + t->every : WEFT_NEVER;
    pthread_mutex_unlock(&t->lock);
    if (t->chan)
        weft_chan_try_send(t->chan, &due);
    else
        weft_go(t->fn, t->arg);
    pthread_mutex_lock(&t->lock);
}

static void *serve(void *arg) {
    weft_timer *t = arg;
    pthread_mutex_lock(&t->lock);
    while (!t->freed) {
        struct timespec until;
        if (t->when <= weft_now()) {
            fire(t);
        } else if (t->when == WEFT_NEVER) {
            pthread_cond_wait(&t->changed, &t->lock);
        } else {
            adapter_deadline(t->when, &until);
            pthread_cond_timedwait(&t->changed, &t->lock, &until);
        }
    }
    pthread_mutex_unlock(&t->lock);
    return NULL; /* t stays: its channel may be in use */
}

static weft_timer *make(int64_t ns, int64_t every, weft_fn fn, void *arg) {
    weft_timer *t = calloc(1, sizeof *t);
    pthread_condattr_t attr;
    pthread_t thread;
    *t = (weft_timer){.when = weft_now() + ns, .every = every, .fn = fn, .arg = arg};
    pthread_mutex_init(&t->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&t->changed, &attr);
    if (!fn) t->chan = weft_chan_new(sizeof(int64_t), 1);
    if (pthread_create(&thread, NULL, serve, t) != 0) abort();
    pthread_detach(thread);
    return t;
}

static const char misuse[] = "pthreads have no tickers: what misuse does is the adapter's own affair";

weft_timer *weft_timer_new(int64_t ns) { return make(ns, 0, NULL, NULL); }
weft_timer *weft_after_func(int64_t ns, weft_fn fn, void *arg) { return make(ns, 0, fn, arg); }
weft_timer *weft_ticker_new(int64_t ns) {
    if (ns <= 0) adapter_absent(misuse);
    return make(ns, ns, NULL, NULL);
}
weft_chan *weft_timer_chan(weft_timer *t) { return t->chan; }

static int set(weft_timer *t, int64_t when, bool freed) {
    if (!t) adapter_absent(misuse);
    pthread_mutex_lock(&t->lock);
    int pending = t->when != WEFT_NEVER;
    t->when = when;
    t->freed |= freed;
    pthread_cond_signal(&t->changed);
    pthread_mutex_unlock(&t->lock);
    if (t->chan && weft_chan_try_recv(t->chan, NULL) == 1) pending = 1;
    return pending;
}

int weft_timer_stop(weft_timer *t) { return set(t, WEFT_NEVER, false); }
int weft_timer_reset(weft_timer *t, int64_t ns) {
    if (t && t->every && ns <= 0) adapter_absent(misuse);
    if (t && t->every) t->every = ns;
    return set(t, weft_now() + ns, false);
}
void weft_timer_free(weft_timer *t) {
    if (t) set(t, WEFT_NEVER, true);
}
