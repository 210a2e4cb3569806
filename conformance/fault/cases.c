/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cases of the table. First each workload runs twice without faults: that tells how often it calls each site (the smaller of the two
 * counts), and so which n-th calls there are; a site that its entry's workload does not call is a failure, and so is one without
 * an entry. A case whose n-th call did not come is tried again with a smaller n: schedules differ.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"

enum { WORKS_MAX = 40, CASES_MAX = 8000, TRIES = 4, NTHS = 2 };

static struct {
    unsigned long count[WF_SITES_MAX];
    int runs;
} seen[WORKS_MAX];

static struct wf_case *cases, *dry;
static size_t ncases;
static int passed, failed, skipped, declared, strikes;

static size_t sites_n(void) { return (size_t)(wf_sites_end - wf_sites); }
static size_t index_of(const struct wf_work *w) { return (size_t)(w - wf_works); }

void wf_counts(const struct wf_case *c, const struct wf_end *end)
{
    size_t w = index_of(c->work);
    for (size_t i = 0; i < sites_n(); i++) {
        unsigned long n = atomic_load(&end->shared->count[i]);
        if (seen[w].runs == 0 || n < seen[w].count[i])
            seen[w].count[i] = n;
    }
    seen[w].runs++;
}

static void fails(const char *name, const char *why)
{
    failed++;
    printf("FAILED  %s\n        %s\n", name, why);
}

/* ---- sites and entries ---- */

static const char *file_of(const struct wf_site *s)
{
    const char *p = strstr(s->file, "/runtime/");
    return p ? p + strlen("/runtime/") : s->file;
}

static int ordinal(const struct wf_site *s)
{
    int n = 1;
    for (const struct wf_site *t = wf_sites; t < wf_sites_end; t++)
        n += strcmp(t->file, s->file) == 0 && strcmp(t->function, s->function) == 0 && strcmp(t->call, s->call) == 0 && t->line < s->line;
    return n;
}

static int fits(const struct wf_entry *e, const struct wf_site *s)
{
    return strcmp(e->file, file_of(s)) == 0 && strcmp(e->function, s->function) == 0 && strcmp(e->call, s->call) == 0 &&
           (!e->ordinal || e->ordinal == ordinal(s));
}

static void check_table(void)
{
    char name[200];
    for (const struct wf_site *s = wf_sites; s < wf_sites_end; s++) {
        int n = 0;
        for (const struct wf_entry *e = wf_table; e->file; e++)
            n += fits(e, s);
        snprintf(name, sizeof name, "%s:%s:%s (line %lu)", file_of(s), s->function, s->call, s->line);
        if (n == 0)
            fails(name, "no entry in conformance/fault/table.c: what may come of its failing?");
    }
    for (const struct wf_entry *e = wf_table; e->file; e++) {
        int n = 0;
        for (const struct wf_site *s = wf_sites; s < wf_sites_end; s++)
            n += fits(e, s);
        snprintf(name, sizeof name, "%s:%s:%s", e->file, e->function, e->call);
        if (n == 0)
            fails(name, "an entry without a site");
        if (!e->never == !e->work || (e->work && !wf_work(e->work)))
            fails(name, "an entry needs a workload, or why there is none");
    }
}

/* ---- cases ---- */

/* No kernel says it for ever to who asks again. */
static int passes(int error) { return error == EINTR || error == ECONNABORTED || error == EAGAIN; }

static void set_beside(struct wf_plan *p, const struct wf_entry *e)
{
    const char *colon = e->beside ? strchr(e->beside, ':') : NULL;
    for (const struct wf_site *s = wf_sites; colon && s < wf_sites_end; s++)
        if (strlen(s->function) == (size_t)(colon - e->beside) && strncmp(s->function, e->beside, strlen(s->function)) == 0 &&
            strcmp(s->call, colon + 1) == 0) {
            p->beside = (size_t)(s - wf_sites);
            p->beside_error = e->beside_error;
            p->beside_mode = passes(e->beside_error) ? WF_OTHER : WF_EVERY;
        }
}

static void add(const struct wf_entry *e, const struct wf_site *s, int error, enum wf_mode mode, unsigned long n)
{
    struct wf_case c = {.entry = e, .work = wf_work(e->work), .ordinal = ordinal(s)};
    char name[200];
    c.plan = (struct wf_plan){(size_t)(s - wf_sites), error == WF_SHORT ? 0 : error, mode, n, 0, 0, WF_NONE};
    set_beside(&c.plan, e);
    wf_name(&c, name, sizeof name);
    if (ncases < CASES_MAX && (!wf_options.filter || regexec(&wf_options.re, name, 0, NULL, 0) == 0))
        cases[ncases++] = c;
}

static void add_modes(const struct wf_entry *e, const struct wf_site *s, int error)
{
    unsigned long calls = seen[index_of(wf_work(e->work))].count[s - wf_sites];
    add(e, s, error, WF_FIRST, 0);
    if (wf_options.sample)
        return;
    add(e, s, error, passes(error) ? WF_OTHER : WF_EVERY, 0);
    for (int i = 0; i < NTHS && calls > 1; i++) {
        unsigned long n = 2 + (unsigned long)rand_r(&wf_options.seed) % (calls - 1);
        add(e, s, error, WF_NTH, n);
        if (!passes(error))
            add(e, s, error, WF_FROM, n);
        if (calls == 2)
            break;
    }
}

static void add_entry(const struct wf_entry *e)
{
    size_t w = index_of(wf_work(e->work));
    for (const struct wf_site *s = wf_sites; s < wf_sites_end; s++) {
        char name[200];
        if (!fits(e, s) || !seen[w].runs) /* slow, and this is a sample; or it lacks something */
            continue;
        snprintf(name, sizeof name, "%s:%s:%s#%d", e->file, e->function, e->call, ordinal(s));
        if (wf_options.filter && !strstr(wf_options.filter, "/") && regexec(&wf_options.re, name, 0, NULL, 0) != 0)
            continue;
        if (seen[w].count[s - wf_sites] == 0 && !e->beside) {
            fails(name, "its workload does not call it");
            continue;
        }
        for (int i = 0; i < WF_ERRORS_MAX && e->errors[i]; i++) {
            add_modes(e, s, e->errors[i]);
            if (wf_options.sample)
                break;
        }
    }
}

/* ---- all of it ---- */

static void dry_runs(void)
{
    size_t n = 0;
    for (const struct wf_work *w = wf_works; w->name; w++) {
        const char *lacks = w->lacks ? w->lacks() : NULL;
        if (lacks) {
            skipped++;
            printf("skipped work %s: %s\n", w->name, lacks);
        } else if (wf_options.work ? strcmp(w->name, wf_options.work) == 0 : !(wf_options.sample && w->slow))
            for (int i = 0; i < (wf_options.sample ? 1 : 2); i++)
                dry[n++] = (struct wf_case){.work = w};
    }
    wf_run_all(dry, n);
    for (size_t i = 0; i < n; i++) {
        char name[64];
        wf_name(&dry[i], name, sizeof name);
        if (dry[i].why[0])
            fails(name, dry[i].why);
        else
            passed++;
    }
}

static void try_again(void)
{
    static struct wf_case again[CASES_MAX];
    for (int i = 0; i < TRIES; i++) {
        size_t n = 0;
        for (size_t k = 0; k < ncases; k++)
            if (cases[k].again) {
                if (cases[k].plan.n > 1)
                    cases[k].plan.n /= 2;
                again[n++] = cases[k];
            }
        wf_run_all(again, n);
        n = 0;
        for (size_t k = 0; k < ncases; k++)
            if (cases[k].again)
                cases[k] = again[n++];
    }
}

static void show_cases(void)
{
    for (size_t k = 0; k < ncases; k++) {
        char name[200];
        wf_name(&cases[k], name, sizeof name);
        strikes += cases[k].struck != 0;
        if (cases[k].why[0] || cases[k].again)
            fails(name, cases[k].again ? "the fault did not strike" : cases[k].why);
        else
            passed++;
    }
}

static int show_sites(void)
{
    for (const struct wf_site *s = wf_sites; s < wf_sites_end; s++) {
        printf("%s:%lu %s %s:", file_of(s), s->line, s->function, s->call);
        for (const struct wf_work *w = wf_works; w->name; w++)
            if (seen[index_of(w)].count[s - wf_sites])
                printf(" %s %lu", w->name, seen[index_of(w)].count[s - wf_sites]);
        printf("\n");
    }
    return failed != 0;
}

int wf_cases(void)
{
    static struct wf_case all[CASES_MAX], each[2 * WORKS_MAX];
    size_t reached = 0;
    cases = all;
    dry = each;
    check_table();
    dry_runs();
    if (wf_options.sites || wf_options.work)
        return show_sites();
    for (const struct wf_entry *e = wf_table; e->file; e++) {
        if (e->never)
            declared++;
        else
            add_entry(e);
    }
    for (size_t k = 0; k < ncases && wf_options.list; k++) {
        char name[200];
        wf_name(&cases[k], name, sizeof name);
        puts(name);
    }
    if (wf_options.list)
        return failed != 0;
    wf_run_all(cases, ncases);
    try_again();
    show_cases();
    for (size_t i = 0; i < sites_n(); i++) {
        int hit = 0;
        for (size_t k = 0; k < ncases; k++)
            hit |= cases[k].plan.site == i && cases[k].struck;
        reached += (size_t)hit;
    }
    printf("%zu sites, %zu of them struck, %d declared without a case; %zu cases, %d struck\n", sites_n(), reached, declared, ncases, strikes);
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed != 0;
}
