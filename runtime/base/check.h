/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks. W_CHECK is always on and guards against corruption; W_ASSERT is for debug builds. Neither has side effects. A failed
 * check is a bug of Weft's own: it throws.
 */
#ifndef W_CHECK_H
#define W_CHECK_H

#include <stddef.h>

#define w_likely(x) __builtin_expect(!!(x), 1)
#define w_unlikely(x) __builtin_expect(!!(x), 0)
#define w_noinline __attribute__((noinline))
#define w_cold __attribute__((noinline, cold))
#define w_container_of(ptr, type, field) ((type *)((char *)(ptr) - offsetof(type, field)))

/* "runtime: check failed: file:line: text", then the process ends by the hook (a dump) or, before a run, by abort. */
_Noreturn void w_check_failed(const char *file, int line, const char *text);
/* Set at boot: how a failed check ends the process. */
extern void (*w_check_hook)(const char *message);

/* No memory for `what`, and nobody to tell: "fatal error: out of memory (what)", in the same way. */
_Noreturn void w_out_of_memory(const char *what);

#define W_CHECK(x) (w_likely(x) ? (void)0 : w_check_failed(__FILE__, __LINE__, #x))
#ifdef NDEBUG
#define W_ASSERT(x) ((void)sizeof(x))
#else
#define W_ASSERT(x) W_CHECK(x)
#endif

#endif
