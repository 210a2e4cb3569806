/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spsc.h — a ring for one producer and one consumer without a lock: what an expert writes when the shape allows it. Either
 * side sleeps on a futex when it can't go on, and is woken only if it said that it sleeps.
 *
 * Both indices only grow. [sleep] is a store-load duel: who moves an index looks at the other's flag afterwards, who raises
 * a flag looks at the index afterwards; all four are sequentially consistent, so one of them sees the other. The futex is the
 * flag itself: a waker may be late with taking it back, when the sleeper has long gone on and raised it again, and who then
 * slept on the index would sleep beside a flag that nobody sees.
 */
#ifndef PTHREAD_SPSC_H
#define PTHREAD_SPSC_H

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPSC_SLOTS 128

struct spsc {
    _Alignas(64) atomic_uint tail; /* written by the producer */
    atomic_uint consumer_sleeps;
    uint32_t seen_head;            /* the producer's copy, so that it seldom reads the other's line */
    _Alignas(64) atomic_uint head; /* written by the consumer */
    atomic_uint producer_sleeps;
    uint32_t seen_tail;
    uint32_t capacity;             /* const, at most SPSC_SLOTS; the producer reads it */
    _Alignas(64) uint64_t slot[SPSC_SLOTS];
};

/* Sleep until *index is no longer `stuck`. */
static inline void spsc_sleep(atomic_uint *index, uint32_t stuck, atomic_uint *flag) {
    for (;;) {
        atomic_store(flag, 1);           /* [sleep] */
        if (atomic_load(index) != stuck) /* [sleep] */
            break;
        syscall(SYS_futex, flag, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
    }
    atomic_store_explicit(flag, 0, memory_order_relaxed);
}

/* `due`: enough is there for a wake-up to be worth it. */
static inline void spsc_publish(atomic_uint *index, uint32_t value, atomic_uint *flag, int due) {
    atomic_store(index, value);                               /* [sleep] */
    if (__builtin_expect(atomic_load(flag), 0) && due) {      /* [sleep] */
        atomic_store_explicit(flag, 0, memory_order_relaxed); /* one wake-up for a sleep */
        syscall(SYS_futex, flag, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}

static inline void spsc_send(struct spsc *q, uint64_t v) {
    uint32_t t = atomic_load_explicit(&q->tail, memory_order_relaxed); /* our own */
    if (t - q->seen_head == q->capacity) {
        q->seen_head = atomic_load_explicit(&q->head, memory_order_acquire);
        if (t - q->seen_head == q->capacity) {
            spsc_sleep(&q->head, q->seen_head, &q->producer_sleeps);
            q->seen_head = atomic_load_explicit(&q->head, memory_order_acquire);
        }
    }
    q->slot[t % SPSC_SLOTS] = v;
    spsc_publish(&q->tail, t + 1, &q->consumer_sleeps, 1);
}

static inline uint64_t spsc_recv(struct spsc *q) {
    uint32_t h = atomic_load_explicit(&q->head, memory_order_relaxed); /* our own */
    if (h == q->seen_tail) {
        q->seen_tail = atomic_load_explicit(&q->tail, memory_order_acquire);
        if (h == q->seen_tail) {
            spsc_sleep(&q->tail, h, &q->consumer_sleeps);
            q->seen_tail = atomic_load_explicit(&q->tail, memory_order_acquire);
        }
    }
    uint64_t v = q->slot[h % SPSC_SLOTS];
    /* A producer sleeps when the ring is full, and gets half of it at once; the consumer can't stop before that. */
    spsc_publish(&q->head, h + 1, &q->producer_sleeps, q->seen_tail - (h + 1) <= q->capacity / 2);
    return v;
}

#endif
