/* SPDX-License-Identifier: Apache-2.0 */
/* A site, and what its call asks (inject.c). Seen by the runtime of the fault suite, so nothing but what hook.h needs. */
#ifndef WF_SITE_H
#define WF_SITE_H

#include <stddef.h>

/* Of a size and alignment by which the section is an array, whoever laid it out. */
struct wf_site {
    const char *file, *function, *call;
    unsigned long line;
} __attribute__((aligned(32)));

enum { WF_GOES_ON, WF_FAILS, WF_CUTS };

/* Counts the call. Is it to fail? Then errno is what the plan says. From any thread, also in a signal's handler. */
int wf_strikes(const struct wf_site *s);
int wf_error(void);  /* the plan's errno */
int wf_fails(void);  /* sets errno to it; -1 */
size_t wf_cut(int how, size_t n);

/* What the runtime has mapped and not given back. */
void *wf_mapped(void *p, size_t bytes);
int wf_unmapped(int result, size_t bytes);

#endif
