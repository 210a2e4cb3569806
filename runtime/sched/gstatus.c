/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words for what a goroutine does, and the legal moves between states. The words are Go's of today, since programs compare
 * them (Go 1.26 runtime2.go: waitReasonStrings; traceback.go: gStatusStrings).
 */
#include "sched/sched.h"

const char *const w_reason_names[W_REASON_END] = {
    [W_REASON_NONE] = "",
    [W_REASON_CHAN_SEND] = "chan send",
    [W_REASON_CHAN_RECV] = "chan receive",
    [W_REASON_CHAN_SEND_NIL] = "chan send (nil chan)",
    [W_REASON_CHAN_RECV_NIL] = "chan receive (nil chan)",
    [W_REASON_SELECT] = "select",
    [W_REASON_SELECT_NONE] = "select (no cases)",
    [W_REASON_SLEEP] = "sleep",
    [W_REASON_MUTEX] = "sync.Mutex.Lock",
    [W_REASON_RWMUTEX_R] = "sync.RWMutex.RLock",
    [W_REASON_RWMUTEX_W] = "sync.RWMutex.Lock",
    [W_REASON_COND] = "sync.Cond.Wait",
    [W_REASON_SEMA] = "semacquire",
    [W_REASON_WAITGROUP] = "sync.WaitGroup.Wait",
    [W_REASON_IO] = "IO wait",
};

enum { STATES = W_G_SYSCALL + 1 };

static const char *const state_names[STATES] = {
    [W_G_DEAD] = "dead",       [W_G_RUNNABLE] = "runnable", [W_G_RUNNING] = "running",
    [W_G_WAITING] = "waiting", [W_G_SYSCALL] = "syscall",
};

/* By the state that is left: the states that may follow, as bits. */
#define TO(s) (1u << W_G_##s)
static const uint32_t may_become[STATES] = {
    [W_G_DEAD] = TO(RUNNABLE),                                           /* spawn */
    [W_G_RUNNABLE] = TO(RUNNING) | TO(DEAD),                             /* dispatch; a spawn that is taken back */
    [W_G_RUNNING] = TO(RUNNABLE) | TO(WAITING) | TO(SYSCALL) | TO(DEAD), /* yield, park, a blocking call, the end */
    [W_G_WAITING] = TO(RUNNABLE),                                        /* ready */
    [W_G_SYSCALL] = TO(RUNNING) | TO(RUNNABLE),                          /* back, with or without a P */
};
#undef TO

const char *w_gstatus_name(enum w_gstatus s) { return (unsigned)s < STATES ? state_names[s] : "?"; }

bool w_gstatus_legal(enum w_gstatus from, enum w_gstatus to) {
    return (unsigned)from < STATES && (unsigned)to < STATES && (may_become[from] >> to & 1) != 0;
}

void w_gstatus_check(const struct w_g *g, enum w_gstatus to) {
    enum w_gstatus from = w_g_status(g);
    const struct w_m *m = w_self();
    if (from == W_G_RUNNABLE && m && m->g == g) /* bound just now, and not off its stack yet */
        from = W_G_RUNNING;
    if (w_unlikely(from != to && !w_gstatus_legal(from, to)))
        w_throw("weft: goroutine %llu goes from %s to %s",
                (unsigned long long)au64_load_rlx(&g->id), /* its owner's own */
                w_gstatus_name(from), w_gstatus_name(to));
}
