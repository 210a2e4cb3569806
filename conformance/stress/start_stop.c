/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ten thousand starts and stops in one process.
 * Source:   the text: "10,000 times in one process, also with goroutines blocked, runnable or never started; from
 *           several threads one after the other".
 * Goal:     nothing is lost or left, however main ends.
 * Method:   10,000 runs in blocks of 1000, every other block on a thread of its own. What the goroutines are doing when main
 *           returns comes from the seed: parked on each kind of object, asleep, yielding for ever, never started, exiting
 *           the run themselves. A sentinel of each run's value must come back. Counts as in B62.
 * Expected: the same descriptors and threads, mappings within 8 and 2 a processor (glibc's
 *           cache of thread stacks), address space within 16 MiB; exit 0; silence but for the
 *           seed.
 */
#include <malloc.h>
#include <pthread.h>

#include "case.h"

enum { BLOCKS = 10, RUNS = 1000 / WC_SLOW };
static uint64_t rnd;
static weft_chan *c;
static weft_mutex m;
static weft_sema sema;

static void on_recv(void *a) { (void)a, weft_chan_recv(c, NULL); }
static void on_select(void *a) {
    (void)a;
    struct weft_case cs[] = {{.chan = c, .dir = WEFT_DIR_RECV}, {.chan = NULL, .dir = WEFT_DIR_RECV}};
    weft_select(cs, 2);
}
static void on_sleep(void *a) { (void)a, weft_sleep(1000 * WC_SEC); }
static void on_mutex(void *a) { (void)a, weft_mutex_lock(&m); }
static void on_sema(void *a) { (void)a, weft_sema_acquire_until(&sema, weft_now() + 1000 * WC_SEC); }
static void yields(void *a) {
    (void)a;
    for (;;) weft_yield();
}
static void spawns(void *a) {
    for (int i = 0; i < 3; i++) weft_go(on_recv, a);
    weft_yield();
    weft_go(yields, a);
}
static void exits(void *a) { weft_exit((int)(intptr_t)a); }

static const weft_fn doings[] = {on_recv, on_select, on_sleep, on_mutex, on_sema, yields, spawns};

static int main_fn(void *arg) {
    memset(&m, 0, sizeof m);
    weft_mutex_lock(&m);
    int n = (int)(wc_rand(&rnd) % 20), settle = (int)(wc_rand(&rnd) % 4);
    for (int i = 0; i < n; i++) weft_go(doings[wc_rand(&rnd) % (sizeof doings / sizeof *doings)], NULL);
    for (int i = 0; i < settle; i++) weft_yield();
    if (wc_rand(&rnd) % 8 == 0) {
        weft_go(exits, arg);
        weft_select(NULL, 0);
    }
    return (int)(intptr_t)arg;
}

static void *block(void *arg) {
    for (intptr_t i = 0; i < RUNS; i++) {
        c = weft_chan_new(1, 0);
        WC_EQ(weft_run(main_fn, (void *)i), i);
        weft_chan_free(c);
    }
    return arg;
}

static int body(void) {
    rnd = wc_seed();
    mallopt(M_ARENA_MAX, 1); /* or glibc reserves 64 MiB for a thread's malloc, now or later */
    block(NULL);
    int fds = wc_fds(), maps = wc_maps(), threads = 2 /* main and the watchdog */;
    long vm = wc_vm_kib();
    for (int i = 1; i < BLOCKS; i++) {
        pthread_t t;
        if (i % 2 == 0)
            block(NULL);
        else if (pthread_create(&t, NULL, block, NULL) == 0)
            pthread_join(t, NULL);
    }
    for (int64_t end = weft_now() + 5 * WC_SEC; wc_threads() > threads && weft_now() < end;) usleep(1000);
    WC_EQ(wc_fds(), fds);
    if (!WC_TSAN) WC_EQ(wc_threads(), threads); /* TSan has a thread of its own */
    WC_CHECKF(WC_SLOW > 1 || wc_maps() <= maps + 8 + 2 * wc_procs(), "%d mappings, then %d", maps, wc_maps());
    WC_CHECKF(WC_SLOW > 1 || wc_vm_kib() <= vm + 16 * 1024, "%ld KiB of address space, then %ld", vm, wc_vm_kib());
    return 0;
}

WC_CASE(stress_start_stop, .item = "stress", .proc = body, .timeout_s = 120,
        .env = {"WEFT_DEBUG=slice=1000000000", NULL}, /* each preempted goroutine keeps a thread, whose stack libc keeps */
        .no_twin = "a Go program starts its runtime once");
