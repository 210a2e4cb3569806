/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.h — what this process and the kernel on its behalf hold, in bytes.
 */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stdint.h>

struct memory {
    int64_t rss;          /* Rss of /proc/self/smaps_rollup */
    int64_t page_tables;  /* VmPTE of /proc/self/status */
    int64_t kernel_stack; /* KernelStack of /proc/meminfo: the whole machine's */
    int64_t slab;         /* Slab of /proc/meminfo: likewise */
    int64_t maps;         /* mappings of this process, a count */
};

/* 0, or -1 with a message on stderr. */
int memory_read(struct memory *m);
/* The first number after `key` in a file, times `unit`; -1 if it isn't there. */
int64_t memory_field(const char *path, const char *key, int64_t unit);

#endif
