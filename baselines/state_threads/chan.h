/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chan.h — what State Threads leaves to its user: a channel and a counter to wait for, over its condition variables. No lock and no
 * retry for other threads' sake: nothing else runs between two calls that may switch.
 */
#ifndef STATE_THREADS_CHAN_H
#define STATE_THREADS_CHAN_H

#include <st.h>
#include <stdint.h>

/*
 * A ring with room for what waiting senders bring too. A send is over once no more items are in the ring than the capacity and the
 * waiting receivers account for: without a capacity, once it has been received or surely will be.
 */
struct chan {
    uint64_t *ring, sent, taken;
    unsigned mask, capacity;
    unsigned receivers, senders; /* that wait */
    int closed;
    st_cond_t filled, emptied;
};

/* tasks: how many may send at the same time. */
void chan_init(struct chan *c, unsigned capacity, unsigned tasks);
void chan_destroy(struct chan *c);
void chan_send(struct chan *c, uint64_t v);
int chan_recv(struct chan *c, uint64_t *v); /* 0: closed and drained */
void chan_close(struct chan *c);

/* Tasks that are still to end. */
struct group {
    uint64_t left;
    st_cond_t none;
};
void group_init(struct group *g, uint64_t tasks);
void group_done(struct group *g);
void group_wait(struct group *g); /* which ends it */

/* A detached thread with the default stack; a failure ends the process with a line. */
void task(void *(*fn)(void *), void *arg);

#endif
