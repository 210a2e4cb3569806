/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the runtime asks of the operating system: a port is one file that has these. Calls return 0 or a value, and a
 * negative errno on failure; none of them may switch goroutines.
 */
#ifndef W_OS_H
#define W_OS_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atom.h"

/* Futex: sleep while *a == expected, at most ns (negative: without limit). May wake for no reason. */
void w_os_futex_wait(au32 *a, uint32_t expected, int64_t ns);
void w_os_futex_wake(au32 *a, int n);

int64_t w_os_now(void);      /* CLOCK_MONOTONIC, ns */
int w_os_affinity(void);     /* processors this process may use, at least 1 */
void w_os_thread_yield(void);
void w_os_nap(int64_t ns);   /* for w_backoff's naps alone */

/* A thread with a stack of `stack` bytes, every signal blocked but the fault signals and SIGURG. */
int w_os_thread_start(pthread_t *t, size_t stack, void *(*fn)(void *), void *arg);
bool w_os_thread_try_join(pthread_t t); /* false: it has not ended yet */

int32_t w_os_thread_id(void);
void w_os_thread_signal(int32_t id, int signo); /* to a thread of this process; one that is gone is no error */
int64_t w_os_thread_cpu(int32_t id);            /* ns that it has run, or -1 */
bool w_os_thread_sleeps(int32_t id);            /* is it asleep in the kernel, and not just off its core? */
/* The system call that it is in, and the kernel's function in which it sleeps, as far as the kernel tells: -1, "". */
int w_os_thread_call(int32_t id, char *where, size_t size);
/* Unblock a signal on this thread, or block it again; returns whether it was blocked. */
bool w_os_signal_block(int signo, bool block);
/* Signals (os/signals.c). A handler for the whole process, on the alternate stack, calls restarted; 0 or -errno. */
enum { W_OS_SIGNALS = 64 };
typedef void w_os_handler(int signo, siginfo_t *info, void *context);
int w_os_signal_set(int signo, w_os_handler *handler, struct sigaction *before);
void w_os_signal_put_back(int signo, const struct sigaction *before);
bool w_os_signal_is_default(int signo); /* has the process no handler, and does not ignore it? */
bool w_os_signal_is(int signo, w_os_handler *handler); /* is it the process's? */
bool w_os_signal_is_own(int signo);     /* cannot be caught, is the runtime's, or is no signal */
/* From now on signo is noted: pending |= its bit, then the word (the same for all) is bumped, and who waits on it is woken. */
int w_os_signal_note(int signo, au64 *pending, au32 *word, struct sigaction *before);
/* The process's own handler to the alternate stack, and back. true: it was not there before. */
bool w_os_signal_lift(int signo);
void w_os_signal_lower(int signo);
struct w_os_mask { uint64_t word[16]; };
void w_os_mask_get(struct w_os_mask *to); /* the calling thread's */
void w_os_mask_set(const struct w_os_mask *from);
void w_os_mask_for_threads(struct w_os_mask *m); /* a caller's mask made fit for Ms: faults and SIGURG come, SIGPIPE does not */

/* Private zeroed memory without reserve; NULL when there is none. */
void *w_os_map(size_t bytes);
void w_os_unmap(void *p, size_t bytes);

/*
 * The heavy half of an asymmetric barrier: when it returns, every other thread of the process has executed a full fence
 * since the call. w_os_has_heavy_barrier() is false where the kernel (or an emulator, or TSan's model) has none: then both
 * sides must use full fences.
 */
bool w_os_has_heavy_barrier(void);
void w_os_heavy_barrier(void);

/* Guard pages. advice: MADV_GUARD_INSTALL (Linux 6.13), no VMA split; mprotect: PROT_NONE, splits. 0 or -errno. */
int w_os_guard_advice(void *p, size_t bytes);
int w_os_guard_mprotect(void *p, size_t bytes);
/* true if a touch of a page advised as a guard really faults: probed by a system call on the page, so without a signal. */
bool w_os_guard_advice_works(void);
size_t w_os_page(void);
void w_os_no_hugepage(void *p, size_t bytes);
void w_os_discard(void *p, size_t bytes); /* contents become zero, pages go back */
/* Which pages from p on are in memory: bit 0 of a byte each. 0; -ENOMEM: something there is not mapped. Takes no lock of libc. */
int w_os_resident(const void *p, size_t pages, unsigned char *each);
bool w_os_readable(const void *p);        /* may a byte be read here? by a system call, for stack walks */

static inline void w_cpu_relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield" ::: "memory");
#endif
}

#endif
