/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled into the runtime of the fault suite alone, before each of its files (-include): every call to the system that
 * may fail becomes a site, which inject.c is asked about first. A site is a record that the compiler puts into the section
 * wf_sites, by file, function and call; so the list of sites is the program's own, and table.c has to have an entry for each.
 * What w_os_map and w_os_thread_start are asked for is a site at each of their callers too.
 *
 * Why so. strace's injection knows calls, not sites; it counts each thread's calls apart; it needs the right to trace; what libc
 * does inside of pthread_create it cannot tell from the runtime's own; and it is slow (README.md). The linker's
 * --wrap knows a site by its return address only, and half of these calls are tail calls, whose return address is their caller's.
 *
 * Names in here are found by scripts/checks/faults.py: it holds them against what libweft.a leaves undefined.
 */
#ifndef WF_HOOK_H
#define WF_HOOK_H

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"

#include "site.h"

#define WF_SITE(name)                                                                                                          \
    __extension__({                                                                                                            \
        static const struct wf_site site_ __attribute__((section("wf_sites"), used)) = {__FILE__, __func__, name, __LINE__};   \
        &site_;                                                                                                                \
    })

/* In place of the call; or beside it, where the kernel does its work and fails all the same. */
#define WF_CALL(name, failed, ...) (wf_strikes(WF_SITE(#name)) ? (failed) : (name)(__VA_ARGS__))
#define WF_BESIDE(name, failed, ...)                     \
    __extension__({                                      \
        __typeof__((name)(__VA_ARGS__)) r_beside_ = (name)(__VA_ARGS__); \
        wf_strikes(WF_SITE(#name)) ? (failed) : r_beside_;              \
    })
/* Of n bytes, a failure or as little as one. */
#define WF_SOME(name, fd, buf, n, ...)                                     \
    __extension__({                                                        \
        int how_ = wf_strikes(WF_SITE(#name));                             \
        how_ == WF_FAILS ? -1 : (name)(fd, buf, wf_cut(how_, n), ##__VA_ARGS__); \
    })

/* memory */
#define mmap(at, bytes, ...) wf_mapped(WF_CALL(mmap, MAP_FAILED, at, bytes, __VA_ARGS__), bytes)
#define munmap(at, bytes) (wf_strikes(WF_SITE("munmap")) ? -1 : wf_unmapped((munmap)(at, bytes), bytes))
#define madvise(...) WF_CALL(madvise, -1, __VA_ARGS__)
#define mprotect(...) WF_CALL(mprotect, -1, __VA_ARGS__)
#define mincore(...) WF_CALL(mincore, -1, __VA_ARGS__)
#define malloc(...) WF_CALL(malloc, NULL, __VA_ARGS__)
#ifndef WF_DEFINES_OS
#define w_os_map(...) WF_CALL(w_os_map, NULL, __VA_ARGS__)
#define w_os_thread_start(...) WF_CALL(w_os_thread_start, -wf_error(), __VA_ARGS__)
#endif

/* threads, signals, time */
#define pthread_create(...) WF_CALL(pthread_create, wf_error(), __VA_ARGS__)
#define pthread_atfork(...) WF_CALL(pthread_atfork, wf_error(), __VA_ARGS__)
#define sigaltstack(...) WF_CALL(sigaltstack, -1, __VA_ARGS__)
#define sched_getaffinity(...) WF_CALL(sched_getaffinity, -1, __VA_ARGS__)
#define nanosleep(...) WF_CALL(nanosleep, -1, __VA_ARGS__)
#define syscall(number, ...) (wf_strikes(WF_SITE(#number)) ? -1 : (syscall)(number, ##__VA_ARGS__))

/* descriptors */
#define open(...) WF_CALL(open, -1, __VA_ARGS__)
#define close(...) WF_BESIDE(close, -1, __VA_ARGS__)
#define pipe2(...) WF_CALL(pipe2, -1, __VA_ARGS__)
#define fcntl(...) WF_CALL(fcntl, -1, __VA_ARGS__)
#define fstat(...) WF_CALL(fstat, -1, __VA_ARGS__)
#define read(...) WF_SOME(read, __VA_ARGS__)
#define write(...) WF_SOME(write, __VA_ARGS__)
#define preadv2(...) WF_CALL(preadv2, -1, __VA_ARGS__)
#define pwritev2(...) WF_CALL(pwritev2, -1, __VA_ARGS__)
#define poll(...) WF_CALL(poll, -1, __VA_ARGS__)
#define epoll_create1(...) WF_CALL(epoll_create1, -1, __VA_ARGS__)
#define epoll_ctl(...) WF_CALL(epoll_ctl, -1, __VA_ARGS__)
#define epoll_wait(...) WF_CALL(epoll_wait, -1, __VA_ARGS__)
#define eventfd(...) WF_CALL(eventfd, -1, __VA_ARGS__)

/* sockets */
#define socket(...) WF_CALL(socket, -1, __VA_ARGS__)
#define bind(...) WF_CALL(bind, -1, __VA_ARGS__)
#define listen(...) WF_CALL(listen, -1, __VA_ARGS__)
#define accept4(...) WF_CALL(accept4, -1, __VA_ARGS__)
#define connect(...)                                                                             \
    __extension__({ /* interrupted, it goes on by itself */                                      \
        int how_ = wf_strikes(WF_SITE("connect"));                                               \
        int r_connect_ = how_ && wf_error() != EINTR ? -1 : (connect)(__VA_ARGS__);              \
        how_ ? wf_fails() : r_connect_;                                                          \
    })
#define recv(...) WF_SOME(recv, __VA_ARGS__)
#define send(...) WF_SOME(send, __VA_ARGS__)
#define getsockopt(...) WF_CALL(getsockopt, -1, __VA_ARGS__)
#define setsockopt(...) WF_CALL(setsockopt, -1, __VA_ARGS__)
#define getpeername(...) WF_CALL(getpeername, -1, __VA_ARGS__)
#define getaddrinfo(...) WF_CALL(getaddrinfo, wf_error(), __VA_ARGS__)

#endif
