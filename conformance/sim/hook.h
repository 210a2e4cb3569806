/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled into the runtime of the simulation alone, before each of its files (-include): every operation of
 * base/atom.h becomes a call of the simulator, and so do the few calls of libc that would block the one real thread or
 * depend on its addresses. What goes by way of os/os.h and poll/poll.h is in os.c and poll.c, a port each.
 *
 * base/atom.h itself is not read here: its guard is defined. An operation that is added there does not compile here
 * until it is added too.
 */
#ifndef W_ATOM_H
#define W_ATOM_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define W_TSAN 0
#define W_ASAN 0

typedef struct { volatile uint32_t v; } au32;
typedef struct { volatile uint64_t v; } au64;
typedef struct { void *volatile v; } aptr;

/* What a thread is about to do: a switch point each, by this number in traces (trace.c has the names). */
enum ws_op {
    WS_LOAD, WS_STORE, WS_XCHG, WS_CAS, WS_ADD, WS_OR, WS_AND, WS_FENCE, WS_BARRIER, WS_RELAX, WS_YIELD, WS_NAP, WS_NOW, WS_WAIT,
    WS_WAKE, WS_START, WS_JOIN, WS_END, WS_OPS,
};

/* Values as 64 bits; `bytes` is 4 or 8. */
uint64_t ws_load(const volatile void *at, int bytes);
void ws_store(volatile void *at, int bytes, uint64_t x, bool sc);
uint64_t ws_change(volatile void *at, int bytes, enum ws_op op, uint64_t x); /* xchg, add, or, and: what was there before */
bool ws_cas(volatile void *at, int bytes, uint64_t *old, uint64_t x);
void ws_fence(void);
void ws_relax(void);

#define WS_ATOM(A, T, BITS)                                                                                              \
    static inline T A##_load_rlx(const A *a) { return (T)(BITS)ws_load(&a->v, sizeof(T)); }                              \
    static inline T A##_load_acq(const A *a) { return (T)(BITS)ws_load(&a->v, sizeof(T)); }                              \
    static inline T A##_load_sc(const A *a) { return (T)(BITS)ws_load(&a->v, sizeof(T)); }                               \
    static inline void A##_store_rlx(A *a, T x) { ws_store(&a->v, sizeof(T), (BITS)x, false); }                          \
    static inline void A##_store_rel(A *a, T x) { ws_store(&a->v, sizeof(T), (BITS)x, false); }                          \
    static inline void A##_store_sc(A *a, T x) { ws_store(&a->v, sizeof(T), (BITS)x, true); }                            \
    static inline T A##_xchg_acq(A *a, T x) { return (T)(BITS)ws_change(&a->v, sizeof(T), WS_XCHG, (BITS)x); }           \
    static inline T A##_xchg_acqrel(A *a, T x) { return (T)(BITS)ws_change(&a->v, sizeof(T), WS_XCHG, (BITS)x); }        \
    static inline bool A##_cas_acqrel(A *a, T *old, T x)                                                                 \
    {                                                                                                                    \
        uint64_t was = (BITS)*old;                                                                                       \
        bool done = ws_cas(&a->v, sizeof(T), &was, (BITS)x);                                                             \
        *old = (T)(BITS)was;                                                                                             \
        return done;                                                                                                     \
    }                                                                                                                    \
    static inline bool A##_cas_acq(A *a, T *old, T x) { return A##_cas_acqrel(a, old, x); }

WS_ATOM(au32, uint32_t, uint32_t)
WS_ATOM(au64, uint64_t, uint64_t)
WS_ATOM(aptr, void *, uintptr_t)

#define WS_CHANGE(A, T, name, op, x) \
    static inline T A##_##name(A *a, T n) { return (T)ws_change(&a->v, sizeof(T), op, (uint64_t)(x)); }
WS_CHANGE(au32, uint32_t, add_acqrel, WS_ADD, n)
WS_CHANGE(au32, uint32_t, add_sc, WS_ADD, n)
WS_CHANGE(au32, uint32_t, sub_acqrel, WS_ADD, -(uint64_t)n)
WS_CHANGE(au32, uint32_t, sub_sc, WS_ADD, -(uint64_t)n)
WS_CHANGE(au32, uint32_t, or_acqrel, WS_OR, n)
WS_CHANGE(au32, uint32_t, and_acqrel, WS_AND, n)
WS_CHANGE(au64, uint64_t, add_acqrel, WS_ADD, n)
WS_CHANGE(au64, uint64_t, add_rlx, WS_ADD, n)
WS_CHANGE(au64, uint64_t, or_rlx, WS_OR, n)
WS_CHANGE(au64, uint64_t, and_rlx, WS_AND, n)

/* Statistics: no switch point of its own, so that counters do not crowd out what decides something. */
static inline void au64_bump(au64 *a, uint64_t n) { a->v = a->v + n; }

static inline void w_light_barrier(void) { __asm__ volatile("" ::: "memory"); }
static inline void w_full_fence(void) { ws_fence(); }

#include "os/os.h"

#define w_cpu_relax() ws_relax()

pthread_t ws_thread_self(void);
int ws_thread_join(pthread_t t, void **result);
int ws_thread_detach(pthread_t t);
int ws_sigaltstack(const stack_t *ours, stack_t *old);
void *ws_malloc(size_t bytes);
void ws_free(void *p);
#define pthread_self ws_thread_self
#define pthread_join ws_thread_join
#define pthread_detach ws_thread_detach
#define sigaltstack ws_sigaltstack
_Noreturn void ws_exit(int status); /* the trace is written first */
#define _exit(status) ws_exit(status)
#define malloc ws_malloc
#define free ws_free

#endif
