/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports about goroutines in Go's form: a writer, the symbols, and a way to read memory that may be gone. Inside of the
 * endings (fatal.c, panic.c, fault.c, dump.c); runs on large stacks only, on any thread; takes no lock and calls nothing in
 * libc that takes one.
 */
#ifndef W_REPORT_H
#define W_REPORT_H

#include "base/say.h"
#include "os/peek.h"
#include "os/symbols.h"
#include "sched/sched.h"

/* Reads fields that others may be writing and stacks as words: what it prints may be stale, and the sanitizers are told so. */
#define W_RACY __attribute__((no_sanitize("thread"), no_sanitize("address")))

struct w_report {
    struct w_say say;
    struct w_symbols *symbols; /* NULL: addresses only */
    struct w_peek peek;        /* others' stacks may go while they are read */
    int64_t now;
    bool blank; /* the next goroutine is set off by an empty line */
};

/* Where a thread stands. */
struct w_place {
    uintptr_t pc, fp;
    bool exact; /* pc is the place itself (a fault), not where a call returns to */
    bool whole; /* show the runtime's own innermost frames too: it may be at fault */
};
/* Where the function that has this line was called: its caller is the first frame. */
#define W_PLACE_OF_CALLER() \
    (struct w_place) { (uintptr_t) __builtin_return_address(0), *(uintptr_t *)__builtin_frame_address(0), false, false }

void w_report_open(struct w_report *r, int fd);
void w_report_close(struct w_report *r);

/* "goroutine 7 [chan receive, 2 minutes]:", frames, "created by". self: g is the caller's own, or NULL. */
void w_report_goroutine(struct w_report *r, struct w_g *g, const struct w_place *self);
/* Frames that were noted as addresses: where the goroutine was, then where calls return to. root: as in struct walk. */
void w_report_pcs(struct w_report *r, const uintptr_t *pc, uint32_t n, uintptr_t root);
/* "created by main", and where on the next line: the call that returns to `at`. */
void w_report_by(struct w_report *r, const char *what, uintptr_t at);
/* Every goroutine: `first` (or NULL) before the others as it stands at `self`, then goroutine 1. */
void w_report_all(struct w_report *r, struct w_g *first, const struct w_place *self);
/* The frames of a stack that belongs to no goroutine. */
void w_report_thread(struct w_report *r, const char *title, const struct w_place *at);
/* The name of the public function in whose call `at` lies; false: not known. */
bool w_report_public_call(struct w_report *r, const struct w_place *at, struct w_symbol *out);
uint32_t w_report_name_len(const struct w_symbol *y);
/* The goroutine that the calling thread runs, also while it is on the system stack; NULL: none. */
struct w_g *w_report_running(void);

/* ---- dying (sched/fatal.c) ---- */

/* From here on this thread alone reports and ends the process; a second thread sleeps. A thread that dies while it is
 * dying (its report faulted) exits at once with status 2. */
void w_die_begin(void);
/* fn(arg) on the thread's own stack, where reports have room. Any thread; fn does not return. */
_Noreturn void w_die_on_g0(void (*fn)(void *), void *arg);
/* stdout and stderr flushed where their locks are free, then _exit(2). */
_Noreturn void w_fatal_exit(void);

/* Goroutines that exist now (sched/stats.c). */
uint64_t w_goroutines_now(void);

#endif
