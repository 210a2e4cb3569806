/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at goroutines from a living program: weft_dump and weft_goroutines, on any thread while all of them run. What is seen
 * is racy; the observer's count (boot.c) keeps descriptors and names mapped meanwhile, and frames.c trusts nothing it reads.
 */
#include "sched/report.h"
#include "stack/high.h"

struct dump {
    int fd;
    struct w_g *self;
    struct w_place at;
};

static void dump(void *arg) {
    struct dump *d = arg;
    struct w_report r;
    w_report_open(&r, d->fd);
    w_report_all(&r, d->self, &d->at);
    w_report_close(&r);
}

void weft_dump(int fd) {
    struct w_m *m = w_self();
    struct dump d = {fd, w_report_running(), W_PLACE_OF_CALLER()};
    if (!w_observe_begin()) return;
    if (m)
        w_on_g0(m, dump, &d); /* a small goroutine's stack has no room */
    else
        dump(&d);
    w_observe_end();
}

struct list {
    struct weft_goroutine_info *out;
    size_t n, max;
    int64_t now;
};

static W_RACY bool list_one(struct w_g *g, void *arg) {
    struct list *l = arg;
    enum w_gstatus s = w_g_status(g);
    uint64_t id = au64_load_rlx(&g->id); /* racy, as all here */
    if (s == W_G_DEAD || id == 0) return true;
    if (l->n < l->max) {
        enum w_reason reason = w_g_reason(g);
        const struct w_gaux *aux = g->aux;
        bool waits = s == W_G_WAITING && reason < W_REASON_END;
        int64_t since = g->parked_at;
        l->out[l->n] = (struct weft_goroutine_info){
            .id = id,
            .name = aux ? aux->name : "",
            .state = w_gstatus_name(s),
            .wait_reason = waits ? w_reason_names[reason] : "",
            .entry = g->flags & W_GF_MAIN ? (void *)(uintptr_t)w_sched.main_fn : (void *)(uintptr_t)g->fn,
            .spawned_at = g->spawned_at,
            .waiting_ns = waits && since > 0 && l->now > since ? l->now - since : 0,
            .stack_high = w_trim_look(g),
        };
    }
    l->n++;
    return true;
}

/* What was seen of a function is known when all have been looked at. */
static void list_all(void *arg) {
    struct list *l = arg;
    w_each_g(list_one, l);
    for (size_t i = 0; i < l->n && i < l->max; i++) {
        size_t high = w_high_of(l->out[i].entry);
        if (high > l->out[i].stack_high) l->out[i].stack_high = high;
    }
}

size_t weft_goroutines(struct weft_goroutine_info *out, size_t max) {
    struct w_m *m = w_self();
    struct list l = {.out = out, .max = max, .now = w_os_now()};
    if (!w_observe_begin()) return 0;
    if (m)
        w_on_g0(m, list_all, &l); /* as for weft_dump */
    else
        list_all(&l);
    w_observe_end();
    return l.n;
}
