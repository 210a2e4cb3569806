/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft.h — goroutines for C: the only public header of libweft.
 *
 * Meaning: Go's, wherever Go has the same thing. Where a docstring names no other source, it is the Go specification
 * or the documentation of Go's runtime, sync and time packages.
 *
 * Results.   Failures of the environment return a negative errno. Misuse panics as Go does: text on stderr, exit
 *            status 2. Out of memory in weft_go and in constructors is fatal ("fatal error: out of memory"), and so it is wherever no
 *            errno is promised: also a thread that cannot be made, a stack, a deadline ("fatal error: out of memory (thread)", …).
 * Times.     int64_t nanoseconds. A deadline is absolute on weft_now()'s clock; WEFT_NEVER waits without one. An
 *            operation that is ready wins over a deadline that has passed; otherwise `_until` calls give -ETIMEDOUT.
 * Switching. "May switch" means: other goroutines may run before the call returns, and the caller may continue on
 *            another thread. Thread-locals, errno's value and the floating-point environment are the thread's: what was
 *            read before such a call is stale after it. Calls that do not say it do not switch, but for two cases: the
 *            first call after weft_procs took the caller's processor away may switch once, and a call made after the run
 *            has ended does not return.
 * Processes. fork, posix_spawn, system and popen work from goroutines; what they start has the signal mask of weft_run's caller
 *            (and SIGPIPE blocked, but for fork). In the child of a fork made during a run only exec and _exit are
 *            allowed: what would be fatal on a foreign thread, and any look at the run, is fatal there (status 2).
 * Signals.   Any thread of the runtime that runs goroutines may take a signal that weft_run's caller has unblocked. Handlers that
 *            the process has before the run are moved to an alternate stack of 64 KiB while goroutines run; one that is
 *            installed later needs SA_ONSTACK, since a goroutine's stack may be small. No call to Weft in a handler.
 * Threads.   Unless a docstring says otherwise, a call is for goroutines only. From a foreign thread it is fatal, at the latest
 *            when it needs the scheduler: locking a free mutex goes unnoticed there, and is misuse all the same.
 */
#ifndef WEFT_H
#define WEFT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#if defined(__cplusplus)
#define WEFT_NORETURN [[noreturn]]
extern "C" {
#else
#define WEFT_NORETURN _Noreturn
#endif

#pragma GCC visibility push(default) /* what the shared library exports */

#define WEFT_VERSION "0.1.0"
/* The deadline that never comes. */
#define WEFT_NEVER INT64_MAX

typedef void (*weft_fn)(void *);

/* ---- Running ---------------------------------------------------------------------------------------------------- */

/* What a run is given. Fill with weft_config_init, then change fields; `size` tells the library which header built it. */
struct weft_config {
    size_t size;        /* sizeof(struct weft_config), set by weft_config_init; fields beyond it have their defaults */
    int procs;          /* processors: goroutines that run at the same time, 1 to 256; default WEFT_PROCS, else the CPUs that the
                           process may run on or the quota of its control group, rounded up, at least 2 (unless there is one
                           CPU); left at that default it follows the quota within seconds, until weft_procs sets it */
    size_t stack_size;  /* bytes of address space for a goroutine's stack, guard page included, committed page by page; 16 KiB to
                           max_stack, default 256 KiB */
    size_t max_stack;   /* cap on weft_go_options.stack_size, bytes; stack_size to 1 GiB, default 1 GiB */
    int max_threads;    /* at least 2; every thread of the runtime counts, its monitor and the caller of weft_run too; one more is
                           "fatal error: thread exhaustion"; default 10000 */
    uint64_t sim_seed;  /* ignored, whatever it is. Schedules that a seed decides need another library, libweft_sim.a, and
                           WEFT_SIM in the environment */
};

/* Fill *c with the defaults, procs from WEFT_PROCS. A bad value there or in WEFT_DEBUG ends the process with one line on
 * stderr and status 2; WEFT_DEBUG=help prints the knobs and exits with 0. Any thread. Never switches. */
void weft_config_init(struct weft_config *c);

/* Run main_fn(arg) as goroutine 1 and return its result. When it returns, other goroutines end where they stand, at the latest
 * in their next call to Weft, without their deferred calls; threads are joined, memory and mappings given back. One
 * that does not call Weft is stopped by a signal where it holds no lock of libc; system calls return EINTR. What refuses for 100 ms is
 * left to itself on memory that stays mapped, and said once on stderr; on the caller's own thread it is waited for. May be called
 * again and again, from one thread at a time.
 * Returns main_fn's result, weft_exit's code, -EBUSY while another run is on, or -ENOMEM: results and codes are best from 0 up, since
 * a negative one cannot be told from these. From inside a goroutine: fatal. */
int weft_run(int (*main_fn)(void *), void *arg);

/* The same with a configuration, not NULL, which the library copies. Also -EINVAL: a field out of range. */
int weft_run_config(const struct weft_config *c, int (*main_fn)(void *), void *arg);

/* End the run from any goroutine: weft_run returns the code of the first who asks. No deferred call runs. Source: os.Exit, for a
 * library. */
WEFT_NORETURN void weft_exit(int code);

/* "0.1.0": the library's version. Any thread. */
const char *weft_version(void);

/* ---- Goroutines ------------------------------------------------------------------------------------------------- */

/* Start fn(arg) in a new goroutine; the caller goes on at once. fn NULL: "fatal error: go of nil func value". Never
 * switches. Source: the go statement. */
void weft_go(weft_fn fn, void *arg);

/* Zeroed options are the defaults. */
struct weft_go_options {
    const char *name;   /* shown in dumps; copied, cut at 31 bytes; NULL: none */
    size_t stack_size;  /* bytes, raised to 16 KiB and to whole pages, at most the run's max_stack; 0: the run's default */
    const void *copy;   /* with copy_size > 0, fn's argument is not arg but its own copy of these bytes, aligned to 16, which
                           lives as long as fn runs */
    size_t copy_size;   /* bytes, at most 1 MiB */
    int small;          /* 1: a 2 KiB stack without a guard page, checked by a canary when it parks: for goroutines that
                           call little beside Weft itself; deep or libc calls by way of weft_on_system_stack. Overrides stack_size,
                           and is overridden by WEFT_DEBUG=guardstacks=1 */
};

/* weft_go with options, which the library copies; o NULL: the defaults. 0, -ENOMEM, or -EINVAL (stack_size above max_stack,
 * copy_size too large, copy NULL). fn NULL is fatal as in weft_go. Never switches. */
int weft_go_with(const struct weft_go_options *o, weft_fn fn, void *arg);

/* Let other runnable goroutines run; the caller goes to the tail of its processor's queue. May switch. Source:
 * runtime.Gosched. */
void weft_yield(void);

/* End the calling goroutine after its deferred calls, through every weft_pcall. In the main goroutine: the others go on,
 * and when none is left "fatal error: no goroutines (main called runtime.Goexit) - deadlock!". Source: runtime.Goexit. */
WEFT_NORETURN void weft_goexit(void);

/* Call fn(arg) when the innermost weft_pcall, else the goroutine, ends or panics. Last in, first out. fn may switch, panic and
 * defer; weft_defer itself never switches. Source: the defer statement, by weft_pcall instead of by function. */
void weft_defer(weft_fn fn, void *arg);

/* The calling goroutine's number; main is 1, numbers are not used again within a run and say nothing about order. */
uint64_t weft_id(void);

/* Goroutines that exist now, the caller included; may be one too many while others end. Source: runtime.NumGoroutine. */
int weft_num_goroutines(void);

/* Set the number of processors, 1 to 256 (more counts as 256), which then follows no quota; returns the former. n < 1 only asks.
 * Does not stop the world: a processor that is taken away is left at its goroutine's next call to Weft. May switch. Source:
 * runtime.GOMAXPROCS. */
int weft_procs(int n);

/* Tie the calling goroutine to its present thread, until as many unlocks: no other goroutine runs on that thread, and it runs on no
 * other, so thread-locals, errno and the floating-point environment stay its own across switches, each of which then costs a
 * thread switch. One that ends while locked ends its thread, the process's first excepted. An unlock too many is ignored. Never
 * switch. Source: runtime.LockOSThread. */
void weft_lock_thread(void);
void weft_unlock_thread(void);

/* Call fn(arg) on the thread's own stack (256 KiB; what is left of its own on weft_run's caller): for a deep call from a small
 * goroutine. In fn, weft_defer, weft_pcall, weft_goexit, weft_panic and a call that would switch are fatal; calls that never
 * switch work. Never switches. */
void weft_on_system_stack(weft_fn fn, void *arg);

/* ---- Panics ----------------------------------------------------------------------------------------------------- */

/* Panic with a message (printf's conversions, cut at 1000 bytes). Deferred calls run, which may switch; then the innermost
 * weft_pcall returns it. Uncaught: "panic: …", the goroutine's frames, exit status 2. Source: panic. */
WEFT_NORETURN void weft_panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Call fn(arg). NULL, or the message (without "panic: ") of a panic it raised, after its deferred calls have run; the text
 * lives until this goroutine's next weft_pcall, or its end. What fn did before the panic stays done; frames in between are
 * dropped as by longjmp (in C++ without destructors). Faults, fatal errors and weft_goexit are not caught. May switch if fn
 * does. Source: recover. */
const char *weft_pcall(weft_fn fn, void *arg);

/* "fatal error: …" (printf's conversions, cut at 1023 bytes) with every goroutine's frames and exit status 2; nothing catches
 * it, no deferred call runs. Any thread, in or out of a run. Source: runtime.throw. */
WEFT_NORETURN void weft_fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- Channels --------------------------------------------------------------------------------------------------- */

/* A channel of elements of elem_size bytes. NULL is a valid channel: send and receive block for ever, close panics, and
 * a select case on it is never ready. A channel may outlive a run and be used in the next. */
typedef struct weft_chan weft_chan;

/* A new channel with room for `capacity` elements; 0: unbuffered. elem_size in bytes, 0 to 4 GiB - 1. Negative, or more than
 * 128 TiB in all: "panic: makechan: size out of range". Any thread. Never switches. Source: make. */
weft_chan *weft_chan_new(size_t elem_size, ptrdiff_t capacity);

/* Free a channel that nobody waits on or will use, with what it still holds. After a run nobody waits any more. NULL is ignored. Any
 * thread. */
void weft_chan_free(weft_chan *c);

/* Send a copy of *elem (may be NULL if the element size is 0). Blocks while the channel is full; unbuffered: until somebody
 * receives. May switch. On a closed channel, also one that is closed meanwhile: "panic: send on closed channel". */
void weft_chan_send(weft_chan *c, const void *elem);

/* Receive into *elem (may be NULL: the value is dropped). 1, or 0 with *elem zeroed: closed and drained. May switch. */
int weft_chan_recv(weft_chan *c, void *elem);

/* As send and receive where those would not block; never switch. try_send: 1 sent, 0 it would block. try_recv: 1 or 0 as
 * weft_chan_recv, -EAGAIN it would block. NULL would always block. */
int weft_chan_try_send(weft_chan *c, const void *elem);
int weft_chan_try_recv(weft_chan *c, void *elem);

/* As send and receive, until the deadline: 0 sent; 1 or 0 as weft_chan_recv; -ETIMEDOUT. A deadline that has passed makes them
 * try once. May switch. */
int weft_chan_send_until(weft_chan *c, const void *elem, int64_t deadline);
int weft_chan_recv_until(weft_chan *c, void *elem, int64_t deadline);

/* Close: waiting receivers get 0, waiting senders panic; what is buffered can still be received. Never switches. "panic: close
 * of closed channel", "panic: close of nil channel". */
void weft_chan_close(weft_chan *c);

/* Elements buffered now, and the capacity, in elements; 0 for NULL. Any thread. */
size_t weft_chan_len(const weft_chan *c);
size_t weft_chan_cap(const weft_chan *c);

enum weft_dir { WEFT_DIR_SEND, WEFT_DIR_RECV };

/* One case of a select. */
struct weft_case {
    weft_chan *chan;
    enum weft_dir dir;
    void *elem;  /* sent from, or received into (NULL: dropped) */
    int ok;      /* out, for a receive that was chosen: as weft_chan_recv's result; of other cases without meaning */
};

/* Wait until one case can go on, do it, and return its index, 0 to n - 1; among several that can, each is as likely. n = 0 blocks
 * for ever; more than 65535: "panic: reflect.Select: too many cases (max 65535)", as in the two below. A channel may stand in several
 * cases. May switch. A chosen send on a closed channel panics. Source: the select statement. */
int weft_select(struct weft_case *cases, size_t n);
/* With a default case: -EAGAIN where weft_select would block (n = 0 too). Never switches. */
int weft_try_select(struct weft_case *cases, size_t n);
/* With a deadline: -ETIMEDOUT (n = 0 too); one that has passed makes it try once. May switch. */
int weft_select_until(struct weft_case *cases, size_t n, int64_t deadline);

/* ---- Sync ------------------------------------------------------------------------------------------------------- */
/* Complete types. The zero value is ready: static, or initialised with {0}, in C++ {}. Do not copy one that is in use. Fields are
 * private. Nothing is to be destroyed; one that nobody uses any more may be freed. May outlive a run: who waited is forgotten, what
 * was locked stays locked. Source: package sync. Only what says so switches. */

struct weft_waitq_ {
    uint32_t lock_, run_;
    void *head_, *tail_;
};
typedef struct weft_waitgroup {
    uint64_t state_;
    struct weft_waitq_ q_;
} weft_waitgroup;
typedef struct weft_mutex {
    uint32_t state_, run_;
    struct weft_waitq_ q_;
} weft_mutex;
typedef struct weft_rwmutex {
    uint32_t state_, run_;
    struct weft_waitq_ q_;
    weft_mutex writers_;
} weft_rwmutex;
typedef struct weft_cond {
    void *self_;
    uint32_t queued_, spare_;
    struct weft_waitq_ q_;
} weft_cond;
typedef struct weft_sema {
    uint64_t state_;
    struct weft_waitq_ q_;
} weft_sema;
typedef struct weft_once {
    uint32_t done_, run_;
    weft_mutex m_;
} weft_once;

/* Add delta (may be negative; done: -1) to the counter; at 0 all waiters go on. "panic: sync: negative WaitGroup counter". An
 * add that starts from 0 comes before the wait; otherwise, where noticed: "panic: sync: WaitGroup misuse: …". */
void weft_waitgroup_add(weft_waitgroup *wg, int delta);
void weft_waitgroup_done(weft_waitgroup *wg);
/* Wait until the counter is 0. May switch. _until: 0 or -ETIMEDOUT. */
void weft_waitgroup_wait(weft_waitgroup *wg);
int weft_waitgroup_wait_until(weft_waitgroup *wg, int64_t deadline);
/* Add 1 and start fn(arg) in a goroutine that counts down when fn returns or ends by weft_goexit. fn NULL is fatal. */
void weft_waitgroup_go(weft_waitgroup *wg, weft_fn fn, void *arg);

/* Lock; not recursive; FIFO among those who wait more than 1 ms, as sync.Mutex. lock and lock_until (0 or -ETIMEDOUT) may
 * switch. try: 1 got it, 0 not. unlock, from any goroutine; of an unlocked one: "fatal error: sync: unlock of unlocked mutex". */
void weft_mutex_lock(weft_mutex *m);
int weft_mutex_try_lock(weft_mutex *m);
void weft_mutex_unlock(weft_mutex *m);
int weft_mutex_lock_until(weft_mutex *m, int64_t deadline);

/* Many readers or one writer; a waiting writer holds back later readers (so a reader must not rlock again), and the readers that
 * waited go before the next writer. lock and rlock may switch. try: 1 got it, 0 not. Fatal: "sync: Unlock of unlocked RWMutex",
 * "sync: RUnlock of unlocked RWMutex". */
void weft_rwmutex_lock(weft_rwmutex *m);
void weft_rwmutex_unlock(weft_rwmutex *m);
int weft_rwmutex_try_lock(weft_rwmutex *m);
void weft_rwmutex_rlock(weft_rwmutex *m);
void weft_rwmutex_runlock(weft_rwmutex *m);
int weft_rwmutex_try_rlock(weft_rwmutex *m);

/* Unlock m, which the caller holds, wait for a signal, lock m again. FIFO, no spurious wake-ups. May switch. _until: 0 or
 * -ETIMEDOUT, m locked either way; m unlocked: fatal, as weft_mutex_unlock. signal wakes one, broadcast all who wait now; neither need
 * hold m. A copied one: "panic: sync.Cond is copied". */
void weft_cond_wait(weft_cond *c, weft_mutex *m);
int weft_cond_wait_until(weft_cond *c, weft_mutex *m, int64_t deadline);
void weft_cond_signal(weft_cond *c);
void weft_cond_broadcast(weft_cond *c);

/* A counting semaphore; zeroed it holds 0; init, before anyone uses it, gives it n. acquire takes one, FIFO; acquire and
 * acquire_until (0 or -ETIMEDOUT) may switch. try: 1 got one, 0 not. release adds n, from any goroutine, without an upper bound. */
void weft_sema_init(weft_sema *s, uint32_t n);
void weft_sema_acquire(weft_sema *s);
int weft_sema_try_acquire(weft_sema *s);
int weft_sema_acquire_until(weft_sema *s, int64_t deadline);
void weft_sema_release(weft_sema *s, uint32_t n);

/* Call fn(arg) if this is the first call on o; others return when it has ended, by return, panic or weft_goexit. May switch.
 * fn must not call it on o: it would wait for itself. */
void weft_once_do(weft_once *o, weft_fn fn, void *arg);

/* ---- Time ------------------------------------------------------------------------------------------------------- */

/* CLOCK_MONOTONIC in nanoseconds. Any thread. Never switches. */
int64_t weft_now(void);
/* Wait at least ns nanoseconds while others run; ns <= 0 returns at once. May switch. Source: time.Sleep. */
void weft_sleep(int64_t ns);

/* A timer. Valid until it is freed; the last user frees it. Source: time.Timer and time.Ticker of Go 1.23 and later: neither stop
 * nor reset leaves a stale value behind, and one that nobody waits for cannot keep a run from being deadlocked. */
typedef struct weft_timer weft_timer;

/* After ns nanoseconds (<= 0: at once) a time, an int64_t, is sent once on weft_timer_chan: weft_now() when it was due, however late it
 * is received. Goes on in the next run. Never switches. */
weft_timer *weft_timer_new(int64_t ns);
/* After ns nanoseconds fn(arg) starts in a goroutine of its own, of this run. It has no channel (NULL). fn NULL is fatal. Never
 * switches. */
weft_timer *weft_after_func(int64_t ns, weft_fn fn, void *arg);
/* Every ns nanoseconds, counted from now on without drift, such a time is sent; a tick that finds the last one unread, or comes
 * while nobody looks, is dropped. "panic: non-positive interval for NewTicker". Never switches. */
weft_timer *weft_ticker_new(int64_t ns);
/* The channel on which it sends, of capacity 1, len and cap as for Go's: 0. The timer's: not to be sent on, closed or freed. */
weft_chan *weft_timer_chan(weft_timer *t);
/* Stop it; set it to fire ns nanoseconds from now (a ticker: every ns; non-positive is "panic: non-positive interval for
 * Ticker.Reset"). 1: it was pending, which a value fired but not received is too (it is dropped); 0: it was not. A function that has
 * started goes on. NULL: "panic: time: Stop called on uninitialized Timer", "… Reset …". Never switch. */
int weft_timer_stop(weft_timer *t);
int weft_timer_reset(weft_timer *t, int64_t ns);
/* Stop it and give its memory back, its channel's too; nobody waits on that. Also while its function runs. NULL is ignored. Never
 * switches. After a run any thread may free what it left. */
void weft_timer_free(weft_timer *t);

/* ---- Cancellation ----------------------------------------------------------------------------------------------- */
/* Source: package context. Only weft_context_done's channel is waited on: nothing here switches. */

typedef struct weft_context weft_context;

/* A context under parent (NULL: none), cancelled with it; under a cancelled one it is cancelled at once. with_deadline: also when
 * the deadline (on weft_now()'s clock) has come. */
weft_context *weft_context_new(weft_context *parent);
weft_context *weft_context_with_deadline(weft_context *parent, int64_t deadline);
/* Cancel it and all under it; the first cause stays. */
void weft_context_cancel(weft_context *c);
/* A channel that is closed once c is cancelled, the same each time, and in a later run to be asked for again; c's: valid until c is freed,
 * not to be sent on, closed or freed. */
weft_chan *weft_context_done(weft_context *c);
/* 0: not cancelled; -ECANCELED: by weft_context_cancel or free; -ETIMEDOUT: by its deadline. Its parent's cause is its own. */
int weft_context_err(weft_context *c);
/* Cancel it and all under it, and give its memory back; nobody selects on its channel any more. Those under it stay valid, without a
 * parent. NULL is ignored. After a run any thread may free what it left. */
void weft_context_free(weft_context *c);

/* ---- Input and output ------------------------------------------------------------------------------------------- */
/*
 * These park the goroutine, never the thread. Any descriptor will do: sockets, pipes, terminals and what else epoll takes wait in
 * the poller; regular files and the rest are handed over as calls that may block a thread. A descriptor that Weft has seen
 * is closed with weft_close, not close. Flags of descriptors that Weft did not make stay as they are; those it makes are
 * non-blocking and close-on-exec. Results are a negative errno on failure, -EBADF if the descriptor is not open or is closed
 * meanwhile; EINTR is not seen. Several goroutines may wait on one descriptor. SIGPIPE is blocked on the runtime's threads: a
 * broken pipe or socket gives -EPIPE. May switch, all. Source: package net, internal/poll.
 */

/* read(2): bytes, 0 at the end of file. _until: -ETIMEDOUT; a deadline that has passed allows one try, here and below. */
ssize_t weft_read(int fd, void *buf, size_t n);
ssize_t weft_read_until(int fd, void *buf, size_t n, int64_t deadline);
/* Writes all n bytes, and returns n, or an error (some may have been written). One call at a time writes to a descriptor, others wait, so
 * its bytes stay together. _until: at the deadline the bytes written so far, if any, else -ETIMEDOUT. */
ssize_t weft_write(int fd, const void *buf, size_t n);
ssize_t weft_write_until(int fd, const void *buf, size_t n, int64_t deadline);

/* The next connection of a listening socket: a descriptor. One that broke before it was accepted is passed over; other errors leave
 * the socket listening (-EMFILE, say: try again later). _until: -ETIMEDOUT. */
int weft_accept(int fd);
int weft_accept_until(int fd, int64_t deadline);

/* Close; whoever waits on it gets -EBADF (weft_poll too). Returns when all who used it are out, also those in a call that was handed over
 * and cannot be woken (a file's). 0 or a negative errno. */
int weft_close(int fd);

/* A listening stream socket. "tcp:HOST:PORT" (IPv6 hosts in brackets; port 0: any; SO_REUSEADDR is set), "unix:PATH" (@ in front:
 * abstract; the file is the caller's to remove, before and after). backlog as listen(2)'s; <= 0: the system's largest. The
 * descriptor; -EINVAL: an address that does not parse, -ENOENT: a name that is not found, or cannot be looked up; and socket(2)'s,
 * bind(2)'s errors. Ports are numbers. Accepted TCP connections have TCP_NODELAY. */
int weft_listen(const char *address, int backlog);
/* Connect to such an address; a name's addresses are tried in turn. The descriptor; -ETIMEDOUT at the deadline; -EINVAL, -ENOENT as
 * weft_listen; and socket(2)'s, connect(2)'s errors. TCP_NODELAY is set, as in Go. No HOST: this machine. */
int weft_dial(const char *address, int64_t deadline);

/* Wait until one of events (POLLIN, POLLOUT, POLLPRI, POLLRDHUP of poll(2)) is there: the revents, POLLERR and POLLHUP too, or
 * -ETIMEDOUT. A descriptor that cannot be polled is always ready. */
int weft_poll(int fd, short events, int64_t deadline);

/* fn(arg), which may block the thread, on this goroutine's stack; its processor goes on without it after some 20 µs if there is
 * work. Returns fn's result. In fn no call to Weft but weft_now; nanosleep, poll and
 * select may return EINTR there, as anywhere in a goroutine. May switch (thread too) when fn has returned. Source: cgocall. */
intptr_t weft_blocking(intptr_t (*fn)(void *), void *arg);
/* The same around code of one's own: between the two no call to Weft. They do not nest. May switch at exit. Source: entersyscall. */
void weft_syscall_enter(void);
void weft_syscall_exit(void);

/* Send each signal signo that the process gets to c as an int, dropped where that would block; raised again before it was sent, it may come
 * once. c NULL: no more, and what was before is restored, as at the end of the run. One channel a signal: the last one given;
 * it is touched no more when a call that replaces it has returned. Waiting for a signal is no deadlock. It has to be unblocked
 * in some thread: that of weft_run's caller, say. 0 or -EINVAL (one that cannot be caught, a fault's, or
 * SIGURG, which is Weft's own; a channel of other elements). May switch where another such call, or a delivery, is under way. Source:
 * os/signal.Notify.
 * Not subscribed, signals act as without Weft, but SIGQUIT: if the process neither handles nor ignores it, all goroutines are reported and
 * the status is 2. */
int weft_signal_notify(int signo, weft_chan *c);

/* ---- Foreign threads -------------------------------------------------------------------------------------------- */

/* Start fn(arg) as a new goroutine, from any thread (not from a signal handler). 0, -ESRCH outside a run, -ENOMEM; fn NULL is
 * fatal. Never switches. */
int weft_post(weft_fn fn, void *arg);

/* While held, goroutines that all wait are no deadlock: a foreign thread may still post. Nests; any thread, in or out of a run.
 * A release without its hold is fatal. */
void weft_hold(void);
void weft_release(void);

/* ---- Seeing ----------------------------------------------------------------------------------------------------- */

/* Set size to sizeof(struct weft_stats) before weft_stats_read; a library of another age fills what both know. Counters are of the present
 * run, summed over processors without stopping them.
 *   switches: how often a processor went on with a goroutine, the same one too where a yield finds no other; yields: calls of weft_yield;
 *   parks: waits begun; preemptions: goroutines that sysmon took off their processor; handoffs: processors given to another thread, by
 *   sysmon from a call, or with a goroutine that runs on its own thread alone; steals: thefts from another processor that got something,
 *   stolen: the goroutines in them; overflows: full queues of a processor that gave half to the global one; global_gets: goroutines taken
 *   from there; wakeups: threads woken since there was work; polls: looks at the poller; timers_fired: deadlines that came
 * threads: all of the run, sysmon and weft_run's caller among them; threads_spinning: those that look for work. This version has no
 * hibernation: stacks_hibernated is 0. */
struct weft_stats {
    size_t size;
    uint64_t goroutines, created, running, runnable, waiting, in_syscall; /* now; created: ever */
    uint64_t procs, threads, threads_idle, threads_spinning;
    uint64_t switches, yields, parks, preemptions, handoffs, steals, stolen, overflows, global_gets, wakeups, polls, timers_fired;
    uint64_t stacks, stacks_hibernated, stack_bytes; /* stacks attached now; bytes of address space reserved for stacks */
};
/* Any thread; all zero but size outside a run. size 0 is taken as the library's own. Never switches; looks at every goroutine. */
void weft_stats_read(struct weft_stats *s);

struct weft_goroutine_info {
    uint64_t id;
    const char *name, *state, *wait_reason; /* name: "" where none was given; state: "runnable", "running", "waiting" or "syscall";
                                               wait_reason: Go's words as in dumps, "" when not waiting */
    void *entry, *spawned_at;               /* its function (WEFT_GO_DEFINE: the one generated); the return address of the call
                                               that started it */
    int64_t waiting_ns;                     /* since it parked, by its processor's last reading of the clock before that, which
                                               is up to 61 scheduling rounds old: so much too long; 0 when not waiting */
    size_t stack_high;                      /* the most bytes of stack that goroutines with this entry have been seen to use in this
                                               run, whole pages, 0: none seen. Seen where it costs nothing: when listed here, of those that
                                               began on a stack without pages of earlier users (the first ones, and any whose stack had
                                               rested for some seconds) all, of others what they stand on while they wait; when ended, of
                                               as many as fit into 1 % of the time. A floor, therefore; at most a page too much. A gap of
                                               256 KiB, far down 4 MiB, that was never touched hides what is below it.
                                               The first look at a stack in use takes 1 µs, 4 ms for each GiB in use */
};
/* Fill up to max entries, in no order; returns how many goroutines there are, 0 outside a run. Others go on meanwhile, so it is not
 * of one instant. name lives as long as the goroutine. Any thread. Never switches. */
size_t weft_goroutines(struct weft_goroutine_info *out, size_t max);
/* WEFT_DEBUG=deadlock=1 reports on stderr, while the rest goes on, goroutines that wait for each other's weft_mutex, weft_rwmutex or weft_once
 * (each once, within 100 ms), with who holds what; =fatal ends with status 2 after it. Waits with a deadline do not count, nor do locks
 * once another goroutine unlocked one than had locked it.
 * WEFT_DEBUG=hog=MS names on stderr goroutines that compute for MS and let nobody else run, and those that block their thread for MS without
 * having declared it, with their frames and where they were started; of those with one entry function that were started at one place the
 * first of each kind. It signals them, as preemption does: a call of theirs that blocks may return EINTR.
 * WEFT_DEBUG=leaks=1 lists on stderr the goroutines that are left when main returns or weft_exit is called, with where they were started and
 * wait, of those that are alike one; =fatal ends with status 2 after it. Before, those that can go on may do so for up to a second. */

/* Record what the scheduler does, from all threads, and write it to path as Chrome's JSON, which Perfetto reads, when stopped or
 * when the run ends; start: 0, -EBUSY (one is on), or open(2)'s errors; stop: 0, -ESRCH (none is on) or write(2)'s. While on,
 * each switch costs some 50 ns more, and a record of 32 bytes an event. Goroutines only. Never switch. */
int weft_trace_start(const char *path);
int weft_trace_stop(void);

/* Write every goroutine in Go's form to a descriptor, which may block the thread; nothing outside a run. Any thread. Never
 * switches. */
void weft_dump(int fd);

/* ---- Typed goroutines and channels ------------------------------------------------------------------------------- */

/* Used by WEFT_GO_DEFINE: starts fn with its own copy of size bytes; out of memory is fatal. */
void weft_go_copy_(weft_fn fn, const void *copy, size_t size);

#pragma GCC visibility pop
#if defined(__cplusplus)
}
#endif

#define WEFT_INLINE_ static inline __attribute__((unused))

/*
 * WEFT_GO_DEFINE(fn, T1, …), at file scope after fn's declaration, 1 to 6 types: defines `go_fn(T1, …)`, which copies its
 * arguments and starts fn(…) in a goroutine, whose result, if it has one, is dropped. The compiler checks and converts as in any
 * call. A type that is not a plain prefix (a function pointer) needs a typedef. Out of memory is fatal. Never switches.
 */
#define WEFT_GO_DEFINE(fn, ...) WEFT_PICK6_(__VA_ARGS__, WEFT_GO6_, WEFT_GO5_, WEFT_GO4_, WEFT_GO3_, WEFT_GO2_, WEFT_GO1_, )(fn, __VA_ARGS__)
#define WEFT_PICK6_(a, b, c, d, e, f, pick, ...) pick
#define WEFT_GO_BODY_(fn, params, fields, init, args)             \
    struct weft_args_##fn fields;                                 \
    WEFT_INLINE_ void weft_start_##fn(void *p)                    \
    {                                                             \
        struct weft_args_##fn *a = (struct weft_args_##fn *)p;    \
        fn args;                                                  \
    }                                                             \
    WEFT_INLINE_ void go_##fn params                              \
    {                                                             \
        struct weft_args_##fn args_ = init;                       \
        weft_go_copy_(weft_start_##fn, &args_, sizeof args_);     \
    }                                                             \
    __extension__ /* so that a ';' may follow, and need not, pedantic or not */
#define WEFT_B_(...) {__VA_ARGS__}
#define WEFT_GO1_(fn, A) WEFT_GO_BODY_(fn, (A a1), {A a1;}, WEFT_B_(a1), (a->a1))
#define WEFT_GO2_(fn, A, B) WEFT_GO_BODY_(fn, (A a1, B a2), {A a1; B a2;}, WEFT_B_(a1, a2), (a->a1, a->a2))
#define WEFT_GO3_(fn, A, B, C) \
    WEFT_GO_BODY_(fn, (A a1, B a2, C a3), {A a1; B a2; C a3;}, WEFT_B_(a1, a2, a3), (a->a1, a->a2, a->a3))
#define WEFT_GO4_(fn, A, B, C, D) \
    WEFT_GO_BODY_(fn, (A a1, B a2, C a3, D a4), {A a1; B a2; C a3; D a4;}, WEFT_B_(a1, a2, a3, a4), (a->a1, a->a2, a->a3, a->a4))
#define WEFT_GO5_(fn, A, B, C, D, E)                                                                              \
    WEFT_GO_BODY_(fn, (A a1, B a2, C a3, D a4, E a5), {A a1; B a2; C a3; D a4; E a5;}, WEFT_B_(a1, a2, a3, a4, a5), \
                  (a->a1, a->a2, a->a3, a->a4, a->a5))
#define WEFT_GO6_(fn, A, B, C, D, E, F)                                                                                 \
    WEFT_GO_BODY_(fn, (A a1, B a2, C a3, D a4, E a5, F a6), {A a1; B a2; C a3; D a4; E a5; F a6;},                      \
                  WEFT_B_(a1, a2, a3, a4, a5, a6), (a->a1, a->a2, a->a3, a->a4, a->a5, a->a6))

/*
 * WEFT_CHAN_DEFINE(name, T), at file scope: a channel type `name` of elements T, a pointer that may be NULL (the NULL
 * channel), with name_new(cap), name_send(c, v), name_recv(c, &v), name_try_send, name_try_recv, name_close, name_len,
 * name_cap, name_free and name_raw(c), the weft_chan for a select case and the _until calls. Each means what its weft_chan_ twin
 * means.
 */
#define WEFT_CHAN_DEFINE(name, T)                                                                                         \
    typedef struct weft_chan_of_##name *name;                                                                             \
    WEFT_INLINE_ weft_chan *name##_raw(name c) { return (weft_chan *)c; }                                                \
    WEFT_INLINE_ name name##_new(ptrdiff_t cap) { return (name)weft_chan_new(sizeof(T), cap); }                          \
    WEFT_INLINE_ void name##_free(name c) { weft_chan_free((weft_chan *)c); }                                            \
    WEFT_INLINE_ void name##_send(name c, T v) { weft_chan_send((weft_chan *)c, &v); }                                   \
    WEFT_INLINE_ int name##_recv(name c, T *v) { return weft_chan_recv((weft_chan *)c, v); }                             \
    WEFT_INLINE_ int name##_try_send(name c, T v) { return weft_chan_try_send((weft_chan *)c, &v); }                     \
    WEFT_INLINE_ int name##_try_recv(name c, T *v) { return weft_chan_try_recv((weft_chan *)c, v); }                     \
    WEFT_INLINE_ void name##_close(name c) { weft_chan_close((weft_chan *)c); }                                          \
    WEFT_INLINE_ size_t name##_len(name c) { return weft_chan_len((weft_chan *)c); }                                     \
    WEFT_INLINE_ size_t name##_cap(name c) { return weft_chan_cap((weft_chan *)c); }                                     \
    __extension__

#endif
