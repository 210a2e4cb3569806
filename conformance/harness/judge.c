/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this result what the case says? One function for Weft's result and for the Go twin's: what both must satisfy is the
 * same, and that the twin satisfies it too makes the expectation Go's. The only difference is the wait reason's name,
 * which Go gave to sync objects over several versions.
 */
#include <ctype.h>
#include <stdarg.h>

#include "harness.h"

const char *wc_text(const char *fmt, ...) {
    static _Thread_local char text[2048];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return text;
}

int wc_match(const char *pattern, const char *s, size_t n) {
    size_t i = 0;
    for (; *pattern; pattern++) {
        if (*pattern == '#') {
            size_t from = i;
            while (i < n && isdigit((unsigned char)s[i])) i++;
            if (i == from) return 0;
        } else if (i >= n || s[i++] != *pattern) {
            return 0;
        }
    }
    return i == n;
}

int wc_count(const char *s, const char *what) {
    int n = 0;
    size_t len = strlen(what);
    for (; (s = strstr(s, what)); s += len) n++;
    return n;
}

int wc_headers(const char *err) {
    int n = 0;
    for (const char *at = err; at; at = strchr(at, '\n')) {
        if (*at == '\n') at++;
        uint64_t id;
        int used = 0;
        if (sscanf(at, "goroutine %" SCNu64 " [%n", &id, &used) == 1 && used) n++;
        if (!*at) break;
    }
    return n;
}

int wc_subsequence(const char *s, const char *sub) {
    for (; *s && *sub; s++) sub += *s == *sub;
    return !*sub;
}

void wc_take_seed(struct wc_result *r) {
    size_t line = strcspn(r->out, "\n");
    if (strncmp(r->out, "seed: ", 6) != 0) return;
    memmove((char *)r->out, r->out + line + (r->out[line] == '\n'), r->out_len - line);
    r->out_len -= line + (r->out_len > line);
}

/* "goroutine 1 [chan receive, 2 minutes]:" -> "chan receive" */
static int main_reason(const char *err, char *buf, size_t size) {
    const char *at = strstr(err, "\ngoroutine 1 [");
    at = at ? at + 1 : strncmp(err, "goroutine 1 [", 13) == 0 ? err : NULL;
    if (!at) return 0;
    at += strlen("goroutine 1 [");
    snprintf(buf, size, "%.*s", (int)strcspn(at, ",]\n"), at);
    return 1;
}

/* Go 1.19 to 1.23 call some or all waits on sync objects `semacquire`. */
static int reason_fits(const char *want, const char *got, int go_minor) {
    if (strcmp(want, got) == 0) return 1;
    return go_minor > 0 && go_minor <= 23 && strncmp(want, "sync.", 5) == 0 && strcmp(got, "semacquire") == 0;
}

static const char *first_difference(const char *want, const struct wc_result *r) {
    size_t line = strcspn(r->err, "\n");
    if (want && wc_match(want, r->err, line)) return NULL;
    if (!want && r->err_len == 0) return NULL;
    return wc_text("stderr begins \"%.*s\", expected %s%s%s", line > 300 ? 300 : (int)line, r->err, want ? "\"" : "",
                   want ? want : "nothing", want ? "\"" : "");
}

const char *wc_judge(const struct wc_case *c, const struct wc_result *r, int go_minor) {
    const char *why;
    if (r->timed_out) return wc_text("timed out after %" PRId64 " ms", r->ms);
    if (!c->any_err && (why = first_difference(c->err, r))) return why;
    if (c->exit != WC_ANY_EXIT && r->status != c->exit)
        return wc_text("exit status %d, expected %d", r->status, c->exit);
    if (c->reason) {
        char got[128];
        if (!main_reason(r->err, got, sizeof got)) return "no \"goroutine 1 [\" in the dump";
        if (!reason_fits(c->reason, got, go_minor)) return wc_text("goroutine 1 [%s], expected [%s]", got, c->reason);
    }
    const char *want = c->out ? c->out : c->check ? NULL : "";
    if (want && !wc_match(want, r->out, r->out_len))
        return wc_text("stdout is \"%.300s\"%s, expected \"%.300s\"", r->out, r->out_len > 300 ? "…" : "", want);
    if (c->min_ms && r->ms < c->min_ms)
        return wc_text("ended after %" PRId64 " ms, not before %d was expected", r->ms, c->min_ms);
    if (c->max_ms && r->ms > (int64_t)c->max_ms * WC_SLOW)
        return wc_text("took %" PRId64 " ms, the bound is %d", r->ms, c->max_ms * WC_SLOW);
    return c->check ? c->check(r) : NULL;
}
