/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mutex-and-condvar channel. chan.h describes it.
 */
#include "chan.h"

#include <stdlib.h>

#include "bench.h"

void chan_init(struct chan *c, unsigned capacity) {
    *c = (struct chan){.cap = capacity, .buf = bench_alloc(capacity, sizeof(uint64_t))};
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->filled, NULL);
    pthread_cond_init(&c->emptied, NULL);
}

void chan_destroy(struct chan *c) {
    pthread_cond_destroy(&c->filled);
    pthread_cond_destroy(&c->emptied);
    pthread_mutex_destroy(&c->lock);
    free(c->buf);
}

void chan_send(struct chan *c, uint64_t v) {
    pthread_mutex_lock(&c->lock);
    while (c->len == c->cap) {
        c->senders++;
        pthread_cond_wait(&c->emptied, &c->lock);
    }
    unsigned tail = c->head + c->len++;
    c->buf[tail < c->cap ? tail : tail - c->cap] = v;
    bool wake = c->receivers > 0;
    c->receivers -= wake;
    pthread_mutex_unlock(&c->lock);
    if (wake) pthread_cond_signal(&c->filled);
}

bool chan_recv(struct chan *c, uint64_t *v) {
    pthread_mutex_lock(&c->lock);
    while (c->len == 0 && !c->closed) {
        c->receivers++;
        pthread_cond_wait(&c->filled, &c->lock);
    }
    if (c->len == 0) {
        pthread_mutex_unlock(&c->lock);
        return false;
    }
    *v = c->buf[c->head];
    c->head = c->head + 1 == c->cap ? 0 : c->head + 1;
    c->len--;
    bool wake = c->senders > 0 && c->len <= c->cap / 2; /* it gets half of the room at once; the receiver can't stop before that */
    c->senders -= wake;
    pthread_mutex_unlock(&c->lock);
    if (wake) pthread_cond_signal(&c->emptied);
    return true;
}

void chan_close(struct chan *c) {
    pthread_mutex_lock(&c->lock);
    c->closed = true;
    pthread_mutex_unlock(&c->lock);
    pthread_cond_broadcast(&c->filled);
}
