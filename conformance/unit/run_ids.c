/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The number of a run, after many.
 * Goal:   no number makes a processor's token what stands for a timer's or a context's channel, and none is 0.
 * Method: white-box: the count is set to just before the numbers that would, and runs use timers, contexts and a channel that becomes one
 *         processor's.
 */
#include "queue_test.h"

static void answers(void *c)
{
    uint64_t n;
    while (weft_chan_recv(c, &n))
        weft_chan_send(c, &n);
}

static int uses_all(void *unused)
{
    uint64_t n;
    (void)unused;
    CHECK(w_sched.run_id << 9 != 0);
    weft_timer *t = weft_timer_new(1);
    CHECK_EQ(weft_chan_recv(weft_timer_chan(t), NULL), 1);
    weft_timer_free(t);
    weft_context *c = weft_context_with_deadline(NULL, weft_now() + 1000);
    CHECK_EQ(weft_chan_recv(weft_context_done(c), NULL), 0);
    weft_context_free(c);
    weft_chan *hot = weft_chan_new(sizeof n, 0);
    weft_waitgroup wg = {0};
    weft_waitgroup_go(&wg, answers, hot);
    for (n = 0; n < 1000; n++) {
        uint64_t back = n + 1;
        weft_chan_send(hot, &n);
        CHECK_EQ(weft_chan_recv(hot, &back), 1);
        CHECK_EQ(back, n);
    }
    weft_chan_close(hot);
    weft_waitgroup_wait(&wg);
    weft_chan_free(hot);
    return 0;
}

int main(void)
{
    static const uint32_t before[] = {(1u << 23) - 2, (3u << 23) - 2, UINT32_MAX - 1};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        w_sched.run_id = before[i];
        for (int run = 0; run < 4; run++)
            CHECK_EQ(run_at(1 + run % 2, uses_all, NULL), 0);
    }
    return 0;
}
