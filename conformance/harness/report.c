/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person, a TAP reader and a JUnit reader see. report_job is called under the runner's lock, in the order in which
 * jobs end; a person gets one line per case when its last job has ended, and each failure at once.
 */
#include "harness.h"

static const struct wc_options *opt;
static size_t serial;
static FILE *junit_file;

static const char *label(const struct wc_job *j) {
    static char text[256];
    int n = snprintf(text, sizeof text, "%s", j->c->name);
    if (j->procs) n += snprintf(text + n, sizeof text - (size_t)n, " procs=%d", j->procs);
    if (j->guard) n += snprintf(text + n, sizeof text - (size_t)n, " guard=%s", j->guard);
    if (j->repeat) snprintf(text + n, sizeof text - (size_t)n, " repeat=%d", j->repeat + 1);
    return text;
}

static void indented(const char *text, const char *prefix) {
    for (size_t n; text && *text; text += n + (text[n] == '\n')) {
        n = strcspn(text, "\n");
        printf("%s%.*s\n", prefix, (int)n, text);
    }
}

void wc_report_open(const struct wc_options *o, size_t jobs) {
    opt = o;
    if (o->tap) printf("TAP version 13\n1..%zu\n", jobs);
}

static void tap(const struct wc_job *j) {
    printf("%sok %zu - %s%s\n", j->verdict == WC_FAILED ? "not " : "", ++serial, label(j),
           j->verdict == WC_SKIPPED ? " # SKIP " : "");
    indented(j->note, "# ");
    indented(j->why, "# ");
    fflush(stdout);
}

static void person(const struct wc_job *j) {
    static const char *const words[] = {"ok     ", "FAILED ", "skipped"};
    if (j->verdict == WC_PASSED && !opt->verbose && !j->note[0]) return;
    printf("%s %s (%" PRId64 " ms)\n", words[j->verdict], label(j), j->ms);
    indented(j->note, "          ");
    indented(j->why, "        | ");
    if (j->verdict == WC_FAILED)
        printf("        | again: weft_conformance --filter '^%s$' --procs %d --seed %" PRIu64 "\n", j->c->name,
               j->procs ? j->procs : 1, j->seed);
    fflush(stdout);
}

void wc_report_job(const struct wc_job *j) {
    if (opt->tap)
        tap(j);
    else
        person(j);
}

static void escaped(FILE *f, const char *s) {
    for (; s && *s; s++) {
        switch (*s) {
        case '<':
            fputs("&lt;", f);
            break;
        case '>':
            fputs("&gt;", f);
            break;
        case '&':
            fputs("&amp;", f);
            break;
        case '"':
            fputs("&quot;", f);
            break;
        case '\n':
            fputs("&#10;", f);
            break;
        default:
            fputc((unsigned char)*s < 32 ? ' ' : *s, f);
        }
    }
}

static void property(FILE *f, const char *name, size_t length, const char *value) {
    fprintf(f, "<property name=\"%.*s\" value=\"", (int)length, name);
    escaped(f, value);
    fputs("\"/>", f);
}

/* Who judged how, and the figures. */
static void properties(FILE *f, const struct wc_job *j) {
    if (!j->weft && !j->go && !j->pthread && !j->figures) return;
    fputs("<properties>", f);
    if (j->weft) property(f, "weft", 4, j->weft);
    if (j->go) property(f, "go", 2, j->go);
    if (j->pthread) property(f, "pthread", 7, j->pthread);
    char *save = NULL;
    for (char *w = j->figures ? strtok_r(j->figures, "\n", &save) : NULL; w; w = strtok_r(NULL, "\n", &save)) {
        size_t name = strcspn(w, " ");
        property(f, w, name, w[name] ? w + name + 1 : "");
    }
    fputs("</properties>", f);
}

static int write_junit(const char *path, const struct wc_job *jobs, size_t n, const size_t *count, double seconds) {
    junit_file = fopen(path, "w");
    if (!junit_file) return -1;
    FILE *f = junit_file;
    fprintf(f,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"weft_conformance\" tests=\"%zu\" "
            "failures=\"%zu\" skipped=\"%zu\" time=\"%.3f\">\n  <properties>",
            n, count[WC_FAILED], count[WC_SKIPPED], seconds);
    property(f, "weft", 4, weft_version());
    if (wc_twin_version()) property(f, "go", 2, wc_twin_name());
    fputs("</properties>\n", f);
    for (size_t i = 0; i < n; i++) {
        const struct wc_job *j = &jobs[i];
        fprintf(f, "  <testcase classname=\"%s\" name=\"%s\" time=\"%.3f\">", j->c->item, label(j),
                (double)j->ms / 1000);
        properties(f, j);
        if (j->verdict != WC_PASSED) {
            fprintf(f, "<%s message=\"", j->verdict == WC_FAILED ? "failure" : "skipped");
            escaped(f, j->why);
            fputs("\"/>", f);
        }
        if (j->note[0]) {
            fputs("<system-out>", f);
            escaped(f, j->note);
            fputs("</system-out>", f);
        }
        fputs("</testcase>\n", f);
    }
    fputs("</testsuite>\n", f);
    return fclose(f);
}

int wc_report_close(const struct wc_options *o, const struct wc_job *jobs, size_t n, double seconds) {
    size_t count[3] = {0};
    for (size_t i = 0; i < n; i++) count[jobs[i].verdict]++;
    int bad = count[WC_FAILED] != 0;
    const char *lead = o->tap ? "# " : "";
    if (o->junit && write_junit(o->junit, jobs, n, count, seconds)) {
        fflush(stdout);
        perror(o->junit);
        bad = 1;
    }
    if (o->go && wc_twin_version())
        printf("%s%d answers of the Go twins (%s), %.1f s\n", lead, wc_twins_asked(), wc_twin_name(), seconds);
    else
        printf("%swithout the Go twins, %.1f s\n", lead, seconds);
    printf("%s%zu passed, %zu failed, %zu skipped\n", lead, count[WC_PASSED], count[WC_FAILED], count[WC_SKIPPED]);
    return bad;
}
