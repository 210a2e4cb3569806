/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched_pipe: an int to and fro over two pipes, as `perf bench sched pipe` does it. WORKLOADS.md#sched-pipe.
 */
#include "bench.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "weft.h"

static weft_waitgroup done;
static int there[2], back[2];

static void answer(void *unused) {
    (void)unused;
    for (int v; weft_read(there[0], &v, sizeof v) == sizeof v;) {
        v++;
        if (weft_write(back[1], &v, sizeof v) != sizeof v) break;
    }
}

static void round_trips(struct bench *b) {
    if (pipe2(there, O_NONBLOCK | O_CLOEXEC) || pipe2(back, O_NONBLOCK | O_CLOEXEC)) {
        bench_fail(b, "no pipe");
        return;
    }
    weft_waitgroup_go(&done, answer, NULL);
    int v = 0;
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++)
        if (weft_write(there[1], &v, sizeof v) != sizeof v || weft_read(back[0], &v, sizeof v) != sizeof v) break;
    bench_stop(b);
    weft_close(there[1]);
    weft_waitgroup_wait(&done);
    weft_close(there[0]), weft_close(back[0]), weft_close(back[1]);
    bench_check(b, "answers", (uint64_t)v, b->n);
}

const struct bench_def bench_weft_sched_pipe[] = {
    {"sched-pipe/weft/procs:1", round_trips, 1, BENCH_ANYWHERE, 0, NULL},
    {"sched-pipe/weft/procs:2", round_trips, 2, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
