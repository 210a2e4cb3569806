/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of objects that users make and free: malloc's, since they may outlive the run and be freed by any thread. Never in the
 * owner's section: a goroutine may hold malloc's locks while its thread is stopped. A small goroutine's stack has no room for
 * malloc, so it goes by way of g0.
 */
#include <stdlib.h>

#include "sched/sched.h"

struct request {
    size_t bytes;
    void *p;
};

static void allocate(void *arg)
{
    struct request *r = arg;
    r->p = malloc(r->bytes);
}

void *w_user_alloc(size_t bytes)
{
    struct request r = {bytes, NULL};
    struct w_m *m = w_self();
    if (m && (m->g->flags & W_GF_SMALL))
        w_on_g0(m, allocate, &r);
    else
        allocate(&r);
    if (!r.p)
        weft_fatal("out of memory");
    return r.p;
}

void w_user_free(void *p)
{
    struct w_m *m = w_self();
    if (m && (m->g->flags & W_GF_SMALL))
        w_on_g0(m, free, p);
    else
        free(p);
}
