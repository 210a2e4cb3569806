/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the environment says: WEFT_DEBUG, one table in knob.c, and WEFT_PROCS. A name that is not in the table and a value
 * that does not parse end the process with one line and status 2: a misspelt knob that is ignored in silence misleads for hours.
 *
 * w_knobs is written at the start of a run alone, and constant while it lasts.
 */
#ifndef W_KNOB_H
#define W_KNOB_H

#include <stdbool.h>
#include <stdint.h>

/* How stacks are guarded: w_knobs.guard. */
enum { W_GUARD_AUTO, W_GUARD_ADVICE, W_GUARD_MPROTECT, W_GUARD_NONE };

enum { W_KNOB_TEXT = 256 }; /* bytes of a text, its end included */

struct w_knobs {
    int64_t schedtrace; /* ms between lines; 0: off */
    int64_t guard;      /* W_GUARD_ */
    int64_t slice;      /* µs that a goroutine may run while others wait */
    int64_t retire;     /* ms that an idle thread is kept */
    int64_t deadlock;   /* W_DEADLOCK_ (sched/locks.h) */
    int64_t hog;        /* ms after which a goroutine that keeps its thread is named; 0: never */
    int64_t leaks;      /* W_LEAKS_ (sched/leaks.h) */
    int64_t cpus;       /* 0: as the system says */
    char cgroup[W_KNOB_TEXT]; /* in place of "/" for control groups; "": none */
    bool scheddetail, checks, nosteal, nosysmon, guardstacks;
};
extern struct w_knobs w_knobs;

/* Parse the environment afresh. `WEFT_DEBUG=help` prints the table on stderr and exits 0; a mistake exits 2. */
void w_knobs_read(struct w_knobs *to);

/* WEFT_PROCS, 1 to 256; 0: not set. A mistake exits 2. */
int w_knob_procs(void);

#endif
