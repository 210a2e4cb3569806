/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B77: the processors of a run follow the CPU quota of its control group.
 * Source:   Go 1.25 release notes, "Container-aware GOMAXPROCS"; api.md, WEFT_DEBUG.
 * Goal:     the quota rounded up, at least 2; the tightest of all ancestors, of either version; a change is followed while the run
 *           is busy; WEFT_PROCS, a count in the configuration and a call of weft_procs end that.
 * Method:   a folder in place of / with the files that the kernel would show, and 8 CPUs (WEFT_DEBUG=cgroup=…,cpus=8). Main writes
 *           another quota and yields until the count follows. That it does not is looked at beside a second run's worth of
 *           time: after the count that was set by hand has stood for 2.5 s, more than twice sysmon's interval, while main is busy.
 * Expected: 3 of 250000/100000, 2 of 100000/100000; a change followed within 10 s (1 s is usual).
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "case.h"

static char root[64];

static void put(const char *path, const char *text) {
    char name[256];
    snprintf(name, sizeof name, "%s/%s", root, path);
    for (char *p = name + strlen(root) + 1; (p = strchr(p, '/')); p++) {
        *p = 0;
        mkdir(name, 0700);
        *p = '/';
    }
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    WC_CHECK(fd >= 0);
    WC_EQ(write(fd, text, strlen(text)), (long)strlen(text));
    close(fd);
}

static void clean_up(void) {
    char line[128];
    snprintf(line, sizeof line, "rm -rf '%s'", root);
    if (system(line) != 0) fprintf(stderr, "left behind: %s\n", root);
}

/* Version 2 at /sys/fs/cgroup, the process in /a/b, no quota yet. */
static void fake(const char *cpus) {
    char debug[128];
    snprintf(root, sizeof root, "/tmp/weft-quota-XXXXXX");
    WC_CHECK(mkdtemp(root) != NULL);
    snprintf(debug, sizeof debug, "cgroup=%s,cpus=%s", root, cpus);
    setenv("WEFT_DEBUG", debug, 1);
    unsetenv("WEFT_PROCS");
    put("proc/self/cgroup", "0::/a/b\n");
    put("proc/self/mountinfo",
        "23 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "31 23 0:28 / /sys/fs/cgroup rw,nosuid,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
    put("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
}

static int asks(void *arg) {
    *(int *)arg = weft_procs(0);
    return 0;
}
static int procs_of_a_run(void) {
    int n = 0;
    WC_EQ(weft_run(asks, &n), 0);
    return n;
}

static int rounds(void) {
    fake("8");
    WC_EQ(procs_of_a_run(), 8);
    put("sys/fs/cgroup/a/b/cpu.max", "250000 100000\n");
    printf("%d ", procs_of_a_run());
    put("sys/fs/cgroup/a/b/cpu.max", "100000 100000\n");
    printf("%d ", procs_of_a_run());
    put("sys/fs/cgroup/a/b/cpu.max", "900000 100000\n");
    printf("%d ", procs_of_a_run()); /* not more than CPUs */
    put("sys/fs/cgroup/a/cpu.max", "400001 100000\n");
    printf("%d ", procs_of_a_run()); /* an ancestor's */
    setenv("WEFT_PROCS", "7", 1);
    printf("%d\n", procs_of_a_run());
    clean_up();
    return 0;
}

static int is_set(int n) {
    weft_yield();
    return weft_procs(0) == n;
}

static int follows(void *arg) {
    (void)arg;
    WC_EQ(weft_procs(0), 3);
    put("sys/fs/cgroup/a/b/cpu.max", "500000 100000\n");
    WC_UNTIL(is_set(5));
    put("sys/fs/cgroup/a/cpu.max", "200000 100000\n");
    WC_UNTIL(is_set(2));
    put("sys/fs/cgroup/a/cpu.max", "max 100000\n");
    put("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    WC_UNTIL(is_set(8));
    return 0;
}

static int stays(void *arg) {
    int n = *(int *)arg;
    if (weft_procs(0) != n) WC_EQ(weft_procs(n), 3);
    put("sys/fs/cgroup/a/b/cpu.max", "500000 100000\n");
    for (int64_t end = weft_now() + 2500 * WC_MS; weft_now() < end;) WC_CHECK(is_set(n));
    return 0;
}

static int followed(void) {
    fake("8");
    put("sys/fs/cgroup/a/b/cpu.max", "250000 100000\n");
    int rc = weft_run(follows, NULL);
    clean_up();
    return rc;
}

static int set_by_hand(void) {
    int four = 4;
    fake("8");
    put("sys/fs/cgroup/a/b/cpu.max", "250000 100000\n");
    int rc = weft_run(stays, &four);
    clean_up();
    return rc;
}

static int configured(void) {
    int six = 6;
    struct weft_config k;
    fake("8");
    put("sys/fs/cgroup/a/b/cpu.max", "250000 100000\n");
    weft_config_init(&k);
    WC_EQ(k.procs, 3);
    k.procs = six;
    int rc = weft_run_config(&k, stays, &six);
    clean_up();
    return rc;
}

#define NO_TWIN .no_twin = "Go takes no folder in place of /"
WC_CASE(b77_quota, .item = "B77", .proc = rounds, .out = "3 2 8 5 7\n", .procs = 2, NO_TWIN);
WC_CASE(b77_followed, .item = "B77", .proc = followed, .procs = 2, .timeout_s = 60, NO_TWIN);
WC_CASE(b77_explicit, .item = "B77", .proc = set_by_hand, .procs = 2, NO_TWIN);
WC_CASE(b77_configured, .item = "B77", .proc = configured, .procs = 2, NO_TWIN);
