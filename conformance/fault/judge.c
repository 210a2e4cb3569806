/* SPDX-License-Identifier: Apache-2.0 */
/* Is what came of a case what the table promises? And the names of cases. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"

static const char *const modes[] = {"none", "first", "nth", "from", "every", "other"};

static const char *error_name(int error)
{
    const char *name = error > 0 ? strerrorname_np(error) : error == 0 ? "SHORT" : NULL;
    static char number[4][16];
    static int next;
    if (name)
        return name;
    char *to = number[next++ % 4];
    snprintf(to, sizeof number[0], "%d", error);
    return to;
}

void wf_name(const struct wf_case *c, char *to, size_t size)
{
    const struct wf_entry *e = c->entry;
    if (!e) {
        snprintf(to, size, "work %s", c->work->name);
        return;
    }
    int n = snprintf(to, size, "%s:%s:%s#%d/%s/%s", e->file, e->function, e->call, c->ordinal, error_name(c->plan.error), modes[c->plan.mode]);
    if ((c->plan.mode == WF_NTH || c->plan.mode == WF_FROM) && n < (int)size)
        snprintf(to + n, size - (size_t)n, "=%lu", c->plan.n);
}

static void wrong(struct wf_case *c, const struct wf_end *end, const char *what)
{
    snprintf(c->why, sizeof c->why, "%s; workload %s, status %d, struck %lu; step: %s; stderr: %.700s", what, c->work->name, end->status,
             atomic_load(&end->shared->struck), end->shared->step, end->err);
}

/* Is "call" with this error one of "call call:ENAME …"? */
static int promised(const char *gives, const char *call, int error, int planned)
{
    for (const char *p = gives; p && *p; p += strcspn(p, " "), p += strspn(p, " ")) {
        size_t n = strcspn(p, " :"), m = p[n] == ':' ? strcspn(p + n + 1, " ") : 0;
        if (strlen(call) != n || strncmp(p, call, n) != 0)
            continue;
        const char *name = error_name(error);
        if (m ? strlen(name) == m && strncmp(p + n + 1, name, m) == 0 : error == planned)
            return 1;
    }
    return 0;
}

static const char *notes(const struct wf_case *c, const struct wf_entry *e, const struct wf_shared *s)
{
    static char text[128];
    for (int i = 0; i < s->notes; i++) {
        const struct wf_note *n = &s->note[i];
        if (n->run == 0 && e && promised(e->gives, n->call, n->error, c->plan.error))
            continue;
        snprintf(text, sizeof text, "%s said %s in run %d", n->call, error_name(n->error), n->run);
        return text;
    }
    return NULL;
}

/* '#' stands for digits, '*' for the rest of the line; the first line alone. */
static int first_line(const char *text, const char *want)
{
    for (; *want; want++) {
        if (*want == '*')
            return 1;
        if (*want == '#') {
            size_t n = strspn(text, "0123456789");
            if (!n)
                return 0;
            text += n;
        } else if (*text++ != *want) {
            return 0;
        }
    }
    return *text == '\n';
}

static int only_lines(const char *text, const char *want)
{
    while (*text && first_line(text, want))
        text += strcspn(text, "\n") + 1;
    return *text == 0;
}

/* e NULL: nothing failed. */
static const char *what_is_wrong(const struct wf_case *c, const struct wf_entry *e, const struct wf_end *end)
{
    const char *fatal = e && e->fatal ? e->fatal : c->work->fatal, *unexpected;
    int once = e && e->stays && c->plan.mode != WF_FROM && c->plan.mode != WF_EVERY;
    if (once)
        fatal = c->work->fatal;
    if (end->late)
        return "no end";
    if (e && e->most && c->struck > e->most)
        return "asked again and again";
    if (end->shared->wrong[0])
        return end->shared->wrong;
    if (end->status == 2 && fatal && (end->err[0] ? first_line(end->err, fatal) : e && e->gives && strcmp(e->gives, "silence") == 0))
        return NULL;
    if (end->status != 0)
        return end->status == 2 ? "another end than promised" : "neither an end that is promised nor a result";
    if (c->work->fatal || (e && e->fatal && !e->gives && !e->maybe && !once))
        return "it should have ended with a fatal error";
    if ((unexpected = notes(c, e, end->shared)) != NULL)
        return unexpected;
    if (e && e->gives && end->shared->notes == 0 && !e->maybe)
        return "no call failed";
    if (!c->work->chatty && !only_lines(end->err, e && e->says ? e->says : "\n"))
        return "it said something";
    return NULL;
}

void wf_judge(struct wf_case *c, const struct wf_end *end)
{
    c->again = 0;
    c->why[0] = 0;
    c->struck = (int)atomic_load(&end->shared->struck);
    const char *what = what_is_wrong(c, c->struck ? c->entry : NULL, end);
    if (what)
        wrong(c, end, what);
    else if (!c->entry)
        wf_counts(c, end);
    else if (c->struck == 0)
        c->again = 1;
}
