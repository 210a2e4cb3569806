/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The global queue.
 * Item: B72
 * Goal:   first in, first out across segments, whatever sizes are put and taken; `size` is right; segments are used again. And a
 *         goroutine there is run within 61 rounds, however full the ring and runnext are kept, also while deadlines pass.
 * Method: 1. random puts and gets of 0 to 300 against an array, seed printed. 2. P = 1: two goroutines yield, two hand a value
 *         to and fro (they are runnext), and a foreign thread posts one, while this P's rounds are counted: it must come at
 *         the very round that looks. 3. the same with sleepers whose deadline has passed at every look.
 */
#include <pthread.h>

#include "queue_test.h"

/* ---- the queue alone ---- */

enum { RANGE = 1 << 22, OPS = 100000 / SLOW };
static char item_at[RANGE]; /* the nth item is the address of the nth byte */
static uint64_t segments;

static void *more(void)
{
    segments++;
    return malloc(sizeof(struct w_seg));
}

static void put(struct w_globq *q, uint32_t from, uint32_t n)
{
    void *item[300];
    for (uint32_t i = 0; i < n; i++)
        item[i] = &item_at[(from + i) % RANGE];
    w_globq_put(q, item, n, more);
}

static void get(struct w_globq *q, uint32_t from, uint32_t there, uint32_t n)
{
    void *item[300];
    uint32_t want = n < there ? n : there;
    CHECK_EQ(w_globq_get(q, item, n), want);
    for (uint32_t i = 0; i < want; i++)
        CHECK(item[i] == &item_at[(from + i) % RANGE]);
}

static uint32_t free_list(struct w_seg *s)
{
    uint32_t n = 0;
    for (struct w_seg *next; s; s = next, n++) {
        next = s->next;
        free(s);
    }
    return n;
}

static void model(uint64_t *s)
{
    struct w_globq q = {0};
    uint32_t in = 0, out = 0, most = 0;
    for (int i = 0; i < OPS; i++) {
        uint32_t n = draw(s, 8) ? draw(s, 10) : draw(s, 301), want = in - out;
        if (draw(s, 1024) == 0) { /* all of it */
            while (in != out) {
                uint32_t k = in - out < 300 ? in - out : 300;
                get(&q, out, in - out, 300);
                out += k;
            }
            CHECK(!q.head && !q.tail);
            get(&q, out, 0, 7);
        } else if (draw(s, 2)) {
            put(&q, in, n);
            in += n;
        } else {
            get(&q, out, want, n);
            out += n < want ? n : want;
        }
        CHECK_EQ(au32_load_rlx(&q.size), in - out);
        most = in - out > most ? in - out : most;
    }
    uint64_t kept = free_list(q.head) + free_list(q.spare);
    CHECK_EQ(kept, segments); /* none is lost … */
    CHECK(segments <= most / W_SEG_SLOTS + 2); /* … and none is made while another is spare */
    printf("%u items, at most %u, %llu segments\n", in, most, (unsigned long long)segments);
}

/* ---- served ---- */

_Static_assert(W_GLOBAL_EVERY == 61, "Go's number");

static uint64_t posted_at, due_at, ran_at;
static au32 served;

static void posted(void *arg)
{
    (void)arg;
    ran_at = w_rounds(w_self()->p);
    au32_store_rel(&served, 1);
}

static void *foreign(void *arg)
{
    struct w_p *p = arg; /* its M waits for us */
    posted_at = w_rounds(p);
    due_at = posted_at + au32_load_rlx(&p->until_global);
    CHECK_EQ(weft_post(posted, NULL), 0);
    return NULL;
}

static void yielder(void *arg)
{
    (void)arg;
    while (!au32_load_acq(&served))
        weft_yield();
}

static weft_chan *ping;
static void sender(void *arg)
{
    (void)arg;
    for (int v = 0; !au32_load_acq(&served); v++)
        weft_chan_send(ping, &v);
    weft_chan_close(ping);
}
static void receiver(void *arg)
{
    (void)arg;
    for (int v; weft_chan_recv(ping, &v) == 1;)
        continue;
}

static void sleeper(void *arg)
{
    (void)arg;
    while (!au32_load_acq(&served))
        weft_sleep(1);
}

enum { YIELDERS = 1, PAIR = 2, SLEEPERS = 4 };
static uint64_t serve(uint32_t rounds_before, int with)
{
    ping = weft_chan_new(sizeof(int), 0);
    au32_store_rlx(&served, 0);
    for (int i = 0; i < 2 && (with & YIELDERS); i++)
        weft_go(yielder, NULL);
    for (int i = 0; i < 8 && (with & SLEEPERS); i++)
        weft_go(sleeper, NULL);
    if (with & PAIR) {
        weft_go(receiver, NULL);
        weft_go(sender, NULL);
    }
    for (uint32_t i = 0; i < rounds_before; i++)
        weft_yield();
    pthread_t t;
    CHECK(pthread_create(&t, NULL, foreign, w_self()->p) == 0);
    pthread_join(t, NULL);
    CHECK_EQ(au32_load_rlx(&w_sched.q.size), 1);
    for (int i = 0; !au32_load_acq(&served); i++) {
        CHECK(i < 20000); /* else it is never served */
        weft_yield();
    }
    while (weft_num_goroutines() > 1)
        weft_yield();
    weft_chan_free(ping);
    return ran_at - posted_at;
}

static int served_in_time(void *arg)
{
    (void)arg;
    for (uint32_t before = 0; before < 2 * W_GLOBAL_EVERY; before++) {
        /* The pair keeps the others out for its time slice of 10 ms: a few times will do. */
        CHECK(serve(before, before % 60 ? YIELDERS : YIELDERS | PAIR) <= W_GLOBAL_EVERY);
        CHECK_EQ(ran_at, due_at);
    }
    return 0;
}

/* Rounds in which g0 fires deadlines come on top: a bound, not an equation. */
static int served_behind_timers(void *arg)
{
    (void)arg;
    for (uint32_t before = 0; before < W_GLOBAL_EVERY; before++)
        CHECK(serve(before, YIELDERS | SLEEPERS) <= 2 * W_GLOBAL_EVERY);
    return 0;
}

int main(void)
{
    uint64_t s = seed();
    model(&s);
    CHECK_EQ(run_quiet(1, served_in_time, NULL), 0);
    CHECK_EQ(run_quiet(1, served_behind_timers, NULL), 0);
    return 0;
}
