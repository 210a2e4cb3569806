/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deterministic simulation of the whole runtime: its threads are coroutines of one real thread, and every way in which
 * they could interleave is a decision of a seeded generator. The same WEFT_SIM gives the same run, step for step.
 *
 * The baton. Each thread of the runtime (Ms, sysmon, the caller of weft_run) is a `ws_thread`. Exactly one has the
 * baton, `ws.cur`: it alone runs, on whatever stack it stands (its own, a goroutine's). The others stand in ws_step or
 * ws_block with their stack pointer saved. The baton goes over by w_ctx_switch, the runtime's own switch, between the
 * contexts of two ws_threads; the thread-local w_tls_m and errno go with it. No signal, no lock, no kernel: a switch
 * costs some 10 ns.
 *
 * A switch point is every operation of base/atom.h (hook.h) and every call of os/os.h that others could notice (os.c),
 * *before* it is done: ws_step counts it, records it, and asks choose.c whether somebody else is to go first. Between
 * two switch points code runs undivided; that loses nothing as long as plain memory is handed over by atomic operations
 * alone.
 *
 * Late stores. On x86 a store may be seen by others after the storer's next loads: store-load duels exist because of
 * it. So a store that is not seq_cst, to a word of w_sched, a P or an M, goes to the thread's buffer of 8
 * (ws_thread.late), where it alone sees it. It comes out in order: some steps later by chance, at its next locked
 * operation, fence, call of the system or other store; or at anyone's heavy barrier, which is all that makes the light
 * half of a duel work. Only those words, because memory that is later used without atomics (frames, users' objects)
 * would be overwritten by what is still late.
 *
 * Virtual time starts at a second. It goes on when nobody can run: to the earliest deadline of those who wait. And for
 * those who wait by looking: a look at the clock and a turn of a spin take read_ns and relax_ns, drawn by the seed; a
 * thread that only computes sees it stand still. A turn of a spin lets another thread go on, always or once in so many
 * times, by the seed: then what follows a spin in vain is seen too.
 *
 * Blocking. A futex wait is one step: word changed, return; else the thread is WAITING on the address. A wake takes
 * waiters in random order, since the kernel promises none, and a wait may end for no reason, as os.h allows. Nobody can
 * run and nobody has a deadline: the schedule is stuck, which is a failure with the trace's tail; so are more than
 * ws.bound steps.
 *
 * What is not simulated ends the process with status 78: descriptors (poll.c). Signals between threads are not
 * delivered: what runs in the runtime is never preempted, and user code has no switch point but in the runtime. Memory
 * comes from fixed addresses in the order in which it is asked for, and is never used again (os.c), so that address
 * order is a function of the schedule too.
 */
#include "sim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"

enum { BOUND = 20000000, LOOKS = 32 };
#define BEGINNING INT64_C(1000000000)

struct ws ws;
static struct w_m carrier; /* what w_ctx_switch wants to be told: who is left */
static struct ws_record own_record;

/* ---- the baton ---- */

static void switch_to(struct ws_thread *to) {
    struct ws_thread *from = ws.cur;
    if (to == from) return;
    from->m = w_tls_m;
    from->err = errno;
    ws.record->switches++;
    ws.cur = to;
    w_tls_m = to->m;
    errno = to->err;
    carrier.g = &from->ctx;
    w_ctx_switch(&carrier, &to->ctx);
}

static void last_steps(void *record) { ws_tail_print(2, record); }

static _Noreturn void stuck(const char *why) {
    static char stack[64 * 1024] __attribute__((aligned(64))); /* names of functions take more than a goroutine has */
    static struct w_say say;                                   /* not on a goroutine's stack */
    ws.record->stuck = true;
    w_say_init(&say, 2);
    w_say_text(&say, "weft_sim: ");
    w_say_text(&say, why);
    w_say_text(&say, "\n");
    w_say_flush(&say);
    for (int i = 0; i < WS_THREADS; i++) {
        const struct ws_thread *t = &ws.thread[i];
        static const char *const names[] = {"", "can run", "waits", ""};
        if (t->state != WS_READY && t->state != WS_WAITING) continue;
        w_say_text(&say, "  thread ");
        w_say_dec(&say, (uint64_t)i);
        w_say_text(&say, " ");
        w_say_text(&say, names[t->state]);
        w_say_text(&say, t->state == WS_WAITING && t->until != INT64_MAX ? ", with a deadline\n" : "\n");
        w_say_flush(&say);
    }
    if (ws.record == &own_record)
        w_ctx_call_on(stack + sizeof stack, last_steps, &own_record); /* else the runner does it */
    _exit(WS_EXIT_STUCK);
}

void ws_not_here(const char *what) {
    static struct w_say say; /* not on a goroutine's stack */
    w_say_init(&say, 2);
    w_say_text(&say, "weft_sim: not in a simulation: ");
    w_say_text(&say, what);
    w_say_text(&say, "\n");
    w_say_flush(&say);
    _exit(WS_EXIT_NOT_HERE);
}

void ws_step(enum ws_op op, const volatile void *at, uintptr_t pc) {
    if (__builtin_thread_pointer() != ws.self) ws_not_here("a thread that Weft does not know");
    if (++ws.step > ws.bound) stuck("no end within the bound of steps");
    ws_trace(op, at, pc);
    if (op != WS_NOW && op != WS_LOAD) ws.cur->looks = 0;
    if (--ws.countdown == 0) switch_to(ws_choose());
}

/* ---- time ---- */

static void make_ready(struct ws_thread *t, bool timed_out) {
    t->state = WS_READY;
    t->timed_out = timed_out;
    ws.ready |= ws_bit(t);
    ws_choose_woken(t);
}

static void find_next_due(void) {
    ws.next_due = INT64_MAX;
    for (int i = 0; i < WS_THREADS; i++)
        if (ws.thread[i].state == WS_WAITING && ws.thread[i].until < ws.next_due) ws.next_due = ws.thread[i].until;
}

void ws_clock(int64_t now) {
    ws.now = now;
    ws.record->ns = now - BEGINNING;
    if (now < ws.next_due) return;
    for (int i = 0; i < WS_THREADS; i++)
        if (ws.thread[i].state == WS_WAITING && ws.thread[i].until <= now) make_ready(&ws.thread[i], true);
    find_next_due();
}

void ws_spun(void) {
    ws_clock(ws.now + ws.relax_ns);
    if ((w_rand(&ws.rand) >> 33 & ws.spin_mask) == 0) switch_to(ws_choose_after_spin());
}

/* Nothing but looks at the clock for so long: user code that waits by looking. */
void ws_looked(void) {
    if (++ws.cur->looks < LOOKS) return;
    ws.cur->looks = 0;
    switch_to(ws_choose_after_spin());
}

/* ---- waiting ---- */

/* The current thread cannot go on: somebody else has to. */
static void give_away(void) {
    while (!ws.ready) { /* next_due may be of one that was woken meanwhile */
        if (ws.next_due == INT64_MAX) stuck("no thread can run, and none has a deadline");
        ws_clock(ws.next_due > ws.now ? ws.next_due : ws.now);
    }
    switch_to(ws_choose_other());
}

bool ws_block(const volatile void *on, int64_t until) {
    struct ws_thread *t = ws.cur;
    t->state = WS_WAITING;
    t->on = on;
    t->until = until;
    if (until < ws.next_due) ws.next_due = until;
    ws.ready &= ~ws_bit(t);
    give_away();
    return !t->timed_out;
}

void ws_wake(const volatile void *on, int n) {
    struct ws_thread *w[WS_THREADS];
    int k = 0;
    for (int i = 0; i < WS_THREADS; i++)
        if (ws.thread[i].state == WS_WAITING && ws.thread[i].on == on) w[k++] = &ws.thread[i];
    for (; n > 0 && k > 0; n--) {
        int i = (int)w_rand_below(&ws.rand, (uint32_t)k);
        make_ready(w[i], false);
        w[i] = w[--k];
    }
}

/* ---- threads ---- */

static void thread_main(void) {
    struct ws_thread *t = ws.cur;
    t->result = t->fn(t->arg);
    ws_step(WS_END, NULL, WS_HERE());
    ws_flush(t);
    t->state = WS_DONE;
    ws.ready &= ~ws_bit(t);
    ws_wake(t, WS_THREADS);
    give_away();
    __builtin_unreachable();
}

struct ws_thread *ws_spawn(size_t stack, void *(*fn)(void *), void *arg) {
    struct ws_thread *t = ws.thread;
    while (t < ws.thread + WS_THREADS && t->state != WS_FREE) t++;
    char *low = t < ws.thread + WS_THREADS ? w_os_map(stack) : NULL;
    if (!low) return NULL;
    *t = (struct ws_thread){.fn = fn, .arg = arg, .until = INT64_MAX};
    t->ctx.sp = w_ctx_prepare(low + stack, thread_main);
    ws_choose_spawned(t);
    make_ready(t, false);
    return t;
}

pthread_t ws_thread_self(void) { return (pthread_t)ws_id(ws.cur) + 1; }

int ws_thread_join(pthread_t id, void **result) {
    struct ws_thread *t = &ws.thread[id - 1];
    ws_step(WS_JOIN, NULL, WS_HERE());
    ws_flush(ws.cur);
    while (t->state != WS_DONE) ws_block(t, INT64_MAX);
    if (result) *result = t->result;
    t->state = WS_FREE;
    return 0;
}

int ws_thread_detach(pthread_t id) { return (void)id, 0; /* its place is not used again */ }

/* ---- begin ---- */

void ws_begin(const struct ws_plan *plan, struct ws_record *record) {
    memset(&ws, 0, sizeof ws);
    ws.plan = *plan;
    ws.record = record;
    *record = (struct ws_record){.hash = UINT64_C(0xcbf29ce484222325)};
    ws.rand = (plan->seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    for (int i = 0; i < 8; i++) w_rand(&ws.rand); /* neighbouring seeds part */
    ws.now = BEGINNING;
    ws.next_due = INT64_MAX;
    ws.bound = BOUND;
    ws.trace_fd = -1;
    ws.self = __builtin_thread_pointer();
    static const int64_t read_ns[] = {200, 1000, 5000, 50000}, relax_ns[] = {200, 200, 1000, 3000};
    ws.read_ns = read_ns[w_rand_below(&ws.rand, 4)];
    ws.relax_ns = relax_ns[w_rand_below(&ws.rand, 4)];
    ws.late = w_rand_below(&ws.rand, 4) != 0;
    ws.late_mask = (1u << w_rand_below(&ws.rand, 6)) - 1;
    ws.spin_mask = w_rand_below(&ws.rand, 2) ? 0 : (1u << w_rand_below(&ws.rand, 9)) - 1;
    ws.cur = &ws.thread[0];
    ws.cur->state = WS_READY;
    ws.cur->until = INT64_MAX;
    ws.ready = 1;
    ws_os_begin();
    ws_choose_begin();
    ws_choose_spawned(ws.cur);
}

/* For a program of its own, before its constructors; the runner begins anew for each schedule. */
__attribute__((constructor(101))) static void begin_by_environment(void) {
    const char *text = getenv("WEFT_SIM"), *trace = getenv("WEFT_SIM_TRACE");
    struct ws_plan plan = {.seed = 1};
    if (text && ws_plan_parse(text, &plan) != 0) {
        fprintf(stderr, "weft_sim: WEFT_SIM is a number, or pct:NUMBER:DEPTH with a depth from 1 to 64: %s\n", text);
        _exit(2);
    }
    ws_begin(&plan, &own_record);
    if (trace) ws_trace_open(trace);
}
