/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records of locks.h: holders by lock, waits by goroutine. Leaf locks, held for a walk along a chain, waits before a bucket;
 * not in the owner's section, so without preemption. Memory is the run's, and is used again within a bucket.
 */
#include "sched/locks.h"

#include <string.h>

enum { BUCKETS = 4096, WAIT_BUCKETS = 1024, BATCH = 8 };

struct holder {
    struct holder *next;
    const void *lock;
    uint64_t id;
    const void *site;
};

static struct bucket {
    au32 lock;
    struct holder *first, *free; /* under lock */
} holders[BUCKETS];

static struct {
    au32 lock;
    au32 stirred;                           /* 1: one has begun; a hint to sysmon, who is awake while anyone runs */
    struct w_lock_wait *first[WAIT_BUCKETS]; /* under lock, by number */
} waits;

void w_locks_start(void)
{
    memset(holders, 0, sizeof holders);
    memset(&waits, 0, sizeof waits);
}

/* ---- holders ---- */

static struct bucket *bucket_of(const void *lock)
{
    return &holders[(uintptr_t)lock * UINT64_C(0x9e3779b97f4a7c15) >> 52];
}
_Static_assert(BUCKETS == 1 << (64 - 52), "bucket_of");

/* The calling goroutine, also while it is on the system stack; NULL: the run has ended without this M. */
static struct w_g *caller(void)
{
    struct w_m *m = w_self();
    if (!m)
        w_foreign();
    if (au32_load_rlx(&m->abandoned)) /* a hint: its next call to the scheduler ends it */
        return NULL;
    return m->g == &m->g0 ? m->sys_g : m->g;
}

/* Bucket locked: a free record; NULL: no memory, then nobody learns of this holder. */
static struct holder *new_holder(struct bucket *b)
{
    if (!b->free) {
        struct holder *h = w_small_raw(BATCH * sizeof *h);
        for (int i = 0; h && i < BATCH; i++) {
            h[i].next = b->free;
            b->free = &h[i];
        }
    }
    struct holder *h = b->free;
    if (h)
        b->free = h->next;
    return h;
}

/* Bucket locked: *at goes. */
static void forget(struct bucket *b, struct holder **at)
{
    struct holder *h = *at;
    *at = h->next;
    h->next = b->free;
    b->free = h;
}

static void forget_all(struct bucket *b, const void *lock)
{
    for (struct holder **at = &b->first; *at;)
        if ((*at)->lock == lock)
            forget(b, at);
        else
            at = &(*at)->next;
}

void w_lock_taken(const void *lock, const void *site, bool shared)
{
    struct w_g *g = caller();
    struct bucket *b = bucket_of(lock);
    if (!g)
        return;
    w_preempt_off();
    w_spin_lock(&b->lock);
    if (!shared)
        forget_all(b, lock); /* of an object that was here before, and was freed while it was locked */
    struct holder *h = new_holder(b);
    if (h) {
        *h = (struct holder){b->first, lock, au64_load_rlx(&g->id), site}; /* its own */
        b->first = h;
    }
    w_spin_unlock(&b->lock);
    w_preempt_on();
}

bool w_lock_dropped(const void *lock)
{
    struct w_g *g = caller();
    struct bucket *b = bucket_of(lock);
    bool mine = false, others = false;
    if (!g)
        return true;
    w_preempt_off();
    w_spin_lock(&b->lock);
    for (struct holder **at = &b->first; *at && !mine; at = &(*at)->next) {
        if ((*at)->lock != lock)
            continue;
        others = true;
        if ((*at)->id == au64_load_rlx(&g->id)) { /* its own */
            forget(b, at);
            mine = true;
            break;
        }
    }
    if (others && !mine)
        forget_all(b, lock);
    w_spin_unlock(&b->lock);
    w_preempt_on();
    return mine || !others;
}

/* ---- waits ---- */

static struct w_lock_wait **chain_of(uint64_t id) { return &waits.first[id % WAIT_BUCKETS]; }

void w_waits_lock(void)
{
    w_preempt_off();
    w_spin_lock(&waits.lock);
}

void w_waits_unlock(void)
{
    w_spin_unlock(&waits.lock);
    w_preempt_on();
}

void w_lock_wait_begin(struct w_lock_wait *w, enum w_lock_kind kind, const void *lock, const void *shown)
{
    struct w_g *g = caller();
    *w = (struct w_lock_wait){.g = g, .lock = lock, .shown = shown, .kind = kind};
    if (!g)
        return;
    w->id = au64_load_rlx(&g->id); /* its own */
    w_waits_lock();
    w->at = chain_of(w->id);
    w->next = *w->at;
    if (w->next)
        w->next->at = &w->next;
    *w->at = w;
    au32_store_rlx(&waits.stirred, 1); /* a hint */
    w_waits_unlock();
}

void w_lock_wait_end(struct w_lock_wait *w)
{
    if (!w->g)
        return;
    w_waits_lock();
    *w->at = w->next;
    if (w->next)
        w->next->at = w->at;
    w_waits_unlock();
}

bool w_waits_stirred(void) { return au32_load_rlx(&waits.stirred) && au32_xchg_acqrel(&waits.stirred, 0); /* a hint */ }

struct w_lock_wait *w_waits_next(struct w_lock_wait *w)
{
    if (w && w->next)
        return w->next;
    for (uint64_t i = w ? w->id % WAIT_BUCKETS + 1 : 0; i < WAIT_BUCKETS; i++)
        if (waits.first[i])
            return waits.first[i];
    return NULL;
}

static struct w_lock_wait *wait_of(uint64_t id)
{
    struct w_lock_wait *w = *chain_of(id);
    while (w && w->id != id)
        w = w->next;
    return w;
}

struct w_lock_wait *w_lock_blocked_holder(const void *lock, uint32_t *nth)
{
    struct bucket *b = bucket_of(lock);
    struct w_lock_wait *found = NULL;
    uint32_t i = 0;
    w_spin_lock(&b->lock);
    for (struct holder *h = b->first; h && !found; h = h->next)
        if (h->lock == lock && i++ >= *nth)
            found = wait_of(h->id);
    w_spin_unlock(&b->lock);
    *nth = i;
    return found;
}

const void *w_lock_site(const void *lock, uint64_t id)
{
    struct bucket *b = bucket_of(lock);
    const void *site = NULL;
    w_spin_lock(&b->lock);
    for (struct holder *h = b->first; h && !site; h = h->next)
        if (h->lock == lock && h->id == id)
            site = h->site;
    w_spin_unlock(&b->lock);
    return site;
}
