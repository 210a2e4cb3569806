/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A full ring spills half of itself.
 * Item: B71
 * Goal:   the 257th goroutine takes the 128 oldest with it into the global queue, 128+1 in all, in order; the ring keeps the
 *         other 128 in order. (In general: half of W_RUNQ_CAP, and one.)
 * Method: 1. made-up goroutines, at every start in the ring, that is also where the spilled half wraps. 2. weft_go: the one in
 *         runnext and 256 in the ring spill nothing, one more does; then all are run, each once, in the order that follows.
 *         3. the running goroutine, which is still on its stack, stays on the ring, where nobody comes before it has left.
 */
#include "queue_test.h"

enum { HALF = W_RUNQ_CAP / 2 };

static struct w_g *from_global(void)
{
    w_lock(&w_sched.lock);
    struct w_g *g = w_global_get();
    w_unlock(&w_sched.lock);
    return g;
}

static void spill(struct w_m *m, uint32_t start)
{
    struct w_p *p = m->p;
    uint64_t before = au64_load_rlx(&p->n.overflows);
    ring_start(p, start);
    for (uint32_t i = 0; i < W_RUNQ_CAP; i++)
        w_runq_put(m, fake(i));
    CHECK_EQ(ring_len(p), W_RUNQ_CAP);
    CHECK_EQ(au32_load_rlx(&w_sched.q.size), 0);
    w_runq_put(m, fake(W_RUNQ_CAP));
    CHECK_EQ(au64_load_rlx(&p->n.overflows), before + 1);
    CHECK_EQ(ring_len(p), HALF);
    CHECK_EQ(au32_load_rlx(&w_sched.q.size), HALF + 1);
    for (uint32_t i = 0; i < HALF; i++)
        CHECK_EQ(number(from_global()), i);
    CHECK_EQ(number(from_global()), W_RUNQ_CAP);
    CHECK(from_global() == NULL);
    for (uint32_t i = HALF; i < W_RUNQ_CAP; i++)
        CHECK_EQ(number(w_ring_get(p)), i);
    CHECK(w_ring_get(p) == NULL);
}

/* As a yield with a full ring: in the global queue another thread could run it while it runs here. */
static void spill_running(struct w_m *m)
{
    struct w_p *p = m->p;
    ring_start(p, 0);
    for (uint32_t i = 0; i < W_RUNQ_CAP; i++)
        w_runq_put(m, fake(i));
    w_runq_put(m, m->g);
    CHECK_EQ(au32_load_rlx(&w_sched.q.size), HALF);
    CHECK_EQ(ring_len(p), HALF + 1);
    for (uint32_t i = 0; i < HALF; i++)
        CHECK_EQ(number(from_global()), i);
    for (uint32_t i = HALF; i < W_RUNQ_CAP; i++)
        CHECK_EQ(number(w_ring_get(p)), i);
    CHECK(w_ring_get(p) == m->g);
}

static int spills(void *arg)
{
    (void)arg;
    struct w_m *m = w_enter();
    for (uint32_t start = 0; start < W_RUNQ_CAP; start++)
        spill(m, start);
    for (uint32_t start = UINT32_MAX; start > UINT32_MAX - 2 * W_RUNQ_CAP; start--) /* where the indices wrap */
        spill(m, start);
    spill_running(m);
    w_leave(m);
    return 0;
}

/* ---- by weft_go ---- */

enum { ALL = W_RUNQ_CAP + 2 };
static uint32_t order[ALL], ran;
static void child(void *arg) { order[ran++] = (uint32_t)(uintptr_t)arg; }

static int started(void *arg)
{
    (void)arg;
    struct w_p *p = w_self()->p;
    for (uintptr_t i = 0; i < ALL - 1; i++)
        weft_go(child, (void *)i);
    CHECK_EQ(au64_load_rlx(&p->n.overflows), 0);
    CHECK_EQ(ring_len(p), W_RUNQ_CAP);
    weft_go(child, (void *)(uintptr_t)(ALL - 1));
    CHECK_EQ(au64_load_rlx(&p->n.overflows), 1);
    CHECK_EQ(ring_len(p), HALF);
    CHECK_EQ(au32_load_rlx(&w_sched.q.size), HALF + 1);
    while (ran < ALL)
        weft_yield();
    /* The newest first, then both queues in order, merged somehow: each is once there and its half is increasing. */
    uint32_t seen[ALL] = {0}, global = 0, local = HALF;
    CHECK_EQ(order[0], ALL - 1);
    for (uint32_t i = 0; i < ALL; i++) {
        uint32_t x = order[i];
        CHECK_EQ(++seen[x], 1);
        if (x == W_RUNQ_CAP)
            CHECK_EQ(global, HALF); /* the last of those that were spilled */
        else if (x < HALF)
            CHECK_EQ(x, global++);
        else if (x < W_RUNQ_CAP)
            CHECK_EQ(x, local++);
    }
    return 0;
}

int main(void)
{
    CHECK_EQ(run_quiet(1, spills, NULL), 0);
    CHECK_EQ(run_quiet(1, started, NULL), 0);
    printf("figure: spilled %d\n", HALF + 1);
    return 0;
}
