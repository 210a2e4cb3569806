/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_signal_notify: which channel gets which signal, and the goroutine that sends. sched/signal.c has the way from the handler to
 * that goroutine.
 *
 * `lock` is a goroutine's mutex: a deliverer holds it while it sends, so that a channel that was unsubscribed is touched no more and
 * may be freed. Sending does not block, so the lock is held for a moment; who meets it may switch. A run's end may leave it
 * locked, and forgets it with the channels.
 * Source: Go 1.22 os/signal: signal.go, process; differs in one channel a signal.
 */
#include <errno.h>

#include "chan/chan.h"

static weft_mutex lock;
static weft_chan *channel[W_OS_SIGNALS + 1]; /* under lock */

static void forget(void)
{
    lock = (weft_mutex){0};
    memset(channel, 0, sizeof channel);
}

static void deliver(void *unused)
{
    (void)unused;
    for (uint64_t bits = w_signals_take(); bits; bits &= bits - 1) {
        int signo = __builtin_ctzll(bits) + 1;
        weft_mutex_lock(&lock);
        if (channel[signo])
            weft_chan_try_send(channel[signo], &signo);
        weft_mutex_unlock(&lock);
    }
}

/* ---- the call ---- */

struct change {
    int signo, e;
    weft_chan *c;
};

/* lock held; on the thread's own stack, since sigaction and the monitor's thread need room. */
static void apply(void *arg)
{
    struct change *k = arg;
    weft_chan *old = channel[k->signo];
    if (k->c && !old)
        k->e = w_signal_catch(k->signo, deliver, forget);
    else if (!k->c && old)
        w_signal_drop(k->signo);
    if (k->e == 0)
        channel[k->signo] = k->c;
}

int weft_signal_notify(int signo, weft_chan *c)
{
    w_leave(w_enter()); /* or its end, for who is not of this run */
    if (w_os_signal_is_own(signo) || (c && c->elem != sizeof(int)))
        return -EINVAL;
    struct change k = {.signo = signo, .c = c};
    weft_mutex_lock(&lock);
    w_on_g0(w_self(), apply, &k);
    weft_mutex_unlock(&lock);
    return k.e;
}
