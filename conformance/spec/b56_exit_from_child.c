/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B56: exit from any goroutine ends the program with its code.
 * Source:   os.Exit.
 * Goal:     weft_run returns the code to its caller, though main still waits.
 * Method:   a child calls weft_exit(3) while main waits for ever; the process exits with what weft_run
 *           returned.
 * Expected: no output; exit 3.
 */
#include "case.h"

static void child(void *arg) {
    (void)arg;
    weft_exit(3);
}

static int body(void *arg) {
    weft_go(child, arg);
    weft_select(NULL, 0);
    return 9;
}

WC_CASE(b56_exit_from_child, .item = "B56", .main = body, .exit = 3, .twin = "b56_exit_from_child");
