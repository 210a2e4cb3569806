/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One program, in a process group of its own, with stdout and stderr in memory files and a time-out: first SIGQUIT, on
 * which a case dumps its goroutines, then SIGKILL to the whole group. Called from the runner's workers; no shared state.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "harness.h"

enum { GRACE_MS = 5000, TEXT_MAX = 64 << 20 };
extern char **environ;
const int wc_default_signals[4] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE};

static int64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* What could change a result does not come from the caller's environment. */
static int is_ours(const char *entry) {
    return strncmp(entry, "WEFT_", 5) == 0 || strncmp(entry, "GOMAXPROCS=", 11) == 0 ||
           strncmp(entry, "GODEBUG=", 8) == 0 || strncmp(entry, "GOTRACEBACK=", 12) == 0 ||
           strncmp(entry, "WC_", 3) == 0;
}

static char **environment(char *const *extra) {
    size_t n = 0, m = 0, k = 0;
    while (environ[n]) n++;
    while (extra[m]) m++;
    char **env = malloc((n + m + 1) * sizeof *env);
    for (size_t i = 0; i < n; i++)
        if (!is_ours(environ[i])) env[k++] = environ[i];
    for (size_t i = 0; i < m; i++) env[k++] = extra[i];
    env[k] = NULL;
    return env;
}

static pid_t start(char *const *argv, char *const *extra, int out, int err) {
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t at;
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    for (int i = 0; i < 4; i++) sigaddset(&usual, wc_default_signals[i]);
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&fa, out, 1);
    posix_spawn_file_actions_adddup2(&fa, err, 2);
    posix_spawnattr_init(&at);
    posix_spawnattr_setflags(&at, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&at, &none);
    posix_spawnattr_setsigdefault(&at, &usual);
    posix_spawnattr_setpgroup(&at, 0);
    char **env = environment(extra);
    pid_t pid;
    int rc = posix_spawnp(&pid, argv[0], &fa, &at, argv, env);
    free(env);
    posix_spawn_file_actions_destroy(&fa);
    posix_spawnattr_destroy(&at);
    if (rc == 0) return pid;
    dprintf(err, "weft_conformance: %s: %s\n", argv[0], strerror(rc));
    return -1;
}

/* 1 when pid has ended within ms. The status stays to be fetched. */
static int ended_within(pid_t pid, int64_t ms) {
    int64_t end = now_ms() + ms;
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    for (;;) {
        siginfo_t info = {0};
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == pid) break;
        int64_t left = end - now_ms();
        if (left <= 0) {
            if (fd >= 0) close(fd);
            return 0;
        }
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (fd >= 0)
            poll(&p, 1, (int)left);
        else
            poll(NULL, 0, 2); /* a kernel without pidfd: look every 2 ms */
    }
    if (fd >= 0) close(fd);
    return 1;
}

static const char *text_of(int fd, size_t *len) {
    off_t size = lseek(fd, 0, SEEK_END);
    if (size > TEXT_MAX) size = TEXT_MAX;
    char *s = malloc((size_t)size + 1);
    ssize_t n = pread(fd, s, (size_t)size, 0);
    *len = n > 0 ? (size_t)n : 0;
    s[*len] = 0;
    return s;
}

void wc_process(char *const *argv, char *const *env, int timeout_s, struct wc_result *r) {
    int out = memfd_create("stdout", MFD_CLOEXEC), err = memfd_create("stderr", MFD_CLOEXEC);
    /* Appending, so that two descriptors of one file never overwrite each other. */
    fcntl(out, F_SETFL, O_APPEND);
    fcntl(err, F_SETFL, O_APPEND);
    int64_t begin = now_ms();
    pid_t pid = start(argv, env, out, err);
    r->timed_out = 0;
    r->status = 127;
    if (pid > 0) {
        int status = 0;
        if (!ended_within(pid, timeout_s * INT64_C(1000))) {
            r->timed_out = 1;
            kill(pid, SIGQUIT);
            if (!ended_within(pid, GRACE_MS)) kill(-pid, SIGKILL);
        }
        kill(-pid, SIGKILL); /* what it left behind in its group */
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
        r->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    r->ms = now_ms() - begin;
    r->out = text_of(out, &r->out_len);
    r->err = text_of(err, &r->err_len);
    close(out);
    close(err);
}

void wc_result_free(struct wc_result *r) {
    free((void *)r->out);
    free((void *)r->err);
    free((void *)r->figures);
    r->out = r->err = r->figures = NULL;
}
