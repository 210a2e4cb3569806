/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes made by goroutines, and what a child may do.
 * Source:   weft.h, "Processes"; POSIX fork: between fork and exec only async-signal-safe calls; Go's syscall.ForkExec.
 * Goal:     fork with exec and waitpid, posix_spawn, popen and system work from several goroutines at once, and their programs are not
 *           left with the runtime's signal mask; in a fork's child any call to Weft that needs the run is a clear fatal error
 *           with status 2, a goroutine's end too, and nothing hangs; the parent goes on undisturbed.
 * Method:   4 goroutines, each all four ways; their shells report by exit status, one kills itself by SIGTERM. Then a child for each
 *           kind of call, its stderr in a pipe: the message names the call. The same for a child that a plain thread forked.
 * Expected: exit 0. A child that hangs runs into its own alarm, which the case sees as a signal.
 */
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "case.h"

extern char **environ;
static weft_waitgroup wg;
static weft_chan *c;

static int status_of(pid_t pid) {
    int status = 0;
    WC_CHECK(pid > 0);
    while (waitpid(pid, &status, 0) < 0) WC_EQ(errno, EINTR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- programs ---- */

static void argv_of(const char *shell, char **argv) {
    argv[0] = (char *)"sh";
    argv[1] = (char *)"-c";
    argv[2] = (char *)shell;
    argv[3] = NULL;
}

static int by_fork(const char *shell) {
    char *argv[4];
    argv_of(shell, argv);
    pid_t pid = fork();
    if (pid == 0) {
        execv("/bin/sh", argv);
        _exit(127);
    }
    return status_of(pid);
}

static int by_spawn(const char *shell) {
    char *argv[4];
    pid_t pid;
    argv_of(shell, argv);
    WC_EQ(posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ), 0);
    return status_of(pid);
}

static void run_programs(void *arg) {
    (void)arg;
    char line[16] = "";
    WC_EQ(by_fork("exit 3"), 3);
    weft_yield();
    WC_EQ(by_fork("kill -TERM $$; exit 9"), 128 + SIGTERM); /* unless the mask keeps it back */
    WC_EQ(by_spawn("exit 4"), 4);
    weft_yield();
    WC_EQ(by_spawn("kill -TERM $$; exit 9"), 128 + SIGTERM);
    WC_EQ(system("exit 5"), 5 << 8);
    WC_EQ(system("kill -HUP $$; exit 9"), SIGHUP);
    FILE *f = popen("echo hello", "r");
    WC_CHECK(f && fgets(line, sizeof line, f) && strcmp(line, "hello\n") == 0);
    WC_EQ(pclose(f), 0);
    weft_waitgroup_done(&wg);
}

static int programs(void *arg) {
    weft_waitgroup_add(&wg, 4);
    for (int i = 0; i < 4; i++) weft_go(run_programs, arg);
    weft_waitgroup_wait(&wg);
    return 0;
}

/* ---- what a child must not do ---- */

static void nothing(void *arg) { (void)arg; }
static int no_main(void *arg) { return arg != NULL; }

static void calls_go(void) { weft_go(nothing, NULL); }
static void calls_yield(void) { weft_yield(); }
static void calls_send(void) { weft_chan_send(c, &(int){1}); }
static void calls_recv(void) { weft_chan_recv(c, NULL); }
static void calls_try(void) { weft_chan_try_recv(c, NULL); }
static void calls_sleep(void) { weft_sleep(1); }
static void calls_id(void) { weft_id(); }
static void calls_count(void) { weft_num_goroutines(); }
static void calls_procs(void) { weft_procs(0); }
static void calls_stats(void) { weft_stats_read(&(struct weft_stats){0}); }
static void calls_list(void) { weft_goroutines(NULL, 0); }
static void calls_dump(void) { weft_dump(1); }
static void calls_run(void) { weft_run(no_main, NULL); }
static void calls_hold(void) { weft_hold(); }
static void calls_exit(void) { weft_exit(0); }
static void calls_pcall(void) { weft_pcall(nothing, NULL); }
static void calls_defer(void) { weft_defer(nothing, NULL); }
static void calls_system(void) { weft_on_system_stack(nothing, NULL); }
static void calls_post(void) { weft_post(nothing, NULL); }
static void calls_read(void) { weft_read(0, NULL, 0); }
static void calls_poll(void) { weft_poll(0, 1, 0); }
static void calls_close(void) { weft_close(0); }
static void calls_notify(void) { weft_signal_notify(SIGUSR1, c); }
static void returns(void) {}

static const struct misuse {
    const char *name; /* in the message; NULL: the end of a goroutine */
    void (*call)(void);
    int foreign; /* a thread that runs no goroutine may make it: tried from a fork of such a one too */
} misuses[] = {
    {"weft_go", calls_go, 1},
    {"weft_yield", calls_yield, 1},
    {"weft_chan_send", calls_send, 1},
    {"weft_chan_recv", calls_recv, 1},
    {"weft_chan_try_recv", calls_try, 1},
    {"weft_sleep", calls_sleep, 1},
    {"weft_id", calls_id, 1},
    {"weft_num_goroutines", calls_count, 1},
    {"weft_procs", calls_procs, 1},
    {"weft_stats_read", calls_stats, 1},
    {"weft_goroutines", calls_list, 1},
    {"weft_dump", calls_dump, 1},
    {"weft_run_config", calls_run, 1},
    {"weft_hold", calls_hold, 1},
    {"weft_exit", calls_exit, 1},
    {"weft_pcall", calls_pcall, 0},
    {"weft_defer", calls_defer, 0},
    {"weft_on_system_stack", calls_system, 1},
    {"weft_post", calls_post, 1},
    {"weft_signal_notify", calls_notify, 1},
    {"weft_read", calls_read, 1},
    {"weft_poll", calls_poll, 1},
    {"weft_close", calls_close, 1},
    {NULL, returns, 0},
};
enum { MISUSES = sizeof misuses / sizeof *misuses };

/* What the child said and how it ended. The child comes back from here with -1 after its call. */
static int child_of(const struct misuse *m, char *said, size_t size) {
    int fd[2], n = 0;
    WC_EQ(pipe(fd), 0);
    printf("not twice\n"); /* in the buffer, which is the parent's alone */
    pid_t pid = fork();
    if (pid == 0) {
        alarm(20);
        dup2(fd[1], 1);
        dup2(fd[1], 2);
        m->call();
        return -1;
    }
    close(fd[1]);
    for (ssize_t k; (k = read(fd[0], said + n, size - 1 - (size_t)n)) > 0;) n += (int)k;
    close(fd[0]);
    said[n] = 0;
    return status_of(pid);
}

/* The first line names the call, or one that it makes; then its frame does. */
static void expect(const struct misuse *m, int status, const char *said) {
    const char *name = m->name ? m->name : "weft", *end = " called in the child of a fork: only exec is allowed there\n";
    WC_CHECKF(status == 2, "%s: status %d: %.300s", name, status, said);
    WC_CHECKF(strncmp(said, "fatal error: weft: ", 19) == 0, "%s: %.300s", name, said);
    const char *at = strstr(said, end);
    WC_CHECKF(at && at < strchr(said, '\n'), "%s: %.300s", name, said);
    WC_CHECKF(strstr(said, name), "%s: %.300s", name, said);
    WC_CHECKF(!strstr(said, "not twice"), "%s: %.300s", name, said);
}

static void misuse_one(void *arg) {
    char said[4096];
    const struct misuse *m = arg;
    int status = child_of(m, said, sizeof said);
    if (status < 0) return; /* the child, behind its call */
    expect(m, status, said);
    weft_waitgroup_done(&wg);
}

static void busy(void *arg) {
    (void)arg;
    for (int i = 0; i < 2000; i++) weft_yield();
    weft_waitgroup_done(&wg);
}

static int misuse_all(void *arg) {
    (void)arg;
    c = wc_chan(sizeof(int), 0);
    for (int i = 0; i < MISUSES; i++) {
        weft_waitgroup_add(&wg, 2);
        weft_go(busy, NULL);
        weft_go(misuse_one, (void *)(uintptr_t)&misuses[i]);
        weft_waitgroup_wait(&wg);
    }
    return 0;
}

static void *foreign(void *arg) {
    char said[4096];
    for (int i = 0; i < MISUSES; i++) {
        if (!misuses[i].foreign) continue;
        int status = child_of(&misuses[i], said, sizeof said);
        if (status < 0) _exit(0);
        expect(&misuses[i], status, said);
    }
    weft_release();
    return arg;
}

static int misuse_foreign(void *arg) {
    pthread_t t;
    c = wc_chan(sizeof(int), 0);
    weft_hold();
    WC_EQ(pthread_create(&t, NULL, foreign, NULL), 0);
    pthread_join(t, NULL);
    return arg != NULL;
}

/* ---- outside a run there is nothing to forbid ---- */

static int outside(void) {
    WC_EQ(weft_run(no_main, NULL), 0);
    pid_t pid = fork();
    if (pid == 0) _exit(weft_run(programs, NULL));
    WC_EQ(status_of(pid), 0);
    return weft_run(no_main, NULL);
}

static const char *any(const struct wc_result *r) { return r->out_len % strlen("not twice\n") ? "not the parent's text alone" : NULL; }

WC_CASE(api_fork_programs, .item = "api", .main = programs, .no_twin = "C's ways to start a program");
WC_CASE(api_fork_misuse, .item = "api", .main = misuse_all, .check = any, .no_twin = "Go has no bare fork", .timeout_s = 60);
WC_CASE(api_fork_foreign, .item = "api", .main = misuse_foreign, .check = any, .no_twin = "Go has no bare fork", .timeout_s = 60);
WC_CASE(api_fork_outside, .item = "api", .proc = outside, .no_twin = "Go has no bare fork", .not_under = WC_NOT_TSAN,
        .not_why = "TSan starts no thread in a child of a process that had several");
