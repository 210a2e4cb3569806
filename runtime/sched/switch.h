/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The switch as the scheduler uses it: the ISA's, with what sanitizers and ports without a commit in assembly need
 * around it. Runs on the stack that is left and, after the switch, on the one that is entered.
 */
#ifndef W_SWITCH_H
#define W_SWITCH_H

#include "sched/sched.h"

#if W_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#if W_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

_Noreturn void w_ret_closed(void);

#if W_ARCH_COMMITS
static inline intptr_t w_switch(struct w_m *m, struct w_g *to) { return w_ctx_switch(m, to); }
static inline void w_arrive(bool fresh) { (void)fresh; }
#else
static inline void w_depart(struct w_g *from, struct w_g *to)
{
    (void)from, (void)to;
#if W_TSAN
    __tsan_switch_to_fiber(to->fiber, 0);
#endif
#if W_ASAN
    bool dead = (au32_load_rlx(&from->status) & 0xff) == W_G_DEAD && from->stack == NULL; /* own; an abandoned M has no other M to look at */
    __sanitizer_start_switch_fiber(dead ? NULL : &from->fiber, to->stack, w_g_stack_bytes(to));
#endif
}

/* First thing on the stack that is entered: release what the switch carried. */
static inline void w_arrive(bool fresh)
{
    struct w_m *m = w_self();
    (void)fresh;
#if W_ASAN
    __sanitizer_finish_switch_fiber(fresh ? NULL : m->g->fiber, NULL, NULL);
#endif
    struct w_p *p = m->p;
    au32_store_rel(m->commit, 0); /* [spin] */
    au32_store_rel(&p->busy, 0);  /* [owner] o5 */
}

static inline intptr_t w_switch(struct w_m *m, struct w_g *to)
{
    w_depart(m->g, to);
    intptr_t ret = w_ctx_switch(m, to);
    w_arrive(false);
    if (w_unlikely(ret == W_RET_CLOSED))
        w_ret_closed();
    return ret;
}
#endif

#endif
