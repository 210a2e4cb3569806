/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft.h's sync objects by pthreads' own: mutex, rwlock and condition variable as they are by default, with what they do when they are
 * misused; a wait group and a once as one writes them with those. Objects of weft.h may be zeroed memory, and some are smaller than
 * pthreads' own: each leads to its object, made by the first who uses it.
 */
#include <errno.h>
#include <stdlib.h>

#include "adapter.h"

void *adapter_object(void **at, void *(*make)(void)) {
    void *have = __atomic_load_n(at, __ATOMIC_ACQUIRE), *made; /* pairs with the exchange */
    if (have) return have;
    made = make();
    if (__atomic_compare_exchange_n(at, &have, made, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return made;
    free(made);
    return have;
}

#define MAKE(type, init)                           \
    static void *make_##type(void) {               \
        pthread_##type##_t *o = malloc(sizeof *o); \
        init(o, NULL);                             \
        return o;                                  \
    }                                              \
    _Static_assert(sizeof(pthread_##type##_t), "")

MAKE(mutex, pthread_mutex_init);
MAKE(rwlock, pthread_rwlock_init);
MAKE(cond, pthread_cond_init);

static pthread_mutex_t *mutex(weft_mutex *m) { return adapter_object(&m->q_.head_, make_mutex); }
static pthread_rwlock_t *rwlock(weft_rwmutex *m) { return adapter_object(&m->q_.head_, make_rwlock); }
static pthread_cond_t *cond(weft_cond *c) { return adapter_object(&c->q_.head_, make_cond); }

void weft_mutex_lock(weft_mutex *m) {
    if (weft_mutex_try_lock(m)) return;
    adapter_waits("sync.Mutex.Lock");
    pthread_mutex_lock(mutex(m));
    adapter_waits(NULL);
}
int weft_mutex_try_lock(weft_mutex *m) { return pthread_mutex_trylock(mutex(m)) == 0; }
void weft_mutex_unlock(weft_mutex *m) { pthread_mutex_unlock(mutex(m)); }

void weft_rwmutex_lock(weft_rwmutex *m) {
    adapter_waits("sync.RWMutex.Lock");
    pthread_rwlock_wrlock(rwlock(m));
    adapter_waits(NULL);
}
void weft_rwmutex_rlock(weft_rwmutex *m) {
    adapter_waits("sync.RWMutex.RLock");
    pthread_rwlock_rdlock(rwlock(m));
    adapter_waits(NULL);
}
int weft_rwmutex_try_lock(weft_rwmutex *m) { return pthread_rwlock_trywrlock(rwlock(m)) == 0; }
int weft_rwmutex_try_rlock(weft_rwmutex *m) { return pthread_rwlock_tryrdlock(rwlock(m)) == 0; }
void weft_rwmutex_unlock(weft_rwmutex *m) { pthread_rwlock_unlock(rwlock(m)); }
void weft_rwmutex_runlock(weft_rwmutex *m) { pthread_rwlock_unlock(rwlock(m)); }

void weft_cond_wait(weft_cond *c, weft_mutex *m) {
    adapter_waits("sync.Cond.Wait");
    pthread_cond_wait(cond(c), mutex(m));
    adapter_waits(NULL);
}
void weft_cond_signal(weft_cond *c) { pthread_cond_signal(cond(c)); }
void weft_cond_broadcast(weft_cond *c) { pthread_cond_broadcast(cond(c)); }

/* ---- the wait group ---- */

struct group {
    pthread_mutex_t lock;
    pthread_cond_t none;
    long n; /* under lock */
};

static void *make_group(void) {
    struct group *g = malloc(sizeof *g);
    *g = (struct group){PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    return g;
}

void weft_waitgroup_add(weft_waitgroup *wg, int delta) {
    struct group *g = adapter_object(&wg->q_.head_, make_group);
    pthread_mutex_lock(&g->lock);
    g->n += delta;
    if (g->n < 0) adapter_absent("pthreads have no wait groups: what misuse does is the adapter's own affair");
    if (g->n == 0) pthread_cond_broadcast(&g->none);
    pthread_mutex_unlock(&g->lock);
}

void weft_waitgroup_done(weft_waitgroup *wg) { weft_waitgroup_add(wg, -1); }

void weft_waitgroup_wait(weft_waitgroup *wg) {
    struct group *g = adapter_object(&wg->q_.head_, make_group);
    pthread_mutex_lock(&g->lock);
    adapter_waits("sync.WaitGroup.Wait");
    while (g->n > 0) pthread_cond_wait(&g->none, &g->lock);
    adapter_waits(NULL);
    pthread_mutex_unlock(&g->lock);
}

struct member {
    weft_waitgroup *wg;
    weft_fn fn;
    void *arg;
};

static void run_member(void *arg) {
    struct member *m = arg;
    m->fn(m->arg);
    weft_waitgroup_done(m->wg);
}

void weft_waitgroup_go(weft_waitgroup *wg, weft_fn fn, void *arg) {
    struct member m = {wg, fn, arg};
    weft_waitgroup_add(wg, 1);
    weft_go_copy_(run_member, &m, sizeof m);
}

/* ---- once: pthread_once takes no argument ---- */

void weft_once_do(weft_once *o, weft_fn fn, void *arg) {
    if (__atomic_load_n(&o->done_, __ATOMIC_ACQUIRE)) return; /* pairs with the store below */
    weft_mutex_lock(&o->m_);
    if (!o->done_) {
        fn(arg);
        __atomic_store_n(&o->done_, 1, __ATOMIC_RELEASE);
    }
    weft_mutex_unlock(&o->m_);
}
