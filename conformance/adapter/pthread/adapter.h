/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft.h over POSIX threads: a goroutine is a thread, a run is the process. So far as pthreads have the thing at all: what they have not
 * (processors to set, panics to catch) ends a case as not applicable, with the reason.
 */
#ifndef ADAPTER_H
#define ADAPTER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "weft.h"

/* Runner and adapter: a case that asks for what pthreads do not have says so in a line "n/a: …" and exits so. */
enum { ADAPTER_ABSENT = 78 };
WEFT_NORETURN void adapter_absent(const char *what);

/* What the calling thread waits for, for weft_goroutines; NULL: it goes on. "": it is in a call that may block. */
void adapter_waits(const char *reason);

/* The pthread object behind one of weft.h's, which may be zeroed memory: *at, made by the first who asks. */
void *adapter_object(void **at, void *(*make)(void));

void adapter_deadline(int64_t when, struct timespec *to); /* of CLOCK_MONOTONIC */

#endif
