/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Go twins: one program, conformance/go, built once by the runner itself (Go's own cache makes that cheap), asked once
 * per twin, processor count and sample. Answers are kept, so repeats and guard modes compare with the same ones. Workers
 * ask at the same time: one lock over the table, not held while Go runs; two workers never want the same answer at once,
 * but if they did, the second answer would be dropped.
 */
#include <pthread.h>
#include <sys/stat.h>

#include "harness.h"

enum { MISSED_S = 2 }; /* a deadlock is reported within milliseconds, or never: where this Go is known to miss it */

struct answer {
    const struct wc_case *c;
    int procs, sample;
    struct wc_result r;
    struct answer *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct answer *answers;
static int asked;
static int version;
static char name[64], path[4096], trouble[512];

int wc_twin_version(void) { return version; }
const char *wc_twin_name(void) { return name; }
const char *wc_twin_trouble(void) { return trouble; }
int wc_twins_asked(void) { return asked; }

static void explain(const char *what, const struct wc_result *r) {
    int n = (int)strcspn(r->err, "\n");
    if (n > 300) n = 300;
    snprintf(trouble, sizeof trouble, "%s: %.*s", what, n, r->err);
}

int wc_twins_build(const char *source, const char *folder) {
    snprintf(path, sizeof path, "%s/gotwin", folder);
    /* Only this Go and its own library: nothing is fetched. */
    char *env[] = {"GOTOOLCHAIN=local", "GOPROXY=off", "GOFLAGS=-mod=mod", "GO111MODULE=on", "GOWORK=off",
                   "CGO_ENABLED=0",     NULL};
    char *ask[] = {"go", "env", "GOVERSION", NULL};
    char *build[] = {"go", "build", "-C", (char *)source, "-o", path, ".", NULL};
    struct wc_result r = {0};
    wc_process(ask, env, 60, &r);
    if (r.status != 0) {
        explain("no Go here", &r);
        wc_result_free(&r);
        return 0;
    }
    snprintf(name, sizeof name, "%.*s", (int)strcspn(r.out, "\r\n"), r.out);
    wc_result_free(&r);
    int minor = 0;
    if (sscanf(name, "go1.%d", &minor) != 1) minor = 99; /* a development version is newer than all */
    if (minor < 20) {                                    /* go build -C came with 1.20 */
        char line[8192];
        snprintf(line, sizeof line, "cd '%s' && exec go build -o '%s' .", source, path);
        char *old[] = {"sh", "-c", line, NULL};
        wc_process(old, env, 300, &r);
    } else {
        wc_process(build, env, 300, &r);
    }
    if (r.status != 0)
        explain("the Go twins do not build", &r);
    else
        version = minor;
    wc_result_free(&r);
    return version != 0;
}

static const struct wc_result *known(const struct wc_case *c, int procs, int sample) {
    for (struct answer *a = answers; a; a = a->next)
        if (a->c == c && a->procs == procs && a->sample == sample) return &a->r;
    return NULL;
}

const struct wc_result *wc_twin_ask(const struct wc_case *c, int procs, int sample) {
    pthread_mutex_lock(&lock);
    const struct wc_result *have = known(c, procs, sample);
    pthread_mutex_unlock(&lock);
    if (have) return have;

    struct answer *a = calloc(1, sizeof *a);
    a->c = c;
    a->procs = procs;
    a->sample = sample;
    char maxprocs[32];
    snprintf(maxprocs, sizeof maxprocs, "GOMAXPROCS=%d", procs ? procs : 2);
    /* go.mod names an old Go, for distributions' own; timers are to mean what they mean since 1.23. */
    char *env[] = {maxprocs, "GODEBUG=asynctimerchan=0", NULL};
    char *argv[] = {path, (char *)c->twin, NULL};
    wc_process(argv, env, c->go_misses || version < c->go_since ? MISSED_S : c->timeout_s ? c->timeout_s : 20, &a->r);
    wc_figures_take(&a->r);
    a->r.procs = procs;
    a->r.twin = 1;

    pthread_mutex_lock(&lock);
    asked++;
    have = known(c, procs, sample);
    if (!have) {
        a->next = answers;
        answers = a;
        have = &a->r;
        a = NULL;
    }
    pthread_mutex_unlock(&lock);
    if (a) {
        wc_result_free(&a->r);
        free(a);
    }
    return have;
}
