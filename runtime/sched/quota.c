/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many processors a run has by default, and following the control group's quota when that changes.
 *
 * A count that weft_config_init gave, without WEFT_PROCS, follows: sysmon looks at the quota again about once a second while goroutines
 * run, and does as weft_procs would. Any call of weft_procs that sets a count, even the same, ends that; so does a count that
 * the program puts into the configuration, if it is another than weft_config_init's. The CPUs are those of the start: threads
 * of a process may be tied differently, and the monitor's own say nothing.
 * Source: Go 1.25 runtime: defaultGOMAXPROCS, sysmonUpdateGOMAXPROCS.
 */
#include "base/knob.h"
#include "os/cgroup.h"
#include "sched/sched.h"

enum { AGAIN_NS = 1000000000, ALWAYS = 2 };

static au32 handed;             /* by the last weft_config_init; relaxed: a number */
static struct w_cgroup own;     /* the process's group; found once: mountinfo may take 200 us */
static au32 found;              /* 0 not yet, 1 being found, 2 own is const from here on [found] */
static struct w_cgroup other;   /* by WEFT_DEBUG=cgroup, in a run */
static const struct w_cgroup *followed; /* const during a run */
static int cpus;                /* the same */
static int64_t next_look;       /* sysmon's */

static int count_of(const struct w_knobs *k) { return k->cpus ? (int)k->cpus : w_os_affinity(); }

/* The process's group, in *spare where it cannot be kept: it is not the real one, or another thread is at it. */
static const struct w_cgroup *group(const char *root, struct w_cgroup *spare)
{
    uint32_t no = 0;
    bool real = root[0] == 0;
    if (real && au32_load_acq(&found) == 2) /* [found] */
        return &own;
    if (!real || !au32_cas_acqrel(&found, &no, 1)) {
        w_cgroup_find(spare, root);
        return spare;
    }
    w_cgroup_find(&own, root);
    au32_store_rel(&found, 2); /* [found] */
    return &own;
}

/* `otherwise`: where the quota cannot be read just now. */
static int by_quota(int n, const struct w_cgroup *c, int otherwise)
{
    int quota = w_cgroup_cpus(c);
    n = quota == W_CGROUP_UNKNOWN ? otherwise : w_cgroup_procs(n, quota);
    return n < W_MAX_PROCS ? n : W_MAX_PROCS;
}

int w_procs_default(const struct w_knobs *k)
{
    int n = w_knob_procs();
    if (n)
        return n;
    n = count_of(k);
    struct w_cgroup *spare = n > ALWAYS ? w_os_map(sizeof *spare) : NULL; /* too large for a goroutine's stack */
    if (spare) {
        n = by_quota(n, group(k->cgroup, spare), n);
        w_os_unmap(spare, sizeof *spare);
    }
    n = n < W_MAX_PROCS ? n : W_MAX_PROCS;
    au32_store_rlx(&handed, (uint32_t)n); /* a number */
    return n;
}

/* At the start of a run, its configuration copied. Up to ALWAYS CPUs, no quota makes a difference. */
void w_procs_follow_start(void)
{
    if (w_knob_procs() || w_knobs.nosysmon || (uint32_t)w_sched.config.procs != au32_load_rlx(&handed)) /* a number */
        return;
    cpus = count_of(&w_knobs);
    if (cpus <= ALWAYS)
        return;
    next_look = 0;
    followed = group(w_knobs.cgroup, &other);
    if (followed->v1.dir[0] || followed->v2.dir[0])
        au32_store_rel(&w_sched.follow, 1); /* [follow] */
}

/* sysmon, once a round. */
void w_procs_follow(void)
{
    if (!au32_load_acq(&w_sched.follow)) /* [follow] */
        return;
    int64_t now = w_os_now();
    if (now < next_look)
        return;
    next_look = now + AGAIN_NS;
    uint32_t procs = au32_load_rlx(&w_sched.nprocs), want = (uint32_t)by_quota(cpus, followed, (int)procs); /* a hint */
    if (want == procs) /* sysmon is who changes it, or else w_procs_set looks */
        return;
    w_lock(&w_sched.lock);
    if (au32_load_rlx(&w_sched.follow)) /* under lock */
        w_procs_set(want);
    w_unlock(&w_sched.lock);
    w_wake_any();
}
