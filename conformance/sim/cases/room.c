/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goroutines' room is taken from by several Ms at once: large stacks, and the trace's rings.
 * Goal:   each has its own; a trace begins and ends while others look, steal and end, and what it shows keeps the rules.
 * Method: goroutines with stacks of their own size, spawned from several Ms; a trace that is started and stopped beside them.
 */
#include "meet.h"

#include <sys/mman.h>
#include <unistd.h>

#include "trace_check.h"

enum { BIG = 512 << 10, SPAWNERS = 3, EACH = 2, SLOT = 65 * 4096 /* an ordinary stack of 256 KiB: an odd number of pages */ };
static weft_waitgroup wg;
static int ended;

static void big(void *arg) {
    char far[64 << 10];
    memset(far, (int)(intptr_t)arg, sizeof far);
    weft_yield();
    for (size_t i = 0; i < sizeof far; i += 4096) WC_EQ(far[i], (char)(intptr_t)arg);
    __atomic_fetch_add(&ended, 1, __ATOMIC_RELAXED);
    weft_waitgroup_done(&wg);
}
static void spawns(void *arg) {
    meet(SPAWNERS);
    for (intptr_t i = 0; i < EACH; i++)
        WC_EQ(weft_go_with(&(struct weft_go_options){.stack_size = BIG}, big, (void *)((intptr_t)arg + i)), 0);
    weft_waitgroup_done(&wg);
}
static int large(void *arg) {
    (void)arg;
    weft_waitgroup_add(&wg, SPAWNERS * (1 + EACH));
    for (intptr_t i = 0; i < SPAWNERS; i++) weft_go(spawns, (void *)(1 + i * EACH));
    weft_waitgroup_wait(&wg);
    WC_EQ(ended, SPAWNERS * EACH);
    uint64_t left = 1; /* beside slabs of ordinary stacks: each large one was counted once in and once out */
    for (int ms = 0; left && ms < 100; ms++) {
        struct weft_stats s = {.size = sizeof s};
        weft_sleep(WC_MS);
        weft_stats_read(&s);
        left = s.stack_bytes % SLOT;
    }
    WC_EQ(left, 0);
    return 0;
}
WC_CASE(sim_large_stacks, .item = "sim", .main = large, .no_twin = "white box");

enum { TALKERS = 4, WORDS = 3, PIECES = 6 };
static weft_chan *talk;
static void talks(void *arg) {
    for (int i = 0, x = 0; i < WORDS; i++) {
        if ((intptr_t)arg % 2) weft_chan_send(talk, &i);
        else weft_chan_recv(talk, &x);
        weft_yield();
    }
    __atomic_fetch_add(&ended, 1, __ATOMIC_RELAXED);
}
static void spawns_some(void *arg) {
    (void)arg;
    for (intptr_t i = 0; i < TALKERS; i++) weft_waitgroup_go(&wg, talks, (void *)i);
    for (int i = 0; i < 4; i++) weft_yield();
}
/* Each piece shows a scheduler that keeps its rules: whoever looked at the switch before it was turned is out of the piece. */
static int traced(void *arg) {
    char path[32];
    int fd = memfd_create("trace", MFD_CLOEXEC);
    (void)arg;
    WC_CHECK(fd >= 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    talk = weft_chan_new(sizeof(int), 0);
    for (int i = 0; i < 2; i++) weft_waitgroup_go(&wg, spawns_some, NULL);
    for (int i = 0; i < PIECES; i++) {
        struct wc_trace t;
        WC_EQ(weft_trace_start(path), 0);
        weft_yield();
        WC_EQ(weft_trace_stop(), 0);
        const char *why = wc_trace_load(&t, path);
        if (!why) why = wc_trace_check(&t, 0);
        WC_CHECKF(!why, "%s", why);
        wc_trace_free(&t);
    }
    weft_waitgroup_wait(&wg);
    WC_EQ(ended, 2 * TALKERS);
    weft_chan_free(talk);
    close(fd);
    return 0;
}
WC_CASE(sim_trace, .item = "sim", .main = traced, .no_twin = "white box");
