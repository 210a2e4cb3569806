/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fork during a run. The child has one thread, a copy of the one that forked, and the rest of the run is missing: Ms, sysmon, owners of
 * locks. So it may call exec and _exit, as POSIX asks of a process with threads, and anything of Weft that needs the run is
 * fatal there, where it might wait for somebody who does not exist. The parent notices nothing.
 *
 * How a call notices: the child's copy of its P has W_REQ_FORKED, so the next owner's section takes the slow path and dies (visit.c), and
 * so does a goroutine's end. What enters no section looks at w_forked. Before the exec the child gets back the actions of
 * signals that the program subscribed to, and the mask that weft_run's caller had.
 *
 * Masks. Ms have that caller's mask too (but for SIGPIPE, which is kept back, faults and SIGURG), so that a program which posix_spawn,
 * system or popen starts, which do not come this way, can be interrupted as any other, and raise() works. Handlers then run on whichever M:
 * on its alternate stack, ours by themselves, the process's own because signal.c lifts them there. sysmon blocks everything.
 *
 * Source: POSIX fork; Go 1.22 os/exec_posix: syscall.forkExec, which does its own.
 */
#include "sched/sched.h"

au32 w_forked; /* of this process; written where no other thread is, never cleared */

static struct w_os_mask mask, thread_mask; /* const during a run */
static bool registered;       /* by who has w_running */

static void in_child(void)
{
    w_die_forked(); /* alone, all here */
    w_observe_forked();
    if (!au32_load_acq(&w_running))
        return;
    au32_store_rlx(&w_forked, 1);
    w_signals_forked();
    struct w_m *m = w_self();
    if (!m)
        return;
    if (m->p)
        au32_or_acqrel(&m->p->req, W_REQ_FORKED);
    struct w_p *left = aptr_load_rlx(&m->sysp); /* in a call: what it comes back to */
    if (left)
        au32_or_acqrel(&left->req, W_REQ_FORKED);
    w_os_mask_set(&mask);
}

void w_thread_mask(void) { w_os_mask_set(&thread_mask); }

void w_fork_boot(void)
{
    w_os_mask_get(&mask);
    thread_mask = mask;
    w_os_mask_for_threads(&thread_mask);
    if (!registered)
        registered = pthread_atfork(NULL, NULL, in_child) == 0;
}
