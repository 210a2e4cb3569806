/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does this call fail? One site is planned at a time; counts and strikes are in memory that the runner shares with the child, so they
 * outlive it. Atomic counters alone: a call may be made in a signal's handler, in an owner's section, under any lock.
 */
#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "fault.h"

struct wf_shared *wf_shared; /* mapped before the first child */
static atomic_long mapped;

static int wanted(enum wf_mode mode, unsigned long n, unsigned long k)
{
    switch (mode) {
    case WF_FIRST: return k == 1;
    case WF_NTH: return k == n;
    case WF_FROM: return k >= n;
    case WF_EVERY: return 1;
    case WF_OTHER: return k % 2 == 1;
    default: return 0;
    }
}

/* The plan's site, or the one that fails beside it, so that it is reached at all. */
int wf_strikes(const struct wf_site *s)
{
    const struct wf_plan *p = &wf_shared->plan;
    size_t i = (size_t)(s - wf_sites);
    if (!atomic_load(&wf_shared->armed))
        return WF_GOES_ON;
    unsigned long k = atomic_fetch_add(&wf_shared->count[i], 1) + 1;
    if (p->beside_error && i == p->beside && wanted(p->beside_mode, 0, k)) {
        errno = p->beside_error;
        return WF_FAILS;
    }
    if (i != p->site || !wanted(p->mode, p->n, k))
        return WF_GOES_ON;
    atomic_fetch_add(&wf_shared->struck, 1);
    errno = p->error;
    return p->error ? WF_FAILS : WF_CUTS;
}

int wf_error(void) { return wf_shared->plan.error; }

int wf_fails(void)
{
    errno = wf_error();
    return -1;
}

size_t wf_cut(int how, size_t n) { return how == WF_CUTS && n > 1 ? 1 : n; }

void *wf_mapped(void *p, size_t bytes)
{
    if (p != MAP_FAILED)
        atomic_fetch_add(&mapped, (long)bytes);
    return p;
}

int wf_unmapped(int result, size_t bytes)
{
    if (result == 0)
        atomic_fetch_sub(&mapped, (long)bytes);
    return result;
}

long wf_bytes_mapped(void) { return atomic_load(&mapped); }
