/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of stacks that nobody needs any more go back to the kernel, and how deep goroutines went is remembered by entry function.
 * All of it is sysmon's, at a slow pace, but for the looks at stacks that are left (w_trim_ended) and asked for (w_trim_look).
 *
 * Free stacks, every 250 ms:
 *   t1 visit each P, take those stacks off its cache that bear the mark of the last time, mark the others; a goroutine that gets one
 *      takes the mark away, with the other word that it looks at. Take some of the pool's that were spilled
 *   t2 look at each (mincore), give back all but the highest pages
 *   t3 to the pool's list of trimmed ones, from which caches are filled last
 *   Excluded: trimming a stack in use. From t1 to t3 it is in no list; a goroutine that ended on it has left it, since its
 *   section, in which it put it into the cache, ended before the visit (v3). Put and get pay nothing.
 *
 * Goroutines that returned from a deep recursion and have waited for more than a second. One may be woken at any time, and what it
 * then writes must not be given back. So:
 *   p1 walk some descriptors; one that seems to wait, with pages well below its saved sp, is a candidate: all reads racy, no harm
 *   p2 visit all Ps at once. Now nobody is in a section. A goroutine comes to run by a switch in some P's section, and stops
 *      by one, so who waits now and is no M's g is off its stack (its sp is saved), and stays so
 *   p3 look again: the same goroutine, waiting, no M's; give back a slice between its lowest page and its sp, less two pages
 *   p4 end the visits
 *   Excluded: a page that a running goroutine wrote is dropped. It runs in p3 only if its section ended before p2, and then it is some
 *   M's g, whose write v3 acquired; or it is dispatched after p4. Others read and write a waiting goroutine's stack above sp alone.
 *   Price: every P waits at its next entry for up to the slice's 20-50 µs, once a slice of 1 MiB that is given back, and never
 *   if there is none. Rejected: a claim in the descriptor that w_ready or the pick looks at: it would be on the hot path; doing it
 *   when the goroutine is next dispatched: one that sleeps for good keeps its pages.
 *
 * "Clean": a stack of which at most the highest W_STACK_KEEP pages are in memory. A goroutine that began on one (W_GF_CLEAN), or was
 * trimmed, is itself the cause of all pages that are there; what is seen of others may be an earlier user's, and is not believed.
 * The word in the free stack and the flag are passed on in the owner's section; if a look at the end finds few pages the stack
 * stays clean, otherwise it is not, until it is trimmed. Such looks take at most 1 % of a P's time.
 */
#include "sched/report.h"

#include <string.h>

#include "base/knob.h"
#include "stack/high.h"

enum { SCAN = 4096 /* descriptors a step */, LOOK = 16 /* what a look at pages counts as */, SLICES = 8 /* a step */ };
enum { COLD = 64 /* stacks of a P, every free_ns */, SLICE_PAGES = 256, LOOK_SHARE = 100 };
#define LOOK_BURST_NS INT64_C(5000000) /* 50 µs of looks, some 100, before the share counts */

struct w_trim_pace w_trim_pace = {.age_ns = 1000000000, .free_ns = 250000000, .walk_ns = 50000000, .busy_ns = 10000000};

static struct { /* sysmon's alone */
    int64_t caches_at, step_at; /* when the next of each is due */
    int64_t active_at;          /* when something was last seen to have run */
    int64_t walk_at;            /* when this walk over the descriptors began */
    uint64_t all_rounds;
    struct w_g_cursor at;
    struct target {
        struct w_g *g; /* NULL: none is under way */
        uint64_t id;
        char *stack, *low, *high; /* what lies between low and high, pages, is not needed */
        size_t used;
    } deep; /* a stack that takes more than a step */
    bool found; /* in this walk or since it began: pages given back, or a P that could not be visited */
    bool done;  /* nothing is left to give back until something runs */
} trim;

static size_t page_of(size_t n) { return n & ~(w_os_page() - 1); }

static W_RACY void *entry_of(const struct w_g *g)
{
    return g->flags & W_GF_MAIN ? (void *)(uintptr_t)w_sched.main_fn : (void *)(uintptr_t)g->fn;
}

/* ---- free stacks ---- */

static W_RACY bool has_any(const struct w_p *p) { return p->stacks.n[W_STACK_NORMAL] != 0; } /* a hint */

static void trim_cache(struct w_p *p)
{
    if (!has_any(p))
        return;
    if (!w_visit(p)) { /* t1 */
        trim.found = true;
        return;
    }
    char *cold = w_stack_take_cold(&p->stacks, COLD, &trim.found);
    w_visit_end(p);
    if (cold)
        w_stack_trim(cold); /* t2, t3 */
}

static void trim_free(void)
{
    uint32_t n = au32_load_acq(&w_sched.nallp); /* [allp] */
    for (uint32_t i = 0; i < n; i++)
        trim_cache(w_sched.allp[i]);
    char *spilled = w_stack_take_spilled(COLD);
    if (spilled) {
        trim.found = true;
        w_stack_trim(spilled);
    }
}

/* ---- waiting goroutines ---- */

/* p1 and p3: what may be given back of g; `used` is known already in p3. */
static W_RACY bool deep(struct w_g *g, struct target *t, size_t used)
{
    size_t usable = (size_t)g->stack_kib << 10, page = w_os_page();
    uintptr_t sp = (uintptr_t)g->sp, stack = (uintptr_t)g->stack;
    if ((au32_load_rlx(&g->status) & 0xff) != W_G_WAITING || (g->flags & W_GF_SMALL) || stack == 0) /* racy; p3: nobody writes it */
        return false;
    if (sp < stack || sp >= stack + usable || page_of(sp) < stack + W_STACK_KEEP * page)
        return false;
    t->g = g;
    t->id = au64_load_rlx(&g->id); /* racy; p3: nobody writes it */
    t->stack = g->stack;
    t->high = g->stack + (page_of(sp) - stack - W_STACK_KEEP * page);
    t->used = used ? used : w_stack_used(g->stack, usable, usable - (size_t)(t->high - g->stack));
    t->low = g->stack + usable - t->used;
    return t->used > 0 && t->used <= usable && t->low < t->high;
}

static W_RACY bool waits_long(const struct w_g *g, int64_t now)
{
    return (au32_load_rlx(&g->status) & 0xff) == W_G_WAITING && now - g->parked_at > w_trim_pace.age_ns; /* racy */
}

/* p2 to p4. false: that was the last, or it woke, or an owner was too long in its section: another time. */
static bool give_slice(struct target *t)
{
    struct target now;
    if (!w_visit_all())
        return false;
    bool last = true;
    if (deep(t->g, &now, t->used) && now.id == t->id && now.stack == t->stack && !w_g_runs(t->g)) {
        size_t slice = SLICE_PAGES * w_os_page(), left = (size_t)(now.high - now.low);
        last = left <= slice;
        if (t->g->flags & W_GF_CLEAN)
            w_high_note(entry_of(t->g), t->used);
        w_os_discard(now.low, last ? left : slice);
        if (last)
            t->g->flags |= W_GF_CLEAN;
        t->used -= last ? left : slice;
    }
    w_visit_all_end();
    return !last;
}

/* On to the next deep one, into trim.deep, as long as *budget lasts. true: the walk is through. */
static bool walk(int64_t now, int *budget)
{
    trim.deep.g = NULL;
    while (*budget > 0) {
        struct w_g *g = w_g_walk(&trim.at);
        if (!g)
            return true;
        --*budget;
        if (!waits_long(g, now))
            continue;
        *budget -= LOOK;
        if (deep(g, &trim.deep, 0))
            break;
        trim.deep.g = NULL;
    }
    return false;
}

static void trim_waiting(int64_t now)
{
    int budget = SCAN, slices = 0;
    bool through = false;
    while (!through && budget > 0 && slices < SLICES) {
        if (!trim.deep.g)
            through = walk(now, &budget);
        for (; trim.deep.g && slices < SLICES; slices++)
            if (!give_slice(&trim.deep))
                trim.deep.g = NULL;
    }
    trim.found |= slices > 0;
    trim.step_at = now + (slices > 0 ? w_trim_pace.busy_ns : w_trim_pace.walk_ns);
    if (through) {
        trim.done = !trim.found && trim.walk_at - trim.active_at > w_trim_pace.age_ns;
        trim.walk_at = now;
        trim.found = false;
        trim.step_at = now + w_trim_pace.free_ns;
    }
}

/* ---- sysmon ---- */

void w_trim_start(void) { memset(&trim, 0, sizeof trim); }

static uint64_t all_rounds(void)
{
    uint64_t sum = 0;
    uint32_t n = au32_load_acq(&w_sched.nallp); /* [allp] */
    for (uint32_t i = 0; i < n; i++)
        sum += w_rounds(w_sched.allp[i]);
    return sum;
}

int64_t w_trim_tick(int64_t now)
{
    if (w_knobs.nosysmon)
        return INT64_MAX;
    uint64_t rounds = all_rounds();
    if (rounds != trim.all_rounds) {
        trim.all_rounds = rounds;
        trim.active_at = now;
        trim.done = false;
    }
    if (trim.done)
        return INT64_MAX;
    if (now >= trim.caches_at) {
        trim.caches_at = now + w_trim_pace.free_ns;
        trim_free();
    }
    if (now >= trim.step_at)
        trim_waiting(now);
    if (trim.done)
        return INT64_MAX;
    int64_t next = trim.caches_at < trim.step_at ? trim.caches_at : trim.step_at;
    return next > now ? next - now : 1;
}

/* ---- high water ---- */

struct ended {
    const struct w_g *g;
    size_t used;
};

static void look(void *arg)
{
    struct ended *e = arg;
    void *entry = entry_of(e->g);
    size_t from = e->g->flags & W_GF_BIG ? w_high_of(entry) : 0; /* of a long one only what is new */
    e->used = w_stack_used(e->g->stack, w_g_stack_bytes(e->g), from);
    w_high_note(entry, e->used);
}

w_noinline bool w_trim_ended(struct w_m *m, const struct w_g *g)
{
    struct ended e = {g, 0};
    bool big = g->flags & W_GF_BIG;
    if (big != (m->g == &m->g0)) /* a big one is looked at when it is left, by clean_up */
        return false;
    int64_t start = w_os_now();
    if (!big && m->p->looked - start > LOOK_BURST_NS)
        return false;
    w_on_g0(m, look, &e);
    if (m->p->looked < start)
        m->p->looked = start;
    m->p->looked += LOOK_SHARE * (w_os_now() - start);
    return e.used != 0 && e.used <= W_STACK_KEEP * w_os_page();
}

W_RACY size_t w_trim_look(struct w_g *g)
{
    uint64_t id = au64_load_rlx(&g->id); /* racy, as all here */
    char *stack = g->stack;
    size_t usable = (size_t)g->stack_kib << 10, used = 0;
    uintptr_t sp = (uintptr_t)g->sp, top = (uintptr_t)stack + usable;
    uint32_t flags = g->flags;
    void *entry = entry_of(g);
    if (!stack)
        return 0;
    if (flags & W_GF_CLEAN)
        used = w_stack_used(stack, usable, w_high_of(entry));
    else if ((au32_load_rlx(&g->status) & 0xff) == W_G_WAITING && sp >= (uintptr_t)stack && sp < top)
        used = flags & W_GF_SMALL ? top - sp : top - page_of(sp);
    bool same = (au32_load_rlx(&g->status) & 0xff) != W_G_DEAD && au64_load_rlx(&g->id) == id && g->stack == stack;
    if (!same || g->flags != flags)
        return 0;
    w_high_note(entry, used);
    return used;
}
