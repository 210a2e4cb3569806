/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goal: every way in which a counter can be missing is told apart, and none of them reads as 0.
 * Method: a made-up system in which opening fails with each errno in turn, or works, or shares its PMU; then the real one,
 * counted if there is a PMU and else reported as skipped. TAP on stdout; status 0 pass, 1 fail.
 */
#include "counters.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct fake {
    int open_err, read_err, encode_err;
    uint64_t value, enabled, running; /* what a read gives after the start */
    bool started;
    int opened, closed, sets, groups;
};

static int fake_open(void *ctx, uint32_t type, uint64_t config, bool kernel, int group) {
    struct fake *f = ctx;
    (void)type, (void)config, (void)kernel;
    if (f->open_err) return -f->open_err;
    f->groups += group < 0;
    return 100 + f->opened++;
}

static int fake_encode(void *ctx, const char *event, uint32_t *type, uint64_t *config) {
    (void)event;
    *type = 0, *config = 0;
    return ((struct fake *)ctx)->encode_err;
}

static int fake_read(void *ctx, int fd, uint64_t out[3]) {
    struct fake *f = ctx;
    (void)fd;
    if (f->read_err) return -f->read_err;
    out[0] = 1000 + (f->started ? f->value : 0);
    out[1] = 50 + (f->started ? f->enabled : 0);
    out[2] = 40 + (f->started ? f->running : 0);
    return 0;
}

static int fake_set(void *ctx, int fd, bool on) {
    struct fake *f = ctx;
    (void)fd;
    f->started = f->started || on;
    f->sets++;
    return 0;
}

static void fake_close(void *ctx, int fd) {
    (void)fd;
    ((struct fake *)ctx)->closed++;
}

static int tests, failures;

static void check(bool good, const char *what, const char *detail) {
    tests++;
    failures += !good;
    printf("%sok %d - %s%s%s\n", good ? "" : "not ", tests, what, detail[0] ? ": " : "", detail);
}

static struct counter_value one_value(struct fake *f, char *text, size_t size) {
    struct counter_os os = {f, fake_open, fake_encode, fake_read, fake_set, fake_close};
    struct counters c;
    counters_open(&c, &os);
    counters_start(&c);
    counters_stop(&c);
    struct counter_value v = counters_read(&c, 0);
    counter_text(&v, text, size);
    counters_close(&c);
    return v;
}

static void each_errno(void) {
    static const struct {
        int err;
        enum counter_status status;
        const char *text;
    } cases[] = {
        {ENOENT, COUNTER_NO_PMU, "n/a (no PMU: ENOENT)"},
        {EOPNOTSUPP, COUNTER_NO_PMU, "n/a (no PMU: EOPNOTSUPP)"},
        {ENODEV, COUNTER_NO_PMU, "n/a (no PMU: ENODEV)"},
        {ENXIO, COUNTER_NO_PMU, "n/a (no PMU: ENXIO)"},
        {EACCES, COUNTER_DENIED, "n/a (denied: EACCES)"},
        {EPERM, COUNTER_DENIED, "n/a (denied: EPERM)"},
        {ENOSYS, COUNTER_NO_SYSCALL, "n/a (no system call: ENOSYS)"},
        {EINVAL, COUNTER_UNKNOWN_EVENT, "n/a (unknown event: EINVAL)"},
        {EBUSY, COUNTER_NOT_SCHEDULED, "n/a (not scheduled: EBUSY)"},
        {EMFILE, COUNTER_NOT_SCHEDULED, "n/a (not scheduled: EMFILE)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake f = {.open_err = cases[i].err, .value = 7, .enabled = 1, .running = 1};
        char text[96];
        struct counter_value v = one_value(&f, text, sizeof text);
        check(!v.has_value && v.status == cases[i].status && v.err == cases[i].err && v.source == COUNTER_NONE &&
                  strcmp(text, cases[i].text) == 0,
              "opening fails", text);
    }
}

static void other_ways(void) {
    char text[96];
    struct fake unknown = {.encode_err = 1};
    struct counter_value v = one_value(&unknown, text, sizeof text);
    check(!v.has_value && v.status == COUNTER_UNKNOWN_EVENT && unknown.opened == 0, "a name that libpfm4 doesn't know",
          text);

    struct fake whole = {.value = 300, .enabled = 10, .running = 10};
    v = one_value(&whole, text, sizeof text);
    check(v.has_value && v.status == COUNTER_OK && v.value == 300 && v.source == COUNTER_PMU, "counted all the time",
          text);
    check(whole.opened == COUNTER_EVENTS && whole.closed == COUNTER_EVENTS, "all opened, all closed", "");
    check(whole.groups == 6 && whole.sets == 12, "six groups, started and stopped by their leaders", "");

    struct fake shared = {.value = 300, .enabled = 10, .running = 5};
    v = one_value(&shared, text, sizeof text);
    check(v.has_value && v.status == COUNTER_SCALED && v.value == 600 && v.running == 0.5, "scaled by enabled/running",
          text);

    struct fake never = {.value = 0, .enabled = 10, .running = 0};
    v = one_value(&never, text, sizeof text);
    check(!v.has_value && v.status == COUNTER_NOT_SCHEDULED, "never on the PMU is not 0", text);

    struct fake broken = {.read_err = EIO};
    v = one_value(&broken, text, sizeof text);
    check(!v.has_value && v.err == EIO, "a read that fails", text);
}

static void the_real_one(void) {
    struct counters c;
    char text[96];
    counters_open(&c, NULL);
    counters_start(&c);
    for (volatile int i = 0; i < 1000000; i++) {}
    counters_stop(&c);
    struct counter_value v = counters_read(&c, 1); /* instructions_user */
    counter_text(&v, text, sizeof text);
    counters_close(&c);
    if (v.has_value)
        check(v.value > 1e6 && v.value < 1e9, "a million loops on the real PMU", text);
    else
        printf("ok %d - the real PMU # SKIP %s\n", ++tests, text);
}

int main(void) {
    each_errno();
    other_ways();
    the_real_one();
    printf("1..%d\n", tests);
    return failures != 0;
}
