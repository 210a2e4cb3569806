/* SPDX-License-Identifier: Apache-2.0 */
/* The table of descriptors: use, waiting, edges, closing. io/fd.h has the protocols. */
#include "io/fd.h"

#include <errno.h>

#include "os/io.h"
#include "poll/poll.h"

enum { CHUNK_BITS = 12, CHUNK = 1 << CHUNK_BITS, CHUNKS = 1 << 14 };

static aptr chunks[CHUNKS]; /* of CHUNK entries, mapped at first use [chunk] */
static struct w_lock mapping;

static void ready(uint64_t token, uint32_t what, struct w_g ***tail);
static void forget(bool keep);
static const struct w_netpoll_hooks hooks = {ready, forget};

/* ---- the table ---- */

static w_noinline struct w_fd *map_chunk(uint32_t i)
{
    w_netpoll_hook(&hooks);
    struct w_m *m = w_enter();
    w_lock(&mapping);
    struct w_fd *c = aptr_load_acq(&chunks[i]); /* [chunk] */
    if (!c) {
        c = w_os_map(CHUNK * sizeof *c);
        aptr_store_rel(&chunks[i], c); /* [chunk] */
    }
    w_unlock(&mapping);
    w_leave(m);
    return c;
}

static inline int entry(int fd, struct w_fd **f)
{
    const struct w_m *m = w_self();
    if (w_unlikely(!m || au32_load_rlx(&w_forked))) /* written where no other thread is */
        w_foreign();
    if (w_unlikely(au32_load_rlx(&m->abandoned))) /* its run has ended, and it does so here */
        w_leave(w_enter());
    uint32_t i = (uint32_t)fd >> CHUNK_BITS;
    if (w_unlikely(i >= CHUNKS)) /* negative ones too */
        return -EBADF;
    struct w_fd *c = aptr_load_acq(&chunks[i]); /* [chunk] */
    if (w_unlikely(!c) && !(c = map_chunk(i)))
        return -ENOMEM;
    *f = c + ((uint32_t)fd & (CHUNK - 1));
    return 0;
}

/* keep: somebody who was abandoned may still be in there. */
static void forget(bool keep)
{
    for (uint32_t i = 0; i < CHUNKS; i++) {
        struct w_fd *c = aptr_load_rlx(&chunks[i]); /* nobody else is left */
        if (c && !keep)
            w_os_unmap(c, CHUNK * sizeof *c);
        aptr_store_rlx(&chunks[i], NULL);
    }
}

/* Locked. */
static void set_marks(struct w_fd *f, uint32_t marks) { au32_store_rel(&f->marks, au32_load_rlx(&f->marks) | marks); }
static void clear_marks(struct w_fd *f, uint32_t marks) { au32_store_rel(&f->marks, au32_load_rlx(&f->marks) & ~marks); }

void w_fd_mark(struct w_fd *f, uint32_t marks)
{
    struct w_m *m = w_enter();
    w_spin_lock(&f->lock);
    set_marks(f, marks);
    w_spin_unlock(&f->lock);
    w_leave(m);
}

/* ---- queues, locked ---- */

static void push(struct weft_waitq_ *q, struct w_waiter *w, bool front)
{
    if (front)
        w_waitq_push_front(q, w);
    else
        w_waitq_push(q, w);
}

/* The first waiter of q goes behind *tail with this result. */
static bool take(struct weft_waitq_ *q, intptr_t ret, struct w_g ***tail)
{
    struct w_waiter *w = w_waitq_pop(q);
    if (!w)
        return false;
    w->g->ret = ret;
    w->g->next = NULL;
    **tail = w->g;
    *tail = &w->g->next;
    return true;
}

static void take_all(struct weft_waitq_ *q, intptr_t ret, struct w_g ***tail)
{
    while (take(q, ret, tail))
        continue;
}

/* Entered, nothing locked. */
static void wake(struct w_m *m, struct w_g *chain)
{
    if (chain && !chain->next)
        w_ready(m, chain);
    else if (chain)
        w_ready_batch(m, chain);
}

static void wait_in_turn(struct w_m *m, struct w_fd *f)
{
    struct w_waiter w = {0};
    w_waitq_push(&f->turn, &w);
    w_waitq_wait_on(m, &f->turn, &f->lock, &w, W_REASON_IO, WEFT_NEVER);
}

/* ---- use ---- */

/* u1 failed. 0: try again. */
static w_noinline int closing(struct w_fd *f)
{
    struct w_m *m = w_enter();
    w_spin_lock(&f->lock);
    uint32_t v = au32_load_rlx(&f->refs); /* its bits change under the lock */
    if ((v & W_FD_CLOSED) != 0) {
        wait_in_turn(m, f); /* woken by c4 */
        return 0;
    }
    w_spin_unlock(&f->lock);
    w_leave(m);
    return v & W_FD_CLOSING ? -EBADF : 0;
}

/* Used: what kind of descriptor is it? */
static w_noinline int look_at(int fd, struct w_fd *f)
{
    int kind = w_os_fd_kind(fd);
    if (kind < 0)
        return kind;
    w_fd_mark(f, W_FD_KNOWN | (kind & W_OS_SOCKET ? W_FD_SOCKET : 0) | (kind & W_OS_TCP ? W_FD_TCP : 0) |
                     (kind & W_OS_NONBLOCK ? W_FD_NONBLOCK : 0) | (kind & W_OS_FILE ? W_FD_FILE : 0));
    return 0;
}

int w_fd_get(int fd, struct w_fd **at)
{
    int e = entry(fd, at);
    if (w_unlikely(e != 0))
        return e;
    struct w_fd *f = *at;
    uint32_t v = au32_load_rlx(&f->refs); /* the exchange checks it */
    for (;;) {
        if (w_unlikely(v & W_FD_CLOSING)) {
            if ((e = closing(f)) != 0)
                return e;
            v = au32_load_rlx(&f->refs);
        } else if (au32_cas_acqrel(&f->refs, &v, v + 1)) { /* [fd] u1 */
            break;
        }
    }
    if (w_unlikely(!au32_load_acq(&f->marks)) && (e = look_at(fd, f)) != 0)
        w_fd_put(f);
    return e;
}

/* The last user of a descriptor that is being closed: wake the closer, if it waits. */
static w_noinline void last_out(struct w_fd *f)
{
    struct w_g *chain = NULL, **tail = &chain;
    struct w_m *m = w_enter();
    w_spin_lock(&f->lock);
    if ((au32_load_acq(&f->refs) & ~(W_FD_WRITER | W_FD_QUEUED)) == W_FD_CLOSING) /* [fd] not another life, or c3 already */
        take(&f->turn, 0, &tail);
    w_spin_unlock(&f->lock);
    wake(m, chain);
    w_leave(m);
}

void w_fd_put(struct w_fd *f)
{
    uint32_t v = au32_sub_acqrel(&f->refs, 1) - 1; /* [fd] u3 */
    if (w_unlikely((v & (W_FD_CLOSING | W_FD_COUNT)) == W_FD_CLOSING))
        last_out(f);
}

/* ---- one writer ---- */

/* WRITER is another's. 0: now it is ours, with a use; -EAGAIN: it is free, try again. */
static w_noinline int queue_up(struct w_fd *f, int64_t deadline)
{
    struct w_waiter w = {0};
    struct w_m *m = w_enter();
    w_spin_lock(&f->lock);
    uint32_t v = au32_load_acq(&f->refs);
    do {
        if ((v & W_FD_CLOSING) || !(v & W_FD_WRITER)) {
            w_spin_unlock(&f->lock);
            w_leave(m);
            return -EAGAIN;
        }
    } while (!au32_cas_acqrel(&f->refs, &v, (v | W_FD_QUEUED) + 1)); /* [fd] u1, beside a writer that now finds QUEUED */
    w_waitq_push(&f->turn, &w);
    int e = (int)w_waitq_wait_on(m, &f->turn, &f->lock, &w, W_REASON_IO, deadline);
    if (e)
        w_fd_put(f);
    return e;
}

int w_fd_get_writer(int fd, struct w_fd **at, int64_t deadline)
{
    int e = entry(fd, at);
    if (w_unlikely(e != 0))
        return e;
    struct w_fd *f = *at;
    uint32_t v = au32_load_rlx(&f->refs); /* the exchange checks it */
    for (;;) {
        if (w_unlikely(v & W_FD_CLOSING)) {
            if ((e = closing(f)) != 0)
                return e;
            v = au32_load_rlx(&f->refs);
        } else if (w_unlikely(v & W_FD_WRITER)) {
            if ((e = queue_up(f, deadline)) == 0)
                break;
            if (e != -EAGAIN)
                return e;
            v = au32_load_rlx(&f->refs);
        } else if (au32_cas_acqrel(&f->refs, &v, (v | W_FD_WRITER) + 1)) { /* [fd] u1 */
            e = 0; /* not what queue_up said before */
            break;
        }
    }
    if (w_unlikely(!au32_load_acq(&f->marks)) && (e = look_at(fd, f)) != 0)
        w_fd_put_writer(f);
    return e;
}

/* QUEUED: WRITER goes to the first who waits for it; with nobody left (they timed out, or c1 took them), QUEUED goes. */
static w_noinline void hand_on(struct w_fd *f)
{
    struct w_g *chain = NULL, **tail = &chain;
    struct w_m *m = w_enter();
    w_spin_lock(&f->lock);
    if ((au32_load_acq(&f->refs) & W_FD_CLOSING) || !take(&f->turn, 0, &tail)) /* while CLOSING the closer alone is in there */
        au32_and_acqrel(&f->refs, ~(W_FD_WRITER | W_FD_QUEUED));
    w_spin_unlock(&f->lock);
    wake(m, chain);
    w_leave(m);
}

void w_fd_put_writer(struct w_fd *f)
{
    uint32_t v = au32_load_rlx(&f->refs); /* the exchange checks it */
    while (!(v & W_FD_QUEUED)) {
        uint32_t to = (v & ~W_FD_WRITER) - 1;
        if (au32_cas_acqrel(&f->refs, &v, to)) { /* [fd] u3 */
            if (w_unlikely((to & (W_FD_CLOSING | W_FD_COUNT)) == W_FD_CLOSING))
                last_out(f);
            return;
        }
    }
    hand_on(f);
    w_fd_put(f);
}

/* ---- waiting ---- */

static w_noinline int add_to_poller(int fd, struct w_fd *f)
{
    struct w_m *m = w_enter();
    w_spin_lock(&f->lock);
    uint64_t token = (uint64_t)f->gen << 32 | (uint32_t)fd;
    w_spin_unlock(&f->lock);
    int e = w_netpoll_add(m, fd, token); /* twice at once: the same token */
    w_spin_lock(&f->lock);
    if (e == 0 || e == -EPERM)
        set_marks(f, e == 0 ? W_FD_POLLED : W_FD_FILE);
    w_spin_unlock(&f->lock);
    w_leave(m);
    return e;
}

/* Entered, locked; left on return. Not `wait`: 0. Otherwise as w_fd_wait says. */
static int park(struct w_m *m, struct w_fd *f, int side, bool wait, int64_t deadline, bool again)
{
    struct w_waiter w = {0};
    int e = au32_load_acq(&f->refs) & W_FD_CLOSING             ? -EBADF /* [fd] c1 */
            : !wait                                            ? 0
            : deadline != WEFT_NEVER && deadline <= w_os_now() ? -ETIMEDOUT
                                                               : 1;
    if (e != 1) {
        w_spin_unlock(&f->lock);
        w_leave(m);
        return e;
    }
    push(&f->q[side], &w, again);
    set_marks(f, (uint32_t)W_FD_WAITS << side);
    e = (int)w_netpoll_park(m, &f->q[side], &f->lock, &w, deadline); /* woken by an edge, pass, c1 or its timer */
    return e ? e : 1;
}

int w_fd_wait(int fd, struct w_fd *f, int side, uint32_t seq, int64_t deadline, bool again)
{
    if (w_unlikely(!(au32_load_acq(&f->marks) & W_FD_POLLED))) {
        int e = add_to_poller(fd, f);
        if (e)
            return e;
    }
    struct w_m *m = w_enter();
    w_spin_lock(&f->lock);
    return park(m, f, side, au32_load_rlx(&f->seq[side]) == seq, deadline, again); /* [edge] n3, under lock */
}

bool w_fd_begin_read(struct w_fd *f)
{
    struct w_m *m = w_enter();
    w_spin_lock(&f->lock);
    bool free = !(au32_load_rlx(&f->marks) & W_FD_READING); /* under lock */
    set_marks(f, W_FD_READING);
    w_spin_unlock(&f->lock);
    w_leave(m);
    return free;
}

void w_fd_end_read(struct w_fd *f)
{
    struct w_m *m = w_enter();
    w_spin_lock(&f->lock);
    clear_marks(f, W_FD_READING);
    w_spin_unlock(&f->lock);
    w_leave(m);
}

int w_fd_wait_read(struct w_fd *f, int64_t deadline, bool again)
{
    struct w_m *m = w_enter();
    w_spin_lock(&f->lock);
    return park(m, f, W_FD_READ, (au32_load_rlx(&f->marks) & W_FD_READING) != 0, deadline, again); /* under lock */
}

/* Locked: q[side] has lost its first. */
static void update_waits(struct w_fd *f, int side)
{
    if (w_waitq_empty(&f->q[side]))
        clear_marks(f, (uint32_t)W_FD_WAITS << side);
}

w_noinline void w_fd_pass_slow(struct w_fd *f, int side)
{
    struct w_g *chain = NULL, **tail = &chain;
    struct w_m *m = w_enter();
    w_spin_lock(&f->lock);
    take(&f->q[side], 0, &tail);
    update_waits(f, side);
    w_spin_unlock(&f->lock);
    wake(m, chain);
    w_leave(m);
}

/* Locked. e2. */
static void edge(struct w_fd *f, int side, struct w_g ***tail)
{
    au32_store_rel(&f->seq[side], au32_load_rlx(&f->seq[side]) + 1); /* [edge] e2 */
    if (take(&f->q[side], 0, tail))
        update_waits(f, side);
}

/* On whatever thread looked at the poller. */
static void ready(uint64_t token, uint32_t what, struct w_g ***tail)
{
    uint32_t fd = (uint32_t)token;
    struct w_fd *c = aptr_load_acq(&chunks[fd >> CHUNK_BITS]); /* [chunk] */
    struct w_fd *f = c + (fd & (CHUNK - 1));
    w_spin_lock(&f->lock);
    if (f->gen == token >> 32) {
        if (what & W_POLL_END)
            set_marks(f, W_FD_ENDED); /* before seq */
        if (what & W_POLL_READ)
            edge(f, W_FD_READ, tail);
        if (what & W_POLL_WRITE)
            edge(f, W_FD_WRITE, tail);
        au32_store_rel(&f->seq[W_FD_POLL], au32_load_rlx(&f->seq[W_FD_POLL]) + 1); /* [edge] e2 */
        if (w_unlikely(!w_waitq_empty(&f->q[W_FD_POLL])))
            take_all(&f->q[W_FD_POLL], 0, tail); /* each looks for itself */
    }
    w_spin_unlock(&f->lock);
}

/* ---- beginning and end ---- */

/* Locked: nothing is known of the descriptor. */
static void as_new(struct w_fd *f, uint32_t marks)
{
    f->gen++;
    au32_store_rel(&f->marks, marks);
    au32_store_rlx(&f->drained, au32_load_rlx(&f->seq[W_FD_READ]) - 1); /* never believed before W_FD_POLLED */
}

int w_fd_adopt(int fd, uint32_t marks)
{
    struct w_fd *f;
    int e = entry(fd, &f);
    if (e)
        return e;
    for (;;) {
        struct w_m *m = w_enter();
        w_spin_lock(&f->lock);
        if (!(au32_load_rlx(&f->refs) & W_FD_CLOSED)) {
            as_new(f, marks | W_FD_KNOWN | W_FD_OURS | W_FD_NONBLOCK);
            w_spin_unlock(&f->lock);
            w_leave(m);
            return 0;
        }
        wait_in_turn(m, f); /* its former owner is not done with closing it; woken by c4 */
    }
}

static intptr_t close_it(void *fd) { return w_os_close((int)(intptr_t)fd); }

/* c1, c2. */
static int shut(int fd, struct w_fd *f)
{
    struct w_g *chain = NULL, **tail = &chain;
    struct w_m *m = w_enter();
    w_spin_lock(&f->lock);
    uint32_t v = au32_load_rlx(&f->refs);
    if (v & W_FD_CLOSING) {
        w_spin_unlock(&f->lock);
        w_leave(m);
        return -EAGAIN;
    }
    au32_or_acqrel(&f->refs, W_FD_CLOSING); /* [fd] c1 */
    for (int i = 0; i < W_FD_SIDES; i++)
        take_all(&f->q[i], -EBADF, &tail);
    take_all(&f->turn, -EBADF, &tail);
    w_spin_unlock(&f->lock);
    wake(m, chain);
    w_leave(m);
    for (;;) {
        m = w_enter();
        w_spin_lock(&f->lock);
        if ((au32_load_acq(&f->refs) & W_FD_COUNT) == 0) /* [fd] c2 */
            break;
        wait_in_turn(m, f); /* woken by u3 */
    }
    au32_store_rel(&f->refs, au32_load_rlx(&f->refs) | W_FD_CLOSED); /* [fd] c3: nobody uses it, and u1 lets nobody in */
    if ((au32_load_rlx(&f->marks) & (W_FD_POLLED | W_FD_OURS)) == W_FD_POLLED)
        w_poll_del(fd); /* it may have been inherited or duplicated, and would be reported for ever */
    w_spin_unlock(&f->lock);
    w_leave(m);
    return 0;
}

int w_fd_close(int fd)
{
    struct w_fd *f;
    int e = entry(fd, &f);
    while (e == 0 && (e = shut(fd, f)) == -EAGAIN)
        e = closing(f);
    if (e)
        return e;
    e = (int)weft_blocking(close_it, (void *)(intptr_t)fd);
    struct w_g *chain = NULL, **tail = &chain;
    struct w_m *m = w_enter();
    w_spin_lock(&f->lock);
    as_new(f, 0);
    au32_store_rel(&f->refs, 0); /* [fd] c4 */
    take_all(&f->turn, 0, &tail);
    w_spin_unlock(&f->lock);
    wake(m, chain);
    w_leave(m);
    return e;
}
