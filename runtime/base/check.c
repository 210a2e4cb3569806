/* SPDX-License-Identifier: Apache-2.0 */
/* Failed checks: one line without stdio, then the hook. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void (*w_check_hook)(const char *message);

_Noreturn static void fail(const char *message)
{
    if (w_check_hook)
        w_check_hook(message);
    dprintf(2, "runtime: %s\n", message);
    abort();
}

_Noreturn void w_check_failed(const char *file, int line, const char *text)
{
    char message[256];
    snprintf(message, sizeof message, "check failed: %s:%d: %s", file, line, text);
    fail(message);
}

_Noreturn void w_out_of_memory(const char *what)
{
    char message[64];
    snprintf(message, sizeof message, "out of memory (%s)", what);
    fail(message);
}
