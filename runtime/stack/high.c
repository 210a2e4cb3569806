/* SPDX-License-Identifier: Apache-2.0 */
/* High water of stacks by entry function; high.h has the rules. */
#include "stack/high.h"

#include "base/atom.h"

enum { PLACES = 1024, PROBES = 16 };

static struct {
    aptr entry; /* NULL: free; set once in a run */
    au64 bytes; /* only grows */
} table[PLACES];

/* Its place, or -1. `add`: taken for it if need be. */
static int place(void *entry, bool add)
{
    uint32_t at = (uint32_t)(((uint64_t)(uintptr_t)entry * UINT64_C(0x9e3779b97f4a7c15)) >> 54);
    for (int i = 0; i < PROBES; i++, at = (at + 1) % PLACES) {
        void *there = aptr_load_rlx(&table[at].entry); /* a place never changes hands */
        if (!there && (!add || aptr_cas_acqrel(&table[at].entry, &there, entry)))
            return add ? (int)at : -1;
        if (there == entry)
            return (int)at;
    }
    return -1;
}

void w_high_note(void *entry, size_t bytes)
{
    int at = bytes ? place(entry, true) : -1;
    if (at < 0)
        return;
    uint64_t old = au64_load_rlx(&table[at].bytes); /* the exchange decides */
    while (old < bytes && !au64_cas_acqrel(&table[at].bytes, &old, bytes))
        ;
}

size_t w_high_of(const void *entry)
{
    int at = place((void *)(uintptr_t)entry, false);
    return at < 0 ? 0 : au64_load_rlx(&table[at].bytes); /* a number by itself */
}

void w_high_reset(void)
{
    for (int i = 0; i < PLACES; i++) {
        aptr_store_rlx(&table[i].entry, NULL); /* alone */
        au64_store_rlx(&table[i].bytes, 0);
    }
}
