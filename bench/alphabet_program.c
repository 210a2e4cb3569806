/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_alphabet: the course's program as it stands, for timing from outside: two goroutines print both alphabets three
 * times. --procs N sets the processors; the default is 2, as in the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weft.h"

static weft_waitgroup done;

static void print(char from) {
    for (int count = 0; count < 3; count++)
        for (char c = from; c < from + 26; c++) printf("%c ", c);
    weft_waitgroup_done(&done);
}
WEFT_GO_DEFINE(print, char)

static int main_goroutine(void *arg) {
    (void)arg;
    weft_waitgroup_add(&done, 2);
    printf("Start Goroutines\n");
    go_print('a');
    go_print('A');
    printf("Waiting To Finish\n");
    weft_waitgroup_wait(&done);
    printf("\nTerminating Program\n");
    return 0;
}

int main(int argc, char **argv) {
    struct weft_config c;
    weft_config_init(&c);
    c.procs = 2;
    if (argc == 3 && strcmp(argv[1], "--procs") == 0)
        c.procs = atoi(argv[2]);
    else if (argc != 1)
        return fprintf(stderr, "usage: %s [--procs N]\n", argv[0]), 2;
    int rc = weft_run_config(&c, main_goroutine, NULL);
    if (rc < 0) return fprintf(stderr, "%s: %s\n", argv[0], strerror(-rc)), 2;
    return rc;
}
