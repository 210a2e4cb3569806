/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who looks at the poller, and that a thread that sleeps in it is woken for other work.
 * Source:   runtime/HACKING.md; Go's findRunnable and netpollBreak.
 * Goal:     a processor that is never idle sees what has arrived, with nobody's help; a wake-up that another look at the poller takes out of
 *           the sleeper's hands is given on to it.
 * Method:   busy: one processor, no monitor (nosysmon=1), and main yields until a byte that another goroutine waits for has been read.
 *           interrupts: two processors, no preemption (a slice of 1000 s). One goroutine waits for a descriptor, so the idle thread sleeps
 *           in the poller. Main pushes work, which wakes that thread, and goes on yielding, so that it looks at the poller itself at
 *           the very time. Then it pushes work once more and waits for it without a yield: only the other processor can do that work.
 * Expected: exit 0 and silence. Without the busy look the first never ends, without the hand-on the second.
 */
#include <stdatomic.h>

#include "case.h"

static weft_waitgroup wg;
static atomic_int arrived;

static void read_one(void *arg) {
    char c;
    WC_EQ(weft_read(*(int *)arg, &c, 1), 1);
    atomic_store(&arrived, 1);
}

static int busy(void *arg) {
    int fd[2];
    (void)arg;
    WC_EQ(pipe(fd), 0);
    weft_waitgroup_go(&wg, read_one, &fd[0]);
    wc_await(1, "IO wait");
    WC_EQ(write(fd[1], "x", 1), 1);
    WC_UNTIL(atomic_load(&arrived));
    weft_waitgroup_wait(&wg);
    WC_EQ(weft_close(fd[0]), 0);
    WC_EQ(weft_close(fd[1]), 0);
    return 0;
}

static atomic_int ran;

static void run(void *arg) {
    (void)arg;
    atomic_fetch_add(&ran, 1);
}

/* Two at once: the second stands behind runnext, which wakes a thread for the idle processor. */
static void push(void) {
    weft_waitgroup_go(&wg, run, NULL);
    weft_waitgroup_go(&wg, run, NULL);
}

static int interrupts(void *arg) {
    enum { ROUNDS = 1000 / WC_SLOW };
    int fd[2];
    (void)arg;
    WC_EQ(pipe(fd), 0);
    weft_waitgroup_go(&wg, read_one, &fd[0]);
    wc_await(1, "IO wait");
    for (int i = 0; i < ROUNDS; i++) {
        int64_t end = weft_now() + 100000; /* by then a look is due, and the other thread may sleep again */
        while (weft_now() < end) weft_yield();
        push();
        for (int k = 0; k < 1000; k++) weft_yield();
        int before = atomic_load(&ran);
        push();
        end = weft_now() + 10 * WC_SLOW * WC_SEC;
        while (atomic_load(&ran) == before) WC_CHECKF(weft_now() < end, "round %d: nobody came within 10 s", i);
    }
    WC_EQ(write(fd[1], "x", 1), 1);
    weft_waitgroup_wait(&wg);
    WC_EQ(weft_close(fd[0]), 0);
    WC_EQ(weft_close(fd[1]), 0);
    return 0;
}

WC_CASE(api_io_busy, .item = "api", .main = busy, .procs = 1, .env = {"WEFT_DEBUG=nosysmon=1"}, .no_twin = "Go has no such knob");
WC_CASE(api_io_interrupts, .item = "api", .main = interrupts, .procs = 2, .env = {"WEFT_DEBUG=slice=1000000000"}, .timeout_s = 60,
        .no_twin = "Go has no such knob");
