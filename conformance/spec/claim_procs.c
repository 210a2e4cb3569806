/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims 1, 2, 3, 79, 82: how many processors a run has.
 * Source:   seeds 000, 001, 003; runtime/proc.go:schedinit, Go 1.25 release notes (the quota).
 * Goal:     figures: by default, by default where the process may run on one CPU only, and as WEFT_PROCS says.
 * Method:   runs that ask weft_procs(0), under an affinity of this process's own; in Go, processes that ask GOMAXPROCS(0).
 * Expected: with one CPU one; as told. By default as many as CPUs, or fewer under a quota. Exit 0.
 */
#define _GNU_SOURCE
#include <sched.h>

#include "case.h"

static int asks(void *arg) {
    *(int *)arg = weft_procs(0);
    return 0;
}

static int procs_of_a_run(const char *told) {
    int n = 0;
    if (told)
        setenv("WEFT_PROCS", told, 1);
    else
        unsetenv("WEFT_PROCS");
    WC_EQ(weft_run(asks, &n), 0);
    return n;
}

static int body(void) {
    cpu_set_t all;
    WC_EQ(sched_getaffinity(0, sizeof all, &all), 0);
    int cpus = CPU_COUNT(&all);
    int procs = procs_of_a_run(NULL);
    WC_CHECK(procs >= 1 && procs <= cpus);
    wc_on_one_cpu(&all);
    int on_one = procs_of_a_run(NULL);
    WC_EQ(sched_setaffinity(0, sizeof all, &all), 0);
    WC_EQ(on_one, 1);
    int told_one = procs_of_a_run("1"), told_seven = procs_of_a_run("7");
    WC_EQ(told_one, 1);
    WC_EQ(told_seven, 7);
    wc_figure("cpus", cpus);
    wc_figure("procs", procs);
    wc_figure("on_one", on_one);
    wc_figure("told_one", told_one);
    wc_figure("told_seven", told_seven);
    return 0;
}

WC_CASE(claim_procs, .item = "claim 1", .proc = body, .procs = 2, .twin = "claim_procs");
