/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A body in the main goroutine of a run of Weft, which is started for this call alone.
 */
#include "bench.h"

#include <string.h>

#include "weft.h"

static int main_goroutine(void *p) {
    struct bench *b = p;
    b->def->body(b);
    return 0;
}

void bench_run(struct bench *b) {
    struct weft_config c;
    weft_config_init(&c);
    c.procs = b->def->procs;
    int rc = weft_run_config(&c, main_goroutine, b);
    if (rc) bench_fail(b, "weft_run_config: %s", rc < 0 ? strerror(-rc) : "a status other than 0");
}
