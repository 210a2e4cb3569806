/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goroutines that are to meet on different threads: each of the first `n` waits here for the others without giving up
 * its processor, so what they do next they do at once. Looking at the clock is what lets others go on. At most as many
 * as there are processors.
 */
#ifndef WEFT_CONFORMANCE_MEET_H
#define WEFT_CONFORMANCE_MEET_H

#include "case.h"

static int met;
static inline void meet(int n) {
    int procs = wc_procs();
    if (n > procs) n = procs;
    if (met >= n) return;
    met++;
    while (met < n) (void)weft_now();
}

#endif
