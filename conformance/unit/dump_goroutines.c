/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dumps, lists and statistics. Goal: every goroutine once, with its reason, name, frames and origin; a thousand in a second; from
 * foreign threads while goroutines come and go, without a crash. Method: a dump into a pipe or file, searched; churn beside it.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>

#include "base/atom.h"
#include "child.h"

#define NOINLINE __attribute__((noinline))
static char text[4 << 20];

static const char *dump(void) {
    char path[] = "/tmp/weft-dump-XXXXXX";
    int fd = mkstemp(path);
    unlink(path);
    weft_dump(fd);
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    close(fd);
    text[n < 0 ? 0 : n] = 0;
    return text;
}

static weft_chan *gate;
static volatile int calls; /* counted after each call, so that none is a tail call */
NOINLINE static void inner(void) {
    weft_chan_recv(gate, NULL);
    calls++;
}
NOINLINE static void outer(void *unused) {
    (void)unused;
    inner();
    calls++;
}
static void sleeper(void *unused) {
    (void)unused;
    weft_sleep(10000000000);
    calls++;
}

static int forms(void *unused) {
    (void)unused;
    gate = weft_chan_new(0, 0);
    weft_go_with(&(struct weft_go_options){.name = "worker"}, outer, NULL);
    weft_go_with(&(struct weft_go_options){.small = 1}, outer, NULL);
    weft_go(sleeper, NULL);
    await_waiting(3);
    weft_go(sleeper, NULL); /* has not run: at most one processor could have taken it */
    const char *t = dump();
    EXPECT(starts(t, "goroutine 1 [running]:\n"), NULL);
    EXPECT(has(t, " [chan receive]: \"worker\"\n") && has(t, "\ninner(...)\n\t") && has(t, "\nouter(...)\n\t") &&
               has(t, "\ncreated by forms\n\t"),
           NULL);
    EXPECT(times(t, "inner(...)\n") == 2 && times(t, "\nsleeper(...)\n") >= 1, NULL);
    EXPECT(times(t, "goroutine ") - times(t, "goroutine running on other") == 5 && times(t, "\n\ngoroutine ") == 4,
           NULL);
    EXPECT(!has(t, "w_g_main") && (W_TSAN || !has(t, "??")), NULL); /* TSan's own frame, where one just begins */
    if (failures) fputs(t, stderr);

    struct weft_goroutine_info info[8];
    size_t n = weft_goroutines(info, 8);
    int named = 0, mains = 0;
    for (size_t i = 0; i < n; i++) {
        mains += info[i].id == 1 && strcmp(info[i].state, "running") == 0 && info[i].wait_reason[0] == 0;
        named += strcmp(info[i].name, "worker") == 0 && strcmp(info[i].wait_reason, "chan receive") == 0 &&
                 strcmp(info[i].state, "waiting") == 0 && info[i].entry == (void *)(uintptr_t)outer &&
                 info[i].spawned_at != NULL;
    }
    EXPECT(n == 5 && mains == 1 && named == 1 && weft_goroutines(NULL, 0) == 5 && weft_num_goroutines() == 5, NULL);

    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    EXPECT(s.goroutines == 5 && s.created == 5 && s.waiting >= 3 && s.running >= 1 && s.stack_bytes > 0 &&
               s.threads >= 1,
           NULL);
    EXPECT(s.running + s.runnable + s.waiting + s.in_syscall == 5 && s.stacks >= 4, NULL);
    weft_chan_close(gate);
    weft_yield();
    return 0;
}

static int thousand(void *unused) {
    (void)unused;
    gate = weft_chan_new(0, 0);
    for (int i = 0; i < 1000; i++) weft_go(outer, NULL);
    weft_chan_recv(gate, NULL);
    return 0;
}

/* ---- while everything moves ---- */

static au32 stop;
static void churn_leaf(void *unused) {
    (void)unused;
    weft_yield();
}
static void churn(void *unused) {
    (void)unused;
    while (!au32_load_acq(&stop)) {
        weft_go(churn_leaf, NULL);
        weft_go_with(&(struct weft_go_options){.stack_size = 65536, .name = "big"}, churn_leaf, NULL);
        weft_go_with(&(struct weft_go_options){.small = 1}, churn_leaf, NULL);
        weft_yield();
    }
}
static void *watch(void *unused) {
    static __thread struct weft_goroutine_info info[1000];
    int fd = open("/dev/null", O_WRONLY);
    while (!au32_load_acq(&stop)) {
        struct weft_stats s = {.size = sizeof s};
        weft_dump(fd);
        weft_goroutines(info, 1000);
        weft_stats_read(&s);
    }
    close(fd);
    return unused;
}
static int moving(void *unused) {
    (void)unused;
    for (int i = 0; i < 4; i++) weft_go(churn, NULL);
    for (int i = 0; i < 10; i++) {
        weft_sleep(30000000);
        dump();
    }
    return 0;
}

/* Runs begin and end beneath the watchers. */
static int brief(void *unused) {
    (void)unused;
    for (int i = 0; i < 10; i++) weft_go(churn_leaf, NULL);
    weft_yield();
    return 0;
}

int main(void) {
    pthread_t t[2];
    EXPECT(weft_run(forms, NULL) == 0, NULL);

    const struct child *c = in_weft(thousand, NULL);
    EXPECT(c->status == 2 && times(c->err, "\ngoroutine ") == 1001 && times(c->err, "inner(...)\n") == 1000, NULL);
    struct rusage u; /* of the one child; its processor time, to which a loaded machine adds nothing */
    getrusage(RUSAGE_CHILDREN, &u);
    double own = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
    EXPECT((own < 1.0 && c->seconds < 4.0) || W_TSAN || W_ASAN, NULL); /* an idle thread would look again after 5 */

    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    EXPECT(s.goroutines == 0 && s.created == 0 && weft_goroutines(NULL, 0) == 0, NULL);

    for (int i = 0; i < 2; i++) pthread_create(&t[i], NULL, watch, NULL);
    EXPECT(weft_run(moving, NULL) == 0, NULL);
    for (int i = 0; i < 200; i++) EXPECT(weft_run(brief, NULL) == 0, NULL);
    au32_store_rel(&stop, 1);
    for (int i = 0; i < 2; i++) pthread_join(t[i], NULL);
    return done();
}
