/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WEFT_PROCS and WEFT_DEBUG: a bad value is refused, before anything runs.
 * Source:   weft.h, weft_config_init; issue text: "an unknown name or bad value is refused with the list".
 * Goal:     no misspelt setting is ignored in silence.
 * Method:   weft_run under each bad value; and a schedtrace that must show Go's line: the run goes on until three have come,
 *           which it reads from a pipe that stands in for stderr.
 * Expected: no stdout, one line on stderr that names the variable, or for WEFT_DEBUG the setting and the known names;
 *           exit 2. schedtrace: lines "SCHED 0ms: gomaxprocs=2 idleprocs=…" with the queues in brackets at the end; with
 *           scheddetail lines of Ps, Ms and goroutines behind it, each in the form that Go gives them.
 */
#include <fcntl.h>
#include <regex.h>

#include "case.h"

static int nothing(void *arg) {
    (void)arg;
    printf("ran\n");
    return 0;
}

static int run(void) { return weft_run(nothing, NULL); }

static const char *one_line(const struct wc_result *r) {
    const char *end = strchr(r->err, '\n');
    if (r->out_len) return "something ran";
    return end && end[1] == 0 ? NULL : "stderr is not one line";
}

static const char *names_procs(const struct wc_result *r) {
    return strstr(r->err, "WEFT_PROCS") ? one_line(r) : "stderr does not name WEFT_PROCS";
}

static const char *names_debug(const struct wc_result *r) {
    if (r->out_len) return "something ran";
    if (!strstr(r->err, "WEFT_DEBUG")) return "stderr does not name WEFT_DEBUG";
    return strstr(r->err, "schedtrace") ? NULL : "stderr does not list the known names";
}

#define BAD(id, setting, fn)                                                                                          \
    WC_CASE(id, .item = "api", .proc = run, .any_err = 1, .exit = 2, .check = fn, .procs = 1, .env = {setting, NULL}, \
            .no_twin = "Go ignores a bad GOMAXPROCS and an unknown GODEBUG")
BAD(api_procs_word, "WEFT_PROCS=many", names_procs);
BAD(api_procs_zero, "WEFT_PROCS=0", names_procs);
BAD(api_procs_negative, "WEFT_PROCS=-2", names_procs);
BAD(api_procs_tail, "WEFT_PROCS=2x", names_procs);
BAD(api_procs_huge, "WEFT_PROCS=99999999999999999999", names_procs);
BAD(api_debug_unknown, "WEFT_DEBUG=nosuchknob=1", names_debug);
BAD(api_debug_value, "WEFT_DEBUG=guard=perhaps", names_debug);
BAD(api_debug_number, "WEFT_DEBUG=schedtrace=soon", names_debug);

static char trace[1 << 16];
static size_t trace_len;

static int three_lines(int fd) {
    ssize_t n = read(fd, trace + trace_len, sizeof trace - 1 - trace_len);
    trace_len += n > 0 ? (size_t)n : 0;
    return wc_count(trace, "SCHED") >= 4; /* the fourth says that the third is whole */
}

static int busy(void *arg) {
    int fd = *(int *)arg;
    for (int64_t end = weft_now() + 10 * WC_SEC; !three_lines(fd) && weft_now() < end;) weft_yield();
    return 0;
}

static int traced_run(int (*body)(void *)) {
    int p[2], err = dup(2);
    if (pipe(p) != 0 || fcntl(p[0], F_SETFL, O_NONBLOCK) != 0 || dup2(p[1], 2) != 2) return 1;
    int rc = weft_run(body, &p[0]);
    three_lines(p[0]);
    dup2(err, 2);
    fputs(trace, stderr);
    return rc;
}

static int traced(void) { return traced_run(busy); }

static const char *sched_lines(const struct wc_result *r) {
    int lines = 0;
    for (const char *at = r->err; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        int ms, procs, idle, used = 0;
        if (sscanf(at, "SCHED %dms: gomaxprocs=%d idleprocs=%d threads=%n", &ms, &procs, &idle, &used) != 3 || !used)
            return wc_text("not a line of schedtrace: \"%.80s\"", at);
        if (procs != 2) return wc_text("gomaxprocs=%d", procs);
        const char *end = strchr(at, '\n'), *queue = strstr(at, " runqueue=");
        if (!queue || !end || queue > end || !memchr(queue, '[', (size_t)(end - queue))) return "no runqueue=N […]";
        lines++;
    }
    return lines >= 3 ? NULL : wc_text("%d lines", lines);
}

WC_CASE(api_schedtrace, .item = "api", .proc = traced, .any_err = 1, .check = sched_lines, .procs = 2,
        .env = {"WEFT_DEBUG=schedtrace=10", NULL}, .no_twin = "the format is read in the check");

/* scheddetail: a line for each P, M and goroutine behind each SCHED line, as Go writes them. Main computes until it has seen some. */
static const char *detail_lines(const struct wc_result *r) {
    static const char *const forms[] = {
        "^SCHED [0-9]+ms: gomaxprocs=2 idleprocs=[0-2] threads=[0-9]+ spinningthreads=[0-9]+ needspinning=0 idlethreads=[0-9]+ "
        "runqueue=[0-9]+ gcwaiting=false nmidlelocked=[0-9]+ stopwait=0 sysmonwait=false$",
        "^  P[01]: status=[0-4] schedtick=[0-9]+ syscalltick=[0-9]+ m=([0-9]+|nil) runqsize=[0-9]+ gfreecnt=[0-9]+ timerslen=[0-9]+$",
        "^  M[0-9]+: p=([0-9]+|nil) curg=([0-9]+|nil) mallocing=0 throwing=0 preemptoff= locks=[0-9]+ dying=0 spinning=(true|false) "
        "blocked=(true|false) lockedg=([0-9]+|nil)$",
        "^  G[0-9]+: status=[1-4]\\([a-zA-Z. ()]*\\) m=([0-9]+|nil) lockedm=([0-9]+|nil)$",
    };
    enum { FORMS = sizeof forms / sizeof *forms };
    int seen[FORMS] = {0};
    regex_t re[FORMS];
    for (int i = 0; i < FORMS; i++)
        if (regcomp(&re[i], forms[i], REG_EXTENDED | REG_NOSUB) != 0) return "regcomp";
    const char *why = NULL;
    for (const char *at = r->err; !why && strchr(at, '\n'); at = strchr(at, '\n') + 1) {
        char line[512];
        int i = 0;
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        while (i < FORMS && regexec(&re[i], line, 0, NULL, 0) != 0) i++;
        if (i == FORMS) why = wc_text("not a line of scheddetail: \"%s\"", line);
        else seen[i]++;
    }
    for (int i = 0; i < FORMS; i++) regfree(&re[i]);
    if (why) return why;
    if (!wc_count(r->err, "  G1: status=2() m=")) return "main is not seen running";
    if (!wc_count(r->err, "status=4(chan receive) m=nil lockedm=nil")) return "nobody is seen waiting";
    int all = seen[0] >= 3 && seen[1] >= 2 * (seen[0] - 1) && seen[2] >= seen[0] - 1 && seen[3] >= seen[0] - 1;
    return all ? NULL : wc_text("%d SCHED, %d P, %d M, %d G", seen[0], seen[1], seen[2], seen[3]);
}

static void waits(void *c) { weft_chan_recv(c, NULL); }
static int busy_beside(void *arg) {
    weft_go(waits, wc_chan(8, 0));
    wc_await(1, "chan receive");
    return busy(arg);
}
static int detailed(void) { return traced_run(busy_beside); }

WC_CASE(api_scheddetail, .item = "api", .proc = detailed, .any_err = 1, .check = detail_lines, .procs = 2,
        .env = {"WEFT_DEBUG=schedtrace=10,scheddetail=1", NULL}, .no_twin = "the format is read in the check");
