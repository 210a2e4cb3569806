/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched_pipe in State Threads, over its own reads and writes. bench/WORKLOADS.md#sched-pipe.
 */
#include "bench.h"
#include "chan.h"

#include <unistd.h>

static struct group done;
static st_netfd_t there[2], back[2];

static int open_pipe(st_netfd_t *end) {
    int fd[2];
    if (pipe(fd)) return 0;
    end[0] = st_netfd_open(fd[0]);
    end[1] = st_netfd_open(fd[1]);
    return end[0] && end[1];
}

static void *answer(void *unused) {
    for (int v; st_read(there[0], &v, sizeof v, ST_UTIME_NO_TIMEOUT) == sizeof v;) {
        v++;
        if (st_write(back[1], &v, sizeof v, ST_UTIME_NO_TIMEOUT) != sizeof v) break;
    }
    group_done(&done);
    return unused;
}

static void round_trips(struct bench *b) {
    int v = 0;
    if (!open_pipe(there) || !open_pipe(back)) {
        bench_fail(b, "no pipe");
        return;
    }
    group_init(&done, 1);
    task(answer, NULL);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++)
        if (st_write(there[1], &v, sizeof v, ST_UTIME_NO_TIMEOUT) != sizeof v ||
            st_read(back[0], &v, sizeof v, ST_UTIME_NO_TIMEOUT) != sizeof v)
            break;
    bench_stop(b);
    st_netfd_close(there[1]);
    group_wait(&done);
    st_netfd_close(there[0]);
    for (int i = 0; i < 2; i++) st_netfd_close(back[i]);
    bench_check(b, "answers", (uint64_t)v, b->n);
}

const struct bench_def sched_pipe_defs[] = {
    {"sched-pipe/state_threads/procs:1", round_trips, 1, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
