/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B63: nothing is left behind, and Weft may be called from atexit handlers and static destructors.
 * Source:   battery.md; ISO C, 7.22.4 (atexit).
 * Goal:     a run inside an atexit handler after main has returned works; 0 runtime threads are left after weft_run; valgrind
 *           finds no error and no definite leak in a small program (the asan preset asks LeakSanitizer the same of every case).
 * Method:   an atexit handler runs Weft and prints; a run is followed by a count of threads; this same executable is run
 *           under valgrind on the case b63_valgrind_body, where valgrind is installed. C++ destructors: api_cxx.
 * Expected: stdout "main ran 5\natexit ran 6\n"; one thread besides the watchdog; valgrind's exit status 0.
 */
#include <sys/wait.h>

#include "case.h"

static void child(void *arg) { weft_chan_send(arg, "x"); }

static int talk(void *arg) {
    weft_chan *c = weft_chan_new(1, 0);
    weft_go(child, c);
    weft_go(child, c);
    weft_chan_recv(c, NULL);
    weft_chan_recv(c, NULL);
    weft_chan_free(c);
    return *(int *)arg;
}

static void at_exit(void) {
    int six = 6;
    printf("atexit ran %d\n", weft_run(talk, &six));
}

static int atexit_body(void) {
    int five = 5;
    atexit(at_exit);
    printf("main ran %d\n", weft_run(talk, &five));
    return 0;
}

static int threads_body(void) {
    int five = 5, before = wc_threads();
    for (int i = 0; i < 20; i++) {
        WC_EQ(weft_run(talk, &five), 5);
        /* A joined thread may stand in /proc for a moment longer. */
        for (int64_t end = weft_now() + 5 * WC_SEC; wc_threads() > before && weft_now() < end;) usleep(100);
        WC_CHECKF(wc_threads() <= before, "%d threads before, %d after", before, wc_threads());
    }
    return 0;
}

static int valgrind_body(void) {
    int five = 5;
    return weft_run(talk, &five) == 5 && weft_run(talk, &five) == 5 ? 0 : 1;
}

static int under_valgrind(void) {
    const char *self = getenv("WC_RUNNER");
    if (WC_SLOW > 1) wc_skip("valgrind does not run a sanitizer's program");
    if (system("valgrind --version >/dev/null 2>&1") != 0) wc_skip("valgrind is not installed");
    char line[4200];
    snprintf(line, sizeof line,
             "valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite "
             "--errors-for-leak-kinds=definite '%s' --case "
             "b63_valgrind_body >/dev/null",
             self ? self : "/proc/self/exe");
    int rc = system(line);
    WC_CHECKF(WIFEXITED(rc) && WEXITSTATUS(rc) == 0, "valgrind ended with %d", WIFEXITED(rc) ? WEXITSTATUS(rc) : -1);
    return 0;
}

WC_CASE(b63_atexit, .item = "B63", .proc = atexit_body, .out = "main ran 5\natexit ran 6\n",
        .no_twin = "Go has no atexit");
WC_CASE(b63_no_threads, .item = "B63", .proc = threads_body, .no_twin = "a Go program does not stop its runtime");
WC_CASE(b63_valgrind_body, .item = "B63", .proc = valgrind_body, .no_twin = "valgrind is about C");
WC_CASE(b63_valgrind, .item = "B63", .proc = under_valgrind, .any_err = 0, .timeout_s = 60,
        .may_skip = "no valgrind, or a sanitizer's build", .no_twin = "valgrind is about C");
