/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that a trace must keep; see trace_check.h. */
#include "trace_check.h"

#include "case.h"

enum { LINE = 4096 };

/* ---- reading ---- */

static int64_t number_of(const char *line, const char *key, int64_t missing) {
    char want[32];
    snprintf(want, sizeof want, "\"%s\":", key);
    const char *at = strstr(line, want);
    return at ? strtoll(at + strlen(want), NULL, 10) : missing;
}

/* "12.345" µs as ns. */
static int64_t time_of(const char *line, const char *key) {
    char want[32], *end;
    snprintf(want, sizeof want, "\"%s\":", key);
    const char *at = strstr(line, want);
    if (!at) return -1;
    int64_t us = strtoll(at + strlen(want), &end, 10);
    return us * 1000 + (*end == '.' ? strtoll(end + 1, NULL, 10) : 0);
}

static int word_of(const char *line, const char *key, char *to, size_t size) {
    char want[32];
    snprintf(want, sizeof want, "\"%s\":\"", key);
    const char *at = strstr(line, want);
    size_t n = at ? strcspn(at + strlen(want), "\"") : 0;
    if (!at || n >= size) return 0;
    memcpy(to, at + strlen(want), n);
    to[n] = 0;
    return 1;
}

static void *grown(void *p, size_t n, size_t size) {
    if (n < 256 ? n != 0 && n != 64 : (n & (n - 1)) != 0) return p; /* 64, 256, and doubled */
    p = realloc(p, (n == 0 ? 64 : n < 256 ? 256 : 2 * n) * size);
    if (!p) abort();
    return p;
}

static int add_slice(struct wc_trace *t, const char *line) {
    int of_p = number_of(line, "pid", 0) == 2;
    struct wc_slice s = {.from = time_of(line, "ts"), .m = number_of(line, of_p ? "m" : "tid", -1), .p = number_of(line, "p", -1)};
    int64_t dur = time_of(line, "dur"), who = number_of(line, of_p ? "p" : "g", -1);
    if (s.from < 0 || dur < 0 || who < 0 || s.m < 0 || !word_of(line, "end", s.end, sizeof s.end)) return 0;
    s.to = s.from + dur;
    s.who = (uint64_t)who;
    struct wc_slice **list = of_p ? &t->p : &t->g;
    size_t *n = of_p ? &t->np : &t->ng;
    *list = grown(*list, *n, sizeof s);
    (*list)[(*n)++] = s;
    return 1;
}

static int add_instant(struct wc_trace *t, const char *line) {
    char name[32];
    if (!word_of(line, "name", name, sizeof name)) return 0;
    int ready = strcmp(name, "ready") == 0, spawn = strcmp(name, "spawn") == 0 || strcmp(name, "post") == 0;
    if (ready || spawn) {
        t->wake = grown(t->wake, t->nwake, sizeof *t->wake);
        t->wake[t->nwake++] = (struct wc_wake){time_of(line, "ts"), (uint64_t)number_of(line, "g", 0), spawn};
    } else if (strcmp(name, "steal") == 0) {
        t->steal = grown(t->steal, t->nsteal, sizeof *t->steal);
        t->steal[t->nsteal++] = (struct wc_steal){number_of(line, "n", -1), number_of(line, "size", -1)};
    } else {
        t->nsyscalls += strcmp(name, "syscall enter") == 0;
        t->nretakes += strcmp(name, "retake") == 0;
    }
    return 1;
}

const char *wc_trace_load(struct wc_trace *t, const char *path) {
    char line[LINE];
    int first = 1, closed = 0;
    memset(t, 0, sizeof *t);
    FILE *f = fopen(path, "r");
    if (!f) return wc_text("%s: %s", path, strerror(errno));
    const char *why = NULL;
    while (!why && fgets(line, sizeof line, f)) {
        int known = 1;
        if (first) {
            known = strncmp(line, "{\"displayTimeUnit\"", 18) == 0;
            t->lost = number_of(line, "lost", -1);
        } else if (strncmp(line, "{\"ph\":\"X\"", 9) == 0)
            known = add_slice(t, line);
        else if (strncmp(line, "{\"ph\":\"i\"", 9) == 0)
            known = add_instant(t, line);
        else if (strcmp(line, "]}\n") == 0)
            closed = 1;
        else
            known = strncmp(line, "{\"ph\":\"M\"", 9) == 0;
        if (!known) why = wc_text("not understood: %.200s", line);
        first = 0;
    }
    fclose(f);
    for (size_t i = 0; i < t->ng; i++) t->npreempts += strcmp(t->g[i].end, "preempt") == 0;
    return why ? why : closed ? NULL : "the file does not end as it should";
}

void wc_trace_free(struct wc_trace *t) {
    free(t->g), free(t->p), free(t->wake), free(t->steal);
    memset(t, 0, sizeof *t);
}

/* ---- the rules ---- */

static int less(int64_t a, int64_t b) { return a < b ? -1 : a > b; }
static int by_time(const struct wc_slice *a, const struct wc_slice *b) {
    int c = less(a->from, b->from);
    return c ? c : less(a->to, b->to);
}
static int by_who(const void *a, const void *b) {
    const struct wc_slice *x = a, *y = b;
    return x->who != y->who ? (x->who < y->who ? -1 : 1) : by_time(x, y);
}
static int by_m(const void *a, const void *b) {
    const struct wc_slice *x = a, *y = b;
    int c = less(x->m, y->m);
    return c ? c : by_time(x, y);
}
static int by_wake(const void *a, const void *b) {
    const struct wc_wake *x = a, *y = b;
    return x->g != y->g ? (x->g < y->g ? -1 : 1) : less(x->at, y->at);
}

static const char *overlaps(const struct wc_slice *a, const struct wc_slice *b, const char *what) {
    if (b->from >= a->to) return NULL;
    return wc_text("%s: %" PRIu64 " on M%" PRId64 " until %" PRId64 " ns, %" PRIu64 " on M%" PRId64 " from %" PRId64 " ns", what, a->who, a->m,
                   a->to, b->who, b->m, b->from);
}

/* Sorted by the goroutine, the P, or the M: does any begin before the last one has ended? */
static const char *apart(struct wc_slice *s, size_t n, int ms, const char *what) {
    if (n) qsort(s, n, sizeof *s, ms ? by_m : by_who);
    for (size_t i = 1; i < n; i++) {
        int same = ms ? s[i].m == s[i - 1].m : s[i].who == s[i - 1].who;
        const char *why = same ? overlaps(&s[i - 1], &s[i], what) : NULL;
        if (why) return why;
    }
    return NULL;
}

static const char *wrong_wake(uint64_t g, int64_t at, const char *what) { return wc_text("wake-ups: G%" PRIu64 " %s at %" PRId64 " ns", g, what, at); }

/* Wake-ups w[0..n) of the goroutine from the end of slice a (NULL: none yet) to the start of b (NULL: never). */
static const char *between(uint64_t g, const struct wc_slice *a, const struct wc_slice *b, const struct wc_wake *w, size_t n, int quiet) {
    int64_t at = a ? a->to : b ? b->from : w[0].at;
    int parked = a && strcmp(a->end, "park") == 0, ended = a && strcmp(a->end, "exit") == 0;
    int stopped = a && (strstr(a->end, " ends") != NULL); /* the trace's end, or the run's */
    if (n > 1) return wrong_wake(g, w[1].at, "was woken twice");
    for (size_t i = 0; i < n; i++)
        if (w[i].spawn && a) return wrong_wake(g, w[i].at, "began after it had run");
    if (ended && b) return wrong_wake(g, b->from, "runs after its end");
    if (a && !parked && n) return wrong_wake(g, w[0].at, "was woken though it did not wait");
    if (parked && b && !n) return wrong_wake(g, b->from, "runs though nobody woke it");
    if (!b && !ended && !stopped && quiet && (n || !parked)) return wrong_wake(g, at, "was to run and never did");
    return NULL;
}

static const char *one_goroutine(const struct wc_slice *s, size_t n, const struct wc_wake *w, size_t nw, uint64_t g, int quiet) {
    size_t at = 0;
    for (size_t i = 0; i <= n; i++) {
        const struct wc_slice *a = i ? &s[i - 1] : NULL, *b = i < n ? &s[i] : NULL;
        size_t k = 0;
        while (at + k < nw && (!b || w[at + k].at <= b->from)) k++;
        if (a && k && w[at].at < a->to) return wrong_wake(g, w[at].at, "was woken while it ran");
        const char *why = a || b || k ? between(g, a, b, w + at, k, quiet) : NULL;
        if (why) return why;
        at += k;
    }
    return NULL;
}

static const char *wakes(struct wc_trace *t, int quiet) {
    if (t->ng) qsort(t->g, t->ng, sizeof *t->g, by_who);
    if (t->nwake) qsort(t->wake, t->nwake, sizeof *t->wake, by_wake);
    for (size_t i = 0, j = 0; i < t->ng || j < t->nwake;) {
        uint64_t g = i == t->ng || (j < t->nwake && t->wake[j].g < t->g[i].who) ? t->wake[j].g : t->g[i].who;
        size_t n = 0, k = 0;
        while (i + n < t->ng && t->g[i + n].who == g) n++;
        while (j + k < t->nwake && t->wake[j + k].g == g) k++;
        const char *why = one_goroutine(t->g + i, n, t->wake + j, k, g, quiet);
        if (why) return why;
        i += n;
        j += k;
    }
    return NULL;
}

/* Both sorted by M: each goroutine that begins does so where its M has the P. */
static const char *begins_on_p(struct wc_trace *t) {
    for (size_t i = 0, j = 0; i < t->ng; i++) {
        const struct wc_slice *s = &t->g[i];
        while (j < t->np && (t->p[j].m < s->m || (t->p[j].m == s->m && t->p[j].to < s->from))) j++;
        size_t k = j; /* one P may end where the next begins */
        while (k + 1 < t->np && t->p[k].m == s->m && (int64_t)t->p[k].who != s->p && t->p[k + 1].m == s->m && t->p[k + 1].from <= s->from) k++;
        if (s->p >= 0 && (k == t->np || t->p[k].m != s->m || (int64_t)t->p[k].who != s->p || t->p[k].from > s->from))
            return wc_text("owners: G%" PRIu64 " begins on M%" PRId64 " at %" PRId64 " ns, which has no P%" PRId64, s->who, s->m, s->from, s->p);
    }
    return NULL;
}

static const char *halves(const struct wc_trace *t) {
    for (size_t i = 0; i < t->nsteal; i++) {
        int64_t n = t->steal[i].n, size = t->steal[i].size;
        if (n != (size ? size - size / 2 : 1)) return wc_text("half: %" PRId64 " of %" PRId64 " were stolen", n, size);
    }
    return NULL;
}

const char *wc_trace_check(struct wc_trace *t, int quiet) {
    const char *why = t->lost ? wc_text("%" PRId64 " events were lost", t->lost) : apart(t->g, t->ng, 0, "one place: goroutine");
    if (!why) why = wakes(t, quiet);
    if (!why) why = apart(t->p, t->np, 0, "owners: P");
    if (!why) why = apart(t->g, t->ng, 1, "one place: M");
    if (!why) why = apart(t->p, t->np, 1, "owners: M");
    if (!why) why = begins_on_p(t);
    return why ? why : halves(t);
}
