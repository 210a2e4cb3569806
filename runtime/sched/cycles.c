/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goroutines that wait for each other's locks while others go on: the search of locks.h, s1 to s4, and its report. sysmon's.
 *
 * A depth-first walk from each wait that began since the last look; edges of a mutex lead to one goroutine, of a writer to every
 * reader that waits itself. 10 ms apart, so a cycle is on stderr some 25 ms after it was closed. The report is written when nothing
 * is held: who is on a reported cycle stays where it is, so its frames are not racy (unless another goroutine unlocks for it).
 */
#include "sched/locks.h"

#include <string.h>

#include "sched/report.h"

#define LOOK_NS INT64_C(10000000)
enum { SHOWN = 16 }; /* of a long cycle */

static struct {        /* sysmon's */
    int64_t look_at;   /* when the next is due, if anyone has begun to wait, or is suspected */
    uint32_t looks, searches; /* how many; marks of waits */
    bool suspects;
} search;

struct edge {
    struct w_g *g;
    uint64_t id, holder;
    const void *shown, *site;
    enum w_lock_kind kind;
};

struct cycle {
    uint32_t n;
    struct edge edge[SHOWN];
};

/* s2. Waits locked. The wait before `start` on a cycle through it, linked by from; NULL: there is none. */
static struct w_lock_wait *walk(struct w_lock_wait *start)
{
    struct w_lock_wait *w = start;
    w->mark = ++search.searches;
    w->edge = 0;
    w->from = NULL;
    while (w) {
        struct w_lock_wait *next = w_lock_blocked_holder(w->lock, &w->edge);
        if (next == start)
            return w;
        if (!next) {
            w = w->from;
        } else if (next->mark != search.searches) {
            next->mark = search.searches;
            next->edge = 0;
            next->from = w;
            w = next;
        }
    }
    return NULL;
}

/* Waits locked. All on it count as judged: they will not be reported again from another start. */
static void note(struct cycle *c, struct w_lock_wait *start, struct w_lock_wait *last)
{
    struct w_lock_wait *holder = start;
    c->n = 0;
    for (struct w_lock_wait *w = last; w; holder = w, w = w->from) {
        w->judged = true;
        if (c->n < SHOWN)
            c->edge[c->n] = (struct edge){w->g, w->id, holder->id, w->shown, w_lock_site(w->lock, holder->id), w->kind};
        c->n++;
    }
}

/* s1 to s4. True: c is to be reported, and the look to go on. */
static bool look(struct cycle *c)
{
    bool found = false;
    w_waits_lock();
    for (struct w_lock_wait *w = w_waits_next(NULL); w && !found; w = w_waits_next(w)) {
        struct w_lock_wait *last = w->judged ? NULL : walk(w);
        if (!last) {
            w->judged = true;
        } else if (!w->suspected || w->suspected == search.looks) {
            w->suspected = search.looks;
            search.suspects = true;
        } else {
            note(c, w, last);
            found = true;
        }
    }
    w_waits_unlock();
    return found;
}

static void say_edge(struct w_report *r, const struct edge *e)
{
    static const char *const what[] = {
        [W_LOCK_MUTEX] = " waits for mutex ",
        [W_LOCK_WRITE] = " waits to write to rwmutex ",
        [W_LOCK_READERS] = " waits for the readers of rwmutex ",
        [W_LOCK_READ] = " waits to read from rwmutex ",
    };
    w_say_text(&r->say, "goroutine ");
    w_say_dec(&r->say, e->id);
    w_say_text(&r->say, what[e->kind]);
    w_say_hex(&r->say, (uint64_t)(uintptr_t)e->shown);
    w_say_text(&r->say, e->kind == W_LOCK_READERS ? ", one of which is goroutine " : ", held by goroutine ");
    w_say_dec(&r->say, e->holder);
    w_say_text(&r->say, "\n");
    if (e->site)
        w_report_by(r, "locked by ", (uintptr_t)e->site);
}

static void report(const struct cycle *c)
{
    struct w_report r;
    uint32_t shown = c->n < SHOWN ? c->n : SHOWN;
    bool fatal = w_knobs.deadlock == W_DEADLOCK_FATAL;
    if (fatal)
        w_die_begin();
    w_report_open(&r, 2);
    w_say_text(&r.say, fatal ? "fatal error: deadlock of " : "weft: deadlock of ");
    w_say_dec(&r.say, c->n);
    w_say_text(&r.say, c->n == 1 ? " goroutine, which waits for itself" : " goroutines, which wait for each other's locks");
    w_say_text(&r.say, " while others go on\n");
    for (uint32_t i = 0; i < shown; i++)
        say_edge(&r, &c->edge[i]);
    if (shown < c->n)
        w_say_text(&r.say, "...\n");
    r.blank = true;
    for (uint32_t i = 0; i < shown; i++)
        w_report_goroutine(&r, c->edge[i].g, NULL);
    w_report_close(&r);
    if (fatal)
        w_fatal_exit();
}

int64_t w_cycles_tick(int64_t now)
{
    struct cycle c;
    if (!w_locks_recorded())
        return INT64_MAX;
    if (now >= search.look_at) {
        if (!w_waits_stirred() && !search.suspects)
            return INT64_MAX;
        search.looks++;
        search.suspects = false;
        while (look(&c))
            report(&c);
        search.look_at = now + LOOK_NS;
    }
    return search.look_at - now;
}

void w_cycles_start(void) { memset(&search, 0, sizeof search); }
