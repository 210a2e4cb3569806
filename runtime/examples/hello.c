/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hello: starting goroutines, and waiting for them.
 * Prints:
 *   hello, world
 */
#include <stdio.h>
#include <weft.h>

static void greet(void *name) { printf("hello, %s\n", (const char *)name); }

static int main_goroutine(void *arg) {
    (void)arg;
    weft_waitgroup wg = {0};
    weft_waitgroup_go(&wg, greet, "world");
    weft_waitgroup_wait(&wg); /* without it the run may end first */
    return 0;
}

int main(void) { return weft_run(main_goroutine, NULL); }
