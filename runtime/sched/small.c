/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run's small objects: powers of two from 32 to 1024 bytes from 64 KiB chunks, free lists per P and class; larger ones are
 * mapped on their own. What ends on another P than it began on would pile up there: a full list gives half to the run's lists.
 * Chunks are unmapped when the run ends, whatever is still in use. Not malloc: a goroutine may hold malloc's locks while its
 * thread is stopped, and the runtime must not wait for those.
 */
#include "sched/sched.h"

enum { CHUNK = 65536, SMALLEST = 32, CLASSES = 6, KEEP_BYTES = 128 * 1024 };

struct chunk {
    struct chunk *next;
    size_t bytes;
};
static struct {
    struct w_lock lock;
    struct chunk *all;
    char *at, *end;
    struct batch *batches[CLASSES]; /* each of keep(k) / 2 free objects */
} mem;

/* A free object; `more`, the next batch, is the first one's only. */
struct batch {
    struct batch *next, *more;
};

static int class_of(size_t bytes)
{
    int k = 0;
    for (size_t size = SMALLEST; size < bytes; size *= 2)
        k++;
    return k;
}

/* So many a P keeps. */
static uint32_t keep(int k) { return KEEP_BYTES / (SMALLEST << k); }

static struct chunk *map_chunk(size_t bytes)
{
    struct chunk *c = w_os_map(bytes);
    if (c) {
        *c = (struct chunk){mem.all, bytes};
        mem.all = c;
    }
    return c;
}

/* p has none of class k: a batch of the run's. */
static struct batch *take_batch(struct w_p *p, int k)
{
    w_lock(&mem.lock);
    struct batch *b = mem.batches[k];
    if (b) {
        mem.batches[k] = b->more;
        p->small_n[k] = keep(k) / 2;
    }
    w_unlock(&mem.lock);
    return b;
}

static w_noinline void give_batch(struct w_p *p, int k)
{
    struct batch *first = p->small_free[k], *last = first;
    for (uint32_t i = 1; i < keep(k) / 2; i++)
        last = last->next;
    p->small_free[k] = last->next;
    p->small_n[k] -= keep(k) / 2;
    last->next = NULL;
    w_lock(&mem.lock);
    first->more = mem.batches[k];
    mem.batches[k] = first;
    w_unlock(&mem.lock);
}

void *w_small_alloc(struct w_m *m, size_t bytes)
{
    int k = class_of(bytes);
    if (k < CLASSES) {
        struct w_p *p = m->p;
        struct batch *b = p->small_free[k];
        if (!b && !(b = take_batch(p, k)))
            return w_small_raw(bytes);
        p->small_free[k] = b->next;
        p->small_n[k]--;
        return b;
    }
    w_lock(&mem.lock);
    struct chunk *c = map_chunk(bytes + 64);
    w_unlock(&mem.lock);
    return c ? (char *)c + 64 : NULL;
}

void *w_small_raw(size_t bytes)
{
    size_t size = (size_t)SMALLEST << class_of(bytes);
    void *o = NULL;
    w_lock(&mem.lock);
    if (!mem.at || mem.at + size > mem.end) {
        char *c = (char *)map_chunk(CHUNK);
        mem.at = c ? c + 64 : NULL;
        mem.end = c ? c + CHUNK : NULL;
    }
    if (mem.at) {
        o = mem.at;
        mem.at += size;
    }
    w_unlock(&mem.lock);
    return o;
}

void w_small_free(struct w_m *m, void *o, size_t bytes)
{
    int k = class_of(bytes);
    if (!o)
        return;
    if (k < CLASSES) {
        struct w_p *p = m->p;
        ((struct batch *)o)->next = p->small_free[k];
        p->small_free[k] = o;
        if (w_unlikely(++p->small_n[k] > keep(k)))
            give_batch(p, k);
        return;
    }
    struct chunk *c = (struct chunk *)(void *)((char *)o - 64);
    w_lock(&mem.lock);
    struct chunk **at = &mem.all;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    w_unlock(&mem.lock);
    w_os_unmap(c, c->bytes);
}

void w_small_shutdown(bool keep)
{
    while (mem.all) {
        struct chunk *c = mem.all;
        mem.all = c->next;
        if (!keep)
            w_os_unmap(c, c->bytes);
    }
    mem.at = mem.end = NULL;
    for (int k = 0; k < CLASSES; k++)
        mem.batches[k] = NULL;
}
