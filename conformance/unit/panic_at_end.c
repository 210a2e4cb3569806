/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A panic whose report is still under way when main returns.
 * Goal:   it decides how the process ends: status 2, and not what main returned; it is not interrupted by what sysmon has to say; and it
 *         keeps no child of the process from its runs.
 * Source: Go 1.26 proc.go: main, which waits while panicking is not 0.
 * Method: white-box, in a child. The report is done but for stdout's buffer, whose pipe is full; main returns, sysmon gives that thread up,
 *         and only when all that is over and the run's own thread waits does somebody read the pipe.
 */
#include <fcntl.h>
#include <pthread.h>

#include "child.h"
#include "queue_test.h"

static int pipe_to[2];
static au32 first_tid, its_tid;
static struct w_m *its_m;

static void fill(void)
{
    char block[4096] = {0};
    CHECK_EQ(pipe(pipe_to), 0);
    CHECK_EQ(fcntl(pipe_to[1], F_SETFL, O_NONBLOCK), 0);
    while (write(pipe_to[1], block, sizeof block) > 0)
        continue;
    CHECK_EQ(fcntl(pipe_to[1], F_SETFL, 0), 0);
    CHECK_EQ(dup2(pipe_to[1], 1), 1);
}

static void panics(void *arg)
{
    its_m = w_self();
    printf("in the buffer");
    au32_store_rel(&its_tid, (uint32_t)w_os_thread_id()); /* reads and main read it */
    weft_panic("late");
    (void)arg;
}

static void *drains(void *arg)
{
    char block[4096];
    until_set(&its_tid);
    until_set(&its_m->abandoned);
    while (au32_load_acq(&w_sched.sysmon_state) != W_SYSMON_NONE)
        usleep(1000);
    until_thread_sleeps(&first_tid);
    while (read(pipe_to[0], block, sizeof block) > 0)
        continue;
    return arg;
}

static int returns(void *arg)
{
    (void)arg;
    weft_lock_thread(); /* or the run's own thread might be the one that reports */
    au32_store_rel(&first_tid, (uint32_t)w_os_thread_id());
    weft_go(panics, NULL);
    while (!au32_load_acq(&its_tid))
        weft_yield();
    while (!w_dying())
        weft_yield();
    until_thread_sleeps(&its_tid);
    return 0;
}

static int whole(void *arg)
{
    pthread_t t;
    fill();
    CHECK_EQ(pthread_create(&t, NULL, drains, arg), 0);
    CHECK_EQ(weft_run(returns, NULL), 0); /* on this thread: first_tid */
    _exit(0);
}

/* ---- a child of the one that dies ---- */

static int seven(void *arg) { return 7 + (arg != NULL); }

static void *dies(void *arg)
{
    weft_fatal("elsewhere");
    return arg;
}

/* Outside of any run, a thread reports for ever, as nobody reads its pipe; a child that another makes is none of its business. */
static int forks(void *arg)
{
    pthread_t t;
    int status = -1;
    CHECK_EQ(weft_run(seven, arg), 7);
    fill();
    printf("in the buffer");
    CHECK_EQ(pthread_create(&t, NULL, dies, arg), 0);
    while (!w_dying())
        usleep(1000);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(20); /* a hundred times what it takes */
        _exit(weft_run(seven, arg));
    }
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    _exit(WIFEXITED(status) && WEXITSTATUS(status) == 7 ? 0 : 1);
}

int main(void)
{
    setenv("WEFT_PROCS", "2", 1);
    const struct child *c = in_child(whole, NULL);
    EXPECT(c->status == 2 && has(c->err, "panic: late\n") && !has(c->err, "left to themselves"), c);
    if (!W_TSAN) { /* a fork beside other threads is not for its runtime */
        c = in_child(forks, NULL);
        EXPECT(c->status == 0 && has(c->err, "fatal error: elsewhere\n"), c);
    }
    return done();
}
