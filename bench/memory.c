/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory, as /proc tells it. smaps_rollup and not statm: its counts are exact, statm's are batched per thread.
 */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t memory_field(const char *path, const char *key, int64_t unit) {
    char line[512];
    int64_t value = -1;
    FILE *f = fopen(path, "re");
    if (!f) return -1;
    while (value < 0 && fgets(line, sizeof line, f))
        if (strncmp(line, key, strlen(key)) == 0) value = strtoll(line + strlen(key), NULL, 10) * unit;
    fclose(f);
    return value;
}

static int64_t count_lines(const char *path) {
    static char part[65536];
    int64_t lines = 0;
    FILE *f = fopen(path, "re");
    if (!f) return -1;
    for (size_t got; (got = fread(part, 1, sizeof part, f)) > 0;)
        for (size_t i = 0; i < got; i++) lines += part[i] == '\n';
    fclose(f);
    return lines;
}

int memory_read(struct memory *m) {
    m->rss = memory_field("/proc/self/smaps_rollup", "Rss:", 1024);
    m->page_tables = memory_field("/proc/self/status", "VmPTE:", 1024);
    m->kernel_stack = memory_field("/proc/meminfo", "KernelStack:", 1024);
    m->slab = memory_field("/proc/meminfo", "Slab:", 1024);
    m->maps = count_lines("/proc/self/maps");
    if (m->rss >= 0 && m->page_tables >= 0 && m->kernel_stack >= 0 && m->slab >= 0) return 0;
    fprintf(stderr, "footprint: /proc doesn't say what memory is used\n");
    return -1;
}
