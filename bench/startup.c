/* SPDX-License-Identifier: Apache-2.0 */
/*
 * startup: start a runtime, run an empty main goroutine, stop it, threads joined. WORKLOADS.md#startup.
 * Runs on the host thread: here weft_run itself is what is timed.
 */
#include "bench.h"

#include "weft.h"

static int count_run(void *runs) {
    ++*(uint64_t *)runs;
    return 0;
}

static void start_and_stop(struct bench *b) {
    struct weft_config c;
    weft_config_init(&c);
    c.procs = (int)b->def->arg;
    uint64_t runs = 0;
    weft_run_config(&c, count_run, &runs);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) weft_run_config(&c, count_run, &runs);
    bench_stop(b);
    bench_check(b, "runs", runs, b->n + 1);
}

const struct bench_def bench_weft_startup[] = {
    {"startup/weft/procs:1", start_and_stop, 0, BENCH_ANYWHERE, 1, NULL},
    {"startup/weft/procs:2", start_and_stop, 0, BENCH_ANYWHERE, 2, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
