/* SPDX-License-Identifier: Apache-2.0 */
/* What may be done with G, M and P: what sched/'s rooms offer each other and the floors above. */
#ifndef W_SCHED_H
#define W_SCHED_H

#include "sched/owner.h"

/* ---- parking: one door (sched/park.c) ---- */

/*
 * The way out of a public call. next NULL: return `ret` to the caller. Otherwise: switch to `next` on M `m`, releasing the
 * lock m->commit and leaving the P when the old stack is left; the call returns g->ret when the G is next run. A function
 * that returns a w_out is a public call's body; W_ENTRY (arch/ctx.h) makes the public symbol of it.
 */
struct w_out {
    struct w_g *next;
    union {
        intptr_t ret;
        struct w_m *m;
    };
};
static inline struct w_out w_done(struct w_m *m, intptr_t ret)
{
    w_leave(m);
    return (struct w_out){NULL, {ret}};
}

/* In w_g.ret: the public call panics instead of returning (w_switch looks, or on x86-64 weft_chan_close diverts the frame). */
#define W_RET_CLOSED ((intptr_t)-0x7ffffff0)

/* Entered. Take the running G off; `lock` (or NULL) is released once its stack is left. Return the result from the body. */
struct w_out w_park(struct w_m *m, enum w_reason reason, au32 *lock);
/* The same from the middle of a function: returns g->ret when woken, having left; m and everything thread-local is stale. */
intptr_t w_park_here(struct w_m *m, enum w_reason reason, au32 *lock);
/* Switch as w_out says, from the middle of a function. */
intptr_t w_go_out(struct w_out out);

/* Entered. Make a waiting G, or one of w_spawn's, runnable: it becomes this P's runnext. No lock of rank waiters may be held. Never switches. */
void w_ready(struct w_m *m, struct w_g *g);
/* The same for a chain linked by next, in order, to the queue's tail: for close and broadcast. */
void w_ready_batch(struct w_m *m, struct w_g *chain);
/* In a deadline's callback, after w_timer_done: g is to be made runnable with the others that are due. */
static inline void w_ready_due(struct w_m *m, struct w_g *g)
{
    g->next = NULL;
    *m->due = g;
    m->due = &g->next;
}

/* ---- queues of waiters for sync objects (sched/waitq.c) ---- */

/* Lock; a queue left over from another run is emptied first. */
void w_waitq_lock(struct weft_waitq_ *q);
static inline void w_waitq_unlock(struct weft_waitq_ *q) { w_spin_unlock((au32 *)&q->lock_); }
/* Locked. */
static inline bool w_waitq_empty(const struct weft_waitq_ *q) { return !q->head_; }
void w_waitq_push(struct weft_waitq_ *q, struct w_waiter *w);
void w_waitq_push_front(struct weft_waitq_ *q, struct w_waiter *w);
struct w_waiter *w_waitq_pop(struct weft_waitq_ *q); /* NULL: empty */
void w_waitq_remove(struct weft_waitq_ *q, struct w_waiter *w);
/*
 * Entered, q locked, w pushed on q (w->g set by push): park until woken or the deadline. Returns w->g->ret as its waker set it (0
 * if it set nothing), or -ETIMEDOUT with w taken out of q. Having left; m is stale.
 */
intptr_t w_waitq_wait(struct w_m *m, struct weft_waitq_ *q, struct w_waiter *w, enum w_reason reason, int64_t deadline);

/* The same under a lock of the caller's, which protects q, for waiters of this run alone; q's own is not looked at. */
intptr_t w_waitq_wait_on(struct w_m *m, struct weft_waitq_ *q, au32 *lock, struct w_waiter *w, enum w_reason reason, int64_t deadline);

/* ---- scheduling (sched/proc.c, sched/spawn.c) ---- */

/* Entered, status already set: what to run next on this P; &m->g0 if that takes a slow path. */
struct w_g *w_pick_next(struct w_m *m);
/* Entered, after a push that left work behind runnext: wake one M if a P is idle and nobody spins. */
void w_wake_one(struct w_m *m);
static inline bool w_wake_wanted(void)
{
    w_light_barrier(); /* [idle] after the push, before the look; the idler's half is a heavy barrier */
    return au32_load_rlx(&w_sched.nidle_p) != 0 && au32_load_rlx(&w_sched.nspinning) == 0;
}
static inline void w_wake_check(struct w_m *m)
{
    if (w_unlikely(w_wake_wanted()))
        w_wake_one(m);
}
/* g to the tail of the ring, half of it to the global queue where full. Entered. */
void w_runq_put(struct w_m *m, struct w_g *g);

/* ---- the slow paths, on g0 or without a P ---- */

/* An M's loop on its own stack: run goroutines until the run stops. sched/proc.c */
void w_schedule(struct w_m *m);
/* Exclusive access to another P's queue; false: its owner did not leave in time. Not entered. sched/visit.c */
bool w_visit(struct w_p *p);
void w_visit_end(struct w_p *p);
/* All of them at once, for a moment: no goroutine begins or ceases to run meanwhile. Without a P, nothing held. */
bool w_visit_all(void);
void w_visit_all_end(void);
int64_t w_next_deadline(void);             /* of all Ps; INT64_MAX: none. A hint without sched.lock and idle Ps */
bool w_timer_due(const struct w_p *p);     /* by p->now: one that p's rounds have to see to */
/* Run due timers of a heap: as many as the ring has room for, the rest is for the next look. Entered. Returns whether any fired. */
bool w_run_timers(struct w_m *m, struct w_timers *h, int64_t now);
/* sched.lock held. */
void w_global_put(struct w_g *const *g, uint32_t n);
struct w_g *w_global_get(void);
struct w_p *w_idle_p_get(void);
void w_idle_p_put(struct w_p *p);
/* Entered: one G of the global queue, or NULL. */
struct w_g *w_look_global(struct w_m *m);
/* Wake an M for an idle P if nobody spins: from anywhere, sched.lock not held. Returns whether one was woken. */
bool w_wake_any(void);
/* A P goes to an M: an idle one, or a thread that sysmon makes. sched.lock held; returns the M to wake by w_m_wake, or NULL. */
struct w_m *w_hand_p(struct w_p *p, bool spinning);
void w_m_wake(struct w_m *m);
/* m has no P: sleep until it is handed one, or a timer is due and one is idle. false: the run stops, or (m->ended) its thread, idle
 * for long, does. sched/machine.c */
bool w_idle_wait(struct w_m *m);
/* A hold ended: if now nothing can ever wake a goroutine, report it. Any thread. */
void w_check_dead(void);
/* Entered, on g0: the P retires (weft_procs): its queue goes to the global one. m has no P afterwards. */
void w_retire_p(struct w_m *m);
struct w_m *w_m_new(void);                 /* NULL: no memory */
void w_m_free(struct w_m *m);
int w_m_start(struct w_m *m);              /* its thread; sysmon alone calls it */
void w_m_gone(struct w_m *m);              /* its thread's last act in the run */
struct w_p *w_p_new(int id);
void w_p_free(struct w_p *p);
void w_procs_set(uint32_t want);           /* sched.lock held: as weft_procs; afterwards somebody has to wake */
struct w_knobs;
int w_procs_default(const struct w_knobs *k); /* WEFT_PROCS, else by CPUs and quota. sched/quota.c */
void w_procs_follow_start(void);
void w_procs_follow(void);
void w_sysmon_start(void);                 /* once in a run, on a large stack */
void w_sysmon_kick_if(uint32_t state);     /* W_SYSMON_ */
void w_m_enter_thread(struct w_m *m);      /* the calling thread becomes m's, or ceases to be */
void w_m_leave_thread(struct w_m *m);
_Noreturn void w_thread_exhaustion(void);
void w_small_shutdown(bool keep); /* keep: forget it, mapped */
void w_sysmon_kick(void);                  /* a P became busy, a thread is wanted, or the run stops */
void w_sysmon_join(void);
void w_schedtrace(int64_t since_start);
/* Call fn on g0's stack from a goroutine, entered or not; fn must not switch. */
void w_on_g0(struct w_m *m, void (*fn)(void *), void *arg);

/* ---- Gs that no other M may run (sched/bound.c) ---- */
void w_unbind(struct w_m *m);                       /* its own, and on again */
void w_bind(struct w_m *m, struct w_g *g);          /* entered, or in the handler: g is about to be off its M */
char *w_bound_stack(const struct w_g *g);           /* of a bound G; racy */
struct w_m *w_bound_m(const struct w_g *g);         /* NULL: of none; racy but for who has picked it */
/* Entered, on g0: g, just picked, runs on its own M, which gets this P. m has none afterwards. */
void w_hand_to_bound(struct w_m *m, struct w_g *g);
/* On g0, m->off is set: what is to be done about the G that left. A G to run, entered; or NULL: go on, or (m->ended) end. */
struct w_g *w_settle(struct w_m *m);
/* sched.lock held, m's thread not entered: its P goes to another M, to be woken by w_m_wake, or to a new thread (NULL). */
struct w_m *w_hand_off_locked(struct w_m *m);
/* Wait for the turn of m's bound G; a P is in hand, and the G no longer bound. false: the run stops. In the handler too. */
bool w_bound_turn(struct w_m *m);
/* sched.lock held: m will wait so, unless its turn has come already. */
void w_bound_begin(struct w_m *m);
/* sched.lock held: its thread ends, and m->ended says so. */
void w_m_ends_locked(struct w_m *m);

/* ---- system calls, preemption, stragglers: sysmon's part ---- */
/* Ps that stood in a call too long are given to others; *any: one was. Returns ns until the next look; INT64_MAX: nobody is in a call. */
int64_t w_retake(int64_t now, bool *any);
/* Goroutines that have run too long while others wait are asked to stop. Returns ns until the next look; INT64_MAX: at sysmon's pace. */
int64_t w_preempt_hogs(int64_t now);
void w_preempt_install(bool restart);
void w_preempt_restore(void);
/* The run ends: stop whoever does not come by himself. */
void w_end_stragglers(void);
struct w_trap;
bool w_in_runtime(uintptr_t pc);                                /* is it in the runtime's own text? */
bool w_in_libc(const struct w_trap *trap, const struct w_m *m); /* may it hold a lock of libc or the loader? In the handler */
void w_libc_find(void);                                         /* where they are, before the first signal */

/* ---- goroutines (sched/spawn.c, sched/gs.c) ---- */
bool w_work_stands(void);                  /* on a ring or the global queue: a hint, but for [idle] i4 */
struct w_g *w_pick_local(struct w_m *m);   /* as w_pick_next, but without a stack, or NULL */
void w_ready_new(struct w_m *m, struct w_g *g);
void w_need_sysmon(struct w_m *m);         /* entered: before the run has a second goroutine, or may get one */
void w_g_main(void);                       /* a stack's first function */
struct w_g *w_g_new(struct w_m *m);        /* entered; NULL: no memory */
void w_g_free(struct w_m *m, struct w_g *g);
bool w_g_attach(struct w_m *m, struct w_g *g); /* a stack for a G that has not run; false: needs g0 */
bool w_g_attach_slow(struct w_m *m, struct w_g *g); /* on g0; false: no memory */
void w_gs_shutdown(bool keep);
struct w_g *w_g_new_locked(void);
struct w_g *w_spawn(struct w_m *m, weft_fn fn, void *arg, void *spawned_at); /* entered; for w_ready_due; NULL: no memory */
void w_go_copy(weft_fn fn, const void *copy, size_t size, void *spawned_at); /* as weft_go_copy_ */
struct w_g *w_spawn_main(struct w_m *m, weft_fn fn, void *arg, void *spawned_at);
int w_post(weft_fn fn, void *arg, void *spawned_at); /* from any thread of a run that cannot end meanwhile: 0, -ESRCH, -ENOMEM */
/* Entered: the P goes back to g0; the running G is run again only if someone has queued it. */
intptr_t w_to_g0(struct w_m *m);

/* ---- signals (sched/signal.c) ---- */
/* Under io/signal.c's lock, on a large stack. catch: deliver is started as a goroutine when something is pending; forget is called
 * when the run ends. 0 or -errno. */
int w_signal_catch(int signo, weft_fn deliver, void (*forget)(void));
void w_signal_drop(int signo);
uint64_t w_signals_take(void); /* the deliverer: bits, signo - 1 */
void w_signals_poll(void);     /* sysmon */
void w_signals_end(void);      /* weft_run's caller, alone */
void w_signals_forked(void);
void w_signals_lift(void);     /* before a second thread runs goroutines; the end of the run undoes it */

/* ---- looking at a run from any thread (sched/boot.c) ---- */
/* false: no run is on. true: descriptors and Ps stay mapped until w_observe_end. */
bool w_observe_begin(void);
void w_observe_end(void);
bool w_observe_dying(void); /* the same for who ends the process, and so without an end; false in a fork's child, too */
void w_observe_forked(void);

/* ---- goroutine enumeration (sched/gs.c): for dumps; racy unless everything is asleep ---- */
/* Calls fn for each G that is not dead, in slab order, until fn returns false. Any thread. */
void w_each_g(bool (*fn)(struct w_g *g, void *arg), void *arg);

/* The next descriptor, whatever its state; NULL: that was the last, and the walk begins anew. Any thread. */
struct w_g_cursor { uint32_t slab, at; };
struct w_g *w_g_walk(struct w_g_cursor *c);

/* ---- stacks' pages and high water (sched/trim.c) ---- */
struct w_trim_pace {                 /* const; tests make it faster before a run */
    int64_t age_ns;                  /* how long a goroutine must have waited */
    int64_t free_ns;                 /* between two rounds over free stacks, and two walks over the descriptors */
    int64_t walk_ns, busy_ns;        /* between two steps of a walk: usually, and while pages are given back */
};
extern struct w_trim_pace w_trim_pace;
void w_trim_start(void);             /* sysmon begins */
int64_t w_trim_tick(int64_t now);    /* sysmon: a bounded piece of work; ns until the next is due, INT64_MAX: when something runs */
bool w_trim_ended(struct w_m *m, const struct w_g *g); /* entered, on g or g0: look at the stack it leaves. Is that clean? */
size_t w_trim_look(struct w_g *g);   /* any thread: note for its function what stack g is seen to use now, and return it; 0: nothing new */

bool w_g_runs(const struct w_g *g); /* is it some M's g? Racy */
static inline enum w_gstatus w_g_status(const struct w_g *g)
{
    enum w_gstatus s = (enum w_gstatus)(au32_load_rlx(&g->status) & 0xff); /* racy but for the owner */
    return s == W_G_RUNNABLE && w_g_runs(g) ? W_G_RUNNING : s;
}
static inline size_t w_g_stack_bytes(const struct w_g *g) { return (size_t)g->stack_kib << 10; }
static inline enum w_reason w_g_reason(const struct w_g *g) { return (enum w_reason)(au32_load_rlx(&g->status) >> 8); }
void w_gstatus_check(const struct w_g *g, enum w_gstatus to);
static inline void w_g_set(struct w_g *g, enum w_gstatus s, enum w_reason r)
{
#ifndef NDEBUG
    w_gstatus_check(g, s);
#endif
    au32_store_rlx(&g->status, (uint32_t)s | (uint32_t)r << 8); /* queues order the hand-over */
}
struct w_gaux *w_g_aux(struct w_m *m, struct w_g *g); /* makes it if need be. Entered */
/* Small objects of the run: bytes <= 1024 by class from the P's list, more from the system. NULL: no memory. Entered. */
void *w_small_alloc(struct w_m *m, size_t bytes);
void w_small_free(struct w_m *m, void *p, size_t bytes);
void *w_small_raw(size_t bytes); /* without a P, for good; at most 1024 bytes. NULL: no memory */
/* malloc and free, for objects of the user's that may outlive the run: not entered, no lock held; any thread (sched/user.c). */
void *w_user_alloc(size_t bytes); /* without memory fatal */
void w_user_free(void *p);

/* ---- running (sched/boot.c) ---- */
extern au32 w_running; /* 1: a run is on, from its first step to its last */
/* Entered, on a goroutine: end the run with this code. Never returns. */
_Noreturn void w_stop_run(struct w_m *m, int code);

/* ---- endings (sched/fatal.c, sched/panic.c, sched/frames.c, sched/fault.c) ---- */
_Noreturn void w_throw(const char *fmt, ...) __attribute__((format(printf, 1, 2)));  /* "fatal error: …", dump of all, exit 2 */
_Noreturn void w_panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));  /* as weft_panic; not entered, no lock held */
void w_g_run_deferred(void);      /* on a goroutine, not entered: at its normal end, or weft_goexit */
/* Call fn(arg) as Go calls a function: deferred calls made in it run when it ends or panics; a panic goes on. Not entered. */
void w_call_scoped(weft_fn fn, void *arg);
_Noreturn void w_deadlock(void);  /* "fatal error: all goroutines are asleep - deadlock!", dump, exit 2 */
_Noreturn void w_fatal_exit(void);/* flush stdio whose locks are free, _exit(2) */
/* Frames of a suspended G, or (self) of the caller, one per two lines in Go's form. */
void w_print_frames(int fd, const struct w_g *g, bool self);
/* Is this move between a goroutine's states one of gstatus.c's table? The second throws if not. */
bool w_gstatus_legal(enum w_gstatus from, enum w_gstatus to);
/* In the child of a fork made during a run, where only exec is allowed (sched/fork.c): what would be a call from a foreign thread is. */
extern au32 w_forked;
void w_fork_boot(void); /* the caller of weft_run: its mask is what children begin with */
void w_die_forked(void);
bool w_dying(void); /* somebody reports why the process ends, and ends it */
void w_die_await(void); /* the run is over: returns unless a thread of it is still reporting why the process ends (sched/fatal.c) */
void w_thread_mask(void); /* an M's thread, but the caller's: signals may come */
/* Fault signals: the process's handlers for a run, and an alternate stack for each M's thread (sched/fault.c). */
void w_fault_install(void);
void w_fault_restore(void);
void w_fault_thread_init(struct w_m *m);
void w_fault_thread_done(struct w_m *m);
_Noreturn void w_g_exit(void);    /* end the running goroutine; not entered */

#endif
