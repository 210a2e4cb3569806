/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chan.h — a buffered channel as one writes it with pthreads: a ring under a mutex, a condition variable for each side.
 * Each waiter is signalled once, after the unlock.
 */
#ifndef PTHREAD_CHAN_H
#define PTHREAD_CHAN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct chan {
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    /* under lock */
    unsigned cap, len, head;
    unsigned receivers,
        senders; /* that wait and have not been signalled; one that wakes by itself leaves one too many */
    bool closed;
    uint64_t *buf;
};

void chan_init(struct chan *c, unsigned capacity);
void chan_destroy(struct chan *c);
void chan_send(struct chan *c, uint64_t v);
bool chan_recv(struct chan *c, uint64_t *v); /* false: closed and drained */
void chan_close(struct chan *c);

#endif
