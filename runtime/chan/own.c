/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Having a channel: by its lock, or because it is biased to this P; and ending another P's bias. chan.h has the protocol. [bias]
 *
 * Runs in the owner's section, but for the revocation, which leaves it: two Ps that visited each other from within their
 * sections would wait for ever.
 */
#include "chan/chan.h"

static w_noinline void special(weft_chan *c)
{
    if (w_chan_is_timer(c)) {
        w_timer_look(c);
    } else if (c->last != w_sched.run_id) {
        c->last = w_sched.run_id;
        aptr_store_rlx(&c->recvq, NULL);
        aptr_store_rlx(&c->sendq, NULL);
    }
}

/* With the lock, and owner is shared, special or another run's: counts how often this P had it in a row. */
static void locked_now(struct w_m *m, weft_chan *c)
{
    uint32_t token = m->p->token, owner = au32_load_rlx(&c->owner); /* under lock */
    if (w_unlikely(owner != w_sched.shared)) {
        if (owner != W_OWNER_NEW && owner < W_OWNERS) {
            special(c);
            return;
        }
        aptr_store_rlx(&c->recvq, NULL);
        aptr_store_rlx(&c->sendq, NULL);
        c->last = 0;
        c->streak = 0;
        au32_store_rel(&c->owner, w_sched.shared);
    }
    if (c->last == token) {
        c->streak += c->streak < W_BIAS_AFTER;
    } else {
        c->last = token;
        c->streak = c->streak > 0 ? 0 : c->streak;
    }
}

static bool others(const struct w_m *m, uint32_t owner)
{
    return owner != m->p->token && owner > w_sched.shared && owner - w_sched.shared <= W_MAX_PROCS;
}

enum w_had w_chan_try_have(struct w_m *m, weft_chan *c)
{
    if (w_chan_is_own(m, c))
        return W_HAD_OWN;
    if (others(m, au32_load_rlx(&c->owner))) /* a hint: r1 looks again */
        return W_HAD_OTHERS;
    w_spin_lock(&c->lock);
    if (others(m, au32_load_acq(&c->owner))) {
        w_spin_unlock(&c->lock);
        return W_HAD_OTHERS;
    }
    locked_now(m, c);
    return W_HAD_LOCKED;
}

struct w_m *w_chan_have(struct w_m *m, weft_chan *c)
{
    for (;;) {
        switch (w_chan_try_have(m, c)) {
        case W_HAD_OWN:
            return m;
        case W_HAD_LOCKED:
            if (c->streak >= W_BIAS_AFTER) {
                au32_store_rel(&c->owner, m->p->token); /* [bias] */
                w_spin_unlock(&c->lock);
            }
            return m;
        case W_HAD_OTHERS:
            w_leave(m);
            w_chan_revoke(c);
            m = w_enter();
        }
    }
}

void w_chan_revoke(weft_chan *c)
{
    uint32_t n = 0, owner;
    while ((owner = au32_load_acq(&c->owner)) > w_sched.shared && owner - w_sched.shared <= W_MAX_PROCS) {
        struct w_p *p = w_sched.allp[owner - w_sched.shared - 1];
        if (!w_visit(p)) {
            w_backoff(&n);
            continue;
        }
        if (au32_load_acq(&c->owner) == owner) {
            c->streak = -W_BIAS_AGAIN;
            au32_store_rel(&c->owner, w_sched.shared); /* [bias] r3 */
        }
        w_visit_end(p);
    }
}
