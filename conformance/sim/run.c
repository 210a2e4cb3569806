/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_conformance --sim: the cases under many schedules. A process a schedule, forked from this one, so that each
 * begins with the same memory; what it printed and how it ended is held against what the case expects, as ever. Seed n
 * is a uniform schedule if it is even, else PCT of depth 1 to 5, on 1 to 4 processors: the line that a failure prints
 * says it all, and replays it.
 */
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "harness.h"
#include "left_out.h"
#include "sim.h"

enum { CPU_S = 20, WALL_S = 120, SHOWN = 3, LONG = 20000, TEXT_MAX = 1 << 16 };

/* Shared by the workers: one writer each, but for what is atomic. */
struct tally {
    uint64_t schedules, failed, skipped, steps, switches;
};
static struct worker {
    struct ws_record record; /* of the schedule that runs now */
    struct tally of[512];    /* by case */
} * workers;

static const struct wc_case **cases;
static size_t cases_n;
static const struct wc_options *opt;
static const char *self;
static int out_fd, err_fd;

struct schedule {
    const struct wc_case *c;
    uint64_t n;
    struct ws_plan plan;
    int procs;
};

static struct schedule schedule(const struct wc_case *c, uint64_t n) {
    static const int procs[] = {4, 2, 3, 4, 1, 2, 3};
    struct schedule s = {.c = c, .n = n, .plan = {.pct = n % 2 != 0, .seed = n}};
    if (s.plan.pct) s.plan.depth = (uint32_t)(1 + n / 2 % 5);
    s.procs = c->procs ? c->procs : procs[n / 2 % 7];
    return s;
}

/* ---- One schedule -------------------------------------------------------------------------------------------------- */

static WEFT_NORETURN void child(const struct schedule *s, struct ws_record *record) {
    char text[32];
    dup2(out_fd, 1);
    dup2(err_fd, 2);
    snprintf(text, sizeof text, "%" PRIu64, s->n);
    setenv("WC_SEED", text, 1);
    snprintf(text, sizeof text, "%d", s->procs);
    setenv("WEFT_PROCS", text, 1);
    for (int i = 0; i < 4 && s->c->env[i]; i++) putenv((char *)(uintptr_t)s->c->env[i]);
    for (int i = 0; i < 4; i++) signal(wc_default_signals[i], SIG_DFL);
    setrlimit(RLIMIT_CPU, &(struct rlimit){CPU_S, CPU_S + 1}); /* user code that computes for ever */
    ws_begin(&s->plan, record);
    exit(wc_run_case(s->c->name));
}

static size_t text_of(int fd, char *text) {
    ssize_t n = pread(fd, text, TEXT_MAX, 0);
    text[n > 0 ? n : 0] = 0;
    return n > 0 ? (size_t)n : 0;
}

static void run(const struct schedule *s, struct ws_record *record, struct wc_result *r) {
    static char out[TEXT_MAX + 1], err[TEXT_MAX + 1];
    int status;
    if (ftruncate(out_fd, 0) != 0 || ftruncate(err_fd, 0) != 0) abort();
    lseek(out_fd, 0, SEEK_SET);
    lseek(err_fd, 0, SEEK_SET);
    pid_t pid = fork();
    if (pid < 0) {
        perror("weft_conformance: fork");
        exit(2);
    }
    if (pid == 0) child(s, record);
    int end = (int)syscall(SYS_pidfd_open, pid, 0);
    bool late = end >= 0 && poll(&(struct pollfd){.fd = end, .events = POLLIN}, 1, WALL_S * 1000) ==
                                0; /* in a call of the system */
    if (late) kill(pid, SIGKILL);
    close(end);
    while (waitpid(pid, &status, 0) < 0) {}
    *r = (struct wc_result){.out = out, .err = err, .procs = s->procs, .ms = record->ns / WC_MS};
    r->out_len = text_of(out_fd, out);
    r->err_len = text_of(err_fd, err);
    r->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    r->timed_out = late || r->status == 128 + SIGXCPU;
}

/* How to have it again, and where it came to its end. */
static void show(const struct schedule *s, const struct ws_record *record, const struct wc_result *r, const char *why) {
    char plan[48];
    fflush(stdout);
    ws_plan_say(&s->plan, plan, sizeof plan);
    dprintf(1,
            "FAILED %s: %s\nexit status %d after %" PRIu64 " steps; stdout: %.800s\nstderr: %.4000s\nthe last steps:\n",
            s->c->name, why, r->status, record->steps, r->out, r->err);
    ws_tail_print(1, record);
    dprintf(1, "replay: WEFT_SIM=%s WEFT_PROCS=%d WC_SEED=%" PRIu64, plan, s->procs, s->n);
    for (int i = 0; i < 4 && s->c->env[i]; i++) dprintf(1, " %s", s->c->env[i]);
    dprintf(1, " %s --case %s    # WEFT_SIM_TRACE=FILE has every step\n", self, s->c->name);
}

static void one(struct worker *w, size_t at, uint64_t n) {
    struct schedule s = schedule(cases[at], n);
    struct wc_case judged = *s.c;
    struct tally *t = &w->of[at];
    struct wc_result r;
    judged.max_ms = 0; /* virtual time is no measure */
    run(&s, &w->record, &r);
    t->schedules++;
    t->steps += w->record.steps;
    t->switches += w->record.switches;
    wc_take_seed(&r);
    wc_figures_take(&r);
    free((void *)(uintptr_t)r.figures);
    const char *why = NULL;
    if (r.status == 77 && s.c->may_skip)
        t->skipped++;
    else if (w->record.stuck)
        why = "stuck";
    else
        why = wc_judge(&judged, &r, 0);
    if (opt->verbose)
        dprintf(1, "%s seed %" PRIu64 ": %" PRIu64 " steps, %" PRIu64 " switches, hash %016" PRIx64 "\n", s.c->name, n,
                w->record.steps, w->record.switches, w->record.hash);
    if (why && t->failed++ < SHOWN) show(&s, &w->record, &r, why);
}

/* A case of 20 times LONG steps gets every 20th seed: else a few would take most of the time. */
static bool due(const struct tally *t, uint64_t n) {
    uint64_t each = t->schedules ? t->steps / t->schedules / LONG : 0;
    return each == 0 || n % (each + 1) == 0;
}

static void work(int me) {
    out_fd = memfd_create("stdout", MFD_CLOEXEC);
    err_fd = memfd_create("stderr", MFD_CLOEXEC);
    if (out_fd < 0 || err_fd < 0) abort();
    uint64_t turn = 0;
    for (uint64_t n = opt->sim_from; n <= opt->sim_to; n++)
        for (size_t i = 0; i < cases_n; i++) {
            if (turn++ % (uint64_t)opt->jobs != (uint64_t)me || !due(&workers[me].of[i], n)) continue;
            one(&workers[me], i, n);
            if (opt->sim_first && workers[me].of[i].failed) return;
        }
}

/* ---- All of them --------------------------------------------------------------------------------------------------- */

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int sum(double took) {
    struct tally all = {0};
    size_t passed = 0, failed = 0, skipped = 0;
    for (size_t i = 0; i < cases_n; i++) {
        struct tally t = {0};
        for (int k = 0; k < opt->jobs; k++) {
            const struct tally *o = &workers[k].of[i];
            t.schedules += o->schedules, t.failed += o->failed, t.skipped += o->skipped;
            all.steps += o->steps, all.switches += o->switches;
        }
        all.schedules += t.schedules;
        if (t.failed)
            printf("failed %s: %" PRIu64 " of %" PRIu64 " schedules\n", cases[i]->name, t.failed, t.schedules);
        failed += t.failed != 0;
        skipped += t.failed == 0 && t.skipped == t.schedules;
        passed += t.failed == 0 && t.skipped != t.schedules;
    }
    printf("%" PRIu64 " schedules of %zu cases in %.1f s: %.0f a minute; %.0f steps and %.0f switches each\n",
           all.schedules, cases_n, took, (double)all.schedules / took * 60, (double)all.steps / (double)all.schedules,
           (double)all.switches / (double)all.schedules);
    printf("%zu passed, %zu failed, %zu skipped\n", passed, failed, skipped);
    return failed != 0;
}

int wc_sim(const struct wc_options *o, const char *program, const struct wc_case **chosen, size_t n) {
    opt = o;
    self = program;
    cases = chosen;
    for (size_t i = 0; i < n; i++) {
        const char *why = wc_left_out(chosen[i]);
        if (o->list) printf("%-36s %s%s\n", chosen[i]->name, why ? "not simulated: " : "simulated", why ? why : "");
        if (!why) cases[cases_n++] = chosen[i];
    }
    if (o->list) return 0;
    const char *stale = wc_left_out_stale();
    if (stale) return fprintf(stderr, "weft_conformance: sim/left_out.c: no case is %s\n", stale), 2;
    if (cases_n == 0) return fprintf(stderr, "weft_conformance: no case that is simulated fits\n"), 2;
    workers = mmap(NULL, (size_t)o->jobs * sizeof *workers, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (workers == MAP_FAILED) return perror("weft_conformance: mmap"), 2;
    double begin = seconds();
    fflush(stdout);
    for (int k = 0; k < o->jobs; k++) {
        pid_t pid = fork();
        if (pid < 0) return perror("weft_conformance: fork"), 2;
        if (pid > 0) continue;
        work(k);
        fflush(stdout);
        _exit(0);
    }
    int bad = 0;
    for (int k = 0, status; k < o->jobs; k++) bad |= wait(&status) < 0 || status != 0;
    int rc = sum(seconds() - begin);
    return bad ? 2 : rc;
}
