/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels and select with pthreads: one mutex for all of them, a condition variable for each waiting thread, values handed from thread to
 * thread. Who completes another's wait takes all of its nodes out of their queues. A channel is never given back: threads may still
 * wait on it when main has returned.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "adapter.h"

struct wait { /* of one thread, in its frame */
    pthread_cond_t cond;
    struct weft_case *cases;
    struct node *nodes; /* of each case */
    size_t n;
    int which, ok; /* which -1: not yet */
};

struct node {
    struct node *next, **link; /* link NULL: in no queue */
    struct wait *w;
    void *elem;
    int which;
};

struct weft_chan {
    size_t elem_size, cap, len, head;
    bool closed;
    struct node *queue[2], **tail[2]; /* who waits to send, and to receive */
    char buf[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char misuse[] = "pthreads have neither channels nor panics: what misuse does is the adapter's own affair";

weft_chan *weft_chan_new(size_t elem_size, ptrdiff_t capacity) {
    if (capacity < 0 || capacity > 1 << 30) adapter_absent(misuse);
    weft_chan *c = calloc(1, sizeof *c + elem_size * (size_t)capacity);
    c->elem_size = elem_size;
    c->cap = (size_t)capacity;
    for (int i = 0; i < 2; i++) c->tail[i] = &c->queue[i];
    return c;
}

void weft_chan_free(weft_chan *c) { (void)c; }

/* ---- under lock ---- */

static void copy(const weft_chan *c, void *to, const void *from) {
    if (to && c->elem_size) memcpy(to, from, c->elem_size);
}

static void take_out(weft_chan *c, struct node *n, int dir) {
    *n->link = n->next;
    if (n->next)
        n->next->link = n->link;
    else
        c->tail[dir] = n->link;
    n->link = NULL;
}

static void put_in(weft_chan *c, struct node *n, int dir) {
    n->next = NULL;
    n->link = c->tail[dir];
    *n->link = n;
    c->tail[dir] = &n->next;
}

static void leave_all(struct wait *w) {
    for (size_t i = 0; i < w->n; i++)
        if (w->nodes[i].link) take_out(w->cases[i].chan, &w->nodes[i], w->cases[i].dir);
}

static void complete(struct node *n, int ok) {
    n->w->which = n->which;
    n->w->ok = ok;
    pthread_cond_signal(&n->w->cond);
    leave_all(n->w);
}

static bool try_send(weft_chan *c, const void *elem) {
    struct node *n = c->queue[WEFT_DIR_RECV];
    if (c->closed) adapter_absent(misuse);
    if (n) {
        copy(c, n->elem, elem);
        complete(n, 1);
    } else if (c->len < c->cap) {
        copy(c, c->buf + (c->head + c->len++) % c->cap * c->elem_size, elem);
    } else {
        return false;
    }
    return true;
}

static bool try_recv(weft_chan *c, void *elem, int *ok) {
    struct node *n = c->queue[WEFT_DIR_SEND];
    *ok = 1;
    if (c->len > 0) {
        copy(c, elem, c->buf + c->head * c->elem_size);
        c->head = (c->head + 1) % c->cap;
        c->len--;
        if (n) {
            copy(c, c->buf + (c->head + c->len++) % c->cap * c->elem_size, n->elem);
            complete(n, 1);
        }
    } else if (n) {
        copy(c, elem, n->elem);
        complete(n, 1);
    } else if (c->closed) {
        *ok = 0;
        if (elem && c->elem_size) memset(elem, 0, c->elem_size);
    } else {
        return false;
    }
    return true;
}

static int try_any(struct weft_case *cases, size_t n) {
    static unsigned turn;
    size_t from = n ? turn++ % n : 0;
    for (size_t k = 0; k < n; k++) {
        size_t i = (from + k) % n;
        struct weft_case *s = &cases[i];
        if (!s->chan) continue;
        if (s->dir == WEFT_DIR_SEND ? try_send(s->chan, s->elem) : try_recv(s->chan, s->elem, &s->ok)) return (int)i;
    }
    return -EAGAIN;
}

static const char *reason_of(const struct weft_case *cases, size_t n, bool select) {
    if (select) return n == 0 ? "select (no cases)" : "select";
    if (cases->dir == WEFT_DIR_SEND) return cases->chan ? "chan send" : "chan send (nil chan)";
    return cases->chan ? "chan receive" : "chan receive (nil chan)";
}

static int wait_any(struct weft_case *cases, size_t n, int64_t deadline, const char *reason) {
    struct wait w = {.cases = cases, .nodes = calloc(n + 1, sizeof(struct node)), .n = n, .which = -1};
    struct timespec until;
    pthread_condattr_t attr;
    int e = 0;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w.cond, &attr);
    adapter_deadline(deadline, &until);
    for (size_t i = 0; i < n; i++) {
        w.nodes[i] = (struct node){.w = &w, .elem = cases[i].elem, .which = (int)i};
        if (cases[i].chan) put_in(cases[i].chan, &w.nodes[i], cases[i].dir);
    }
    adapter_waits(reason);
    while (w.which < 0 && e == 0)
        e = deadline == WEFT_NEVER ? pthread_cond_wait(&w.cond, &lock) : pthread_cond_timedwait(&w.cond, &lock, &until);
    adapter_waits(NULL);
    leave_all(&w);
    free(w.nodes);
    pthread_cond_destroy(&w.cond);
    if (w.which < 0) return -ETIMEDOUT;
    if (w.ok < 0) adapter_absent(misuse); /* closed under a sender */
    cases[w.which].ok = w.ok;
    return w.which;
}

/* ---- the calls ---- */

static int any(struct weft_case *cases, size_t n, int64_t deadline, bool select) {
    pthread_mutex_lock(&lock);
    int i = try_any(cases, n);
    if (i < 0 && deadline != 0) i = wait_any(cases, n, deadline, reason_of(cases, n, select));
    pthread_mutex_unlock(&lock);
    return i;
}

int weft_select(struct weft_case *cases, size_t n) { return any(cases, n, WEFT_NEVER, true); }
int weft_try_select(struct weft_case *cases, size_t n) { return any(cases, n, 0, true); }

void weft_chan_send(weft_chan *c, const void *elem) {
    any(&(struct weft_case){c, WEFT_DIR_SEND, (void *)(uintptr_t)elem, 0}, 1, WEFT_NEVER, false);
}

int weft_chan_try_send(weft_chan *c, const void *elem) {
    return any(&(struct weft_case){c, WEFT_DIR_SEND, (void *)(uintptr_t)elem, 0}, 1, 0, false) == 0;
}

int weft_chan_try_recv(weft_chan *c, void *elem) {
    struct weft_case one = {c, WEFT_DIR_RECV, elem, 0};
    return any(&one, 1, 0, false) == 0 ? one.ok : -EAGAIN;
}

int weft_chan_recv(weft_chan *c, void *elem) {
    struct weft_case one = {c, WEFT_DIR_RECV, elem, 0};
    any(&one, 1, WEFT_NEVER, false);
    return one.ok;
}

void weft_chan_close(weft_chan *c) {
    if (!c) adapter_absent(misuse);
    pthread_mutex_lock(&lock);
    if (c->closed) adapter_absent(misuse);
    c->closed = true;
    for (struct node *n; (n = c->queue[WEFT_DIR_RECV]);) {
        if (n->elem && c->elem_size) memset(n->elem, 0, c->elem_size);
        complete(n, 0);
    }
    for (struct node *n; (n = c->queue[WEFT_DIR_SEND]);) complete(n, -1);
    pthread_mutex_unlock(&lock);
}
