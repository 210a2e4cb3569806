/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups. Goal: the process's group and its quota are found in either version, in a hybrid, in a container that sees only its own
 * part, and with lines that are long or odd; the tightest of all ancestors counts, rounded up. Method: folders in place of /.
 * Item: B77
 */
#include "os/cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "child.h"

static char root[64];

static void put(const char *path, const char *text) {
    char name[512];
    snprintf(name, sizeof name, "%s/%s", root, path);
    for (char *p = name + strlen(root) + 1; (p = strchr(p, '/')); p++) {
        *p = 0;
        mkdir(name, 0700);
        *p = '/';
    }
    FILE *f = fopen(name, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0) abort();
}

static void fresh(void) {
    char line[128];
    if (root[0]) {
        snprintf(line, sizeof line, "rm -rf '%s'", root);
        if (system(line) != 0) abort();
    }
    snprintf(root, sizeof root, "/tmp/weft-cgroup-XXXXXX");
    if (!mkdtemp(root)) abort();
}

static int cpus(void) {
    struct w_cgroup c;
    w_cgroup_find(&c, root);
    return w_cgroup_cpus(&c);
}

#define EQ(a, b)                                                                        \
    do {                                                                                \
        int a_ = (a), b_ = (b);                                                         \
        if (a_ != b_) failures++, fprintf(stderr, "line %d: %d, not %d\n", __LINE__, a_, b_); \
    } while (0)

#define V2 "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:9 master:2 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1 "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
#define SET "34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"

static void version_2(void) {
    fresh();
    EQ(cpus(), 0); /* no files at all */
    put("proc/self/cgroup", "0::/a/b c\n");
    put("proc/self/mountinfo", SET V2);
    EQ(cpus(), 0);
    put("sys/fs/cgroup/a/b c/cpu.max", "max 100000\n");
    EQ(cpus(), 0);
    put("sys/fs/cgroup/a/b c/cpu.max", "250000 100000\n");
    EQ(cpus(), 3);
    put("sys/fs/cgroup/a/b c/cpu.max", "200000 100000");
    EQ(cpus(), 2);
    put("sys/fs/cgroup/a/b c/cpu.max", "1 1000000\n");
    EQ(cpus(), 1);
    put("sys/fs/cgroup/a/b c/cpu.max", "800000 100000\n");
    put("sys/fs/cgroup/a/cpu.max", "600000 100000\n");
    EQ(cpus(), 6);
    put("sys/fs/cgroup/cpu.max", "500000 100000\n");
    EQ(cpus(), 5); /* the top too, but nothing above it */
    put("sys/fs/cpu.max", "100000 100000\n");
    EQ(cpus(), 5);
    put("sys/fs/cgroup/cpu.max", "garbage\n");
    put("sys/fs/cgroup/a/cpu.max", "600000 0\n");
    EQ(cpus(), 8);
    put("sys/fs/cgroup/a/b c/cpu.max", "99999999999999999999999 1\n");
    EQ(cpus(), 0);
}

/* A container: the mount shows the hierarchy from its own group on. */
static void containers(void) {
    fresh();
    put("proc/self/cgroup", "0::/pod/box/inner\n");
    put("proc/self/mountinfo", "31 23 0:28 /pod/box /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    put("sys/fs/cgroup/inner/cpu.max", "400000 100000\n");
    put("sys/fs/cgroup/cpu.max", "300000 100000\n");
    EQ(cpus(), 3);
    put("proc/self/cgroup", "0::/pod/box\n");
    EQ(cpus(), 3);
    put("proc/self/cgroup", "0::/pod/boxes/inner\n"); /* elsewhere: what can be seen is the mount */
    EQ(cpus(), 3);
    put("proc/self/cgroup", "0::/../other\n");
    put("proc/self/mountinfo", V2);
    EQ(cpus(), 3);
    put("proc/self/cgroup", "0::/\n");
    EQ(cpus(), 3);
    put("proc/self/mountinfo", "31 23 0:28 / /my\\040group\\047s rw - cgroup2 cgroup2 rw\n");
    put("my group's/cpu.max", "700000 100000\n");
    EQ(cpus(), 7);
}

static void version_1(void) {
    fresh();
    put("proc/self/cgroup", "5:memory:/m\n4:cpuacct,cpu:/a/b\n3:cpuset:/set\n");
    put("proc/self/mountinfo", SET V1);
    put("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n");
    put("sys/fs/cgroup/cpuset/set/cpu.cfs_quota_us", "100000\n");
    put("sys/fs/cgroup/cpuset/set/cpu.cfs_period_us", "100000\n");
    EQ(cpus(), 0);
    put("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "350000\n");
    EQ(cpus(), 4);
    put("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "30000\n");
    put("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "10000\n");
    EQ(cpus(), 3);
    put("proc/self/cgroup", "4:cpuacct,cpu:/a/b\n0::/x\n"); /* both: the tighter */
    put("proc/self/mountinfo", SET V1 V2);
    put("sys/fs/cgroup/x/cpu.max", "200000 100000\n");
    EQ(cpus(), 2);
}

/* Lines longer than any buffer are skipped, the one behind them is read; a last line may lack its end. */
static void long_lines(void) {
    static char text[40000];
    fresh();
    put("proc/self/cgroup", "0::/\n");
    size_t n = (size_t)snprintf(text, sizeof text, "22 1 0:9 / / rw - overlay overlay rw,lowerdir=");
    memset(text + n, 'x', 20000);
    strcpy(text + n + 20000, "\n" V2);
    put("proc/self/mountinfo", text);
    put("sys/fs/cgroup/cpu.max", "600000 100000\n");
    EQ(cpus(), 6);
    memset(text + n, 'x', 4095 - n); /* the line fills the buffer to its last byte */
    strcpy(text + 4095, "\n" V2);
    put("proc/self/mountinfo", text);
    EQ(cpus(), 6);
    put("proc/self/mountinfo", "1\n\n- -\n1 2 3 4 5 6 -\n1 2 3 4 5 6 - cgroup2\n" V2);
    EQ(cpus(), 6);
    memset(text, 'd', 5000);
    memcpy(text, "0::/", 4);
    strcpy(text + 5000, "\n");
    put("proc/self/cgroup", text);
    EQ(cpus(), 0);
    text[2000] = '\n', text[2001] = 0; /* a path too long for a name */
    put("proc/self/cgroup", text);
    EQ(cpus(), 0);
    put("proc/self/cgroup", "0::no slash\nnonsense\n");
    EQ(cpus(), 6);
}

int main(void) {
    EQ(w_cgroup_procs(8, 0), 8);
    EQ(w_cgroup_procs(8, 3), 3);
    EQ(w_cgroup_procs(8, 1), 2);
    EQ(w_cgroup_procs(8, 9), 8);
    EQ(w_cgroup_procs(2, 1), 2);
    EQ(w_cgroup_procs(1, 1), 1);
    EQ(w_cgroup_procs(1, 0), 1);
    version_2();
    containers();
    version_1();
    long_lines();
    fresh();
    if (rmdir(root) != 0) failures++;
    return done();
}
