/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench.h — what a workload file needs: one function per benchmark, declared in a table.
 *
 * A body is called once for a number of iterations that Google Benchmark chose. It sets up, calls bench_start, does the
 * work, calls bench_stop, tears down, and checks its answer. Set-up and tear-down are never in the figure.
 * Where it runs: a weft body in the main goroutine of a run with `procs` processors, started for this call alone; a
 * pthread body on the host thread, which is pinned as `place` says. Google Benchmark's State is out of a body's reach:
 * it may be touched from the host thread only, and a goroutine can be on any.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bench;

/* Where the tasks of a pthread body may run. */
enum bench_place {
    BENCH_ANYWHERE,   /* as the process may */
    BENCH_SAME_CORE,  /* everything on the first allowed CPU */
    BENCH_CROSS_CORE, /* the first two allowed CPUs; two-sided workloads put one side on each */
};

struct bench_def {
    const char *name; /* workload/runtime[/variant][/procs:N][/arg:value…] */
    void (*body)(struct bench *);
    int procs; /* > 0: call body in the main goroutine of such a run; 0: on the host thread */
    enum bench_place place;
    long arg;        /* the workload's own parameter */
    const void *way; /* the variant's functions, where it has some */
};

#define BENCH_EXTRAS 8

struct bench {
    const struct bench_def *def;
    uint64_t n;     /* iterations to do */
    uint64_t items; /* operations done; n unless the body says otherwise */
    int cpu[2];     /* the CPU for tasks of even and of odd number; -1: not pinned */
    int spare;      /* BENCH_SAME_CORE: a CPU beside that one, for who makes the load; else -1 */

    /* what bench_start and bench_stop saw */
    int started, stopped;
    int64_t wall_ns, cpu_ns;
    int64_t voluntary, involuntary; /* the kernel's context switches of this process */
    int64_t counted_ns;             /* what the figure is of, if not of wall_ns: bench_count */

    double done; /* operations to report: items, less those of an injected slowdown */
    double part; /* of all that was done, what Google Benchmark's n stands for */

    char error[160]; /* "" or why there is no figure */
    struct {
        const char *name;
        double value;
    } extra[BENCH_EXTRAS];
    int extras;
};

/* The ends of the timed region. Any thread, once each; bench_stop gives whether the pair was complete. */
void bench_start(struct bench *b);
void bench_stop(struct bench *b);

/* The figure is this many ns by the operations: CPU time, or a sum of latencies. Without it: the region's real time, which goes on
 * deciding how many iterations there are. */
static inline void bench_count(struct bench *b, int64_t ns) { b->counted_ns = ns > 0 ? ns : 1; }

/* No figure: the first reason is kept. */
void bench_fail(struct bench *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The checksum; a wrong one is an error. */
void bench_check(struct bench *b, const char *what, uint64_t got, uint64_t want);
/* One more figure beside the time, as it is. name must be a literal. */
void bench_extra(struct bench *b, const char *name, double value);

/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t bench_now(void);
/* zeroed memory, or the process ends */
void *bench_alloc(size_t count, size_t size);

/* A stretch of computing that takes `ns` by itself on this machine; calibrated at its first use, which is in set-up.
 * Returns something that depends on every step. */
uint64_t bench_work_steps(int64_t ns);
uint64_t bench_work(uint64_t steps, uint64_t seed);

/* The share of `total` that part `i` of `parts` does. */
static inline uint64_t bench_share(uint64_t total, unsigned parts, unsigned i) {
    return total / parts + (i < total % parts);
}

/* Call one benchmark's body for n iterations, and for `least` at the least, wherever it has to run. Host thread. */
void bench_call(struct bench *b, const struct bench_def *def, uint64_t n, uint64_t least);

/* The body in the runtime, with as many processors as its definition says: run.c, or a peer's own. Host thread. */
void bench_run(struct bench *b);

/* Every table of the suite, NULL at the end; a table ends with a NULL name. */
struct bench_table {
    const struct bench_def *defs;
    uint64_t least; /* iterations of a call */
};
extern const struct bench_table bench_suite[];

#ifdef __cplusplus
}
#endif
#endif
