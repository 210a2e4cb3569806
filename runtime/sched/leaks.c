/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WEFT_DEBUG=leaks: the goroutines that are left when a run ends. On the goroutine that ends it, which first lets the others go on until
 * all of them wait, for at most a second, and 100 ms where they are in calls alone: one that was just told to end is no leak. One that
 * sleeps is, for nobody will wait for it. Who ends the run too, a moment later, waits for good and is none.
 * Alike are those with one entry, one place where they were started and one state; the first of them stands for all.
 *
 * Runs in user context, then on g0. Reads others' descriptors while they run, as dumps do. Source of the idea: Uber's goleak, which
 * retries for some 400 ms; differs in that the runtime knows who can still go on.
 */
#include "sched/leaks.h"

#include "base/knob.h"
#include "sched/report.h"

#define LOOK_NS  INT64_C(1000000)
#define GRACE_NS INT64_C(1000000000)
#define CALLS_NS INT64_C(100000000)
enum { KINDS = 64, ENDERS = 16 };

struct kind {
    struct w_g *first;
    weft_fn fn;
    const void *spawned_at;
    uint32_t state; /* enum w_gstatus, and reason << 8 */
    uint32_t n;
};

static struct left {
    const struct w_g *self;
    uint64_t n, going, in_calls; /* all; those of them that can go on; those in a call */
    uint32_t kinds;
    struct kind kind[KINDS];
} left;
static au32 reporting; /* 1: a goroutine counts and reports, with what is in `left` */
static au32 nenders;   /* who ends the run at the same time, and waits: in `ender` are the first of them */
static aptr ender[ENDERS];

static bool ends_it_too(const struct w_g *g)
{
    for (int i = 0; i < ENDERS; i++)
        if (aptr_load_acq(&ender[i]) == g)
            return true;
    return false;
}

static W_RACY bool count(struct w_g *g, void *unused)
{
    (void)unused;
    enum w_gstatus s = w_g_status(g);
    if (g == left.self || s == W_G_DEAD || au64_load_rlx(&g->id) == 0 || ends_it_too(g)) /* racy, as all here */
        return true;
    struct kind one = {g, g->fn, g->spawned_at, (uint32_t)s, 1};
    if (s == W_G_WAITING)
        one.state |= (uint32_t)w_g_reason(g) << 8;
    left.n++;
    left.going += s == W_G_RUNNABLE || s == W_G_RUNNING;
    left.in_calls += s == W_G_SYSCALL;
    for (uint32_t i = 0; i < left.kinds; i++) {
        struct kind *k = &left.kind[i];
        if (k->fn == one.fn && k->spawned_at == one.spawned_at && k->state == one.state) {
            k->n++;
            return true;
        }
    }
    if (left.kinds < KINDS)
        left.kind[left.kinds++] = one;
    return true;
}

static void count_all(void *unused)
{
    (void)unused;
    left.n = left.going = left.in_calls = left.kinds = 0;
    w_each_g(count, NULL);
}

static void report(void *unused)
{
    struct w_report r;
    uint64_t shown = 0;
    (void)unused;
    if (w_knobs.leaks == W_LEAKS_FATAL)
        w_die_begin();
    w_report_open(&r, 2);
    w_say_text(&r.say, w_knobs.leaks == W_LEAKS_FATAL ? "fatal error: " : "weft: ");
    w_say_dec(&r.say, left.n);
    w_say_text(&r.say, left.n == 1 ? " goroutine is left" : " goroutines are left");
    w_say_text(&r.say, " at the end of the run\n");
    r.blank = true;
    for (uint32_t i = 0; i < left.kinds; i++) {
        w_report_goroutine(&r, left.kind[i].first, NULL);
        shown += left.kind[i].n;
        if (left.kind[i].n == 1 || w_g_status(left.kind[i].first) == W_G_DEAD) /* it has just ended */
            continue;
        w_say_text(&r.say, "and ");
        w_say_dec(&r.say, left.kind[i].n - 1);
        w_say_text(&r.say, " more like it\n");
    }
    if (shown < left.n) {
        w_say_text(&r.say, "\nand ");
        w_say_dec(&r.say, left.n - shown);
        w_say_text(&r.say, " of other kinds\n");
    }
    w_report_close(&r);
    if (w_knobs.leaks == W_LEAKS_FATAL)
        w_fatal_exit();
}

void w_leaks_report(void)
{
    if (au32_xchg_acqrel(&reporting, 1)) { /* another ends the run just now: it does not come back, and its run takes us along */
        uint32_t i = au32_add_acqrel(&nenders, 1);
        if (i < ENDERS)
            aptr_store_rel(&ender[i], w_self()->g); /* before it waits: who is running is looked at again */
        for (;;)
            weft_sleep(LOOK_NS);
    }
    left.self = w_self()->g;
    int64_t start = w_os_now(), took; /* not so many looks: each walks along all descriptors */
    for (;;) {
        w_on_g0(w_self(), count_all, NULL);
        took = w_os_now() - start;
        if (took >= (left.going ? GRACE_NS : left.in_calls ? CALLS_NS : 0))
            break;
        weft_sleep(LOOK_NS);
    }
    if (left.n != 0)
        w_on_g0(w_self(), report, NULL);
}

void w_leaks_start(void)
{
    au32_store_rlx(&reporting, 0); /* alone */
    au32_store_rlx(&nenders, 0);
    for (int i = 0; i < ENDERS; i++)
        aptr_store_rlx(&ender[i], NULL);
}
