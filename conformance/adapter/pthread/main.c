/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_on_pthread --case NAME: the body of a case over pthreads, as weft_conformance --case NAME is over Weft. Exit status and output are
 * the case's own, or ADAPTER_ABSENT and a line "n/a: …".
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "adapter.h"
#include "harness.h"

/* About what a program of threads does not have, whatever it calls. */
static const struct {
    const char *item, *why;
} not_here[] = {
    {"B42", "pthreads have no wait groups: what misuse does is the adapter's own affair"},
    {"B33", "a knob of Weft's"},
    {"B62", "pthreads have no runtime that is started and stopped"},
    {"B63", "pthreads have no runtime that is started and stopped"},
    {"B70", "the kernel's run queues are not a program's to look into"},
    {"B71", "the kernel's run queues are not a program's to look into"},
    {"B72", "the kernel's run queues are not a program's to look into"},
};

int main(int argc, char **argv) {
    const struct wc_case *c = argc == 3 && strcmp(argv[1], "--case") == 0 ? wc_find(argv[2]) : NULL;
    if (!c || c->exec) {
        fprintf(stderr, "usage: weft_on_pthread --case NAME, one of the battery's with a body\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof not_here / sizeof *not_here; i++)
        if (strcmp(c->item, not_here[i].item) == 0) adapter_absent(not_here[i].why);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* many a case ends by a signal here */
    return c->proc ? c->proc() : weft_run(c->main, NULL);
}
