/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runner: selects cases, makes a job of each at every processor count, guard mode and repeat, runs them in worker
 * threads (those that measure time alone, at the end), asks the Go twins and judges both.
 */
#define _GNU_SOURCE
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <regex.h>
#include <sys/stat.h>

#include "harness.h"

#ifndef WC_GO_SOURCE
#define WC_GO_SOURCE "conformance/go"
#endif

static struct wc_options opt;
static struct wc_job *jobs;
static size_t jobs_n, next_job, jobs_end;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char self[PATH_MAX], folder[PATH_MAX];

/* ---- One job ------------------------------------------------------------------------------------------------------- */

enum { ARGV_MAX = 32 };

static void command(const struct wc_case *c, char *line, size_t size, char **argv) {
    int n = 0;
    snprintf(line, size, "%s", opt.wrap ? opt.wrap : "");
    for (char *save = NULL, *w = strtok_r(line, " ", &save); w && n < ARGV_MAX - 4; w = strtok_r(NULL, " ", &save))
        argv[n++] = w;
    if (c->exec) {
        char *program = line + strlen(opt.wrap ? opt.wrap : "") + 1;
        snprintf(program, size - (size_t)(program - line), "%s/%s", folder, c->exec);
        argv[n++] = program;
    } else {
        argv[n++] = self;
        argv[n++] = "--case";
        argv[n++] = (char *)c->name;
    }
    argv[n] = NULL;
}

/* Does the case set this variable ("NAME=") itself? */
static int sets(const struct wc_case *c, const char *name) {
    for (int i = 0; i < 4 && c->env[i]; i++)
        if (strncmp(c->env[i], name, strlen(name)) == 0) return 1;
    return 0;
}

static void run_once(const struct wc_job *j, int sample, struct wc_result *r) {
    const struct wc_case *c = j->c;
    char line[PATH_MAX * 2], procs[32], guard[64], seed[48], runner[PATH_MAX + 16], longer[64];
    char *argv[ARGV_MAX], *env[13];
    int n = 0;
    command(c, line, sizeof line, argv);
    snprintf(seed, sizeof seed, "WC_SEED=%" PRIu64, j->seed + 1000 * (uint64_t)sample);
    snprintf(runner, sizeof runner, "WC_RUNNER=%s", self);
    env[n++] = seed;
    env[n++] = runner;
    if (j->procs && !sets(c, "WEFT_PROCS=")) {
        snprintf(procs, sizeof procs, "WEFT_PROCS=%d", j->procs);
        env[n++] = procs;
    }
    if (j->guard && !sets(c, "WEFT_DEBUG=")) {
        snprintf(guard, sizeof guard, "WEFT_DEBUG=guard=%s", j->guard);
        env[n++] = guard;
    }
    if (c->longer_by && getenv(c->longer_by)) {
        snprintf(longer, sizeof longer, "%s=%s", c->longer_by, getenv(c->longer_by));
        env[n++] = longer;
    }
    if (WC_TSAN && !getenv("TSAN_OPTIONS"))
        env[n++] = "TSAN_OPTIONS=atexit_sleep_ms=50"; /* it waits a second at each exit */
    for (int i = 0; i < 4 && c->env[i]; i++) env[n++] = (char *)c->env[i];
    env[n] = NULL;
    wc_process(argv, env, wc_timeout_s(c), r);
    wc_figures_take(r);
    r->procs = j->procs;
    r->twin = 0;
}

static void note(struct wc_job *j, const char *text) {
    size_t used = strlen(j->note);
    snprintf(j->note + used, sizeof j->note - used, "%s%s", used ? "\n" : "", text);
}

static void fail(struct wc_job *j, const char *who, const char *why, const struct wc_result *r) {
    j->verdict = WC_FAILED;
    if (j->why) return;
    if (asprintf(&j->why, "%s: %s\nexit status %d; stdout: %.800s\nstderr: %.4000s", who, why, r->status, r->out,
                 r->err) < 0)
        j->why = NULL;
}

static int is_skip(struct wc_job *j, const struct wc_result *r) {
    const struct wc_case *c = j->c;
    if (r->status != 77 || c->exit == 77) return 0;
    if (!c->may_skip) {
        fail(j, "weft", "skipped, but no skip is declared", r);
        return 1;
    }
    j->verdict = WC_SKIPPED;
    j->why = strdup(r->out[0] ? r->out : c->may_skip);
    return 1;
}

static int shows(const struct wc_case *c, const struct wc_result *r) {
    if (c->rate_fn) return c->rate_fn(r);
    return c->rate && strstr(r->out, c->rate);
}

static void note_rate(struct wc_job *j, const char *who, int with, int samples) {
    if (!j->c->rate) return;
    note(j, wc_text("%s: %s %d/%d", j->c->rate, who, with, samples));
    wc_figures_rate(j, strcmp(who, "weft") == 0 ? who : "go", with, samples);
}

/* One sample; 1 when the job has its verdict. */
static int sample_weft(struct wc_job *j, int sample, int *with) {
    const struct wc_case *c = j->c;
    struct wc_result r = {0};
    run_once(j, sample, &r);
    wc_take_seed(&r);
    j->ms += r.ms;
    const char *why = NULL;
    if (!is_skip(j, &r) && (why = wc_judge(c, &r, 0)))
        fail(j, "weft", why, &r);
    else
        *with += shows(c, &r);
    wc_figures_add(j, "weft", &r);
    wc_result_free(&r);
    return j->why != NULL;
}

static void run_weft(struct wc_job *j, int samples) {
    int with = 0;
    for (int s = 0; s < samples; s++)
        if (sample_weft(j, s, &with)) {
            if (j->verdict == WC_FAILED) j->weft = "failed";
            return;
        }
    j->weft = "passed";
    note_rate(j, "weft", with, samples);
}

/* An older Go's word for why it waits, which the judge took for the newer one's. */
static void renamed(struct wc_job *j, const struct wc_result *r) {
    if (j->c->reason && !j->note[0] && !strstr(r->err, wc_text("goroutine 1 [%s", j->c->reason)))
        note(j, wc_text("%s says [semacquire] for [%s]", wc_twin_name(), j->c->reason));
}

static int sample_twin(struct wc_job *j, int sample, int *with) {
    const struct wc_case *c = j->c;
    const struct wc_result *r = wc_twin_ask(c, j->procs, sample);
    const char *why = wc_judge(c, r, wc_twin_version());
    *with += shows(c, r);
    wc_figures_add(j, "go", r);
    j->go = !why ? "passed" : wc_twin_version() < c->go_since ? "differs" : "failed";
    if (!why) return renamed(j, r), 0;
    if (asprintf(&j->go_why, "%s%s%s", r->timed_out ? "hangs" : why, r->timed_out && c->go_misses ? " now and then: " : "",
                 r->timed_out && c->go_misses ? c->go_misses : "") < 0)
        j->go_why = NULL;
    if (wc_twin_version() < c->go_since)
        return note(j, wc_text("differs on %s: %.200s", wc_twin_name(), j->go_why)), 1;
    if (r->timed_out && c->go_misses)
        return note(j, wc_text("%s hung instead, as it is known to: %s", wc_twin_name(), c->go_misses)), 1;
    char who[80];
    snprintf(who, sizeof who, "the twin (%s)", wc_twin_name());
    fail(j, who, j->go_why, r);
    return 1;
}

static void run_twin(struct wc_job *j, int samples) {
    int with = 0;
    for (int s = 0; s < samples; s++)
        if (sample_twin(j, s, &with)) return;
    note_rate(j, wc_twin_name(), with, samples);
}

static const char *not_here(const struct wc_case *c) {
    if (WC_ASAN && (c->not_under & WC_NOT_ASAN)) return "not under AddressSanitizer";
    if (WC_TSAN && (c->not_under & WC_NOT_TSAN)) return "not under ThreadSanitizer";
    return NULL;
}

static void run_job(struct wc_job *j) {
    const struct wc_case *c = j->c;
    const char *not = not_here(c);
    if (not ) {
        j->verdict = WC_SKIPPED;
        if (asprintf(&j->why, "%s: %s", not, c->not_why ? c->not_why : "no reason given") < 0) j->why = NULL;
        return;
    }
    int samples = c->samples ? c->samples : 1;
    if (!opt.twins) run_weft(j, samples);
    if (opt.go && wc_twin_version() && c->twin && j->verdict == WC_PASSED) run_twin(j, samples);
    if (opt.matrix && j->first && wc_is_item(c->item)) wc_adapter_run(j, folder);
}

/* ---- All jobs ------------------------------------------------------------------------------------------------------ */

static void *worker(void *arg) {
    (void)arg;
    pthread_mutex_lock(&lock);
    while (next_job < jobs_end) {
        struct wc_job *j = &jobs[next_job++];
        pthread_mutex_unlock(&lock);
        run_job(j);
        pthread_mutex_lock(&lock);
        wc_report_job(j);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void run_range(size_t from, size_t to, int workers) {
    pthread_t t[256];
    int n = 0;
    next_job = from;
    jobs_end = to;
    while (n < workers - 1 && pthread_create(&t[n], NULL, worker, NULL) == 0) n++;
    worker(NULL);
    while (n > 0) pthread_join(t[--n], NULL);
}

static void add(const struct wc_case *c, int procs, const char *guard, int repeat) {
    jobs = realloc(jobs, (jobs_n + 1) * sizeof *jobs);
    if (!jobs) abort();
    jobs[jobs_n] = (struct wc_job){.c = c, .procs = procs, .guard = guard, .repeat = repeat, .seed = opt.seed + (uint64_t)repeat};
    jobs[jobs_n].first = repeat == 0 && (jobs_n == 0 || jobs[jobs_n - 1].c != c);
    jobs_n++;
}

static void add_case(const struct wc_case *c, int repeat) {
    if (c->exec && strncmp(c->exec, "unit/", 5) == 0) { /* it sets up its own runs */
        add(c, 0, NULL, repeat);
        return;
    }
    for (int g = 0; g < (sets(c, "WEFT_DEBUG=") ? 1 : opt.guard_n); g++) {
        if (c->procs)
            add(c, c->procs, opt.guard[g], repeat);
        else
            for (int p = 0; p < opt.procs_n; p++) add(c, opt.procs[p], opt.guard[g], repeat);
    }
}

/* Jobs of cases that measure time come last; the place where they begin. */
static size_t plan(const struct wc_case **chosen, size_t n) {
    size_t first_alone = 0;
    for (int alone = 0; alone < 2; alone++) {
        if (alone) first_alone = jobs_n;
        for (int r = 0; r < opt.repeat; r++)
            for (size_t i = 0; i < n; i++)
                if (!!chosen[i]->alone == alone) add_case(chosen[i], r);
    }
    return first_alone;
}

static size_t choose(const struct wc_case **chosen) {
    size_t n, k = 0;
    const struct wc_case *const *all = wc_cases(&n);
    regex_t re;
    if (opt.filter) regcomp(&re, opt.filter, REG_EXTENDED | REG_NOSUB);
    for (size_t i = 0; i < n; i++)
        if (!opt.filter || regexec(&re, all[i]->name, 0, NULL, 0) == 0 || regexec(&re, all[i]->item, 0, NULL, 0) == 0)
            if (!opt.twins || all[i]->twin) chosen[k++] = all[i];
    if (opt.filter) regfree(&re);
    return k;
}

static void list(const struct wc_case **chosen, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct wc_case *c = chosen[i];
        char procs[16] = "all";
        if (c->procs) snprintf(procs, sizeof procs, "%d", c->procs);
        printf("%-36s %-6s procs %-4s %s%s\n", c->name, c->item, procs, c->twin ? "twin" : "no twin: ",
               c->twin      ? ""
               : c->no_twin ? c->no_twin
                            : "?");
    }
}

/* Without twins the verdicts are only half: say so as a failure of its own. */
static void no_twins(void) {
    static const struct wc_case missing = {.name = "go_twins", .item = "go"};
    add(&missing, 0, NULL, 0);
    struct wc_job *j = &jobs[jobs_n - 1];
    j->verdict = WC_FAILED;
    if (asprintf(&j->why, "no twin ran (%s); --no-go accepts that", wc_twin_trouble()) < 0) j->why = NULL;
    wc_report_job(j);
}

/* Another program, over another build of the runtime. */
static int simulate(char **argv) {
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/weft_conformance_sim", folder);
    execv(path, argv);
    fprintf(stderr, "weft_conformance: %s: %s (cmake --build … --target weft_conformance_sim)\n", path, strerror(errno));
    return 2;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--case") == 0) return wc_run_case(argv[2]);
    int rc = wc_options_parse(&opt, argc, argv);
    if (rc) return rc;
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len <= 0) return perror("/proc/self/exe"), 2;
    memcpy(folder, self, sizeof folder);
    *strrchr(folder, '/') = 0;

    if (opt.sim && !wc_sim) return simulate(argv);

    const struct wc_case *chosen[512];
    size_t n = choose(chosen);
    if (n == 0) return fprintf(stderr, "weft_conformance: no case fits %s\n", opt.filter ? opt.filter : "anything"), 2;
    if (opt.sim && wc_sim) return wc_sim(&opt, self, chosen, n);
    if (opt.list) return list(chosen, n), 0;

    int64_t begin = weft_now();
    int want_twins = 0;
    for (size_t i = 0; i < n; i++) want_twins |= opt.go && chosen[i]->twin;
    if (want_twins) want_twins = 1 + !wc_twins_build(WC_GO_SOURCE, folder);
    size_t first_alone = plan(chosen, n);
    wc_report_open(&opt, jobs_n + (want_twins == 2));
    run_range(0, first_alone, opt.jobs);
    run_range(first_alone, jobs_n, 1);
    if (want_twins == 2) no_twins();
    if (opt.matrix && wc_matrix_write(&opt, jobs, jobs_n)) return perror(opt.matrix), 1;
    rc = wc_report_close(&opt, jobs, jobs_n, (double)(weft_now() - begin) / 1e9);
    for (size_t i = 0; i < jobs_n; i++) {
        free(jobs[i].why);
        free(jobs[i].figures);
        free(jobs[i].go_why);
        free(jobs[i].pthread_why);
    }
    free(jobs);
    return rc;
}
