/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fault suite, inside. A *site* is a call to the system in the runtime's text (site.h); an *entry* of table.c says with which
 * errors it may fail, which *workload* reaches it, and what has to come of it; a *case* is a site, an error and a mode: which of the
 * site's calls fail. main.c makes cases of the table and judges them; child.c runs one, in a process of its own.
 */
#ifndef WF_FAULT_H
#define WF_FAULT_H

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>

#include "site.h"
#include "weft.h"

#define WF_MS  INT64_C(1000000)
#define WF_SEC INT64_C(1000000000)
enum { WF_SITES_MAX = 512, WF_NOTES_MAX = 64, WF_ERRORS_MAX = 8 };

extern const struct wf_site wf_sites[] __asm__("__start_wf_sites"), wf_sites_end[] __asm__("__stop_wf_sites");

/* The first call; the n-th; all from the n-th on; all; every other one, for what no kernel says for ever (EINTR). */
enum wf_mode { WF_NONE, WF_FIRST, WF_NTH, WF_FROM, WF_EVERY, WF_OTHER };

struct wf_plan {
    size_t site;
    int error; /* 0: as little as one byte, instead of a failure */
    enum wf_mode mode;
    unsigned long n;
    size_t beside;
    int beside_error; /* 0: no other site fails too */
    enum wf_mode beside_mode;
};

/* Between the runner and the child; written by the child alone once it runs. */
struct wf_shared {
    struct wf_plan plan;
    atomic_int armed;
    atomic_ulong struck, count[WF_SITES_MAX];
    atomic_int lock;
    struct wf_note {
        char call[20];
        int error, run; /* what it said; 0: the run with faults, 1: the one after it */
    } note[WF_NOTES_MAX];
    int notes;
    char wrong[400]; /* "": nothing. What a workload found that no fault excuses */
    char step[64];   /* where it was last: for what hangs */
};
extern struct wf_shared *wf_shared;
long wf_bytes_mapped(void);

/* ---- workloads ---- */

struct wf_work {
    const char *name;
    int (*main)(void *);   /* the main goroutine, 0 if all is well */
    const char *debug;     /* WEFT_DEBUG */
    const char *fatal;     /* how it ends by itself: the first line of stderr, status 2 */
    void (*before)(void);  /* each run, on the process's own thread; descriptors it opens are closed by after */
    void (*after)(void);
    int chatty;            /* writes to stderr by itself */
    int slow;              /* takes a second or more: not in the sample */
    const char *(*lacks)(void); /* what it needs and this machine doesn't have; NULL: nothing */
};
extern const struct wf_work wf_works[];
const struct wf_work *wf_work(const char *name);
struct wf_entry;
int wf_child(const struct wf_work *w, const struct wf_entry *e); /* exit status */

/* An API call's result; a failure is noted by the call's name. Returns it. */
long wf_try(const char *call, long result);
void wf_step(const char *what);
/* ns to wait for an answer: little where the table says that it may not come, else so much that a slow machine is no failure. */
int64_t wf_patience(void);
/* No fault excuses this: the child ends with status 1. */
#define WF_CHECK(cond) ((cond) ? (void)0 : wf_wrong(__FILE__, __LINE__, #cond))
WEFT_NORETURN void wf_wrong(const char *file, int line, const char *what);

/* Goroutines that have nothing to do with what fails, and are to come to their end. */
void wf_beside_start(void);
void wf_beside_end(void);

/* ---- the table ---- */

struct wf_entry {
    const char *file, *function, *call;
    const char *work;
    int errors[WF_ERRORS_MAX]; /* WF_SHORT: one byte only */
    const char *gives;  /* API calls that fail with that error, or "call:ENAME" with another; at least one does */
    const char *fatal;  /* the first line of stderr, status 2; '#' stands for digits, '*' for the rest */
    const char *says;   /* a line on stderr beside going on */
    const char *beside; /* "function:call": reached only where this site fails too, with beside_error */
    int beside_error;
    int stays;          /* fatal only if the call goes on failing; once, it is asked again and nobody notices */
    int most;           /* so often it may be asked at most */
    int maybe;          /* it may also go unnoticed */
    int lost;           /* what is mapped may stay mapped, since that is what fails */
    int ordinal;        /* the k-th of that function's such calls alone; 0: each of them */
    const char *never;  /* it cannot fail, or cannot be reached, for this reason: no cases */
};
enum { WF_SHORT = -1 };
extern const struct wf_entry wf_table[];

#endif
