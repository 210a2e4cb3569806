/* SPDX-License-Identifier: Apache-2.0 */
/* Linux: futex, clock, threads, memory, guards, membarrier. Sources: futex(2), madvise(2), mincore(2), membarrier(2). */
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"

#if W_ASAN
#include <sanitizer/asan_interface.h>
#endif

#define GUARD_INSTALL 102 /* MADV_GUARD_INSTALL, newer than Debian 12's headers */
#define MEMBARRIER_PRIVATE 8
#define MEMBARRIER_REGISTER 16
enum { BARRIER_TRIES = 100, BARRIER_NAP_NS = 50000 };

void w_os_futex_wait(au32 *a, uint32_t expected, int64_t ns)
{
    struct timespec ts = {ns / 1000000000, ns % 1000000000};
    syscall(SYS_futex, &a->v, FUTEX_WAIT_PRIVATE, expected, ns < 0 ? NULL : &ts, NULL, 0);
}

void w_os_futex_wake(au32 *a, int n) { syscall(SYS_futex, &a->v, FUTEX_WAKE_PRIVATE, n, NULL, NULL, 0); }

int64_t w_os_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int w_os_affinity(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? n : 1;
}

void w_os_thread_yield(void) { sched_yield(); }

void w_os_nap(int64_t ns)
{
    struct timespec ts = {ns / 1000000000, ns % 1000000000};
    nanosleep(&ts, NULL);
}

int w_os_thread_start(pthread_t *t, size_t stack, void *(*fn)(void *), void *arg)
{
    pthread_attr_t attr;
    sigset_t all, old;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, stack);
    sigfillset(&all);
    int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGURG};
    for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int e = pthread_create(t, &attr, fn, arg);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    return -e;
}

bool w_os_thread_try_join(pthread_t t) { return pthread_tryjoin_np(t, NULL) != EBUSY; }

int32_t w_os_thread_id(void) { return (int32_t)syscall(SYS_gettid); }
void w_os_thread_signal(int32_t id, int signo) { syscall(SYS_tgkill, getpid(), id, signo); }

/* The clock's number: linux/posix-timers.h, CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED. */
int64_t w_os_thread_cpu(int32_t id)
{
    struct timespec ts;
    clockid_t clock = (clockid_t)(~(uint32_t)id << 3 | 6);
    return clock_gettime(clock, &ts) == 0 ? (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec : -1;
}

/* The first bytes of /proc/self/task/ID/NAME, as a string: "" where there is none. */
static void task_file(int32_t id, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/%s", (int)id, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = 0;
}

/* "tid (name) S …": R is running, or ready to. */
bool w_os_thread_sleeps(int32_t id)
{
    char text[128];
    task_file(id, "stat", text, sizeof text);
    const char *name_end = strrchr(text, ')');
    return name_end && name_end[1] == ' ' && name_end[2] != 'R';
}

/* "NUMBER ARGUMENTS… SP PC", "-1 SP PC" outside of a call, or "running". */
int w_os_thread_call(int32_t id, char *where, size_t size)
{
    char text[32];
    int number = 0;
    task_file(id, "wchan", where, size); /* "0": the kernel does not tell */
    if (where[0] == '0')
        where[0] = 0;
    task_file(id, "syscall", text, sizeof text);
    for (const char *p = text; *p >= '0' && *p <= '9' && p < text + 6; p++)
        number = number * 10 + (*p - '0');
    return text[0] >= '0' && text[0] <= '9' ? number : -1;
}

bool w_os_signal_block(int signo, bool block)
{
    sigset_t one, old;
    sigemptyset(&one);
    sigaddset(&one, signo);
    pthread_sigmask(block ? SIG_BLOCK : SIG_UNBLOCK, &one, &old);
    return sigismember(&old, signo) == 1;
}

void *w_os_map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void w_os_unmap(void *p, size_t bytes)
{
#if W_ASAN
    __asan_unpoison_memory_region(p, bytes); /* frames that never returned left their redzones, and the next mapping may be here */
#endif
    munmap(p, bytes);
}

bool w_os_has_heavy_barrier(void)
{
#if W_TSAN
    return false; /* TSan cannot see the kernel's barrier: both sides use seq_cst operations there */
#else
    return syscall(SYS_membarrier, MEMBARRIER_REGISTER, 0, 0) == 0;
#endif
}

/* The kernel may want memory for it (a set of CPUs); a barrier that was not is no barrier. */
void w_os_heavy_barrier(void)
{
    for (int tries = 0; syscall(SYS_membarrier, MEMBARRIER_PRIVATE, 0, 0) != 0; tries++) {
        if (tries == BARRIER_TRIES)
            w_out_of_memory("membarrier");
        w_os_nap(BARRIER_NAP_NS);
    }
}

int w_os_guard_advice(void *p, size_t bytes) { return madvise(p, bytes, GUARD_INSTALL) == 0 ? 0 : -errno; }
int w_os_guard_mprotect(void *p, size_t bytes) { return mprotect(p, bytes, PROT_NONE) == 0 ? 0 : -errno; }

/* write(2) from the address: EFAULT says that the page cannot be read. The pipe's size bounds nothing: one byte. */
bool w_os_readable(const void *p)
{
    int fd[2];
    if (pipe2(fd, O_CLOEXEC) != 0)
        return false;
    ssize_t n = write(fd[1], p, 1);
    close(fd[0]);
    close(fd[1]);
    return n == 1;
}

bool w_os_guard_advice_works(void)
{
    size_t page = w_os_page();
    char *p = w_os_map(2 * page);
    if (!p)
        return false;
    bool works = w_os_guard_advice(p, page) == 0 && !w_os_readable(p) && w_os_readable(p + page);
    w_os_unmap(p, 2 * page);
    return works;
}

size_t w_os_page(void) { return (size_t)sysconf(_SC_PAGESIZE); }
void w_os_no_hugepage(void *p, size_t bytes) { madvise(p, bytes, MADV_NOHUGEPAGE); }
void w_os_discard(void *p, size_t bytes) { madvise(p, bytes, MADV_DONTNEED); }
int w_os_resident(const void *p, size_t pages, unsigned char *each)
{
    return mincore((void *)(uintptr_t)p, pages * w_os_page(), each) == 0 ? 0 : -errno;
}
