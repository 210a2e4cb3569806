/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.h — ways for one thread to hand a word to another: room for one, one sender, one receiver, who take turns.
 * Each way is what its name says, with nothing in front: no spinning before a sleep, no wake-up where nobody sleeps.
 */
#ifndef PTHREAD_LINK_H
#define PTHREAD_LINK_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>

#define LINK_END UINT64_MAX /* a word that says: no more */

struct link {
    _Alignas(64) atomic_uint state; /* futex, spin: EMPTY, FULL, ASLEEP */
    uint64_t value;
    sem_t sem;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    int full;    /* condvar: under lock */
    int in, out; /* pipe: its ends; eventfd: the same one */
};

struct link_way {
    int (*open)(struct link *l); /* 0, or -1 and errno */
    void (*send)(struct link *l, uint64_t v);
    uint64_t (*recv)(struct link *l);
    void (*close)(struct link *l);
};

extern const struct link_way link_futex, link_semaphore, link_condvar, link_pipe, link_eventfd, link_spin,
    link_spin_yield;

#endif
