/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock-free parts by themselves: threads of the simulation that do nothing else, with no run around them, so that
 * nearly every step is one of theirs.
 * Goal:   ring: whatever an owner pushes, pops and lets overflow beside two visitors comes out once, in order on each
 *         side.
 *         locks: one at a time in each, and nobody sleeps for good, or the simulator says that it is stuck.
 *         high: the most that was ever noted stays.
 *         duel: a word stored and then the other's looked at: not both miss, with one side's barrier heavy.
 * Method: hundreds of steps a schedule; a ring of 4 from random starts; the visitors take half, as proc.c's steal does.
 */
#include "case.h"
#include "sched/fast.h"
#include "stack/high.h"

_Static_assert(W_RUNQ_CAP == 4, "over weft_sim");

enum { PUSHES = 24, VISITS = 8, THREADS = 3, LOCKS = 4 };
static uint64_t seed;
static int failed;

static int draw(uint64_t *r, int below) { return (int)(wc_rand(r) % (uint64_t)below); }

static int run(void *(*const fn[])(void *), int n) {
    pthread_t t[THREADS];
    for (intptr_t i = 0; i < n; i++)
        if (w_os_thread_start(&t[i], 64 * 1024, fn[i], (void *)i) != 0) return 1;
    for (int i = 0; i < n; i++) pthread_join(t[i], NULL);
    return failed;
}

static void fail(const char *what, int a, int b) {
    dprintf(2, "%s: %d, %d\n", what, a, b);
    failed = 1;
}

/* ---- the ring ---- */

static struct w_g fake[PUSHES];
static int came[PUSHES];
static struct w_p *p;

/* The last that came to this side is in *last. */
static void comes(struct w_g *g, int *last) {
    int n = (int)(g - fake);
    if (n < 0 || n >= PUSHES) return fail("no goroutine", n, PUSHES);
    if (came[n]++) fail("came twice", n, came[n]);
    if (last && n <= *last) fail("out of order", n, *last);
    if (last) *last = n;
}

static void *owner(void *arg) {
    struct w_m me = {.p = p, .commit = &me.nolock, .g = &me.g0, .g0.flags = W_GF_G0}, *m;
    uint64_t r = seed;
    int last = -1;
    w_tls_m = &me;
    for (int n = 0; n < PUSHES;) {
        m = w_enter();
        for (int k = draw(&r, 4); k >= 0 && n < PUSHES; k--) w_ring_put(m, &fake[n++]);
        for (int k = draw(&r, 3); k > 0; k--) {
            struct w_g *g = w_ring_get(p);
            if (g) comes(g, &last);
        }
        w_leave(m);
    }
    w_tls_m = NULL;
    return arg;
}

static void *visitor(void *arg) {
    for (int k = 0; k < VISITS; k++) {
        struct w_g *loot[W_RUNQ_CAP];
        int last = -1;
        if (!w_visit(p)) continue;
        uint32_t h = au32_load_rlx(&p->q.head), size = au32_load_rlx(&p->q.tail) - h, n = size - size / 2;
        if (size > W_RUNQ_CAP) {
            fail("size of the ring", (int)size, W_RUNQ_CAP);
            n = 0;
        }
        for (uint32_t i = 0; i < n; i++) loot[i] = p->q.slot[(h + i) % W_RUNQ_CAP];
        au32_store_rlx(&p->q.head, h + n);
        w_visit_end(p);
        for (uint32_t i = 0; i < n; i++) comes(loot[i], &last);
    }
    return arg;
}

static int ring(void) {
    void *(*const fn[])(void *) = {owner, visitor, visitor};
    uint64_t r = seed = wc_seed();
    p = w_p_new(1);
    if (!p) return 1;
    uint32_t start = (uint32_t)wc_rand(&r);
    au32_store_rlx(&p->q.head, start);
    au32_store_rlx(&p->q.tail, start);
    int rc = run(fn, THREADS);
    struct w_g *g;
    while ((g = w_ring_get(p))) comes(g, NULL);
    w_lock(&w_sched.lock);
    while ((g = w_global_get())) comes(g, NULL);
    w_unlock(&w_sched.lock);
    for (int i = 0; i < PUSHES; i++)
        if (came[i] != 1) fail("came", i, came[i]);
    return rc | failed;
}
WC_CASE(sim_inside_ring, .item = "sim", .proc = ring, .no_twin = "white box");

/* ---- locks ---- */

static struct w_lock lock;
static au32 spin;
static int inside[2];

static void *locker(void *arg) {
    for (int i = 0; i < LOCKS; i++) {
        w_lock(&lock);
        if (inside[0]++) fail("inside the lock", i, inside[0]);
        w_full_fence(); /* a step, so that others come in between */
        inside[0]--;
        w_unlock(&lock);
        w_spin_lock(&spin);
        if (inside[1]++) fail("inside the spin lock", i, inside[1]);
        w_full_fence();
        inside[1]--;
        w_spin_unlock(&spin);
    }
    return arg;
}

static int locks(void) {
    void *(*const fn[])(void *) = {locker, locker, locker};
    return run(fn, THREADS);
}
WC_CASE(sim_inside_locks, .item = "sim", .proc = locks, .no_twin = "white box");

/* ---- the most bytes that an entry's stacks have been seen to use ---- */

enum { NOTES = 6 };
static void *notes(void *arg) {
    for (intptr_t k = 0; k < NOTES; k++) {
        size_t mine = (size_t)(k * THREADS + (intptr_t)arg + 1);
        w_high_note(&failed, mine);
        if (w_high_of(&failed) < mine) fail("less than was noted", (int)w_high_of(&failed), (int)mine);
    }
    return NULL;
}

static int high(void) {
    void *(*const fn[])(void *) = {notes, notes, notes};
    w_high_reset();
    int rc = run(fn, THREADS);
    if (w_high_of(&failed) != NOTES * THREADS) fail("not the most", (int)w_high_of(&failed), NOTES * THREADS);
    return rc | failed;
}
WC_CASE(sim_inside_high, .item = "sim", .proc = high, .no_twin = "white box");

/* ---- the duel, as the owner and its visitor have it ---- */

static int missed[2];
static void *light(void *arg) {
    au32_store_rlx(&p->busy, 1);
    w_light_barrier();
    missed[0] = au32_load_acq(&p->req) == 0;
    return arg;
}
static void *heavy(void *arg) {
    au32_or_acqrel(&p->req, W_REQ_VISIT);
    w_os_heavy_barrier();
    missed[1] = au32_load_sc(&p->busy) == 0;
    return arg;
}
static int duel(void) {
    void *(*const fn[])(void *) = {light, heavy};
    if (!(p = w_p_new(1))) return 1;
    int rc = run(fn, 2);
    if (missed[0] && missed[1]) fail("both missed", 1, 1);
    return rc | failed;
}
WC_CASE(sim_inside_duel, .item = "sim", .proc = duel, .no_twin = "white box");
