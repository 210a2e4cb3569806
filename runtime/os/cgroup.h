/* SPDX-License-Identifier: Apache-2.0 */
/* The CPU time that control groups allow this process, of both versions: os/cgroup.c. */
#ifndef W_CGROUP_H
#define W_CGROUP_H

#include <stddef.h>

enum { W_CGROUP_PATH = 1024 };

/* Where the process's own group is, and its topmost ancestor that can be seen. */
struct w_cgroup {
    struct {
        char dir[W_CGROUP_PATH]; /* "": none */
        size_t top;              /* its first bytes are the mount point */
    } v1, v2;
};

/* root: a folder that stands in for "/"; "" in earnest. Any thread; takes three pages for a moment. */
void w_cgroup_find(struct w_cgroup *c, const char *root);
enum { W_CGROUP_UNKNOWN = -1 };
/* Processors by the tightest quota from the process's group to the top, rounded up; 0: no quota; W_CGROUP_UNKNOWN: it cannot be read
 * just now (no descriptor, say). 2 KiB of stack. */
int w_cgroup_cpus(const struct w_cgroup *c);
/* What is to be used of so many CPUs under such a quota (0: none): at least 2, unless there is but one. */
int w_cgroup_procs(int cpus, int quota);

#endif
