/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WEFT_DEBUG=schedtrace=ms: one line about the scheduler, in the format of Go's GODEBUG=schedtrace; with scheddetail=1 the same and a
 * line for each P, M and goroutine (Go 1.22 proc.go: schedtrace, whose numbers for states these are). On sysmon's thread.
 *
 * The SCHED line and what is a P's are read under sched.lock, all else racily: a goroutine may be seen on two lines, or none.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/knob.h"
#include "sched/report.h"

enum { TEXT = 512 };

static void brief(int64_t since_start_ms)
{
    char line[160 + 12 * W_MAX_PROCS];
    w_lock(&w_sched.lock);
    uint32_t n = au32_load_rlx(&w_sched.nprocs); /* under lock */
    int at = snprintf(line, sizeof line,
                      "SCHED %lldms: gomaxprocs=%u idleprocs=%u threads=%u spinningthreads=%u needspinning=0 idlethreads=%u runqueue=%u [",
                      (long long)since_start_ms, n, au32_load_rlx(&w_sched.nidle_p), w_sched.nthreads,
                      au32_load_rlx(&w_sched.nspinning), w_sched.nidle_m, au32_load_rlx(&w_sched.q.size));
    w_unlock(&w_sched.lock);
    for (uint32_t i = 0; i < n; i++) {
        const struct w_p *p = w_sched.allp[i]; /* hints */
        uint32_t size = au32_load_rlx(&p->q.tail) - au32_load_rlx(&p->q.head) + (aptr_load_rlx(&p->runnext) != NULL);
        at += snprintf(line + at, sizeof line - (size_t)at, i ? " %u" : "%u", size <= W_RUNQ_CAP + 1 ? size : 0);
    }
    at += snprintf(line + at, sizeof line - (size_t)at, "]\n");
    if (write(2, line, (size_t)at) < 0)
        return; /* nobody reads it */
}

/* A number, or Go's "nil". */
static const char *or_nil(char text[24], bool is, uint64_t x)
{
    snprintf(text, 24, is ? "%llu" : "nil", (unsigned long long)x);
    return text;
}

static W_RACY void one_p(struct w_say *s, const struct w_p *p)
{
    static const int go_status[] = {[W_P_IDLE] = 0, [W_P_RUNNING] = 1, [W_P_SYSCALL] = 2, [W_P_GONE] = 4};
    char line[TEXT], who[24];
    w_lock(&w_sched.lock);
    const struct w_m *m = p->m;
    bool in_call = m && aptr_load_rlx(&m->sysp) == p; /* a hint */
    int status = in_call ? 2 : go_status[p->status];
    w_unlock(&w_sched.lock);
    uint32_t size = au32_load_rlx(&p->q.tail) - au32_load_rlx(&p->q.head); /* hints, all of it */
    snprintf(line, sizeof line, "  P%d: status=%d schedtick=%llu syscalltick=%u m=%s runqsize=%u gfreecnt=%u timerslen=%u\n", (int)p->id, status,
             (unsigned long long)w_rounds(p), au32_load_rlx(&p->syscalls), or_nil(who, m != NULL, m ? (uint64_t)m->id : 0),
             size <= W_RUNQ_CAP ? size : 0, p->ngfree, p->timers.n);
    w_say_text(s, line);
}

static W_RACY void one_m(struct w_say *s, const struct w_m *m)
{
    char line[TEXT], p_text[24], g_text[24], locked_text[24];
    const struct w_p *p = m->p;
    const struct w_g *g = m->sys_g ? m->sys_g : m->bound_g ? NULL : m->g, *bound = m->bound_g;
    bool has_p = p && p != &w_no_p && p->m == m, runs = g && g != &m->g0;
    const struct w_g *locked = bound ? bound : m->locks ? g : NULL;
    if (m->ended)
        return;
    snprintf(line, sizeof line,
             "  M%d: p=%s curg=%s mallocing=0 throwing=0 preemptoff= locks=%u dying=0 spinning=%s blocked=%s lockedg=%s\n", (int)m->id,
             or_nil(p_text, has_p, has_p ? (uint64_t)p->id : 0), or_nil(g_text, runs, runs ? au64_load_rlx(&g->id) : 0), /* hints */
             au32_load_rlx(&m->nopreempt), m->spinning ? "true" : "false", m->listed || m->bound_wait ? "true" : "false",
             or_nil(locked_text, locked != NULL, locked ? au64_load_rlx(&locked->id) : 0)); /* hints */
    w_say_text(s, line);
}

static W_RACY const struct w_m *runner(const struct w_g *g)
{
    for (const struct w_m *m = aptr_load_acq(&w_sched.all_m); m; m = m->all_next) /* [all_m] */
        if ((m->g == g && m->bound_g != g) || m->sys_g == g)
            return m;
    return NULL;
}

static W_RACY bool one_g(struct w_g *g, void *say)
{
    static const int go_status[] = {[W_G_DEAD] = 6, [W_G_RUNNABLE] = 1, [W_G_RUNNING] = 2, [W_G_WAITING] = 4, [W_G_SYSCALL] = 3};
    char line[TEXT], m_text[24], locked_text[24];
    const struct w_m *m = runner(g), *locked = m && m->locks ? m : w_bound_m(g);
    enum w_reason why = w_g_reason(g);
    uint64_t id = au64_load_rlx(&g->id); /* a hint */
    if (id == 0)
        return true;
    snprintf(line, sizeof line, "  G%llu: status=%d(%s) m=%s lockedm=%s\n", (unsigned long long)id, go_status[w_g_status(g)],
             why != W_REASON_NONE && why < W_REASON_END ? w_reason_names[why] : "", or_nil(m_text, m != NULL, m ? (uint64_t)m->id : 0),
             or_nil(locked_text, locked != NULL, locked ? (uint64_t)locked->id : 0));
    w_say_text(say, line);
    return true;
}

static void detail(int64_t since_start_ms)
{
    struct w_say s;
    char line[TEXT];
    w_say_init(&s, 2);
    w_lock(&w_sched.lock);
    snprintf(line, sizeof line,
             "SCHED %lldms: gomaxprocs=%u idleprocs=%u threads=%u spinningthreads=%u needspinning=0 idlethreads=%u runqueue=%u "
             "gcwaiting=false nmidlelocked=%u stopwait=0 sysmonwait=false\n",
             (long long)since_start_ms, au32_load_rlx(&w_sched.nprocs), au32_load_rlx(&w_sched.nidle_p), w_sched.nthreads,
             au32_load_rlx(&w_sched.nspinning), w_sched.nidle_m, au32_load_rlx(&w_sched.q.size), w_sched.nbound); /* under lock */
    w_unlock(&w_sched.lock);
    w_say_text(&s, line);
    for (uint32_t i = 0, n = au32_load_acq(&w_sched.nallp); i < n; i++) /* [allp] */
        one_p(&s, w_sched.allp[i]);
    for (const struct w_m *m = aptr_load_acq(&w_sched.all_m); m; m = m->all_next) /* [all_m] */
        one_m(&s, m);
    w_each_g(one_g, &s);
    w_say_flush(&s);
}

void w_schedtrace(int64_t since_start_ms)
{
    if (w_knobs.scheddetail)
        detail(since_start_ms);
    else
        brief(since_start_ms);
}
