/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for descriptors: what netpoll.c does for the rest of the scheduler, and for io/. netpoll.c has the protocol. */
#ifndef W_NETPOLL_H
#define W_NETPOLL_H

#include "sched/sched.h"

/* What io/fd.c does for the poller; set at the first add. */
struct w_netpoll_hooks {
    /* A token became ready (W_POLL_ bits): waiters to wake are put behind *tail, linked by next. */
    void (*ready)(uint64_t token, uint32_t what, struct w_g ***tail);
    void (*forget)(bool keep); /* the run has ended: nobody waits any more, and the poller is closed; keep: somebody may still look */
};
void w_netpoll_hook(const struct w_netpoll_hooks *hooks);
/* Entered. Have the poller report fd; it is opened first if need be. 0 or -errno; -EPERM: never to be waited for. */
int w_netpoll_add(struct w_m *m, int fd, uint64_t token);
/* As w_waitq_wait_on, and counted as a goroutine that a descriptor can wake. */
intptr_t w_netpoll_park(struct w_m *m, struct weft_waitq_ *q, au32 *lock, struct w_waiter *w, int64_t deadline);
bool w_netpoll_on(void);
uint64_t w_netpoll_waiting(void);           /* exact under sched.lock with all Ms asleep */
bool w_netpoll_due(const struct w_p *p);    /* by p->now: nobody has looked for long while goroutines wait */
/* Entered, on g0: look without waiting; what is ready comes to this P. True: something did. */
bool w_netpoll_look(struct w_m *m);
/* m, without a P, sleeps in the poller. True: m->park is set. False: `when` has come, or *ready has goroutines. */
bool w_netpoll_sleep(struct w_m *m, int64_t when, struct w_g **ready);
/* Not entered, with a P: what w_netpoll_sleep brought comes to it. */
void w_netpoll_take(struct w_m *m, struct w_g *ready);
void w_netpoll_target(void);                /* before the store to park of an M that sleeps there: it is to be interrupted … */
void w_netpoll_left(void);                  /* … and that M, once it is out */
void w_netpoll_inject(struct w_g *ready);   /* sched.lock held: to the global queue */
void w_netpoll_sysmon(bool some_idle);     /* nobody has looked for long: look, and wake a P for what is ready */
uint64_t w_netpoll_polls(void);
void w_netpoll_shutdown(bool keep);         /* after the last observer; keep: some Ms were abandoned */

#endif
