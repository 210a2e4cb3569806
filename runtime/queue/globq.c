/* SPDX-License-Identifier: Apache-2.0 */
/* The global run queue; globq.h has the reasons. */
#include "queue/globq.h"

#include <string.h>

#include "base/check.h"

_Static_assert(sizeof(struct w_seg) == 1024, "a size class of the small objects");

static struct w_seg *fresh(struct w_globq *q, void *(*more)(void))
{
    struct w_seg *s = q->spare;
    if (s)
        q->spare = s->next;
    else
        s = more();
    s->next = NULL;
    s->head = s->tail = 0;
    return s;
}

void w_globq_put(struct w_globq *q, void *const *item, uint32_t n, void *(*more)(void))
{
    au32_store_rlx(&q->size, au32_load_rlx(&q->size) + n); /* under lock; a hint to others */
    while (n) {
        struct w_seg *s = q->tail;
        if (!s || s->tail == W_SEG_SLOTS) {
            s = fresh(q, more);
            if (q->tail)
                q->tail->next = s;
            else
                q->head = s;
            q->tail = s;
        }
        uint32_t k = W_SEG_SLOTS - s->tail < n ? W_SEG_SLOTS - s->tail : n;
        memcpy(s->slot + s->tail, item, k * sizeof *item);
        s->tail += k;
        item += k;
        n -= k;
    }
}

uint32_t w_globq_get(struct w_globq *q, void **item, uint32_t n)
{
    uint32_t got = 0;
    while (got < n && q->head) {
        struct w_seg *s = q->head;
        uint32_t k = s->tail - s->head < n - got ? s->tail - s->head : n - got;
        memcpy(item + got, s->slot + s->head, k * sizeof *item);
        s->head += k;
        got += k;
        if (s->head < s->tail)
            break;
        q->head = s->next;
        if (!s->next)
            q->tail = NULL;
        s->next = q->spare;
        q->spare = s;
    }
    W_ASSERT(au32_load_rlx(&q->size) >= got);
    au32_store_rlx(&q->size, au32_load_rlx(&q->size) - got); /* under lock; a hint to others */
    return got;
}
