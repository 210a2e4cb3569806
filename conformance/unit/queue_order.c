/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an M looks first.
 * Item: claim 71
 * Goal:   with nothing of its own, an M takes from the global queue before it steals.
 * Method: proc.c is compiled into this program, so that its static `find_runnable` is what runs. Two Ps; ten goroutines in the ring of the
 *         second, which is idle, and ten in the global queue: which ones are found, three times, since the first look may be the 61st, which is
 *         the global queue's in any case. All are made up, so the process ends at once.
 */
#include "sched/proc.c"

#include "queue_test.h"

enum { EACH = 10, LOOKS = 3 };

static int body(void *arg)
{
    struct w_m *m = w_self();
    struct w_p *victim = w_sched.allp[1];
    struct w_m owner = {.p = victim};
    int global = 0;
    (void)arg;
    CHECK(m->p == w_sched.allp[0] && victim->status == W_P_IDLE);
    w_lock(&w_sched.lock);
    for (uint32_t i = 0; i < EACH; i++) {
        struct w_g *g = fake(i);
        w_global_put(&g, 1);
    }
    w_unlock(&w_sched.lock);
    CHECK(w_visit(victim));
    for (uint32_t i = 0; i < EACH; i++)
        w_runq_put(&owner, fake(EACH + i));
    w_visit_end(victim);
    for (int i = 0; i < LOOKS; i++) {
        struct w_g *found = find_runnable(m);
        CHECK(found && number(found) < 2 * EACH);
        global += number(found) < EACH;
        w_leave(m);
    }
    printf("figure: global_first %d\n", global == LOOKS);
    fflush(stdout);
    CHECK_EQ(global, LOOKS);
    _Exit(0);
}

int main(void)
{
    setenv("WEFT_DEBUG", "nosysmon=1", 1);
    return run_at(2, body, NULL);
}
