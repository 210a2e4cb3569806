/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched_pipe with pthreads: two threads, two pipes, read and write. bench/WORKLOADS.md#sched-pipe.
 */
#include <pthread.h>
#include <unistd.h>

#include "bench.h"
#include "task.h"

static int there[2], back[2];

static void *answer(void *unused) {
    for (int v; read(there[0], &v, sizeof v) == sizeof v;) {
        v++;
        if (write(back[1], &v, sizeof v) != sizeof v) break;
    }
    return unused;
}

static void round_trips(struct bench *b) {
    pthread_t answerer;
    int v = 0;
    if (pipe(there) || pipe(back)) {
        bench_fail(b, "no pipe");
        return;
    }
    if (!task_start(b, &answerer, 1, answer, NULL)) return;
    task_place_self(b, 0);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++)
        if (write(there[1], &v, sizeof v) != sizeof v || read(back[0], &v, sizeof v) != sizeof v) break;
    bench_stop(b);
    close(there[1]);
    pthread_join(answerer, NULL);
    close(there[0]), close(back[0]), close(back[1]);
    bench_check(b, "answers", (uint64_t)v, b->n);
}

const struct bench_def bench_pthread_sched_pipe[] = {
    {"sched-pipe/pthread/same_core", round_trips, 0, BENCH_SAME_CORE, 0, NULL},
    {"sched-pipe/pthread/cross_core", round_trips, 0, BENCH_CROSS_CORE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
