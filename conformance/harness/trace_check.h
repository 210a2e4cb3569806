/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a trace one of a scheduler that keeps its rules? Reads what weft_trace_stop wrote, one event a line, and holds it against:
 *   one place   a goroutine runs on one M at a time, and an M runs one goroutine at a time
 *   wake-ups    a parked goroutine runs again after exactly one wake-up, which finds it off its M; one that yielded, was preempted
 *               or came back from a call runs again without; one that has ended never does; one that was started begins
 *   owners      a P has one M at a time, an M one P; a goroutine begins on an M that has the P it names
 *   half        a thief takes the larger half of what stands on the ring, or the lone runnext
 * At a trace's end a goroutine may be still to run, unless `quiet` says that none was.
 */
#ifndef WEFT_CONFORMANCE_TRACE_CHECK_H
#define WEFT_CONFORMANCE_TRACE_CHECK_H

#include <stddef.h>
#include <stdint.h>

struct wc_slice {
    int64_t from, to; /* ns since the trace's start */
    uint64_t who;     /* a G, or a P */
    int64_t m, p;     /* p: where the goroutine began; -1: nowhere */
    char end[16];     /* "park", "yield", "exit", … */
};
struct wc_wake {
    int64_t at;
    uint64_t g;
    int spawn;
};
struct wc_steal {
    int64_t n, size;
};
struct wc_trace {
    struct wc_slice *g, *p;
    struct wc_wake *wake;
    struct wc_steal *steal;
    size_t ng, np, nwake, nsteal;
    size_t nsyscalls, nretakes, npreempts; /* how many were seen */
    int64_t lost;
};

/* NULL, or why the file is no trace. The text lives until the next call. */
const char *wc_trace_load(struct wc_trace *t, const char *path);
void wc_trace_free(struct wc_trace *t);
/* NULL, or which rule is broken, where. Sorts what is in t. */
const char *wc_trace_check(struct wc_trace *t, int quiet);

#endif
