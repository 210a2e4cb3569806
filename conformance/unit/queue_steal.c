/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stealing half of a ring.
 * Item: B70
 * Goal:   of n goroutines n/2 or n/2+1 move, the oldest; none is lost, none is there twice, both rings keep their order. An empty
 *         ring gives up its runnext, but only the one that the thief saw stand.
 * Method: proc.c is compiled into this program, so that its static `steal` is what runs. Two Ps in a quiet run; the second is
 *         idle, its ring is filled by visiting it. n from 0 to 256, at starts all over the ring and where the indices wrap. What
 *         came to this P is taken out before it could be run: the goroutines are made up.
 */
#include "sched/proc.c"

#include "queue_test.h"

static uint32_t came[W_RUNQ_CAP];

static void fill_ring(struct w_p *victim, uint32_t start, uint32_t n)
{
    struct w_m owner = {.p = victim};
    CHECK(w_visit(victim));
    ring_start(victim, start);
    for (uint32_t i = 0; i < n; i++)
        w_runq_put(&owner, fake(i));
    CHECK_EQ(ring_len(victim), n);
    w_visit_end(victim);
}

/* Take all of p's ring out; how many there were. The caller is in p's section. */
static uint32_t drain(struct w_p *p, uint32_t first)
{
    struct w_g *g;
    uint32_t n = 0;
    while ((g = w_ring_get(p))) {
        CHECK_EQ(number(g), first + n); /* the order is kept */
        came[first + n++]++;
    }
    return n;
}

static void steal_of(struct w_p *victim, uint32_t start, uint32_t n)
{
    struct w_m *m = w_self();
    fill_ring(victim, start, n);
    memset(came, 0, sizeof came);
    struct w_g *g = steal(m, victim, NULL);
    CHECK((g == NULL) == (n == 0));
    w_enter();
    uint32_t moved = drain(m->p, 0);
    w_leave(m);
    if (g) {
        CHECK_EQ(number(g), moved); /* the last of the loot is run at once */
        came[moved++]++;
    }
    CHECK(w_visit(victim));
    uint32_t left = drain(victim, moved);
    w_visit_end(victim);
    CHECK(moved == n / 2 || moved == n / 2 + 1);
    CHECK_EQ(moved + left, n);
    for (uint32_t i = 0; i < W_RUNQ_CAP; i++)
        CHECK_EQ(came[i], i < n);
}

static void steal_next(struct w_p *victim)
{
    struct w_m *m = w_self();
    aptr_store_rlx(&victim->runnext, fake(7)); /* its P is idle */
    CHECK(steal(m, victim, NULL) == NULL);
    CHECK(steal(m, victim, fake(8)) == NULL);
    CHECK(aptr_load_rlx(&victim->runnext) == fake(7));
    fill_ring(victim, 0, 1);
    CHECK(steal(m, victim, fake(7)) == fake(0)); /* the ring first */
    CHECK(aptr_load_rlx(&victim->runnext) == fake(7));
    CHECK(steal(m, victim, fake(7)) == fake(7));
    CHECK(aptr_load_rlx(&victim->runnext) == NULL);
    CHECK_EQ(ring_len(victim) + ring_len(m->p), 0);
}

static int body(void *arg)
{
    uint64_t *s = arg;
    struct w_m *m = w_self();
    struct w_p *victim = w_sched.allp[1];
    CHECK(m->p == w_sched.allp[0] && victim->status == W_P_IDLE);
    uint64_t thefts = 0, loot = 0, ofall = 0;
    for (uint32_t n = 0; n <= W_RUNQ_CAP; n++) {
        uint32_t starts[] = {0, W_RUNQ_CAP - 1, UINT32_MAX - n / 4, (uint32_t)draw64(s), (uint32_t)draw64(s)};
        for (size_t k = 0; k < sizeof starts / sizeof *starts; k++) {
            steal_of(victim, starts[k], n);
            thefts += n > 0;
            loot += (n + 1) / 2;
            ofall += n;
        }
    }
    CHECK_EQ(au64_load_rlx(&m->p->n.steals), thefts);
    CHECK_EQ(au64_load_rlx(&m->p->n.stolen), loot);
    steal_next(victim);
    printf("figure: share %.9g\n", (double)loot / (double)ofall);
    return 0;
}

int main(void)
{
    uint64_t s = seed();
    CHECK_EQ(run_quiet(2, body, &s), 0);
    return 0;
}
