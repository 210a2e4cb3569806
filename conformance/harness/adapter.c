/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The battery over another runtime, for --matrix: weft_on_pthread (conformance/adapter/pthread) runs the same bodies, and what comes of it
 * is held against the same expectation. No verdict of the suite: it says who passes what.
 */
#include <ctype.h>

#include "harness.h"

enum { ABSENT = 78, HANG_S = 2 }; /* a deadlock is reported within milliseconds, or never */

int wc_is_item(const char *item) { return (item[0] == 'B' || item[0] == 'L') && isdigit((unsigned char)item[1]); }

static const char *of_weft(const struct wc_case *c) {
    if (c->exec) return strncmp(c->exec, "unit/", 5) == 0 ? "a look inside of Weft" : "about weft.h";
    for (int i = 0; i < 4 && c->env[i]; i++)
        if (strncmp(c->env[i], "WEFT_DEBUG=", 11) == 0) return "a knob of Weft's";
    return NULL;
}

static void say(struct wc_job *j, const char *verdict, const char *why) {
    j->pthread = verdict;
    j->pthread_why = why ? strdup(why) : NULL;
}

static int ended(struct wc_job *j, const struct wc_result *r) {
    const char *why;
    if (r->status == ABSENT && strncmp(r->out, "n/a: ", 5) == 0)
        say(j, "n/a", wc_text("%.*s", (int)strcspn(r->out + 5, "\n"), r->out + 5));
    else if (r->timed_out)
        say(j, "failed", "hangs");
    else if ((why = wc_judge(j->c, r, 0)))
        say(j, "failed", why);
    return j->pthread != NULL;
}

void wc_adapter_run(struct wc_job *j, const char *folder) {
    const struct wc_case *c = j->c;
    char path[4096], procs[32], seed[48], runner[4096 + 16];
    char *argv[] = {path, "--case", (char *)c->name, NULL}, *env[9];
    int n = 0, deadlock = c->err && strstr(c->err, "deadlock!");
    if (of_weft(c)) {
        say(j, "n/a", of_weft(c));
        return;
    }
    snprintf(path, sizeof path, "%s/weft_on_pthread", folder);
    if (access(path, X_OK) != 0) {
        say(j, "n/a", "weft_on_pthread is not built");
        return;
    }
    snprintf(seed, sizeof seed, "WC_SEED=%" PRIu64, j->seed);
    snprintf(runner, sizeof runner, "WC_RUNNER=%s", path);
    snprintf(procs, sizeof procs, "WEFT_PROCS=%d", j->procs ? j->procs : 1);
    env[n++] = seed;
    env[n++] = runner;
    env[n++] = procs;
    for (int i = 0; i < 4 && c->env[i]; i++) env[n++] = (char *)c->env[i];
    env[n] = NULL;
    for (int s = 0, samples = c->samples ? c->samples : 1; s < samples && !j->pthread; s++) {
        struct wc_result r = {0};
        wc_process(argv, env, deadlock ? HANG_S : wc_timeout_s(c), &r);
        wc_figures_take(&r);
        wc_take_seed(&r);
        r.procs = j->procs;
        ended(j, &r);
        wc_result_free(&r);
    }
    if (!j->pthread) say(j, "passed", NULL);
}
