/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters.h — hardware counters of this process and the threads it makes, or the reason why there are none.
 *
 * Six events, each for user and for kernel mode, as three groups of two. Open before the threads to be counted exist:
 * they inherit. A figure is a number only if a PMU counted; in every other case it is null with a status, never 0.
 */
#ifndef BENCH_COUNTERS_H
#define BENCH_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COUNTER_EVENTS 12 /* 3 groups of 2, in user and in kernel mode */

enum counter_source { COUNTER_PMU, COUNTER_PERF_SW, COUNTER_RUSAGE, COUNTER_SCHEDSTAT, COUNTER_NONE };
enum counter_status {
    COUNTER_OK,            /* counted all the time */
    COUNTER_SCALED,        /* counted a part of the time and scaled by enabled/running, which `running` has */
    COUNTER_NO_PMU,        /* ENOENT, EOPNOTSUPP, ENODEV, ENXIO */
    COUNTER_DENIED,        /* EACCES, EPERM */
    COUNTER_NO_SYSCALL,    /* ENOSYS */
    COUNTER_UNKNOWN_EVENT, /* libpfm4 doesn't know it, or EINVAL */
    COUNTER_NOT_SCHEDULED, /* open, but never on the PMU; or no room for it (EBUSY, EMFILE, …) */
};

struct counter_value {
    const char *name; /* "cycles_user" */
    bool has_value;
    double value;   /* since counters_start */
    double running; /* the share of the time it was on the PMU, 0 to 1 */
    enum counter_source source;
    enum counter_status status;
    int err; /* errno of the failure, 0 if none */
};

/* What the layer asks of the system; tests put their own here. */
struct counter_os {
    void *ctx;
    /* perf_event_open for this process: a descriptor, or -errno. */
    int (*open)(void *ctx, uint32_t type, uint64_t config, bool kernel, int group);
    /* type and config of an event's name: 0, or not 0 if unknown. */
    int (*encode)(void *ctx, const char *event, uint32_t *type, uint64_t *config);
    /* {value, enabled, running} of a descriptor: 0, or -errno. */
    int (*read)(void *ctx, int fd, uint64_t out[3]);
    int (*set)(void *ctx, int fd, bool on); /* zero and enable, or disable */
    void (*close)(void *ctx, int fd);
};

struct counters {
    struct counter_os os;
    int fd[COUNTER_EVENTS];  /* -1: not open */
    int err[COUNTER_EVENTS]; /* why */
    uint64_t base[COUNTER_EVENTS][3];
    enum counter_status status[COUNTER_EVENTS];
};

/* Open what can be opened. os NULL: the real one. Returns how many are open. */
int counters_open(struct counters *c, const struct counter_os *os);
void counters_start(struct counters *c);
void counters_stop(struct counters *c);
struct counter_value counters_read(struct counters *c, size_t event);
void counters_close(struct counters *c);

/* "ok", or "n/a (no PMU: ENOENT)" with the first failure. */
void counters_summary(const struct counters *c, char *out, size_t size);
/* The same for one value: a number, or "n/a (…)". */
void counter_text(const struct counter_value *v, char *out, size_t size);
const char *counter_status_name(enum counter_status s);
const char *counter_source_name(enum counter_source s);

#ifdef __cplusplus
}
#endif
#endif
