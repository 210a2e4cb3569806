/* SPDX-License-Identifier: Apache-2.0 */
/* Workloads that look: dumps, traces, schedtrace, signals, the CPU quota; and those whose end is a report. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "works.h"

/* ---- reports ---- */

static void sleeps(void *arg) { weft_sleep((int64_t)(intptr_t)arg); }

int wf_dump(void *arg)
{
    struct weft_goroutine_info info[32];
    struct weft_stats stats = {.size = sizeof stats};
    (void)arg;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    WF_CHECK(fd >= 0);
    wf_beside_start();
    for (int i = 0; i < 5; i++)
        weft_go(sleeps, (void *)(intptr_t)(2 * WF_MS));
    weft_sleep(WF_MS);
    weft_dump(fd);
    WF_CHECK(weft_goroutines(info, 32) >= 4);
    weft_stats_read(&stats);
    WF_CHECK(stats.goroutines >= 4);
    close(fd);
    wf_beside_end();
    return 0;
}

int wf_trace(void *arg)
{
    char path[80];
    (void)arg;
    snprintf(path, sizeof path, "%s/weft-faults-trace-%d", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (int)getpid());
    wf_step("trace");
    int on = wf_try("trace_start", weft_trace_start(path)) == 0;
    for (int i = 0; i < 300; i++) /* more than a part of a buffer, and little to write */
        weft_go(sleeps, (void *)(intptr_t)(i % 3));
    weft_sleep(WF_MS);
    if (on)
        DROP("trace_stop", weft_trace_stop());
    unlink(path);
    return 0;
}

int wf_states(void *arg)
{
    int r = wf_few(arg); /* schedtrace=1 */
    weft_sleep(8 * WF_MS);
    return r;
}

/* ---- signals ---- */

int wf_signals(void *arg)
{
    int signo = 0;
    (void)arg;
    weft_chan *c = weft_chan_new(sizeof(int), 4);
    wf_beside_start();
    wf_step("signals");
    if (wf_try("notify", weft_signal_notify(SIGUSR1, c)) == 0) {
        for (int i = 0; i < 5; i++) {
            kill(getpid(), SIGUSR1);
            WF_CHECK(weft_chan_recv_until(c, &signo, weft_now() + 20 * WF_SEC) == 1 && signo == SIGUSR1);
        }
        DROP("notify", weft_signal_notify(SIGUSR1, NULL));
    }
    wf_beside_end();
    weft_chan_free(c);
    return 0;
}

/* ---- the quota of a control group, in a folder in place of / ---- */

static const char root[] = "/tmp/weft-faults-root"; /* in WEFT_DEBUG too (works.c); with the process's number */
static char base[64];

static void put(const char *path, const char *text)
{
    char name[256];
    snprintf(name, sizeof name, "%s/%s", base, path);
    for (char *p = name + strlen(base) + 1; (p = strchr(p, '/')); p++) {
        *p = 0;
        mkdir(name, 0700);
        *p = '/';
    }
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    WF_CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

void wf_quota_before(void)
{
    char debug[128];
    snprintf(base, sizeof base, "%s-%d", root, (int)getpid());
    mkdir(base, 0700);
    put("proc/self/cgroup", "4:cpu,cpuacct:/a\n0::/b\n");
    put("proc/self/mountinfo", "31 23 0:28 / /v2 rw - cgroup2 cgroup2 rw\n32 23 0:29 / /v1 rw - cgroup cgroup rw,cpu\n");
    put("v2/b/cpu.max", "300000 100000\n");
    put("v1/a/cpu.cfs_quota_us", "400000\n");
    put("v1/a/cpu.cfs_period_us", "100000\n");
    snprintf(debug, sizeof debug, "cpus=8,cgroup=%s", base);
    setenv("WEFT_DEBUG", debug, 1);
    unsetenv("WEFT_PROCS");
}

void wf_quota_after(void)
{
    char line[128];
    snprintf(line, sizeof line, "rm -rf '%s'", base);
    WF_CHECK(system(line) == 0);
}

/* For longer than the monitor's interval of a second. A quota that cannot be read is no quota at the start, and changes nothing later. */
int wf_quota(void *arg)
{
    (void)arg;
    int procs = weft_procs(0);
    WF_CHECK(procs >= 3 && procs <= 8);
    wf_beside_start();
    int64_t end = weft_now() + 1300 * WF_MS;
    while (weft_now() < end)
        weft_sleep(WF_MS);
    WF_CHECK(weft_procs(0) == procs || weft_procs(0) == 3);
    wf_beside_end();
    return 0;
}

/* ---- the end is a report ---- */

int wf_dies(void *arg)
{
    (void)arg;
    weft_go(sleeps, (void *)(intptr_t)WF_MS);
    weft_chan_recv(weft_chan_new(0, 0), NULL);
    return 0;
}

int wf_told_to_die(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++)
        weft_go(sleeps, (void *)(intptr_t)(20 * WF_SEC));
    weft_sleep(WF_MS);
    weft_fatal("the end of %s", "it");
}
