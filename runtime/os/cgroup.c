/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU quotas of control groups. /proc/self/cgroup names the process's group in each hierarchy, /proc/self/mountinfo where the hierarchy is
 * mounted, and from which group on (in a container that is rarely the root). A quota binds all below it: so every folder from the
 * process's own up to the mount point is asked, and the tightest counts.
 *
 * open, read and close alone, no allocation but a mapping: sysmon reads the quotas again while goroutines run (sched/quota.c).
 * Sources: cgroups(7), proc(5), the kernel's admin-guide cgroup-v2.rst (cpu.max) and sched-bwc.rst (cpu.cfs_quota_us). Rounding and
 * the least 2: Go 1.25's runtime.GOMAXPROCS; differs in asking the ancestors too.
 */
#include "os/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

enum { LINE = 4096 };

struct scratch {
    int fd;
    size_t at, n;
    bool skip; /* in the middle of a line that is too long to be of interest */
    char buf[LINE];
    char v1[W_CGROUP_PATH], v2[W_CGROUP_PATH]; /* the process's groups; "": none */
};

/* ---- lines of a file ---- */

/* A descriptor or -errno. */
static int open_to_read(const char *name)
{
    int fd;
    do
        fd = open(name, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

static bool open_lines(struct scratch *s, const char *root, const char *path)
{
    char name[W_CGROUP_PATH];
    size_t a = strlen(root), b = strlen(path);
    if (a + b >= sizeof name)
        return false;
    memcpy(name, root, a);
    memcpy(name + a, path, b + 1);
    s->at = s->n = 0;
    s->skip = false;
    return (s->fd = open_to_read(name)) >= 0;
}

/* The rest of what was read to the front, and more behind it; false: the end. */
static bool more(struct scratch *s)
{
    if (s->at == 0 && s->n == LINE - 1) {
        s->n = 0;
        s->skip = true;
    }
    s->n -= s->at;
    memmove(s->buf, s->buf + s->at, s->n);
    s->at = 0;
    ssize_t k;
    while ((k = read(s->fd, s->buf + s->n, LINE - 1 - s->n)) < 0 && errno == EINTR) {
    }
    if (k > 0)
        s->n += (size_t)k;
    return k > 0;
}

/* NULL: no more, and the file is closed. */
static char *next_line(struct scratch *s)
{
    for (;;) {
        char *line = s->buf + s->at, *end = memchr(line, '\n', s->n - s->at);
        if (end) {
            *end = 0;
            s->at = (size_t)(end + 1 - s->buf);
            if (!s->skip)
                return line;
            s->skip = false;
        } else if (!more(s)) {
            close(s->fd);
            return NULL;
        }
    }
}

/* ---- words ---- */

/* The word at *p ends there and *p is behind it; NULL: none is left. */
static char *word(char **p, char sep)
{
    char *w = *p;
    if (!w)
        return NULL;
    char *end = strchr(w, sep);
    if (end)
        *end++ = 0;
    *p = end;
    return w;
}

static bool among(char *list, const char *name)
{
    for (char *w; (w = word(&list, ','));)
        if (strcmp(w, name) == 0)
            return true;
    return false;
}

static bool copy(char *to, const char *from)
{
    size_t n = strlen(from);
    if (n >= W_CGROUP_PATH)
        return false;
    memcpy(to, from, n + 1);
    return true;
}

/* mountinfo writes a space as \040, and so on. */
static void unescape(char *p)
{
    char *to = p;
    for (; *p; to++) {
        if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0' && p[3] <= '7') {
            *to = (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0'));
            p += 4;
        } else {
            *to = *p++;
        }
    }
    *to = 0;
}

/* ---- where ---- */

/* "4:cpu,cpuacct:/a/b", "0::/a/b" */
static void own_groups(struct scratch *s, const char *root)
{
    s->v1[0] = s->v2[0] = 0;
    if (!open_lines(s, root, "/proc/self/cgroup"))
        return;
    for (char *line; (line = next_line(s));) {
        char *number = word(&line, ':'), *controllers = word(&line, ':');
        if (!line)
            continue;
        if (strcmp(number, "0") == 0 && controllers[0] == 0)
            copy(s->v2, line);
        else if (among(controllers, "cpu"))
            copy(s->v1, line);
    }
}

/* The group's folder under a mount whose top is the group `base`. One that lies elsewhere cannot be seen: then the mount's own. */
static void set_dir(char *dir, size_t *top, const char *root, const char *mount, const char *base, const char *group)
{
    size_t r = strlen(root), m = strlen(mount), b = strlen(base), g;
    if (strcmp(base, "/") == 0)
        b = 0;
    bool below = strncmp(group, base, b) == 0 && (group[b] == '/' || group[b] == 0) && !strstr(group, "/..");
    const char *rest = below && strcmp(group + b, "/") != 0 ? group + b : "";
    g = strlen(rest);
    if (r + m + g >= W_CGROUP_PATH)
        return;
    memcpy(dir, root, r);
    memcpy(dir + r, mount, m);
    memcpy(dir + r + m, rest, g + 1);
    *top = r + m;
}

/* "33 31 0:30 /base /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu" */
static void mount_line(struct w_cgroup *c, struct scratch *s, const char *root, char *line)
{
    for (int i = 0; i < 3; i++)
        word(&line, ' ');
    char *base = word(&line, ' '), *mount = word(&line, ' '), *w;
    while ((w = word(&line, ' ')) && strcmp(w, "-") != 0) {
    }
    char *type = word(&line, ' ');
    word(&line, ' ');
    if (!type || !line)
        return;
    unescape(base);
    unescape(mount);
    if (strcmp(type, "cgroup2") == 0 && s->v2[0] && !c->v2.dir[0])
        set_dir(c->v2.dir, &c->v2.top, root, mount, base, s->v2);
    else if (strcmp(type, "cgroup") == 0 && s->v1[0] && !c->v1.dir[0] && among(line, "cpu"))
        set_dir(c->v1.dir, &c->v1.top, root, mount, base, s->v1);
}

void w_cgroup_find(struct w_cgroup *c, const char *root)
{
    c->v1.dir[0] = c->v2.dir[0] = 0;
    c->v1.top = c->v2.top = 0;
    struct scratch *s = w_os_map(sizeof *s);
    if (!s)
        return;
    own_groups(s, root);
    if ((s->v1[0] || s->v2[0]) && open_lines(s, root, "/proc/self/mountinfo"))
        for (char *line; (line = next_line(s));)
            mount_line(c, s, root, line);
    w_os_unmap(s, sizeof *s);
}

/* ---- how much ---- */

/* What does not pass: there is no such file, or none for us. Everything else may be otherwise at the next look. */
static bool lasts(int error) { return error == -ENOENT || error == -ENOTDIR || error == -EACCES || error == -EPERM || error == -ENODEV; }

/* The file's first bytes: 1; 0: it is not there; W_CGROUP_UNKNOWN: it could not be read just now. */
static int slurp(const char *dir, size_t n, const char *file, char *to, size_t size)
{
    char name[W_CGROUP_PATH + 32];
    memcpy(name, dir, n);
    memcpy(name + n, file, strlen(file) + 1);
    int fd = open_to_read(name);
    if (fd < 0)
        return lasts(fd) ? 0 : W_CGROUP_UNKNOWN;
    ssize_t k;
    while ((k = read(fd, to, size - 1)) < 0 && errno == EINTR) {
    }
    int e = k < 0 ? -errno : 0;
    close(fd);
    to[k > 0 ? k : 0] = 0;
    return k > 0 ? 1 : e && !lasts(e) ? W_CGROUP_UNKNOWN : 0;
}

/* Digits, then a space, a line's end or nothing: the number, and *p behind it; 0 otherwise ("max", "-1"). */
static uint64_t number(const char **p)
{
    uint64_t x = 0;
    const char *q = *p;
    while (*q >= '0' && *q <= '9' && x < UINT64_MAX / 100)
        x = x * 10 + (uint64_t)(*q++ - '0');
    if (q == *p || (*q && *q != ' ' && *q != '\n'))
        return 0;
    *p = q + (*q != 0);
    return x;
}

static int rounded_up(uint64_t quota, uint64_t period)
{
    if (quota == 0 || period == 0)
        return 0;
    uint64_t n = (quota + period - 1) / period;
    return n < 1 << 20 ? (int)n : 1 << 20;
}

static int quota_v2(const char *dir, size_t n)
{
    char text[64];
    const char *p = text;
    int there = slurp(dir, n, "/cpu.max", text, sizeof text);
    if (there != 1)
        return there;
    uint64_t quota = number(&p);
    return quota ? rounded_up(quota, number(&p)) : 0;
}

static int quota_v1(const char *dir, size_t n)
{
    char quota[64], period[64];
    const char *q = quota, *p = period;
    int there = slurp(dir, n, "/cpu.cfs_quota_us", quota, sizeof quota);
    if (there == 1)
        there = slurp(dir, n, "/cpu.cfs_period_us", period, sizeof period);
    if (there != 1)
        return there;
    uint64_t x = number(&q);
    return x ? rounded_up(x, number(&p)) : 0;
}

/* From dir up to its first `top` bytes. */
static int tightest(const char *dir, size_t top, int least, int (*quota)(const char *, size_t))
{
    size_t n = strlen(dir);
    while (n > 0 && n >= top && least != W_CGROUP_UNKNOWN) {
        int q = quota(dir, n);
        if (q == W_CGROUP_UNKNOWN)
            return q;
        if (q && (!least || q < least))
            least = q;
        while (n > 0 && dir[--n] != '/') {
        }
    }
    return least;
}

int w_cgroup_cpus(const struct w_cgroup *c)
{
    return tightest(c->v1.dir, c->v1.top, tightest(c->v2.dir, c->v2.top, 0, quota_v2), quota_v1);
}

int w_cgroup_procs(int cpus, int quota)
{
    int n = quota && quota < 2 ? 2 : quota;
    return n && n < cpus ? n : cpus;
}
