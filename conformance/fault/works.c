/* SPDX-License-Identifier: Apache-2.0 */
/* The workloads by name. */
#include "works.h"

#include <string.h>

#define DEADLOCK "fatal error: all goroutines are asleep - deadlock!"

const struct wf_work wf_works[] = {
    {.name = "few", .main = wf_few},
    {.name = "few by default", .main = wf_few, .before = wf_default_procs},
    {.name = "many", .main = wf_many},
    {.name = "many mprotect", .main = wf_many, .debug = "guard=mprotect"},
    {.name = "procs", .main = wf_procs},
    {.name = "post", .main = wf_post},
    {.name = "objects", .main = wf_objects},
    {.name = "calls", .main = wf_calls, .debug = "retire=5"},
    {.name = "hogs", .main = wf_hogs, .debug = "slice=1000", .slow = 1},
    {.name = "rest", .main = wf_rest, .slow = 1},
    {.name = "end", .main = wf_end},
    {.name = "net", .main = wf_net},
    {.name = "names", .main = wf_names, .lacks = wf_no_localhost},
    {.name = "again", .main = wf_again},
    {.name = "unix", .main = wf_unix},
    {.name = "given", .main = wf_given, .before = wf_given_before, .after = wf_given_after},
    {.name = "files", .main = wf_files},
    {.name = "dump", .main = wf_dump},
    {.name = "trace", .main = wf_trace},
    {.name = "states", .main = wf_states, .debug = "schedtrace=1,scheddetail=1", .chatty = 1},
    {.name = "brief states", .main = wf_states, .debug = "schedtrace=1", .chatty = 1},
    {.name = "signals", .main = wf_signals},
    {.name = "quota", .main = wf_quota, .before = wf_quota_before, .after = wf_quota_after, .slow = 1},
    {.name = "overflows", .main = wf_overflows, .fatal = "runtime: goroutine stack exceeds 262144-byte limit"},
    {.name = "dies", .main = wf_dies, .fatal = DEADLOCK},
    {.name = "told to die", .main = wf_told_to_die, .fatal = "fatal error: the end of it"},
    {.name = NULL},
};

const struct wf_work *wf_work(const char *name)
{
    for (const struct wf_work *w = wf_works; w->name; w++)
        if (strcmp(w->name, name) == 0)
            return w;
    return NULL;
}
