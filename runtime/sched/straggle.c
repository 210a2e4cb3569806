/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a run beside goroutines that do not call Weft: sysmon's last act, on its own thread, while M 0 waits for it.
 *
 * Once `stopping` is set an M ends at its goroutine's next call. One that does not come gets SIGURG every millisecond, now without
 * SA_RESTART, so that calls of the kernel return EINTR. Its handler (preempt.c) leaves by way of g0, and the goroutine ends where it
 * stands, unless it may hold a lock of libc or the loader: then it goes on, and is asked again. One that still refuses after 100 ms
 * (on the system stack each does), or sleeps where no signal reaches it, is abandoned: nothing of the run is unmapped, the thread is
 * detached, and its next call to Weft ends it. M 0 is the caller's own thread and cannot be abandoned: for it the wait has no end.
 *   g1 (an M leaves) gone = 1, ngone++ (acq_rel), wake      a1 (sysmon) reads ngone, looks at every gone
 *   g2 it is not touched again                              a2 waits while ngone is as read, at most 1 ms; then signals
 *   An abandoned M sets gone too, and sees `abandoned` before it touches the run: what it then does is to leave. [gone]
 *
 * May it hold such a lock? The unwinder of libgcc, which takes no lock itself with glibc 2.35 or later, is asked for the frames
 * from where the signal struck. One in libc or the loader: yes; but not where that is the innermost, just behind a system call's
 * instruction: no lock is held across those that block on a caller's behalf. Those that sleep call each other: they count as user
 * code, for who loops around one is hardly ever found elsewhere. A walk that does not reach the runtime's own
 * text at the goroutine's root (code without unwind tables): then every word of the live stack is looked at. In a program that is
 * linked statically nobody can tell: all of it counts as libc's.
 */
#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

#include "arch/trap.h"
#include "base/say.h"
#include "sched/fast.h"

enum { FIRST_SIGNAL_NS = 300000, SIGNAL_EVERY_NS = 1000000, ABANDON_NS = 100000000, DEAF_NS = 1000000000, RANGES = 8 };

/* ---- where libc and the loader are ---- */

static struct range {
    uintptr_t lo, hi;
} libc_at[RANGES], sleeps_at[4]; /* const once found */
static int nlibc;

static int add_object(struct dl_phdr_info *o, size_t size, void *unused)
{
    const char *slash = strrchr(o->dlpi_name, '/'), *name = slash ? slash + 1 : o->dlpi_name;
    (void)size, (void)unused;
    if (strncmp(name, "libc.so", 7) != 0 && strncmp(name, "ld-linux", 8) != 0)
        return 0;
    for (int i = 0; i < o->dlpi_phnum && nlibc < RANGES; i++) {
        const ElfW(Phdr) *h = &o->dlpi_phdr[i];
        uintptr_t lo = o->dlpi_addr + h->p_vaddr;
        if (h->p_type == PT_LOAD && (h->p_flags & PF_X))
            libc_at[nlibc++] = (struct range){lo, lo + h->p_memsz};
    }
    return 0;
}

/* No lock is held anywhere in them. */
static void find_sleeps(void)
{
    void *const calls[] = {(void *)(uintptr_t)nanosleep, (void *)(uintptr_t)clock_nanosleep, (void *)(uintptr_t)usleep, (void *)(uintptr_t)sleep};
    for (int i = 0; i < 4; i++) {
        Dl_info info;
        void *symbol = NULL;
        if (dladdr1(calls[i], &info, &symbol, RTLD_DL_SYMENT) && symbol)
            sleeps_at[i] = (struct range){(uintptr_t)calls[i], (uintptr_t)calls[i] + ((const ElfW(Sym) *)symbol)->st_size};
    }
}

void w_libc_find(void)
{
    if (nlibc != 0)
        return;
    dl_iterate_phdr(add_object, NULL);
    find_sleeps();
}

static bool in_libc(uintptr_t pc)
{
    for (int i = 0; i < 4; i++)
        if (pc - sleeps_at[i].lo < sleeps_at[i].hi - sleeps_at[i].lo)
            return false;
    for (int i = 0; i < nlibc; i++)
        if (pc - libc_at[i].lo < libc_at[i].hi - libc_at[i].lo)
            return true;
    return false;
}

/* ---- may a lock of theirs be held? ---- */

struct trace {
    uintptr_t pc; /* where the signal struck */
    bool begun;   /* that frame has been reached */
    bool rooted;  /* the runtime's own text came after it */
    bool found;
};

static _Unwind_Reason_Code one_frame(struct _Unwind_Context *c, void *arg)
{
    struct trace *t = arg;
    int exact = 0;
    uintptr_t pc = (uintptr_t)_Unwind_GetIPInfo(c, &exact);
    if (!t->begun) {
        t->begun = pc == t->pc;
        t->found = t->begun && in_libc(pc) && !w_arch_behind_syscall(pc);
        return _URC_NO_REASON;
    }
    t->found |= in_libc(pc);
    t->rooted |= w_in_runtime(pc);
    return t->found ? _URC_END_OF_STACK : _URC_NO_REASON;
}

/* Every word that is in use on the goroutine's stack. */
__attribute__((no_sanitize("address"), no_sanitize("thread"))) static bool scan(const struct w_m *m, uintptr_t sp)
{
    uintptr_t lo = (uintptr_t)(m->bound_g ? m->bound_stack : m->g->stack), hi = lo + w_g_stack_bytes(m->g);
    if (sp < lo || sp >= hi)
        return true; /* on another stack: not to be judged */
    for (uintptr_t at = (sp + 7) & ~(uintptr_t)7; at < hi; at += 8)
        if (in_libc(*(const uintptr_t *)at))
            return true;
    return false;
}

bool w_in_libc(const struct w_trap *at, const struct w_m *m)
{
    struct trace t = {.pc = at->pc};
    if (nlibc == 0)
        return true;
    _Unwind_Backtrace(one_frame, &t);
    if (t.found)
        return true;
    return !(t.begun && t.rooted) && ((in_libc(at->pc) && !w_arch_behind_syscall(at->pc)) || scan(m, at->sp));
}

/* ---- sysmon's part ---- */

/* Who is still there, and is waited for? Each of them is sent a signal, if so asked. */
static uint32_t left(bool and_signal, uint32_t *but_m0)
{
    uint32_t n = *but_m0 = 0;
    for (struct w_m *m = aptr_load_acq(&w_sched.all_m); m; m = m->all_next) { /* [all_m] */
        if (au32_load_acq(&m->gone) || au32_load_rlx(&m->abandoned)) /* [gone]; sysmon's own */
            continue;
        n++;
        *but_m0 += !m->first;
        if (and_signal && au32_load_acq(&m->tid)) {
            au32_store_rel(&m->preempt, 1); /* [preempt] q3 */
            w_os_thread_signal((int32_t)au32_load_acq(&m->tid), SIGURG);
        }
    }
    return n;
}

/* In user code, and the handler said no or cannot run. One that only waits for a core is given longer. */
__attribute__((no_sanitize("thread"))) /* m->g: a racy look */
static bool is_lost(const struct w_m *m, int64_t waited)
{
    return !m->first && !au32_load_acq(&m->gone) && !au32_load_rlx(&m->abandoned) && /* [gone]; sysmon's own */
           (m->g != &m->g0 || m->sys_g) &&
           (au32_load_rlx(&m->refused) || waited > DEAF_NS || w_os_thread_sleeps((int32_t)au32_load_rlx(&m->tid))); /* a hint */
}

static void abandon(int64_t waited)
{
    uint32_t before = w_sched.nabandoned;
    for (struct w_m *m = aptr_load_acq(&w_sched.all_m); m; m = m->all_next) /* [all_m] */
        if (is_lost(m, waited)) {
            au32_store_rel(&m->abandoned, 1); /* [gone] */
            w_sched.nabandoned++;
        }
    if (w_sched.nabandoned == before || w_dying()) /* its report is one of them, and not to be written into */
        return;
    struct w_say say;
    w_say_init(&say, 2);
    w_say_text(&say, "weft: left to themselves at the end of the run: ");
    w_say_dec(&say, w_sched.nabandoned - before);
    w_say_text(&say, " goroutines that could not be stopped within 100 ms\n");
    w_say_flush(&say);
}

void w_end_stragglers(void)
{
    int64_t start = w_os_now(), signal_at = start + FIRST_SIGNAL_NS;
    bool loud = false;
    for (;;) {
        uint32_t gone = au32_load_acq(&w_sched.ngone), but_m0; /* [gone] a1 */
        int64_t now = w_os_now();
        bool signal = now >= signal_at;
        if (signal && !loud) {
            w_preempt_install(false);
            loud = true;
        }
        if (left(signal, &but_m0) == 0)
            return;
        if (signal)
            signal_at = now + SIGNAL_EVERY_NS;
        if (but_m0 && signal && now - start > ABANDON_NS)
            abandon(now - start);
        w_os_futex_wait(&w_sched.ngone, gone, signal_at - now); /* [gone] a2 */
    }
}
