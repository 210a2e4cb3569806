/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool of workers that is called off: they look for a factor, each in one stretch of candidates at a time, until one of them has it.
 * Prints:
 *   1000031900057 = 100003 * 10000019
 *   the rest was called off
 */
#include <stdio.h>
#include <weft.h>

enum { WORKERS = 4, STRETCH = 5000 };
static const int64_t number = INT64_C(100003) * 10000019;

struct stretch {
    int64_t from, to;
};
WEFT_CHAN_DEFINE(stretches, struct stretch)
WEFT_CHAN_DEFINE(factors, int64_t)

static weft_context *search;
static weft_waitgroup workers;

/* 1, or 0 once the search is off, whichever way of ending a select sees first. */
static int next(stretches jobs, struct stretch *s) {
    struct weft_case cases[] = {{.chan = weft_context_done(search), .dir = WEFT_DIR_RECV},
                                {.chan = stretches_raw(jobs), .dir = WEFT_DIR_RECV, .elem = s}};
    return weft_select(cases, 2) == 1 && cases[1].ok;
}

static void work(stretches jobs, factors found) {
    struct stretch s;
    while (next(jobs, &s))
        for (int64_t n = s.from; n < s.to; n++)
            if (number % n == 0) {
                factors_try_send(found, n);
                weft_context_cancel(search);
                break;
            }
    weft_waitgroup_done(&workers);
}
WEFT_GO_DEFINE(work, stretches, factors)

/* Hand out the candidates; 1 if all of them were wanted. */
static int hand_out(stretches jobs) {
    for (struct stretch s = {2, 0}; s.from * s.from <= number; s.from = s.to) {
        s.to = s.from + STRETCH;
        struct weft_case cases[] = {{.chan = weft_context_done(search), .dir = WEFT_DIR_RECV},
                                    {.chan = stretches_raw(jobs), .dir = WEFT_DIR_SEND, .elem = &s}};
        if (weft_select(cases, 2) == 0) return 0;
    }
    return 1;
}

static int main_goroutine(void *arg) {
    (void)arg;
    stretches jobs = stretches_new(0);
    factors found = factors_new(1);
    search = weft_context_new(NULL);
    weft_waitgroup_add(&workers, WORKERS);
    for (int i = 0; i < WORKERS; i++) go_work(jobs, found);

    int all = hand_out(jobs);
    stretches_close(jobs);
    weft_waitgroup_wait(&workers);
    int64_t factor;
    if (factors_try_recv(found, &factor) == 1)
        printf("%lld = %lld * %lld\n", (long long)number, (long long)factor, (long long)(number / factor));
    printf(all ? "every candidate was tried\n" : "the rest was called off\n");

    weft_context_free(search);
    stretches_free(jobs);
    factors_free(found);
    return 0;
}

int main(void) { return weft_run(main_goroutine, NULL); }
