/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers of asynchronous signals, and masks. A handler runs on the alternate stack where its thread has one (a goroutine's stack may be
 * small), may strike anywhere, and so does atomic operations and a futex wake only.
 *
 * TSan keeps a signal back until the thread calls something that it intercepts, and so for ever from a thread asleep in a
 * futex: there the C library's own sigaction is called by its other name, past the interceptor. The handler may then strike inside
 * TSan's own code, so nothing in this file is instrumented, not even the atomics.
 */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#pragma clang attribute push(__attribute__((disable_sanitizer_instrumentation)), apply_to = function)
#define UNSEEN 1
#endif
#endif
#include "os/os.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if W_TSAN
extern int __sigaction(int signo, const struct sigaction *sa, struct sigaction *old);
#define set_action __sigaction
#else
#define set_action sigaction
#endif

int w_os_signal_set(int signo, w_os_handler *handler, struct sigaction *before)
{
    struct sigaction sa;
    memset(&sa, 0, sizeof sa);
    sa.sa_sigaction = handler;
    sa.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigemptyset(&sa.sa_mask);
    return set_action(signo, &sa, before) == 0 ? 0 : -errno;
}

void w_os_signal_put_back(int signo, const struct sigaction *before) { set_action(signo, before, NULL); }

bool w_os_signal_is_default(int signo)
{
    struct sigaction now;
    return set_action(signo, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_DFL;
}

bool w_os_signal_is(int signo, w_os_handler *handler)
{
    struct sigaction now;
    return set_action(signo, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) && now.sa_sigaction == handler;
}

bool w_os_signal_is_own(int signo)
{
    static const int own[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGURG};
    for (unsigned i = 0; i < sizeof own / sizeof *own; i++)
        if (signo == own[i])
            return true;
    return signo < 1 || signo > W_OS_SIGNALS;
}

static au64 *noted_in; /* written before a handler is there */
static au32 *bell;

static void note(int signo, siginfo_t *info, void *context)
{
    int saved = errno;
    (void)info, (void)context;
    au64_or_rlx(noted_in, UINT64_C(1) << (signo - 1)); /* [signal] h1; ordered by h2 */
    au32_add_acqrel(bell, 1);                          /* [signal] h2 */
    syscall(SYS_futex, &bell->v, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    errno = saved;
}

int w_os_signal_note(int signo, au64 *pending, au32 *word, struct sigaction *before)
{
    noted_in = pending;
    bell = word;
    return w_os_signal_set(signo, note, before);
}

/* Handlers of the process that would run on a goroutine's stack. */
bool w_os_signal_lift(int signo)
{
    struct sigaction sa;
    if (set_action(signo, NULL, &sa) != 0 || (sa.sa_flags & SA_ONSTACK) ||
        (!(sa.sa_flags & SA_SIGINFO) && (sa.sa_handler == SIG_DFL || sa.sa_handler == SIG_IGN)))
        return false;
    sa.sa_flags |= SA_ONSTACK;
    return set_action(signo, &sa, NULL) == 0;
}

void w_os_signal_lower(int signo)
{
    struct sigaction sa;
    if (set_action(signo, NULL, &sa) != 0 || (!(sa.sa_flags & SA_SIGINFO) && (sa.sa_handler == SIG_DFL || sa.sa_handler == SIG_IGN)))
        return;
    sa.sa_flags &= ~SA_ONSTACK;
    set_action(signo, &sa, NULL);
}

/* ---- masks ---- */

_Static_assert(sizeof(struct w_os_mask) >= sizeof(sigset_t), "a mask fits");
static sigset_t *set_of(struct w_os_mask *m) { return (sigset_t *)(void *)m; }
void w_os_mask_get(struct w_os_mask *to) { pthread_sigmask(SIG_SETMASK, NULL, set_of(to)); }
void w_os_mask_set(const struct w_os_mask *from) { pthread_sigmask(SIG_SETMASK, (const sigset_t *)(const void *)from, NULL); }

void w_os_mask_for_threads(struct w_os_mask *m)
{
    static const int always[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGURG};
    for (unsigned i = 0; i < sizeof always / sizeof *always; i++)
        sigdelset(set_of(m), always[i]);
    sigaddset(set_of(m), SIGPIPE);
}

#if defined(UNSEEN)
#pragma clang attribute pop
#endif
