/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures that cases publish beside their verdict, for the ledger of claims (conformance/claims.toml).
 *
 * A body prints a line "figure: NAME VALUE" (wc_figure), and so does its Go twin; the runner takes these lines out of stdout before the
 * result is judged. A check that counts in the output says wc_observed. Each goes into the job's list as "WHO.NAME VALUE", WHO being weft or
 * the twin's go; a name that begins with "pthread." is a figure of threads, which the same body took. A case with several samples
 * has as many values of a name. The list ends up in the JUnit report, of cases that passed and of those that failed.
 */
#include "harness.h"

static const char mark[] = "figure: ";
static _Thread_local char observed[1024]; /* by the check that judges now; its worker empties it */

void wc_figure(const char *name, double value) {
    printf("%s%s %.9g\n", mark, name, value);
}

void wc_observed(const char *name, double value) {
    size_t used = strlen(observed);
    snprintf(observed + used, sizeof observed - used, "%s %.9g\n", name, value);
}

static void append(char **to, const char *text, size_t n) {
    size_t used = *to ? strlen(*to) : 0;
    char *longer = realloc(*to, used + n + 1);
    if (!longer) abort();
    memcpy(longer + used, text, n);
    longer[used + n] = 0;
    *to = longer;
}

void wc_figures_take(struct wc_result *r) {
    char *from = (char *)r->out, *to = from, *end = from + r->out_len;
    char *figures = NULL;
    while (from < end) {
        char *stop = memchr(from, '\n', (size_t)(end - from));
        size_t n = (size_t)((stop ? stop + 1 : end) - from);
        if (stop && n > sizeof mark && memcmp(from, mark, sizeof mark - 1) == 0) {
            append(&figures, from + sizeof mark - 1, n - (sizeof mark - 1));
        } else {
            memmove(to, from, n);
            to += n;
        }
        from += n;
    }
    *to = 0;
    r->out_len = (size_t)(to - r->out);
    r->figures = figures;
}

static void add_lines(struct wc_job *j, const char *who, const char *lines) {
    for (size_t n; lines && *lines; lines += n) {
        n = strcspn(lines, "\n") + 1;
        if (strncmp(lines, "pthread.", 8) != 0) {
            append(&j->figures, who, strlen(who));
            append(&j->figures, ".", 1);
        }
        append(&j->figures, lines, n);
    }
}

void wc_figures_add(struct wc_job *j, const char *who, const struct wc_result *r) {
    add_lines(j, who, r->figures);
    add_lines(j, who, observed);
    observed[0] = 0;
}

void wc_figures_rate(struct wc_job *j, const char *who, int with, int samples) {
    add_lines(j, who, wc_text("with %d\nsamples %d\n", with, samples));
}
