/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goroutines' stacks: address space reserved in slabs, committed page by page by the kernel, reused last in, first out.
 *
 * A slot of the default class is [guard page | usable … | clean, link, canary]. The last 32 bytes, in the page that every use
 * touches anyway, hold a canary and, while the slot is free, the free list's link and whether it is clean: no more than its
 * highest W_STACK_KEEP pages are in memory. Guards:
 *   advice    MADV_GUARD_INSTALL: no VMA is split, so a million stacks keep their guards
 *   mprotect  older kernels: each guard splits a VMA, so only the first W_MPROTECT_MAX stacks of a run have one
 *   none      the canary alone: an overflow runs into the neighbour's top and is found when either ends
 * The small class has W_STACK_SMALL slots without a guard and a canary at the bottom, checked whenever its goroutine parks or
 * yields, and when the slot comes back.
 *
 * A slot is an odd number of pages. At a stride of 64 pages the tops of all stacks share one set of the TLB and their page-table
 * entries one set of the caches: a ring of 503 goroutines took 32.6 ns a pass, at 65 pages 18.1 (at 8 goroutines both 14.5).
 *
 * Ownership: a cache belongs to a P and is touched in its owner's section; the pool has its own lock, taken on g0 only.
 * Trimming (sysmon, sched/trim.c): a free stack that nobody took for a while gives its pages back but for the highest, and waits in
 * a list of the pool's own. Between a cache and that list it is sysmon's alone.
 *
 * Measured here: MADV_GUARD_INSTALL 0.6 µs a page, first touch of a page 1.4 µs, reuse of a hot stack 1 ns.
 */
#ifndef W_STACK_H
#define W_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atom.h"
#include "base/check.h"

enum { W_STACK_SMALL = W_ASAN || W_TSAN ? 16384 : 2048 /* a sanitizer's interceptors alone take 2 KiB */ };
enum { W_STACK_DEFAULT = 256 * 1024, W_STACK_MIN = 16 * 1024, W_STACK_BATCH = 32 };
enum { W_STACK_TAIL = 32, W_STACK_KEEP = 2 /* pages */ };
enum { W_MPROTECT_MAX = 30000 }; /* vm.max_map_count's default allows 32,753 */
#define W_STACK_CANARY UINT64_C(0x57a1c0de7ea75eed)

enum w_stack_class { W_STACK_NORMAL, W_STACK_TINY, W_STACK_CLASSES };

struct w_stack_cache {
    char *free[W_STACK_CLASSES]; /* lowest usable address, linked through the tails */
    uint32_t n[W_STACK_CLASSES];
};

/* Usable bytes of a slot, by class: const during a run. */
extern size_t w_stack_usable[W_STACK_CLASSES];
/* How guards are made in this run: "MADV_GUARD_INSTALL", "mprotect" or "none". */
const char *w_stack_guard_mode(void);

/* One run's pool. stack_size: a default slot's bytes, guard included. guard: W_GUARD_ of base/knob.h. 0 or -ENOMEM. */
int w_stack_boot(size_t stack_size, int guard);
void w_stack_shutdown(bool keep); /* every stack of the run is unmapped; keep: forgotten, since someone still runs on one */

/* Fill an empty cache class: 2 slots the first time, then twice as many each, up to W_STACK_BATCH. On g0. 0 or -ENOMEM. */
int w_stack_refill(struct w_stack_cache *c, enum w_stack_class k);
/* Give half of an overfull cache class to the pool. On g0 or any large stack. */
void w_stack_spill(struct w_stack_cache *c, enum w_stack_class k);
/* Bytes of address space reserved now, guards and slots that are free included. */
void w_stack_usage(uint64_t *reserved);

/* A stack of its own for a size given by option: usable bytes above one guard page. NULL: no memory. On g0. */
char *w_stack_big_new(size_t usable);
void w_stack_big_free(char *stack, size_t usable);

/* ---- what is in memory ---- */

/* Bytes from the top down to the lowest page in memory, if that is more than `from`; otherwise, and if it is no longer mapped,
 * 0. Looks downwards from there, and stops where
 * 64, further down 1024, pages in a row are not there. Whole pages; takes 1.2 KiB of stack. */
size_t w_stack_used(const char *stack, size_t usable, size_t from);
/* Give back the pages from `from` to `to`, page boundaries, in steps: a long one would hold up other threads' mmap. */
void w_stack_discard(char *from, char *to);

/* For sysmon. Of a P that it visits: stacks that nobody took since the last time, at most max, linked; NULL: none. *more is set if
 * there are such, or may be next time. */
char *w_stack_take_cold(struct w_stack_cache *c, uint32_t max, bool *more);
char *w_stack_take_spilled(uint32_t max); /* some of the pool's used ones */
void w_stack_trim(char *chain);           /* give back their pages, and them to the pool */

static inline uint64_t *w_stack_canary(char *stack, enum w_stack_class k)
{
    return (uint64_t *)(void *)(k == W_STACK_TINY ? stack : stack + w_stack_usable[k] - 8);
}
/* Not for the small class. Means something while the stack is free. */
enum { W_STACK_USED, W_STACK_CLEAN, W_STACK_STOOD /* used, and not taken since sysmon saw it */ };
static inline uint64_t *w_stack_clean(char *stack) { return (uint64_t *)(void *)(stack + w_stack_usable[W_STACK_NORMAL] - W_STACK_TAIL); }
static inline char **w_stack_link(char *stack, enum w_stack_class k) { return (char **)(void *)(stack + w_stack_usable[k] - 16); }

/* NULL: refill on g0 first. */
static inline char *w_stack_get(struct w_stack_cache *c, enum w_stack_class k)
{
    char *s = c->free[k];
    if (w_likely(s != NULL)) {
        c->free[k] = *w_stack_link(s, k);
        c->n[k]--;
    }
    return s;
}
static inline void w_stack_put(struct w_stack_cache *c, enum w_stack_class k, char *s)
{
    W_CHECK(*w_stack_canary(s, k) == W_STACK_CANARY); /* else its goroutine, or its neighbour, overflowed */
    *w_stack_link(s, k) = c->free[k];
    c->free[k] = s;
    c->n[k]++;
}

/*
 * Where a goroutine's first frame goes. Tops at one stride would share cache sets (15 ns a visit in a walk over 64), so each
 * slot starts at its own multiple of 128 bytes within 2 KiB; a tiny slot has no room for that.
 */
static inline char *w_stack_top(char *stack, size_t usable)
{
    if (usable <= W_STACK_SMALL)
        return stack + usable - 16; /* the link alone */
    char *top = stack + usable - W_STACK_TAIL;
    uint32_t h = (uint32_t)((uintptr_t)stack >> 12) * 2654435761u;
    return top - ((h >> 28) << 7);
}

#endif
