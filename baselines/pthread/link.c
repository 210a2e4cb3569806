/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways to hand over a word. link.h says what they have in common.
 */
#include "link.h"

#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EMPTY, FULL, ASLEEP };

static int open_plain(struct link *l) {
    memset(l, 0, sizeof *l);
    return 0;
}
static void close_plain(struct link *l) { (void)l; }

/* ---- futex: three states, so that a wake-up is asked for only when the receiver sleeps ---- */

static void futex_send(struct link *l, uint64_t v) {
    l->value = v;
    if (atomic_exchange_explicit(&l->state, FULL, memory_order_acq_rel) == ASLEEP)
        syscall(SYS_futex, &l->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static uint64_t futex_recv(struct link *l) {
    while (atomic_load_explicit(&l->state, memory_order_acquire) != FULL) {
        unsigned empty = EMPTY;
        if (atomic_compare_exchange_strong(&l->state, &empty, ASLEEP) || empty == ASLEEP)
            syscall(SYS_futex, &l->state, FUTEX_WAIT_PRIVATE, ASLEEP, NULL, NULL, 0);
    }
    uint64_t v = l->value;
    atomic_store_explicit(&l->state, EMPTY, memory_order_release);
    return v;
}

const struct link_way link_futex = {open_plain, futex_send, futex_recv, close_plain};

/* ---- semaphore ---- */

static int sem_open_(struct link *l) {
    open_plain(l);
    return sem_init(&l->sem, 0, 0);
}

static void sem_send(struct link *l, uint64_t v) {
    l->value = v;
    sem_post(&l->sem);
}

static uint64_t sem_recv(struct link *l) {
    while (sem_wait(&l->sem)) {}
    return l->value;
}

static void sem_close_(struct link *l) { sem_destroy(&l->sem); }

const struct link_way link_semaphore = {sem_open_, sem_send, sem_recv, sem_close_};

/* ---- mutex and condition variable; the signal comes after the unlock, so that the woken thread finds it free ---- */

static int cond_open(struct link *l) {
    open_plain(l);
    pthread_mutex_init(&l->lock, NULL);
    return pthread_cond_init(&l->filled, NULL) ? -1 : 0;
}

static void cond_send(struct link *l, uint64_t v) {
    pthread_mutex_lock(&l->lock);
    l->value = v;
    l->full = 1;
    pthread_mutex_unlock(&l->lock);
    pthread_cond_signal(&l->filled);
}

static uint64_t cond_recv(struct link *l) {
    pthread_mutex_lock(&l->lock);
    while (!l->full) pthread_cond_wait(&l->filled, &l->lock);
    l->full = 0;
    uint64_t v = l->value;
    pthread_mutex_unlock(&l->lock);
    return v;
}

static void cond_close(struct link *l) {
    pthread_cond_destroy(&l->filled);
    pthread_mutex_destroy(&l->lock);
}

const struct link_way link_condvar = {cond_open, cond_send, cond_recv, cond_close};

/* ---- descriptors ---- */

static int pipe_open(struct link *l) {
    int ends[2];
    open_plain(l);
    if (pipe(ends)) return -1;
    l->in = ends[1];
    l->out = ends[0];
    return 0;
}

static void pipe_send(struct link *l, uint64_t v) {
    while (write(l->in, &v, sizeof v) != sizeof v) {}
}

static uint64_t pipe_recv(struct link *l) {
    uint64_t v;
    while (read(l->out, &v, sizeof v) != sizeof v) {}
    return v;
}

static void pipe_close(struct link *l) {
    close(l->in);
    close(l->out);
}

const struct link_way link_pipe = {pipe_open, pipe_send, pipe_recv, pipe_close};

/* The counter only wakes; the word goes by memory. */
static int event_open(struct link *l) {
    open_plain(l);
    l->in = eventfd(0, EFD_CLOEXEC);
    return l->in < 0 ? -1 : 0;
}

static void event_send(struct link *l, uint64_t v) {
    uint64_t one = 1;
    l->value = v;
    while (write(l->in, &one, sizeof one) != sizeof one) {}
}

static uint64_t event_recv(struct link *l) {
    uint64_t count;
    while (read(l->in, &count, sizeof count) != sizeof count) {}
    return l->value;
}

static void event_close(struct link *l) { close(l->in); }

const struct link_way link_eventfd = {event_open, event_send, event_recv, event_close};

/* ---- spinning: a core for nothing else ---- */

static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void spin_send(struct link *l, uint64_t v) {
    l->value = v;
    atomic_store_explicit(&l->state, FULL, memory_order_release);
}

static uint64_t spin_recv(struct link *l) {
    while (atomic_load_explicit(&l->state, memory_order_acquire) != FULL) relax();
    uint64_t v = l->value;
    atomic_store_explicit(&l->state, EMPTY, memory_order_relaxed); /* the next send comes after our answer */
    return v;
}

static uint64_t spin_yield_recv(struct link *l) {
    while (atomic_load_explicit(&l->state, memory_order_acquire) != FULL) sched_yield();
    uint64_t v = l->value;
    atomic_store_explicit(&l->state, EMPTY, memory_order_relaxed);
    return v;
}

const struct link_way link_spin = {open_plain, spin_send, spin_recv, close_plain};
const struct link_way link_spin_yield = {open_plain, spin_send, spin_yield_recv, close_plain};
