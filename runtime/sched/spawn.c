/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A goroutine's life: weft_go makes a descriptor and puts it into runnext; the stack comes at first dispatch; when the body
 * ends, the stack goes to the next goroutine that has none, without a switch, so a batch of short goroutines runs as a
 * loop of calls on one hot stack.
 *
 * All here is in the owner's section of the P that runs it. Source of the order (the last one started runs first, the rest in
 * order): Go 1.22 proc.go: newproc, runqput with next = true.
 */
#include "sched/fast.h"

#include <errno.h>
#include <string.h>

#include "base/knob.h"

enum { COPY_INLINE = 48, COPY_MAX = 1 << 20 };


/* ---- start ---- */

static void start_sysmon(void *unused)
{
    (void)unused;
    w_sysmon_start();
}

static inline void fill(struct w_g *g, weft_fn fn, void *arg, void *spawned_at)
{
    g->fn = fn;
    g->arg = arg;
    g->ret = 0;
    g->stack = NULL;
    g->flags = 0;
    g->stack_kib = 0;
    g->spawned_at = spawned_at;
}

void w_need_sysmon(struct w_m *m)
{
    if (w_unlikely(au32_load_rlx(&w_sched.sysmon_state) == W_SYSMON_NONE)) /* only the first goroutine of a run sees it */
        w_on_g0(m, start_sysmon, NULL);
}

/* Entered. */
static inline struct w_g *make(struct w_m *m, weft_fn fn, void *arg, void *spawned_at)
{
    w_need_sysmon(m);
    struct w_g *g = w_g_new(m);
    if (w_unlikely(!g))
        return NULL;
    fill(g, fn, arg, spawned_at);
    return g;
}

_Noreturn static void nil_fn(void) { weft_fatal("go of nil func value"); }
_Noreturn static void no_memory(void) { weft_fatal("out of memory"); }

/* Entered: g begins. */
static inline void begin(struct w_m *m, struct w_g *g)
{
    if (w_traced(m))
        w_trace_add(m, W_TR_SPAWN, au64_load_rlx(&g->id), (uintptr_t)g->fn, 0); /* its own */
    w_ready_new(m, g);
}

/* Any case. weft_go jumps here, so in a report this frame stands for it, by its name. */
static w_noinline void weft_go_body(weft_fn fn, void *arg, void *spawned_at)
{
    struct w_m *m = w_enter();
    struct w_g *g = make(m, fn, arg, spawned_at);
    if (g)
        begin(m, g);
    w_leave(m);
    if (!g)
        no_memory();
}

void weft_go(weft_fn fn, void *arg)
{
    if (w_unlikely(!fn))
        nil_fn();
    struct w_m *m = w_enter_quick();
    if (w_unlikely(!m)) {
        weft_go_body(fn, arg, __builtin_return_address(0));
        return;
    }
    struct w_g *g = make(m, fn, arg, __builtin_return_address(0));
    if (w_likely(g != NULL))
        w_ready_new(m, g);
    w_leave(m);
    if (w_unlikely(!g))
        no_memory();
}

static int attach_copy(struct w_m *m, struct w_g *g, const void *copy, size_t size)
{
    if (size <= COPY_INLINE) {
        memcpy(g->copy, copy, size);
        g->flags |= W_GF_COPY;
        return 0;
    }
    struct w_gaux *aux = w_g_aux(m, g);
    if (!aux || !(aux->copy = w_small_alloc(m, size)))
        return -ENOMEM;
    memcpy(aux->copy, copy, size);
    aux->copy_size = size;
    g->arg = aux->copy;
    return 0;
}

static int apply_options(struct w_m *m, struct w_g *g, const struct weft_go_options *o)
{
    if (o->small && !w_knobs.guardstacks) {
        g->flags |= W_GF_SMALL;
    } else if (o->stack_size) {
        size_t page = w_os_page(), size = o->stack_size < W_STACK_MIN ? W_STACK_MIN : o->stack_size;
        g->flags |= W_GF_BIG;
        g->stack_kib = (uint32_t)(((size + page - 1) & ~(page - 1)) >> 10);
        struct w_gaux *aux = w_g_aux(m, g);
        if (!aux)
            return -ENOMEM;
        aux->stack_limit = size;
    }
    if (o->name) {
        struct w_gaux *aux = w_g_aux(m, g);
        if (!aux)
            return -ENOMEM;
        strncpy(aux->name, o->name, sizeof aux->name - 1);
    }
    return o->copy_size ? attach_copy(m, g, o->copy, o->copy_size) : 0;
}

static void free_aux(struct w_m *m, struct w_g *g);

static int go_with(const struct weft_go_options *o, weft_fn fn, void *arg, void *spawned_at)
{
    if (!fn)
        nil_fn();
    if (o && (o->stack_size > w_sched.config.max_stack || o->copy_size > COPY_MAX || (o->copy_size && !o->copy)))
        return -EINVAL;
    struct w_m *m = w_enter();
    struct w_g *g = make(m, fn, arg, spawned_at);
    int e = !g ? -ENOMEM : o ? apply_options(m, g, o) : 0;
    if (e == 0) {
        begin(m, g);
    } else if (g) {
        free_aux(m, g);
        au64_bump(&m->p->n.exited, 1);
        w_g_free(m, g);
    }
    w_leave(m);
    return e;
}

int weft_go_with(const struct weft_go_options *o, weft_fn fn, void *arg) { return go_with(o, fn, arg, __builtin_return_address(0)); }

void w_go_copy(weft_fn fn, const void *copy, size_t size, void *spawned_at)
{
    struct weft_go_options o = {.copy = copy, .copy_size = size};
    if (go_with(&o, fn, NULL, spawned_at) != 0)
        no_memory();
}

void weft_go_copy_(weft_fn fn, const void *copy, size_t size) { w_go_copy(fn, copy, size, __builtin_return_address(0)); }

struct w_gaux *w_g_aux(struct w_m *m, struct w_g *g)
{
    if (!g->aux) {
        struct w_gaux *aux = w_small_alloc(m, sizeof *aux);
        if (aux)
            memset(aux, 0, sizeof *aux);
        g->aux = aux;
    }
    return g->aux;
}

/* Without a P: all of it under sched.lock. sysmon too comes here, for signals. */
int w_post(weft_fn fn, void *arg, void *spawned_at)
{
    int e = -ESRCH;
    w_lock(&w_sched.lock);
    if (!au32_load_rlx(&w_sched.stopping)) { /* under lock */
        struct w_g *g = w_g_new_locked();
        e = g ? 0 : -ENOMEM;
        if (g) {
            fill(g, fn, arg, spawned_at);
            if (w_tracing())
                w_trace_post_locked(g);
            w_g_set(g, W_G_RUNNABLE, W_REASON_NONE);
            w_global_put(&g, 1);
        }
    }
    w_unlock(&w_sched.lock);
    if (e == 0) {
        if (au32_load_acq(&w_sched.sysmon_state) == W_SYSMON_NONE)
            w_sysmon_start(); /* the wake may want a thread */
        w_wake_any();
    }
    return e;
}

/* From a foreign thread as an observer, so that the wake is still this run's. */
int weft_post(weft_fn fn, void *arg)
{
    if (!fn)
        nil_fn();
    if (w_self()) {
        weft_go(fn, arg);
        return 0;
    }
    if (!w_observe_begin())
        return -ESRCH;
    int e = w_post(fn, arg, __builtin_return_address(0));
    w_observe_end();
    return e;
}

struct w_g *w_spawn(struct w_m *m, weft_fn fn, void *arg, void *spawned_at)
{
    struct w_g *g = w_g_new(m);
    if (g) {
        fill(g, fn, arg, spawned_at);
        w_g_set(g, W_G_RUNNABLE, W_REASON_NONE);
    }
    return g;
}

struct w_g *w_spawn_main(struct w_m *m, weft_fn fn, void *arg, void *spawned_at)
{
    struct w_g *g = w_g_new(m);
    if (g) {
        fill(g, fn, arg, spawned_at);
        g->flags = W_GF_MAIN;
        w_ready_new(m, g);
    }
    return g;
}

/* ---- run and end ---- */

static void free_aux(struct w_m *m, struct w_g *g)
{
    struct w_gaux *aux = g->aux;
    if (!aux)
        return;
    w_small_free(m, aux->copy, aux->copy_size);
    w_small_free(m, aux, sizeof *aux);
    g->aux = NULL;
}

/* Entered: the running G is dead. Its stack goes to `next` if that has none of the same class: returns true. */
static inline bool hand_over(struct w_g *g, struct w_g *next)
{
    enum { CLASS = W_GF_SMALL | W_GF_BIG };
    if (!next || next->stack || ((g->flags | next->flags) & (W_GF_BIG | W_GF_BOUND)) || (g->flags & CLASS) != (next->flags & CLASS))
        return false;
    next->stack = g->stack;
    next->stack_kib = g->stack_kib;
#if W_TSAN || W_ASAN
    void *f = next->fiber;
    next->fiber = g->fiber;
    g->fiber = f;
#endif
    g->stack = NULL;
    return true;
}

/* Entered: give back what the dead G has, its stack too; nobody can take that before the P is left. */
static void give_back_stack(struct w_m *m, struct w_g *g)
{
    if (g->flags & W_GF_BIG) { /* cannot be unmapped while we stand on it */
        g->next = m->p->dead_big;
        m->p->dead_big = g;
        w_g_set(g, W_G_DEAD, W_REASON_NONE); /* for who looks before g0 has it */
        return;
    }
    enum w_stack_class k = g->flags & W_GF_SMALL ? W_STACK_TINY : W_STACK_NORMAL;
    w_stack_put(&m->p->stacks, k, g->stack);
    g->stack = NULL;
}

/* It ends with its thread, but for the process's first. */
static w_noinline bool finish_locked(struct w_m *m, struct w_g *g, struct w_g **to)
{
    m->locks = 0;
    m->off = m->first ? W_OFF_NONE : W_OFF_ENDS;
    w_count_round_slow(m->p);
    give_back_stack(m, g);
    if (!(g->flags & W_GF_BIG))
        w_g_free(m, g);
    m->commit = &m->nolock;
    *to = &m->g0;
    return false;
}

/* The ended G's stack is clean (sched/trim.c): so say it, or the G that has it now. */
static w_noinline void stays_clean(struct w_g *g, struct w_g *next)
{
    if (next)
        next->flags |= W_GF_CLEAN;
    else
        *w_stack_clean(g->stack) = W_STACK_CLEAN;
}

/* Entered: end the running G. True: the next one goes on, on this stack. False: *to is to be switched to. */
static inline bool finish(struct w_m *m, struct w_g **to, bool may_hand_over)
{
    struct w_g *g = m->g;
    struct w_p *p = m->p;
    if (w_unlikely(g->aux != NULL))
        free_aux(m, g);
    au64_bump(&p->n.exited, 1);
    if (w_unlikely(g->flags & W_GF_LOCKED))
        return finish_locked(m, g, to);
    bool clean = w_unlikely(g->flags & W_GF_CLEAN) && w_trim_ended(m, g);
    struct w_g *next = w_pick_fast(m);
    bool handed = may_hand_over && hand_over(g, next);
    if (w_unlikely(clean))
        stays_clean(g, handed ? next : NULL);
    if (!handed)
        give_back_stack(m, g);
    if (!(g->flags & W_GF_BIG))
        w_g_free(m, g);
    m->commit = &m->nolock;
    if (w_unlikely(!next || !next->stack))
        next = w_pick_slow(m, next);
    *to = next ? next : &m->g0;
    return handed;
}

/* The same, not entered, in any case. */
static w_noinline bool finish_any(struct w_m **m, struct w_g **to, bool may_hand_over)
{
    *m = w_enter();
    struct w_g *g = (*m)->g;
    uint64_t id = au64_load_rlx(&g->id); /* its own; finish clears it */
    bool handed = finish(*m, to, may_hand_over);
    if (w_traced(*m))
        w_trace_exit(*m, id, *to);
    return handed;
}

_Noreturn void w_g_exit(void)
{
    struct w_m *m;
    struct w_g *to;
    finish_any(&m, &to, false); /* too deep to go on here as another; a fresh start on this very stack may follow */
    w_switch(m, to);
    __builtin_unreachable();
}

static w_noinline void run_copied(struct w_g *g)
{
    _Alignas(16) char copy[COPY_INLINE];
    memcpy(copy, g->copy, sizeof copy);
    g->fn(copy);
}

void w_g_main(void)
{
    w_arrive(true);
    for (;;) {
        struct w_g *g = w_self()->g;
        if (w_unlikely(g->flags & W_GF_COPY))
            run_copied(g);
        else
            g->fn(g->arg);
        struct w_m *m = w_self();
        if (w_unlikely(m->g->aux != NULL))
            w_g_run_deferred();
        struct w_g *to;
        bool handed;
        if (w_likely((m = w_enter_quick()) != NULL))
            handed = finish(m, &to, true);
        else
            handed = finish_any(&m, &to, true);
        if (w_unlikely(!handed))
            w_switch(m, to);
        m->g = to;
        w_leave(m);
    }
}
