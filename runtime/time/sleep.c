/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_sleep: a timer in the sleeper's own frame; no allocation. The P's heap holds it; whoever finds it due makes the
 * goroutine runnable, once the node is no longer in use. [timer]
 */
#include "sched/sched.h"

struct sleeper {
    struct w_timer timer;
    struct w_g *g;
    au32 gate; /* held until the sleeper has left its stack: another P may find the timer due before that */
};

static void wake(struct w_timer *t, void *m)
{
    struct sleeper *s = w_container_of(t, struct sleeper, timer);
    struct w_g *g = s->g;
    w_spin_lock(&s->gate); /* [spin] released by the switch */
    w_timer_done(t);
    w_ready_due(m, g);
}

void weft_sleep(int64_t ns)
{
    if (ns <= 0)
        return;
    struct w_m *m = w_enter();
    int64_t now = w_os_now();
    m->p->now = now;
    struct sleeper s = {.timer = {.when = ns >= INT64_MAX - now ? INT64_MAX - 1 : now + ns, .fire = wake}, .g = m->g};
    m->g->ret = 0;
    w_spin_lock(&s.gate);
    w_timers_add(&m->p->timers, &s.timer);
    w_park_here(m, W_REASON_SLEEP, &s.gate);
}
