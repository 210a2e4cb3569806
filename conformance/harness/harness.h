/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runner, inside: which job runs where. options.c reads the command line, process.c runs one program with a time-out,
 * twin.c builds and asks the Go twins, adapter.c asks pthreads, judge.c compares, matrix.c says who passes what (items.c: of what), figures.c collects what cases publish, report.c prints, main.c hands
 * the jobs out.
 */
#ifndef WEFT_CONFORMANCE_HARNESS_H
#define WEFT_CONFORMANCE_HARNESS_H

#include "case.h"

enum { WC_LIST_MAX = 16, WC_NOTE_MAX = 1024, WC_ITEMS = 77 };

struct wc_options {
    int list, tap, go, twins, verbose;
    const char *filter, *junit, *wrap, *matrix;
    int repeat, jobs;
    uint64_t seed;
    int procs[WC_LIST_MAX], procs_n;
    const char *guard[WC_LIST_MAX];
    int guard_n;
    int sim, sim_first; /* the simulation, seeds sim_from to sim_to */
    uint64_t sim_from, sim_to;
};

/* case.c */
const struct wc_case *const *wc_cases(size_t *n);
const struct wc_case *wc_find(const char *name);
int wc_run_case(const char *name);
void wc_free_owned(void);
static inline int wc_timeout_s(const struct wc_case *c) {
    const char *more = c->longer_by ? getenv(c->longer_by) : NULL;
    return (c->timeout_s ? c->timeout_s : 20) * (WC_SLOW > 1 ? 6 : 1) + (more ? atoi(more) : 0);
}

/* options.c: 0; or 2 after one line on stderr. */
int wc_options_parse(struct wc_options *o, int argc, char **argv);
extern const char wc_usage[];

/* process.c: what nohup, or a shell without job control, has its children ignore, and SIGPIPE; a case's process begins with their defaults. */
extern const int wc_default_signals[4];
/* Run argv with the extra environment (NULL-terminated NAME=value); the texts in *r are malloced. */
void wc_process(char *const *argv, char *const *env, int timeout_s, struct wc_result *r);
void wc_result_free(struct wc_result *r);

/* twin.c */
int wc_twins_build(const char *source, const char *folder); /* 1: there is a Go and the twins are built */
int wc_twin_version(void);                                  /* 26 for go1.26.8; 0: no twins */
const char *wc_twin_name(void);                             /* "go1.26.8" */
const char *wc_twin_trouble(void);                          /* why there is none */
const struct wc_result *wc_twin_ask(const struct wc_case *c, int procs, int sample); /* cached */
int wc_twins_asked(void);

/* figures.c: the lines of figures out of stdout into r->figures; those and what the check observed into the job's list; a rate. */
struct wc_job;
void wc_figures_take(struct wc_result *r);
void wc_figures_add(struct wc_job *j, const char *who, const struct wc_result *r);
void wc_figures_rate(struct wc_job *j, const char *who, int with, int samples);

/* sim/run.c, in weft_conformance_sim alone: its exit status. */
int wc_sim(const struct wc_options *o, const char *program, const struct wc_case **chosen, size_t n) __attribute__((weak));

/* judge.c: NULL, or what is wrong (a thread-local text). */
const char *wc_judge(const struct wc_case *c, const struct wc_result *r, int go_minor);

/* judge.c: "seed: N" lines are the case's note, not its output. */
void wc_take_seed(struct wc_result *r);

/* items.c: by number, from 1 */
extern const char *const wc_items[WC_ITEMS + 1];

/* adapter.c: the body over pthreads, judged into j->pthread. Of the battery and the seeds' programs alone. */
struct wc_job;
int wc_is_item(const char *item);
void wc_adapter_run(struct wc_job *j, const char *folder);

/* matrix.c: the table into o->matrix ("-": stdout); 0, or -1 with errno */
int wc_matrix_write(const struct wc_options *o, const struct wc_job *jobs, size_t n);

/* report.c */
enum wc_verdict { WC_PASSED, WC_FAILED, WC_SKIPPED };
struct wc_job {
    const struct wc_case *c;
    int procs, repeat;
    int first; /* of its case: for --matrix, which asks pthreads once */
    const char *guard;
    uint64_t seed;
    enum wc_verdict verdict;
    int64_t ms;
    const char *weft, *go, *pthread; /* "passed", "failed", the twin's also "differs", pthread's "n/a"; NULL: not judged */
    char *go_why, *pthread_why;      /* if not passed; malloced */
    char *figures;          /* lines "WHO.NAME VALUE"; malloced, NULL: none */
    char *why;              /* of a failure or skip; malloced */
    char note[WC_NOTE_MAX]; /* rates, seeds, differences between Go versions */
};
void wc_report_open(const struct wc_options *o, size_t jobs);
void wc_report_job(const struct wc_job *j);
int wc_report_close(const struct wc_options *o, const struct wc_job *jobs, size_t n, double seconds);

#endif
