/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counters: names to encodings by libpfm4, groups by perf_event_open, values scaled by enabled/running.
 *
 * Inherited events can't be read as a group, so each descriptor is read by itself; the group still makes the kernel count
 * its two members at the same time, and their ratio is sound. Values are differences from counters_start, since
 * resetting does not reach what ended children have added.
 * "context-switches" is not here: with kernel mode excluded it opens without privilege and reads 0. getrusage has it.
 */
#include "counters.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* pfmlib_perf_event.h and not perf_event.h of the same folder, which clashes with the kernel's. */
#include <perfmon/pfmlib.h>
#include <perfmon/pfmlib_perf_event.h>

static const struct {
    const char *event; /* libpfm4's name */
    const char *name;
    bool kernel, leads;
} events[COUNTER_EVENTS] = {
    {"cycles", "cycles_user", false, true},
    {"instructions", "instructions_user", false, false},
    {"branches", "branches_user", false, true},
    {"branch-misses", "branch_misses_user", false, false},
    {"cache-references", "cache_references_user", false, true},
    {"cache-misses", "cache_misses_user", false, false},
    {"cycles", "cycles_kernel", true, true},
    {"instructions", "instructions_kernel", true, false},
    {"branches", "branches_kernel", true, true},
    {"branch-misses", "branch_misses_kernel", true, false},
    {"cache-references", "cache_references_kernel", true, true},
    {"cache-misses", "cache_misses_kernel", true, false},
};

/* ---- the real system ---- */

static int real_encode(void *ctx, const char *event, uint32_t *type, uint64_t *config) {
    (void)ctx;
    static int ready = -1;
    if (ready < 0) ready = pfm_initialize() == PFM_SUCCESS;
    if (!ready) return -1;
    struct perf_event_attr attr;
    memset(&attr, 0, sizeof attr);
    pfm_perf_encode_arg_t arg;
    memset(&arg, 0, sizeof arg);
    arg.size = sizeof arg;
    arg.attr = &attr;
    if (pfm_get_os_event_encoding(event, PFM_PLM3, PFM_OS_PERF_EVENT, &arg) != PFM_SUCCESS) return -1;
    *type = attr.type;
    *config = attr.config;
    return 0;
}

static int real_open(void *ctx, uint32_t type, uint64_t config, bool kernel, int group) {
    (void)ctx;
    struct perf_event_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.size = sizeof attr;
    attr.type = type;
    attr.config = config;
    attr.disabled = group < 0;
    attr.inherit = 1;
    attr.exclude_user = kernel;
    attr.exclude_kernel = !kernel;
    attr.exclude_hv = 1;
    attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    long fd = syscall(SYS_perf_event_open, &attr, 0, -1, group, PERF_FLAG_FD_CLOEXEC);
    return fd < 0 ? -errno : (int)fd;
}

static int real_read(void *ctx, int fd, uint64_t out[3]) {
    (void)ctx;
    ssize_t got = read(fd, out, 3 * sizeof *out);
    return got == 3 * (ssize_t)sizeof *out ? 0 : got < 0 ? -errno : -EIO;
}

static int real_set(void *ctx, int fd, bool on) {
    (void)ctx;
    return ioctl(fd, on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP) ? -errno : 0;
}

static void real_close(void *ctx, int fd) {
    (void)ctx;
    close(fd);
}

static const struct counter_os real_os = {NULL, real_open, real_encode, real_read, real_set, real_close};

/* ---- the layer ---- */

static enum counter_status status_of(int err) {
    switch (err) {
    case 0:
        return COUNTER_OK;
    case ENOENT:
    case EOPNOTSUPP:
    case ENODEV:
    case ENXIO:
        return COUNTER_NO_PMU;
    case EACCES:
    case EPERM:
        return COUNTER_DENIED;
    case ENOSYS:
        return COUNTER_NO_SYSCALL;
    case EINVAL:
        return COUNTER_UNKNOWN_EVENT;
    default:
        return COUNTER_NOT_SCHEDULED;
    }
}

int counters_open(struct counters *c, const struct counter_os *os) {
    memset(c, 0, sizeof *c);
    c->os = os ? *os : real_os;
    int leader = -1, opened = 0;
    for (size_t i = 0; i < COUNTER_EVENTS; i++) {
        uint32_t type = 0;
        uint64_t config = 0;
        c->fd[i] = -1;
        if (events[i].leads) leader = -1;
        if (c->os.encode(c->os.ctx, events[i].event, &type, &config)) {
            c->status[i] = COUNTER_UNKNOWN_EVENT;
            continue;
        }
        int fd = c->os.open(c->os.ctx, type, config, events[i].kernel, leader);
        c->status[i] = status_of(fd < 0 ? -fd : 0);
        if (fd < 0) {
            c->err[i] = -fd;
            continue;
        }
        c->fd[i] = fd;
        if (leader < 0) /* of its group, or alone because its leader could not be opened */
            leader = fd;
        opened++;
    }
    return opened;
}

static void set_all(struct counters *c, bool on) {
    for (size_t i = 0; i < COUNTER_EVENTS; i++) {
        bool leads = events[i].leads || c->fd[i - 1] < 0;
        if (c->fd[i] >= 0 && leads) c->os.set(c->os.ctx, c->fd[i], on);
    }
}

void counters_start(struct counters *c) {
    for (size_t i = 0; i < COUNTER_EVENTS; i++)
        if (c->fd[i] >= 0 && c->os.read(c->os.ctx, c->fd[i], c->base[i])) memset(c->base[i], 0, sizeof c->base[i]);
    set_all(c, true);
}

void counters_stop(struct counters *c) { set_all(c, false); }

struct counter_value counters_read(struct counters *c, size_t event) {
    struct counter_value v = {
        .name = events[event].name, .source = COUNTER_NONE, .status = c->status[event], .err = c->err[event]};
    if (c->fd[event] < 0) return v;
    uint64_t now[3];
    int rc = c->os.read(c->os.ctx, c->fd[event], now);
    if (rc) {
        v.err = -rc;
        v.status = status_of(-rc);
        return v;
    }
    double enabled = (double)(now[1] - c->base[event][1]), running = (double)(now[2] - c->base[event][2]);
    if (running <= 0) {
        v.status = COUNTER_NOT_SCHEDULED;
        return v;
    }
    v.has_value = true;
    v.source = COUNTER_PMU;
    v.status = running < enabled ? COUNTER_SCALED : COUNTER_OK;
    v.running = enabled > 0 ? running / enabled : 1;
    v.value = (double)(now[0] - c->base[event][0]) * (enabled > running ? enabled / running : 1);
    return v;
}

void counters_close(struct counters *c) {
    for (size_t i = 0; i < COUNTER_EVENTS; i++)
        if (c->fd[i] >= 0) {
            c->os.close(c->os.ctx, c->fd[i]);
            c->fd[i] = -1;
        }
}

/* ---- words ---- */

static void say_reason(enum counter_status s, int err, char *out, size_t size) {
    static const char *const words[] = {"ok",           "scaled", "no PMU", "denied", "no system call", "unknown event",
                                        "not scheduled"};
    const char *name = err ? strerrorname_np(err) : NULL;
    snprintf(out, size, "n/a (%s%s%s)", words[s], name ? ": " : "", name ? name : "");
}

void counter_text(const struct counter_value *v, char *out, size_t size) {
    if (v->has_value)
        snprintf(out, size, "%.6g", v->value);
    else
        say_reason(v->status, v->err, out, size);
}

void counters_summary(const struct counters *c, char *out, size_t size) {
    for (size_t i = 0; i < COUNTER_EVENTS; i++)
        if (c->fd[i] < 0) {
            say_reason(c->status[i], c->err[i], out, size);
            return;
        }
    snprintf(out, size, "ok");
}

const char *counter_status_name(enum counter_status s) {
    static const char *const names[] = {"ok",         "scaled",        "no_pmu",       "denied",
                                        "no_syscall", "unknown_event", "not_scheduled"};
    return names[s];
}

const char *counter_source_name(enum counter_source s) {
    static const char *const names[] = {"pmu", "perf_sw", "rusage", "schedstat", "none"};
    return names[s];
}
