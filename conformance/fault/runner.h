/* SPDX-License-Identifier: Apache-2.0 */
/* The runner, inside: main.c starts children, cases.c makes cases of the table and counts, judge.c says what is wrong with one. */
#ifndef WF_RUNNER_H
#define WF_RUNNER_H

#include <regex.h>

#include "fault.h"

enum { WF_TIMEOUT_MS = 60000 };

struct wf_options {
    int sample, verbose, list, sites, jobs;
    unsigned seed;
    const char *filter, *work;
    regex_t re;
};
extern struct wf_options wf_options;

struct wf_case {
    const struct wf_entry *entry; /* NULL: the workload without faults */
    const struct wf_work *work;
    struct wf_plan plan;
    int ordinal;   /* among the sites of one function and call, from 1 */
    int ms;
    int again;     /* its n-th call did not come: to be tried with a smaller n */
    int struck;    /* it was hit, and how often */
    char why[1600]; /* "": passed */
};

/* How a child ended. */
struct wf_end {
    int status; /* exit status, or 128 + signal */
    int late;
    const char *err;
    struct wf_shared *shared;
};

void wf_run_all(struct wf_case *cases, size_t n);
int wf_cases(void); /* exit status */
void wf_judge(struct wf_case *c, const struct wf_end *end);
void wf_counts(const struct wf_case *c, const struct wf_end *end); /* of a workload without faults */
void wf_name(const struct wf_case *c, char *to, size_t size);

#endif
