/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goroutine descriptors: slabs that stay mapped as long as the run, so that a dump may read any of them at any time; free
 * lists per P with the run's list behind; and the stack's attachment at first dispatch.
 *
 * Locks: sched.lock for the run's list and the slab table. A slab's count is published (release) after its Gs are zero. [slab]
 */
#include "sched/switch.h"

#include <string.h>

enum { FIRST_GS = 128, MOST_GS = 32768, SLABS = 4096, BATCH = 64, KEEP = 2048 };

static struct {
    struct slab {
        struct w_g *base;
        uint32_t n;
    } slab[SLABS];
    au32 nslab;
    uint32_t used; /* of the last slab; under sched.lock */
    uint32_t next; /* size of the next slab */
} gs = {.next = FIRST_GS};


/* sched.lock held: a descriptor never used. */
static struct w_g *carve(void)
{
    W_HELD(&w_sched.lock.word);
    uint32_t n = au32_load_rlx(&gs.nslab); /* under lock */
    if (n == 0 || gs.used == gs.slab[n - 1].n) {
        if (n == SLABS)
            return NULL;
        struct w_g *base = w_os_map(gs.next * sizeof *base);
        if (!base)
            return NULL;
        gs.slab[n] = (struct slab){base, gs.next};
        gs.used = 0;
        if (gs.next < MOST_GS)
            gs.next *= 2;
        au32_store_rel(&gs.nslab, ++n); /* [slab] */
    }
    return &gs.slab[n - 1].base[gs.used++];
}

/* The P's list is empty. */
static w_noinline bool refill(struct w_m *m)
{
    struct w_p *p = m->p;
    w_lock(&w_sched.lock);
    while (p->ngfree < BATCH) {
        struct w_g *g = w_sched.gfree;
        if (g) {
            w_sched.gfree = g->next;
            w_sched.ngfree--;
        } else if (!(g = carve())) {
            break;
        }
        g->next = p->gfree;
        p->gfree = g;
        p->ngfree++;
    }
    w_unlock(&w_sched.lock);
    return p->gfree != NULL;
}

struct w_g *w_g_new(struct w_m *m)
{
    struct w_p *p = m->p;
    if (w_unlikely(!p->gfree) && !refill(m))
        return NULL;
    struct w_g *g = p->gfree;
    p->gfree = g->next;
    p->ngfree--;
    uint64_t id = au64_load_rlx(&p->next_id); /* owner's */
    if (w_unlikely(id == au64_load_rlx(&p->end_id))) {
        id = au64_add_rlx(&w_sched.next_id, 16); /* numbers need no order */
        au64_store_rlx(&p->end_id, id + 16);
    }
    au64_store_rlx(&p->next_id, id + 1);
    au64_store_rlx(&g->id, id); /* read racily by dumps */
    return g;
}

/* sched.lock held, no P: for weft_post. */
struct w_g *w_g_new_locked(void)
{
    W_HELD(&w_sched.lock.word);
    struct w_g *g = w_sched.gfree;
    if (g) {
        w_sched.gfree = g->next;
        w_sched.ngfree--;
    } else {
        g = carve();
    }
    if (g)
        au64_store_rlx(&g->id, au64_add_rlx(&w_sched.next_id, 1)); /* numbers need no order */
    return g;
}

/* All but the first: that one's goroutine is ending just now, and its sp is still to be written by the switch. */
static w_noinline void spill(struct w_p *p)
{
    struct w_g *last = p->gfree;
    w_lock(&w_sched.lock);
    while (p->ngfree > KEEP / 2) {
        struct w_g *g = last->next;
        last->next = g->next;
        g->next = w_sched.gfree;
        w_sched.gfree = g;
        p->ngfree--;
        w_sched.ngfree++;
    }
    w_unlock(&w_sched.lock);
}

void w_g_free(struct w_m *m, struct w_g *g)
{
    struct w_p *p = m->p;
    w_g_set(g, W_G_DEAD, W_REASON_NONE);
    g->next = p->gfree;
    p->gfree = g;
    if (w_unlikely(++p->ngfree > KEEP))
        spill(p);
}

static void give_stack(struct w_g *g, char *stack, size_t usable)
{
    g->stack = stack;
    g->stack_kib = (uint32_t)(usable >> 10);
    g->sp = w_ctx_prepare(w_stack_top(stack, usable), w_g_main);
#if W_TSAN
    if (g->fiber)
        __tsan_destroy_fiber(g->fiber);
    g->fiber = __tsan_create_fiber(0);
#endif
#if W_ASAN
    __asan_unpoison_memory_region(stack, usable - W_STACK_TAIL); /* of frames that were left for good */
#endif
}

bool w_g_attach(struct w_m *m, struct w_g *g)
{
    if (w_unlikely(g->flags & W_GF_BIG))
        return false;
    enum w_stack_class k = w_unlikely(g->flags & W_GF_SMALL) ? W_STACK_TINY : W_STACK_NORMAL;
    char *s = w_stack_get(&m->p->stacks, k);
    if (w_unlikely(!s))
        return false;
    give_stack(g, s, w_stack_usable[k]);
    if (k == W_STACK_NORMAL && w_unlikely(*w_stack_clean(s))) {
        if (*w_stack_clean(s) == W_STACK_CLEAN)
            g->flags |= W_GF_CLEAN;
        *w_stack_clean(s) = W_STACK_USED;
    }
    return true;
}

bool w_g_attach_slow(struct w_m *m, struct w_g *g)
{
    if (g->flags & W_GF_BIG) {
        size_t usable = w_g_stack_bytes(g);
        char *s = w_stack_big_new(usable);
        if (!s)
            return false;
        give_stack(g, s, usable);
        g->flags |= W_GF_CLEAN;
        return true;
    }
    enum w_stack_class k = g->flags & W_GF_SMALL ? W_STACK_TINY : W_STACK_NORMAL;
    return w_g_attach(m, g) || (w_stack_refill(&m->p->stacks, k) == 0 && w_g_attach(m, g));
}

void w_each_g(bool (*fn)(struct w_g *g, void *arg), void *arg)
{
    uint32_t n = au32_load_acq(&gs.nslab); /* [slab] */
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < gs.slab[i].n; j++) {
            struct w_g *g = &gs.slab[i].base[j];
            if (w_g_status(g) != W_G_DEAD && !fn(g, arg))
                return;
        }
}

struct w_g *w_g_walk(struct w_g_cursor *c)
{
    uint32_t n = au32_load_acq(&gs.nslab); /* [slab] */
    if (c->slab < n && c->at == gs.slab[c->slab].n)
        *c = (struct w_g_cursor){c->slab + 1, 0};
    if (c->slab < n)
        return &gs.slab[c->slab].base[c->at++];
    *c = (struct w_g_cursor){0, 0};
    return NULL;
}

/* No M but the caller's is left; keep: or some that were abandoned. */
void w_gs_shutdown(bool keep)
{
    uint32_t n = au32_load_rlx(&gs.nslab); /* alone now */
    au32_store_rlx(&gs.nslab, 0);
    for (uint32_t i = 0; i < n && !keep; i++) {
#if W_TSAN
        for (uint32_t j = 0; j < gs.slab[i].n; j++)
            if (gs.slab[i].base[j].fiber)
                __tsan_destroy_fiber(gs.slab[i].base[j].fiber);
#endif
        w_os_unmap(gs.slab[i].base, gs.slab[i].n * sizeof(struct w_g));
    }
    gs.used = 0;
    gs.next = FIRST_GS;
}
