/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port of os/os.h to the simulation, in place of os/linux.c. sim.c has the protocol of futexes, time and threads.
 *
 * Memory: each mapping at the next address of a fixed range, which is never used again, so that who looks at what was
 * unmapped faults, and addresses compare the same in every run of a schedule. Ps and Ms have a range of their own:
 * their words may be stored late. What is freed by ws_free is filled with 0xdd and not used again either.
 */
#include "sim.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, SPURIOUS = 256, ALT = 64 * 1024 };
#define CORE      ((uintptr_t)0x100000000000) /* Ps and Ms */
#define CORE_SIZE ((uintptr_t)1 << 32)
#define HEAP      (CORE + CORE_SIZE)
#define HEAP_SIZE ((uintptr_t)1 << 30)
#define REST      (HEAP + 2 * HEAP_SIZE)

static uintptr_t core, heap, rest;

void ws_os_begin(void) {
    static char alternate[ALT];
    stack_t s = {.ss_sp = alternate, .ss_size = sizeof alternate};
    (sigaltstack)(&s, NULL);
    core = CORE;
    heap = 0;
    rest = REST;
}

/* One alternate stack will do, since there is one real thread. */
int ws_sigaltstack(const stack_t *ours, stack_t *old) {
    (void)ours;
    if (old) *old = (stack_t){.ss_flags = SS_DISABLE};
    return 0;
}

bool ws_os_is_core(uintptr_t p) { return p - CORE < CORE_SIZE; }
uint64_t ws_os_address(uintptr_t p) { return p >= CORE && p < rest ? p - CORE + 1 : 0; }

/* ---- futex, clock ---- */

void w_os_futex_wait(au32 *a, uint32_t expected, int64_t ns) {
    ws_step(WS_WAIT, &a->v, WS_HERE());
    ws_flush(ws.cur);
    if (a->v != expected || w_rand_below(&ws.rand, SPURIOUS) == 0) return;
    ws_block(&a->v, ns < 0 ? INT64_MAX : ws.now + ns);
}

void w_os_futex_wake(au32 *a, int n) {
    ws_step(WS_WAKE, &a->v, WS_HERE());
    ws_flush(ws.cur);
    ws_wake(&a->v, n);
}

int64_t w_os_now(void) {
    ws_step(WS_NOW, NULL, WS_HERE());
    ws_clock(ws.now + ws.read_ns);
    ws_looked();
    return ws.now;
}

void ws_relax(void) {
    ws_step(WS_RELAX, NULL, WS_HERE());
    ws_spun();
}

void w_os_thread_yield(void) {
    ws_step(WS_YIELD, NULL, WS_HERE());
    ws_flush(ws.cur);
    ws_spun();
}

void w_os_nap(int64_t ns) {
    ws_step(WS_NAP, NULL, WS_HERE());
    ws_flush(ws.cur);
    ws_block(NULL, ws.now + ns);
}

/* ---- threads, signals ---- */

int w_os_thread_start(pthread_t *t, size_t stack, void *(*fn)(void *), void *arg) {
    ws_step(WS_START, NULL, WS_HERE());
    ws_flush(ws.cur);
    struct ws_thread *new = ws_spawn(stack, fn, arg);
    if (!new) ws_not_here("so many threads");
    *t = (pthread_t)ws_id(new) + 1;
    return 0;
}

bool w_os_thread_try_join(pthread_t t) {
    if (ws.thread[t - 1].state != WS_DONE) {
        ws_step(WS_JOIN, NULL, WS_HERE());
        ws_flush(ws.cur);
        return false;
    }
    return ws_thread_join(t, NULL) == 0;
}

int w_os_affinity(void) { return 4; }
int32_t w_os_thread_id(void) { return ws_id(ws.cur) + 1; }
void w_os_thread_signal(int32_t id, int signo) { (void)id, (void)signo; }
int64_t w_os_thread_cpu(int32_t id) { return (void)id, ws.now; }
bool w_os_thread_sleeps(int32_t id) { return ws.thread[id - 1].state == WS_WAITING; }
int w_os_thread_call(int32_t id, char *where, size_t size) { return (void)id, (void)size, where[0] = 0, -1; }
bool w_os_signal_block(int signo, bool block) { return (void)signo, (void)block, false; }

/* ---- memory ---- */

void *w_os_map(size_t bytes) {
    size_t size = (bytes + PAGE - 1) & ~(size_t)(PAGE - 1);
    bool is_core = bytes == sizeof(struct w_p) || bytes == W_ALT_STACK + sizeof(struct w_m);
    uintptr_t *at = is_core ? &core : &rest;
    void *p = mmap((void *)*at, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (p == MAP_FAILED) return NULL;
    *at += size + PAGE; /* a page that faults in between */
    return p;
}

void w_os_unmap(void *p, size_t bytes) {
    ws_flush(ws.cur);
    munmap(p, bytes);
}

void *ws_malloc(size_t bytes) {
    static char *base;
    size_t size = ((bytes + 15) & ~(size_t)15) + 16;
    if (heap == 0)
        base = mmap((void *)HEAP, HEAP_SIZE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (base == MAP_FAILED || size > HEAP_SIZE - heap) return NULL;
    char *p = base + heap;
    heap += size;
    *(size_t *)(void *)p = size - 16;
    return p + 16;
}

void ws_free(void *p) {
    if (p) memset(p, 0xdd, *(size_t *)(void *)((char *)p - 16));
}

bool w_os_has_heavy_barrier(void) { return true; }

/* Stacks are 256 KiB or have a canary: what overflows them is not what is looked for here. */
bool w_os_guard_advice_works(void) { return true; }
int w_os_guard_advice(void *p, size_t bytes) { return (void)p, (void)bytes, 0; }
int w_os_guard_mprotect(void *p, size_t bytes) { return (void)p, (void)bytes, 0; }
size_t w_os_page(void) { return PAGE; }
void w_os_no_hugepage(void *p, size_t bytes) { (void)p, (void)bytes; }
void w_os_discard(void *p, size_t bytes) { madvise(p, bytes, MADV_DONTNEED); }
int w_os_resident(const void *p, size_t pages, unsigned char *each) {
    return mincore((void *)(uintptr_t)p, pages * PAGE, each) == 0 ? 0 : -errno;
}

bool w_os_readable(const void *p) {
    int fd[2];
    if (pipe2(fd, O_CLOEXEC) != 0) return false;
    ssize_t n = write(fd[1], p, 1);
    close(fd[0]);
    close(fd[1]);
    return n == 1;
}
