/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Atomics with the order in the name; the only file that includes <stdatomic.h>.
 *
 * Each is a struct, so a plain access does not compile. rlx: no order (say why at the use) · acq, rel, acqrel: pair with a
 * named partner · sc: only for the store-load duels that HACKING.md lists. The heavy half of an asymmetric duel is
 * w_os_heavy_barrier (os/os.h); its light half is w_light_barrier here.
 */
#ifndef W_ATOM_H
#define W_ATOM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct { _Atomic uint32_t v; } au32;
typedef struct { _Atomic uint64_t v; } au64;
typedef struct { _Atomic(void *) v; } aptr;

#define W_ATOM_DEFINE(A, T)                                                                                              \
    static inline T A##_load_rlx(const A *a) { return atomic_load_explicit(&((A *)(uintptr_t)a)->v, memory_order_relaxed); } \
    static inline T A##_load_acq(const A *a) { return atomic_load_explicit(&((A *)(uintptr_t)a)->v, memory_order_acquire); } \
    static inline T A##_load_sc(const A *a) { return atomic_load_explicit(&((A *)(uintptr_t)a)->v, memory_order_seq_cst); }  \
    static inline void A##_store_rlx(A *a, T x) { atomic_store_explicit(&a->v, x, memory_order_relaxed); }               \
    static inline void A##_store_rel(A *a, T x) { atomic_store_explicit(&a->v, x, memory_order_release); }               \
    static inline void A##_store_sc(A *a, T x) { atomic_store_explicit(&a->v, x, memory_order_seq_cst); }                \
    static inline T A##_xchg_acq(A *a, T x) { return atomic_exchange_explicit(&a->v, x, memory_order_acquire); }         \
    static inline T A##_xchg_acqrel(A *a, T x) { return atomic_exchange_explicit(&a->v, x, memory_order_acq_rel); }      \
    static inline bool A##_cas_acq(A *a, T *old, T x)                                                                    \
    {                                                                                                                    \
        return atomic_compare_exchange_strong_explicit(&a->v, old, x, memory_order_acquire, memory_order_relaxed);       \
    }                                                                                                                    \
    static inline bool A##_cas_acqrel(A *a, T *old, T x)                                                                 \
    {                                                                                                                    \
        return atomic_compare_exchange_strong_explicit(&a->v, old, x, memory_order_acq_rel, memory_order_acquire);       \
    }

W_ATOM_DEFINE(au32, uint32_t)
W_ATOM_DEFINE(au64, uint64_t)
W_ATOM_DEFINE(aptr, void *)

static inline uint32_t au32_add_acqrel(au32 *a, uint32_t n) { return atomic_fetch_add_explicit(&a->v, n, memory_order_acq_rel); }
static inline uint32_t au32_sub_acqrel(au32 *a, uint32_t n) { return atomic_fetch_sub_explicit(&a->v, n, memory_order_acq_rel); }
static inline uint32_t au32_add_sc(au32 *a, uint32_t n) { return atomic_fetch_add_explicit(&a->v, n, memory_order_seq_cst); }
static inline uint32_t au32_sub_sc(au32 *a, uint32_t n) { return atomic_fetch_sub_explicit(&a->v, n, memory_order_seq_cst); }
static inline uint32_t au32_or_acqrel(au32 *a, uint32_t n) { return atomic_fetch_or_explicit(&a->v, n, memory_order_acq_rel); }
static inline uint32_t au32_and_acqrel(au32 *a, uint32_t n) { return atomic_fetch_and_explicit(&a->v, n, memory_order_acq_rel); }
static inline uint64_t au64_add_acqrel(au64 *a, uint64_t n) { return atomic_fetch_add_explicit(&a->v, n, memory_order_acq_rel); }
static inline uint64_t au64_add_rlx(au64 *a, uint64_t n) { return atomic_fetch_add_explicit(&a->v, n, memory_order_relaxed); }
static inline uint64_t au64_or_rlx(au64 *a, uint64_t n) { return atomic_fetch_or_explicit(&a->v, n, memory_order_relaxed); }
static inline uint64_t au64_and_rlx(au64 *a, uint64_t n) { return atomic_fetch_and_explicit(&a->v, n, memory_order_relaxed); }

/* One writer, many racy readers (statistics): no locked instruction. */
static inline void au64_bump(au64 *a, uint64_t n) { au64_store_rlx(a, au64_load_rlx(a) + n); }

/* Keeps the compiler from moving memory accesses; the processor is held back by the other side's heavy barrier. */
static inline void w_light_barrier(void) { atomic_signal_fence(memory_order_seq_cst); }
static inline void w_full_fence(void) { atomic_thread_fence(memory_order_seq_cst); }

#if defined(__SANITIZE_THREAD__)
#define W_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define W_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define W_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define W_ASAN 1
#endif
#endif
#ifndef W_TSAN
#define W_TSAN 0
#endif
#ifndef W_ASAN
#define W_ASAN 0
#endif

#endif
