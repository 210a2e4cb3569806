/* SPDX-License-Identifier: Apache-2.0 */
/* The workloads' main goroutines: work_core.c, work_io.c, work_see.c; works.c lists them. */
#ifndef WF_WORKS_H
#define WF_WORKS_H

#include "fault.h"

int wf_few(void *), wf_many(void *), wf_procs(void *), wf_post(void *), wf_objects(void *), wf_calls(void *), wf_hogs(void *), wf_rest(void *),
    wf_end(void *), wf_overflows(void *);
int wf_net(void *), wf_again(void *), wf_names(void *), wf_unix(void *), wf_given(void *), wf_files(void *);
int wf_dump(void *), wf_trace(void *), wf_states(void *), wf_signals(void *), wf_quota(void *), wf_dies(void *), wf_told_to_die(void *);
const char *wf_no_localhost(void);
void wf_default_procs(void), wf_given_before(void), wf_given_after(void), wf_quota_before(void), wf_quota_after(void);

/* A failure that the caller can do without. */
#define DROP(call, expr) ((void)wf_try(call, (expr)))

#endif
