/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which cases are not simulated, and why: by rule where the case itself says it, else by name. A process of the
 * simulation has one thread, no signals and no descriptors that can be waited for, rings of 4, and time that stands
 * still while a goroutine computes.
 */
#include "left_out.h"

#include "harness.h"

static const struct {
    const char *name; /* a case; '*' stands for anything */
    const char *why;
} list[] = {
    {"claim_*", "they measure the real system"},
    {"stress_chan_million*", "millions of steps"},
    {"stress_timer_mass", "millions of steps"},
    {"stress_select_storm", "millions of steps"},
    {"stress_spawn_tree", "millions of steps"},
    {"stress_timer_free", "millions of steps"},
    {"stress_blocking_mix", "calls of the system that last"},
    {"stress_thread_mix", "calls of the system that last"},
    {"stress_post_storm", "threads that Weft does not know"},
    {"stress_start_stop", "threads that Weft does not know"},
    {"stress_net*", "descriptors"},
    {"stress_soak", "descriptors"},
    {"stress_deadlocks_outside", "descriptors"},
    {"api_io*", "descriptors"},
    {"api_net*", "descriptors"},
    {"b23_*", "descriptors"},
    {"b26_*", "descriptors"},
    {"b30_*", "descriptors"},
    {"api_post*", "threads that Weft does not know"},
    {"b29_*", "threads that Weft does not know"},
    {"api_signal*", "signals"},
    {"b28_*", "signals"},
    {"api_preempt*", "signals"},
    {"api_hog*", "signals"},
    {"api_left_*", "signals"},
    {"api_run_busy", "threads that Weft does not know"},
    {"api_run_threads", "threads that Weft does not know"},
    {"api_stats", "its counters are read while others count"},
    {"api_dump", "threads that Weft does not know"},
    {"api_foreign*", "threads that Weft does not know"},
    {"api_fork*", "other processes"},
    {"b52_*", "signals, and guard pages"},
    {"api_blocking_*", "calls of the system that last"},
    {"api_ending_*calls", "calls of the system that last"},
    {"api_syscall_late", "calls of the system that last"},
    {"b53_*", "calls of the system that last"},
    {"b69_*", "calls of the system that last"},
    {"api_lock_*", "it asks the system which thread it is on"},
    {"api_ending_deaf*", "signals"},
    {"b57_spinner*", "signals"},
    {"b27_*", "descriptors"},
    {"b32_*", "descriptors"},
    {"b17_*", "it runs before the simulation is told its seed"},
    {"b64_*", "the order that a ring of 256 keeps"},
    {"api_timer_order", "the order that a ring of 256 keeps"},
    {"l108_*", "megabytes of output"},
    {"seed_108_*", "megabytes of output"},
    {"b62_*", "it counts threads and mappings"},
    {"b63_*", "other programs"},
    {"api_deadlock_*", "it looks for seconds"},
    {"api_sched*", "it looks for seconds"},
    {"b77_*", "it looks for seconds"},
    {"b42_waitgroup_misuse", "it looks for long"},
    {"api_context_chain", "millions of steps"},
    {"api_context_times", "millions of steps"},
    {"api_timer_runs", "millions of steps"},
    {"api_timer_functions", "millions of steps"},
    {"api_pcall_thousand", "millions of steps"},
    {"api_select_many", "millions of steps"},
    {"api_select_all_ready", "millions of steps"},
    {"api_blocking", "millions of steps"},
    {"b31_*", "millions of steps"},
    {"api_stack_class_1g", "millions of steps, at one processor"},
    {"api_small_stacks", "millions of steps, at one processor"},
    {"api_chan_close_wakes", "millions of steps, at one processor"},
    {"api_cond_fifo", "millions of steps, at one processor"},
    {"api_context_wakes", "millions of steps, at one processor"},
    {"api_procs_timer", "goroutines that compute for a time"},
    {"api_leaks*", "goroutines that compute for a time"},
};

static int fits(const char *pattern, const char *name) {
    const char *star = strchr(pattern, '*');
    if (!star) return strcmp(pattern, name) == 0;
    size_t n = strlen(name), end = strlen(star + 1), begin = (size_t)(star - pattern);
    return n >= begin + end && strncmp(pattern, name, begin) == 0 && strcmp(name + n - end, star + 1) == 0;
}

const char *wc_left_out(const struct wc_case *c) {
    if (c->exec) return "a program of its own";
    if (c->alone) return "it measures time";
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (fits(list[i].name, c->name)) return list[i].why;
    return NULL;
}

const char *wc_left_out_stale(void) {
    size_t n, fit;
    const struct wc_case *const *all = wc_cases(&n);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        for (fit = 0; fit < n && !fits(list[i].name, all[fit]->name); fit++) {}
        if (fit == n) return list[i].name;
    }
    return NULL;
}
