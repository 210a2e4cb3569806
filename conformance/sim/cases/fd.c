/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A descriptor's users, its writers and who closes it.
 * Goal:   each use is counted once in and once out, writers take turns, and a close waits for all and no longer.
 * Method: a file, since nothing waits for one; goroutines read and write it while another closes it. A use that was lost or counted
 *         twice leaves the closer asleep for ever, or lets the next life of the number begin too early.
 */
#include "meet.h"

#include <errno.h>
#include <sys/mman.h>

enum { USERS = 3, USES = 2, LIVES = 2 };
static weft_waitgroup wg;
static int fd;

static void uses(void *arg) {
    char b[2] = "x";
    meet(USERS);
    for (int i = 0; i < USES; i++) {
        long n = (intptr_t)arg ? weft_read(fd, b, 1) : weft_write(fd, b, 2);
        if (n == -EBADF) break;
        WC_CHECK(n >= 0 && n <= 2);
    }
}
static int lives(void *arg) {
    (void)arg;
    for (int life = 0; life < LIVES; life++) {
        WC_CHECK((fd = memfd_create("sim", MFD_CLOEXEC)) >= 0);
        met = 0;
        for (intptr_t i = 0; i < USERS; i++) weft_waitgroup_go(&wg, uses, (void *)(i / 2));
        weft_yield();
        if (life == 0) weft_waitgroup_wait(&wg);
        WC_EQ(weft_close(fd), 0);
        WC_EQ(weft_close(fd), -EBADF);
        weft_waitgroup_wait(&wg);
    }
    return 0;
}
WC_CASE(sim_fd, .item = "sim", .main = lives, .no_twin = "white box");

/* Writers who in the end pass their turn on to nobody, beside readers who come and go at that very moment. */
enum { SIDE = 3, LOOKS = 2 };
static void writes(void *arg) {
    (void)arg;
    meet(2 * SIDE);
    WC_EQ(weft_write(fd, "x", 1), 1);
}
static void reads(void *arg) {
    char b;
    (void)arg;
    meet(2 * SIDE);
    for (int i = 0; i < LOOKS; i++) WC_CHECK(weft_read(fd, &b, 1) >= 0);
}
static int turns(void *arg) {
    (void)arg;
    WC_CHECK((fd = memfd_create("sim", MFD_CLOEXEC)) >= 0);
    met = 0;
    for (int i = 0; i < SIDE; i++) weft_waitgroup_go(&wg, writes, NULL);
    for (int i = 0; i < SIDE; i++) weft_waitgroup_go(&wg, reads, NULL);
    weft_waitgroup_wait(&wg);
    WC_EQ(weft_close(fd), 0);
    return 0;
}
WC_CASE(sim_fd_turns, .item = "sim", .main = turns, .no_twin = "white box");
