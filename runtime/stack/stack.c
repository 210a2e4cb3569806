/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pool of stacks; stack.h has the layout. Slabs are carved in order and unmapped at the end of the run; the pool's lock is
 * a leaf. Slabs double from 64 slots to 4096, so a run of few goroutines reserves little and a million need 250 mappings; but
 * to no more than 2 GiB, so that large default stacks reserve no more than small ones: at 1 GiB each stack is a slab. Where a
 * mapping fails (a limit on address space, strict overcommit), half as many slots are tried, down to one.
 */
#include "stack/stack.h"

#include <errno.h>
#include <unistd.h>

#include "base/knob.h"
#include "os/lock.h"
#include "os/os.h"
#include "stack/high.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(low, high) 0
#endif

enum { FIRST_SLOTS = 64, MOST_SLOTS = 4096, SLABS = 1 << 20, CACHE_MAX = 2048 };
enum { BATCH_BYTES = 64 << 20, WALK_MAX = 512 /* links followed while a P waits */ };
#define SLAB_BYTES ((size_t)2 << 30)

struct slab {
    char *base;   /* NULL: free */
    size_t bytes; /* free: the next free one's number + 1 */
};

static struct {
    struct w_lock lock;
    struct slab *slab; /* SLABS entries, mapped */
    uint32_t nslab, free_slab; /* used so far; number + 1 of one that is free again */
    char *next[W_STACK_CLASSES], *end[W_STACK_CLASSES]; /* the slab being carved */
    uint32_t slots[W_STACK_CLASSES];                    /* of the next slab */
    int batch[W_STACK_CLASSES];                         /* of the next refill */
    char *free[W_STACK_CLASSES];
    char *trimmed;                                      /* of the default class: clean, to be used after those in free */
    size_t slot[W_STACK_CLASSES];
    size_t page;
    int guard;
    uint32_t guards;
    bool said;
    au64 reserved;
} pool;

size_t w_stack_usable[W_STACK_CLASSES];

/* Of the next slab. */
static void limit_slots(enum w_stack_class k)
{
    size_t most = SLAB_BYTES / pool.slot[k];
    if (pool.slots[k] > most)
        pool.slots[k] = most ? (uint32_t)most : 1;
}

int w_stack_boot(size_t stack_size, int guard)
{
    static int works = -1; /* the kernel does not change under us: probed once in a process */
    pool.page = w_os_page();
    if (guard == W_GUARD_AUTO || guard == W_GUARD_ADVICE) {
        if (works < 0)
            works = w_os_guard_advice_works();
        guard = works ? W_GUARD_ADVICE : W_GUARD_MPROTECT;
    }
    pool.guard = guard;
    pool.slot[W_STACK_NORMAL] = ((stack_size + pool.page - 1) / pool.page | 1) * pool.page; /* odd: see stack.h */
    pool.slot[W_STACK_TINY] = W_STACK_SMALL;
    w_stack_usable[W_STACK_NORMAL] = pool.slot[W_STACK_NORMAL] - pool.page;
    w_stack_usable[W_STACK_TINY] = W_STACK_SMALL;
    pool.batch[W_STACK_NORMAL] = pool.batch[W_STACK_TINY] = 2;
    pool.slots[W_STACK_NORMAL] = pool.slots[W_STACK_TINY] = FIRST_SLOTS;
    limit_slots(W_STACK_NORMAL);
    w_high_reset();
    pool.slab = w_os_map(SLABS * sizeof *pool.slab);
    return pool.slab ? 0 : -ENOMEM;
}

const char *w_stack_guard_mode(void)
{
    return pool.guard == W_GUARD_ADVICE ? "MADV_GUARD_INSTALL" : pool.guard == W_GUARD_MPROTECT ? "mprotect" : "none";
}

static void forget(char *base, size_t bytes)
{
    w_os_unmap(base, bytes);
    au64_add_rlx(&pool.reserved, -(uint64_t)bytes); /* statistics only */
}

void w_stack_shutdown(bool keep)
{
    for (uint32_t i = 0; i < pool.nslab && !keep; i++)
        if (pool.slab[i].base)
            forget(pool.slab[i].base, pool.slab[i].bytes);
    if (pool.slab && !keep)
        w_os_unmap(pool.slab, SLABS * sizeof *pool.slab);
    pool.slab = NULL;
    pool.nslab = pool.free_slab = pool.guards = 0;
    for (int k = 0; k < W_STACK_CLASSES; k++)
        pool.next[k] = pool.end[k] = pool.free[k] = NULL;
    pool.trimmed = NULL;
}

void w_stack_usage(uint64_t *reserved) { *reserved = au64_load_rlx(&pool.reserved); /* statistics only */ }

static void put_guard(char *p)
{
    W_HELD(&pool.lock.word);
    if (pool.guard == W_GUARD_NONE || (pool.guard == W_GUARD_ADVICE && w_os_guard_advice(p, pool.page) == 0))
        return;
    if (pool.guards < W_MPROTECT_MAX && w_os_guard_mprotect(p, pool.page) == 0) { /* also where the advice failed this once */
        pool.guards++;
        return;
    }
    if (!pool.said) {
        static const char text[] = "weft: no more guard pages (vm.max_map_count): further stacks have a canary only\n";
        pool.said = write(2, text, sizeof text - 1) > 0;
    }
}

/* Pool locked: a new slab for class k. */
static int grow(enum w_stack_class k)
{
    W_HELD(&pool.lock.word);
    char *base = NULL;
    if (pool.nslab == SLABS)
        return -ENOMEM;
    while (!(base = w_os_map(pool.slot[k] * pool.slots[k])) && pool.slots[k] > 1)
        pool.slots[k] /= 2;
    if (!base)
        return -ENOMEM;
    size_t bytes = pool.slot[k] * pool.slots[k];
    w_os_no_hugepage(base, bytes); /* one touch must commit 4 KiB, not 2 MiB */
    pool.slab[pool.nslab++] = (struct slab){base, bytes};
    au64_add_rlx(&pool.reserved, bytes); /* statistics only */
    pool.next[k] = base;
    pool.end[k] = base + bytes;
    if (pool.slots[k] < MOST_SLOTS)
        pool.slots[k] *= 2;
    limit_slots(k);
    return 0;
}

/* Pool locked: carve one slot that was never used. NULL: no memory. */
static char *carve(enum w_stack_class k)
{
    if (pool.next[k] == pool.end[k] && grow(k) != 0)
        return NULL;
    char *s = pool.next[k];
    pool.next[k] += pool.slot[k];
    if (k == W_STACK_NORMAL) {
        put_guard(s);
        s += pool.page;
        *w_stack_clean(s) = W_STACK_CLEAN;
    }
    *w_stack_canary(s, k) = W_STACK_CANARY;
    (void)VALGRIND_STACK_REGISTER(s, s + w_stack_usable[k]);
    return s;
}

/* Pool locked: one that is free, or a new one. NULL: no memory. */
static char *take(enum w_stack_class k)
{
    W_HELD(&pool.lock.word);
    char **from = pool.free[k] || k != W_STACK_NORMAL ? &pool.free[k] : &pool.trimmed;
    char *s = *from;
    if (!s)
        return carve(k);
    *from = *w_stack_link(s, k);
    return s;
}

int w_stack_refill(struct w_stack_cache *c, enum w_stack_class k)
{
    int n = 0;
    w_lock(&pool.lock);
    int want = pool.batch[k]; /* a slot costs a page and a guard before it is used: begin with few */
    pool.batch[k] = want < W_STACK_BATCH ? 2 * want : want;
    for (; n < want && (n == 0 || (size_t)n * pool.slot[k] < BATCH_BYTES); n++) {
        char *s = take(k);
        if (!s)
            break;
        *w_stack_link(s, k) = c->free[k];
        c->free[k] = s;
        c->n[k]++;
    }
    w_unlock(&pool.lock);
    return n > 0 ? 0 : -ENOMEM;
}

void w_stack_spill(struct w_stack_cache *c, enum w_stack_class k)
{
    if (c->n[k] <= CACHE_MAX)
        return;
    char *first = c->free[k], *last = first;
    uint32_t n = 1;
    for (; n < CACHE_MAX / 2; n++)
        last = *w_stack_link(last, k);
    c->free[k] = *w_stack_link(last, k);
    c->n[k] -= n;
    w_lock(&pool.lock);
    *w_stack_link(last, k) = pool.free[k];
    pool.free[k] = first;
    w_unlock(&pool.lock);
}

/* ---- trimming: sysmon ---- */

/* A stack whose mark from the last time still stands was not taken since: any use takes the mark away. */
char *w_stack_take_cold(struct w_stack_cache *c, uint32_t max, bool *more)
{
    char **at = &c->free[W_STACK_NORMAL], *chain = NULL, *s;
    for (uint32_t i = 0, taken = 0; i < WALK_MAX && taken < max && (s = *at); i++) {
        if (*w_stack_clean(s) == W_STACK_STOOD) {
            *at = *w_stack_link(s, W_STACK_NORMAL);
            *w_stack_link(s, W_STACK_NORMAL) = chain;
            chain = s;
            c->n[W_STACK_NORMAL]--;
            taken++;
            continue;
        }
        if (*w_stack_clean(s) != W_STACK_CLEAN) {
            *w_stack_clean(s) = W_STACK_STOOD;
            *more = true;
        }
        at = w_stack_link(s, W_STACK_NORMAL);
    }
    *more |= chain != NULL;
    return chain;
}

char *w_stack_take_spilled(uint32_t max)
{
    w_lock(&pool.lock);
    char *first = pool.free[W_STACK_NORMAL], *last = first;
    while (last && --max > 0 && *w_stack_link(last, W_STACK_NORMAL))
        last = *w_stack_link(last, W_STACK_NORMAL);
    if (last) {
        pool.free[W_STACK_NORMAL] = *w_stack_link(last, W_STACK_NORMAL);
        *w_stack_link(last, W_STACK_NORMAL) = NULL;
    }
    w_unlock(&pool.lock);
    return first;
}

void w_stack_trim(char *chain)
{
    size_t usable = w_stack_usable[W_STACK_NORMAL], keep = W_STACK_KEEP * pool.page;
    char *last = chain;
    for (char *s = chain; s; last = s, s = *w_stack_link(s, W_STACK_NORMAL)) {
        if (w_stack_used(s, usable, keep) != 0)
            w_stack_discard(s, s + usable - keep);
        *w_stack_clean(s) = W_STACK_CLEAN;
    }
    w_lock(&pool.lock);
    *w_stack_link(last, W_STACK_NORMAL) = pool.trimmed;
    pool.trimmed = chain;
    w_unlock(&pool.lock);
}

/* ---- stacks of a size of their own ---- */

/* Its number in the slab table, in the tail that no frame reaches. */
static size_t *number_of(char *stack, size_t usable) { return (size_t *)(void *)(stack + usable - 16); }

/* In the slab table too, so that a run that ends with such goroutines gives them back. */
char *w_stack_big_new(size_t usable)
{
    size_t bytes = usable + pool.page;
    char *p = w_os_map(bytes);
    if (!p)
        return NULL;
    w_os_no_hugepage(p, bytes);
    w_lock(&pool.lock);
    size_t i = pool.free_slab ? pool.free_slab - 1 : pool.nslab;
    if (i == SLABS) {
        w_unlock(&pool.lock);
        w_os_unmap(p, bytes);
        return NULL;
    }
    if (i == pool.nslab)
        pool.nslab++;
    else
        pool.free_slab = (uint32_t)pool.slab[i].bytes;
    pool.slab[i] = (struct slab){p, bytes};
    put_guard(p);
    w_unlock(&pool.lock);
    au64_add_rlx(&pool.reserved, bytes); /* statistics only */
    (void)VALGRIND_STACK_REGISTER(p + pool.page, p + bytes);
    *number_of(p + pool.page, usable) = i;
    return p + pool.page;
}

void w_stack_big_free(char *stack, size_t usable)
{
    char *p = stack - pool.page;
    size_t i = *number_of(stack, usable);
    w_lock(&pool.lock);
    W_CHECK(i < pool.nslab && pool.slab[i].base == p); /* else the goroutine wrote above its stack */
    pool.slab[i] = (struct slab){NULL, pool.free_slab};
    pool.free_slab = (uint32_t)i + 1;
    w_unlock(&pool.lock);
    forget(p, usable + pool.page);
}
