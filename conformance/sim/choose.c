/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules: who has the baton after a step.
 *
 * Uniform: one step in `gap` on average draws the next among all threads that can run, each as likely. gap is 1, 4, 16
 * or 64 by the seed: small ones tear short sequences apart, large ones let a thread get far.
 *
 * PCT (Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler with Probabilistic Guarantees of Finding
 * Bugs", ASPLOS 2010): each thread has a random priority, the highest that can run does; at depth - 1 random steps the
 * running thread's falls below all. A bug that depth ordering constraints bring about is found with probability 1 / (n
 * k^(depth - 1)) or more. Differs: the number of steps k is not known, so it is drawn, a power of two from 2^7 to 2^15;
 * and who spins draws a new priority, every fourth time below all, as does whoever runs at every UNFAIRth step: the
 * others might never be asked.
 */
#include "sim.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 64, UNFAIR = 5000 };

static uint32_t gap;
static uint64_t change[DEPTH_MAX]; /* steps, ascending */
static uint32_t nchanges, changed;
static uint64_t lowest;
static uint64_t since; /* the step at which fairness last had its way */

/* ---- the plan's text ---- */

static const char *number(const char *text, uint64_t *n) {
    char *end;
    if (!isdigit((unsigned char)*text)) return NULL;
    *n = strtoull(text, &end, 10);
    return end;
}

int ws_plan_parse(const char *text, struct ws_plan *plan) {
    uint64_t depth = 0;
    *plan = (struct ws_plan){.pct = strncmp(text, "pct:", 4) == 0};
    if (!(text = number(text + (plan->pct ? 4 : 0), &plan->seed))) return -1;
    if (plan->pct && (*text != ':' || !(text = number(text + 1, &depth)) || depth < 1 || depth > DEPTH_MAX)) return -1;
    plan->depth = (uint32_t)depth;
    return *text ? -1 : 0;
}

void ws_plan_say(const struct ws_plan *plan, char *text, size_t size) {
    if (plan->pct)
        snprintf(text, size, "pct:%llu:%u", (unsigned long long)plan->seed, plan->depth);
    else
        snprintf(text, size, "%llu", (unsigned long long)plan->seed);
}

/* ---- both ---- */

static void count_down(void) {
    if (!ws.plan.pct) {
        ws.countdown = 1 + w_rand_below(&ws.rand, 2 * gap - 1);
        return;
    }
    uint64_t fair = since + UNFAIR > ws.step ? since + UNFAIR - ws.step : 1;
    uint64_t next = changed < nchanges && change[changed] > ws.step ? change[changed] - ws.step : fair;
    ws.countdown = next < fair ? next : fair;
}

static struct ws_thread *any_of(uint64_t set) {
    uint32_t k = w_rand_below(&ws.rand, (uint32_t)__builtin_popcountll(set));
    while (k-- > 0) set &= set - 1;
    return &ws.thread[__builtin_ctzll(set)];
}

static struct ws_thread *highest(void) {
    struct ws_thread *best = NULL;
    for (uint64_t set = ws.ready; set; set &= set - 1) {
        struct ws_thread *t = &ws.thread[__builtin_ctzll(set)];
        if (!best || t->priority > best->priority) best = t;
    }
    return best;
}

static uint64_t draw_priority(void) { return w_rand(&ws.rand) >> 8 | UINT64_C(1) << 56; }
static uint64_t below_all(void) { return --lowest; }

void ws_choose_begin(void) {
    gap = 1u << 2 * w_rand_below(&ws.rand, 4);
    nchanges = ws.plan.pct ? ws.plan.depth - 1 : 0;
    changed = 0;
    since = 0;
    lowest = UINT64_C(1) << 56;
    uint64_t k = UINT64_C(1) << (7 + w_rand_below(&ws.rand, 9));
    for (uint32_t i = 0; i < nchanges; i++) {
        uint64_t at = 1 + w_rand(&ws.rand) % k;
        uint32_t j = i;
        for (; j > 0 && change[j - 1] > at; j--) change[j] = change[j - 1];
        change[j] = at;
    }
    count_down();
}

void ws_choose_spawned(struct ws_thread *t) { t->priority = draw_priority(); }

void ws_choose_woken(const struct ws_thread *t) {
    if (ws.plan.pct && t->priority > ws.cur->priority) ws.countdown = 1;
}

struct ws_thread *ws_choose(void) {
    struct ws_thread *next;
    if (ws.plan.pct) {
        for (; changed < nchanges && change[changed] <= ws.step; changed++) ws.cur->priority = below_all();
        if (ws.step - since >= UNFAIR) {
            ws.cur->priority = below_all();
            since = ws.step;
        }
        next = highest();
    } else {
        next = any_of(ws.ready);
    }
    count_down();
    return next;
}

struct ws_thread *ws_choose_other(void) {
    struct ws_thread *next = ws.plan.pct ? highest() : any_of(ws.ready);
    count_down();
    return next;
}

struct ws_thread *ws_choose_after_spin(void) {
    if (ws.plan.pct) ws.cur->priority = w_rand_below(&ws.rand, 4) == 0 ? below_all() : draw_priority();
    return ws_choose_other();
}
