/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scripts/weft-gdb.py. Goal: it lists goroutines and shows their frames, of a live process and of a core file; what the user had selected
 * is selected afterwards, and the program goes on undisturbed. Method: this program under gdb in batch mode, with goroutines that wait
 * in several ways, one that has not run and one that runs; gdb stops in a function, looks, writes a core, and lets it end. Guards are by
 * mprotect, because gdb's gcore (the kernel does not) leaves out a stack's whole mapping where it meets an advised guard page.
 */
#include <pthread.h>

#include "base/atom.h"
#include "child.h"

#define NOINLINE __attribute__((noinline))
#define NO_TAIL  __asm__ volatile("")

static weft_chan *c;
static weft_mutex mu;
static volatile int sink;

NOINLINE static void inner(void) {
    int x;
    weft_chan_recv(c, &x);
    NO_TAIL;
}
NOINLINE static void outer(void *arg) {
    inner();
    NO_TAIL;
    sink += arg != NULL;
}
NOINLINE static void locker(void *arg) {
    weft_mutex_lock(&mu);
    weft_mutex_unlock(&mu);
    sink += arg != NULL;
}
NOINLINE static void sleeper(void *arg) {
    weft_sleep(10000000000);
    sink += arg != NULL;
}
NOINLINE static void never_ran(void *arg) { sink += arg != NULL; }
NOINLINE static void here_it_stands(int n) {
    sink += n;
    NO_TAIL;
}

static int main_goroutine(void *arg) {
    struct weft_go_options o = {.name = "reader"}, small = {.small = 1};
    (void)arg;
    c = weft_chan_new(sizeof(int), 0);
    weft_mutex_lock(&mu);
    weft_go_with(&o, outer, NULL);
    weft_go_with(&small, outer, NULL);
    weft_go(locker, NULL);
    weft_go(sleeper, NULL);
    await_waiting(4);
    weft_go(never_ran, NULL);
    here_it_stands(7);
    weft_mutex_unlock(&mu);
    for (int i = 0; i < 2; i++) weft_chan_send(c, &i);
    for (int ms = 0; weft_num_goroutines() > 2 && ms < 10000; ms++) weft_sleep(1000000); /* but for the sleeper */
    weft_chan_free(c);
    printf("ended well\n");
    return 0;
}

/* ---- gdb ---- */

static const char *const looks =
    "-ex 'weft goroutines' -ex 'echo ----\\n' -ex 'weft backtrace 1' -ex 'echo ----\\n' -ex 'weft backtrace all' "
    "-ex 'echo ----\\n' -ex 'weft backtrace 99' -ex 'frame'";
static char self[600], script[600], core[64];

static int gdb(void *more) {
    char line[4000];
    snprintf(line, sizeof line, "exec gdb -nx -batch -iex 'set debuginfod enabled off' -x '%s' %s 2>&1",
             script, (char *)more);
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    return 127;
}

static const char *part(const struct child *k, int n) {
    const char *p = k->out;
    for (; n > 0 && p; n--) p = strstr(p + 1, "----\n");
    return p ? p : "";
}

/* A line that begins with `first` (after spaces) and has all the others. */
static int line_with(const char *text, const char *first, const char *a, const char *b, const char *d) {
    for (const char *p = text; p && *p; p = strchr(p, '\n'), p += p != NULL) {
        char line[400];
        snprintf(line, sizeof line, "%.*s", (int)strcspn(p, "\n"), p);
        if (starts(line, first) && has(line, a) && has(line, b) && has(line, d)) return 1;
    }
    return 0;
}

static void check(const struct child *k) {
    const char *list = part(k, 0), *one = part(k, 1), *all = part(k, 2), *rest = part(k, 3);
    EXPECT(line_with(list, "1 ", "running", "main_goroutine", "weft_run"), k);
    EXPECT(line_with(list, "2 ", "chan receive", "reader", "main_goroutine (gdb_script.c:"), k);
    EXPECT(line_with(list, "3 ", "chan receive", "outer", "main_goroutine (gdb_script.c:"), k);
    EXPECT(line_with(list, "4 ", "sync.Mutex.Lock", "locker", "waiting"), k);
    EXPECT(line_with(list, "5 ", "sleep", "sleeper", "waiting"), k);
    EXPECT(line_with(list, "6 ", "runnable", "never_ran", "main_goroutine"), k);
    EXPECT(has(one, "goroutine 1 [running]:\n#0  here_it_stands (n=7)") && has(one, "main_goroutine (arg="), k);
    EXPECT(strstr(one, "goroutine 2 [") > all, k);
    const char *reader = strstr(all, "goroutine 2 [chan receive]: \"reader\"\n"), *small = strstr(all, "goroutine 3 [chan receive]:\n");
    const char *lock = strstr(all, "goroutine 4 [sync.Mutex.Lock]:\n"), *slept = strstr(all, "goroutine 5 [sleep]:\n");
    EXPECT(reader && small && lock && slept, k);
    if (reader && small && lock && slept) {
        EXPECT(strstr(reader, "inner ()") < strstr(reader, "outer (arg=") && strstr(reader, "outer (arg=") < small, k);
        EXPECT(strstr(reader, "\n#0  ") && strstr(reader, "w_g_main ()") < small, k);
        EXPECT(strstr(small, "inner ()") && strstr(small, "inner ()") < lock, k);
        EXPECT(strstr(lock, "locker (arg=") && strstr(lock, "locker (arg=") < slept, k);
        EXPECT(strstr(slept, "sleeper (arg=") != NULL, k);
    }
    EXPECT(has(all, "goroutine 6 [runnable]:\n#0  never_ran (has not run yet)\n"), k);
    EXPECT(has(rest, "weft: no goroutine 99\n") && has(rest, "#0  here_it_stands (n="), k);
    EXPECT(!has(k->out, "corrupt stack") && !has(k->out, "Python Exception"), k);
}

static void look(void) {
    char command[3000];
    snprintf(command, sizeof command,
             "-ex 'break here_it_stands' -ex 'run' %s -ex 'gcore %s' -ex 'delete' -ex 'continue' --args '%s' inside", looks, core, self);
    const struct child *k = in_child(gdb, command);
    const char *from = strstr(k->out, "id  state");
    if (has(k->out, "ptrace: Operation not permitted") || has(k->out, "Could not trace")) {
        printf("gdb may not trace here\n");
        exit(77);
    }
    EXPECT(from != NULL, k);
    static struct child cut;
    cut = *k;
    if (from) memmove(cut.out, from, strlen(from) + 1);
    check(&cut);
    EXPECT(has(k->out, "ended well\n") && has(k->out, "exited normally"), k);
    /* Without libthread_db, and so without thread-locals: threads are told by their stack pointers. */
    snprintf(command, sizeof command, "-iex 'set auto-load off' %s '%s' '%s'", looks, self, core);
    k = in_child(gdb, command);
    cut = *k;
    from = strstr(k->out, "id  state");
    EXPECT(from != NULL, k);
    if (from) memmove(cut.out, from, strlen(from) + 1);
    check(&cut);
    snprintf(command, sizeof command, "-ex 'weft goroutines' '%s'", self);
    k = in_child(gdb, command);
    EXPECT(has(k->out, "weft: no process and no core file\n"), k);
}

int main(int argc, char **argv) {
    setenv("WEFT_PROCS", "1", 1);
    setenv("WEFT_DEBUG", "guard=mprotect", 1);
    if (argc == 2 && strcmp(argv[1], "inside") == 0) return weft_run(main_goroutine, NULL);
    if (W_ASAN || W_TSAN || system("gdb --version >/dev/null 2>&1") != 0) {
        printf("%s\n", W_ASAN || W_TSAN ? "the sanitizers' own memory makes cores too large" : "no gdb here");
        return 77;
    }
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0 || strstr(self, "qemu")) {
        printf("under an emulator\n");
        return 77;
    }
    const char *end = strstr(__FILE__, "/conformance/unit/");
    snprintf(script, sizeof script, "%.*s/scripts/weft-gdb.py", end ? (int)(end - __FILE__) : 1, end ? __FILE__ : ".");
    snprintf(core, sizeof core, "/tmp/weft-core-%d", (int)getpid());
    look();
    unlink(core);
    return done();
}
