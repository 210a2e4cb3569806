/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a signal's handler to a goroutine. io/signal.c has the public call and the channels; fault.c has SIGQUIT's report.
 *
 *   Handler, on any thread, anywhere          sysmon                                  Deliverer, a goroutine
 *   h1 pending |= bit                         s1 read its word (acquire)              d1 posted = 0          (release)
 *   h2 bump sysmon's word (release), wake it  s2 pending != 0?  (acquire)             d2 take all of pending (acq_rel)
 *                                             s3 posted: 0 -> 1, post a deliverer     d3 send each, where that does not block
 *                                             s4 sleep only if the word is as in s1
 *   Excluded: a bit that stays. After h2 sysmon comes to s2 and sees it, or something later in pending. If then posted is 0, a
 *   deliverer is posted. If it is 1, some deliverer's d2 is still to come: had it been before h1, then s2, which acquires a
 *   read-modify-write after d2, would see d1. So a signal raised after the last one was taken always comes; those before merge. [signal]
 *
 * The handler is os/signals.c's; it runs on any thread that has the signal unblocked: those of weft_run's caller and of Ms (fork.c),
 * and foreign ones. Subscribing is under io/signal.c's lock; `before` and `caught` are its. Each subscription is a hold
 * (weft_hold): somebody may still send.
 * Source: Go 1.22 sigqueue.go, sigsend and signal_recv; differs in that no goroutine waits: one is made when there is something.
 */
#include <errno.h>

#include "sched/sched.h"

static struct sigaction before[W_OS_SIGNALS + 1]; /* of caught ones */
static uint64_t lifted;                           /* the process's own handlers that were moved to the alternate stack */
static uint64_t caught;                           /* bits, signo - 1 */
static au64 pending;                              /* [signal] */
static au32 posted;                               /* [signal] a deliverer is on its way */
static aptr deliverer;                            /* a weft_fn; written before the first handler is there */
static void (*at_end)(void);                      /* io/signal.c forgets its channels; NULL: nothing was subscribed */

static uint64_t bit(int signo) { return UINT64_C(1) << (signo - 1); }

int w_signal_catch(int signo, weft_fn deliver, void (*forget)(void))
{
    w_sysmon_start();
    aptr_store_rel(&deliverer, (void *)(uintptr_t)deliver);
    at_end = forget;
    int e = w_os_signal_note(signo, &pending, &w_sched.sysmon_word, &before[signo]);
    if (e != 0)
        return e;
    caught |= bit(signo);
    weft_hold();
    return 0;
}

static void put_back(int signo)
{
    w_os_signal_put_back(signo, &before[signo]);
    caught &= ~bit(signo);
    au64_and_rlx(&pending, ~bit(signo)); /* nobody wants it any more */
}

void w_signal_drop(int signo)
{
    put_back(signo);
    weft_release();
}

uint64_t w_signals_take(void)
{
    au32_store_rel(&posted, 0);              /* [signal] d1 */
    return au64_xchg_acqrel(&pending, 0);    /* [signal] d2 */
}

void w_signals_poll(void)
{
    uint32_t no = 0;
    if (au64_load_acq(&pending) == 0 || !au32_cas_acqrel(&posted, &no, 1)) /* [signal] s2, s3 */
        return;
    if (w_post((weft_fn)(uintptr_t)aptr_load_acq(&deliverer), NULL, NULL) == -ENOMEM)
        w_throw("out of memory (signal)");
}

/*
 * Goroutines' stacks may be too small for a handler's frame, which with the vector registers takes 3 KiB and more. Handlers that
 * the process installs later have to ask for the alternate stack themselves (weft.h).
 */
void w_signals_lift(void)
{
    lifted = 0;
    for (int signo = 1; signo <= W_OS_SIGNALS; signo++)
        if (w_os_signal_lift(signo))
            lifted |= bit(signo);
}

/* The run is over, only its caller's thread is left. */
void w_signals_end(void)
{
    for (int signo = 1; caught != 0; signo++)
        if (caught & bit(signo))
            w_signal_drop(signo);
    for (int signo = 1; lifted != 0; lifted &= ~bit(signo++))
        if (lifted & bit(signo))
            w_os_signal_lower(signo);
    if (at_end)
        at_end();
    at_end = NULL;
    au64_store_rlx(&pending, 0); /* alone now */
    au32_store_rlx(&posted, 0);
}

/* In a fork's child: what strikes before the exec acts as it does after it. */
void w_signals_forked(void)
{
    for (int signo = 1; caught != 0; signo++)
        if (caught & bit(signo))
            put_back(signo);
}
