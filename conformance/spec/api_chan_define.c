/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WEFT_CHAN_DEFINE: a typed channel.
 * Source:   api.md, weft.h.
 * Goal:     each of the macro's functions means what its weft_chan_ twin means; the type may be a struct; NULL is the NULL
 *           channel; name_raw gives the channel for a select.
 * Method:   every function once, results compared.
 * Expected: exit 0 and silence. (That the compiler checks types is its own matter; api_cxx uses the macro from C++.)
 */
#include "case.h"

struct job {
    int id;
    const char *text;
};
WEFT_CHAN_DEFINE(jobs, struct job);
WEFT_CHAN_DEFINE(longs, int64_t);

static void produce(longs c, int64_t n) {
    for (int64_t i = 0; i < n; i++) longs_send(c, i << 32);
    longs_close(c);
}
WEFT_GO_DEFINE(produce, longs, int64_t);

static int body(void *arg) {
    (void)arg;
    jobs j = jobs_new(2);
    struct job got = {0};
    WC_EQ(jobs_cap(j), 2);
    jobs_send(j, (struct job){1, "one"});
    WC_EQ(jobs_try_send(j, (struct job){2, "two"}), 1);
    WC_EQ(jobs_try_send(j, (struct job){3, "three"}), 0);
    WC_EQ(jobs_len(j), 2);
    WC_EQ(jobs_recv(j, &got), 1);
    WC_CHECK(got.id == 1 && strcmp(got.text, "one") == 0);
    WC_EQ(jobs_try_recv(j, &got), 1);
    WC_EQ(got.id, 2);
    WC_EQ(jobs_try_recv(j, &got), -EAGAIN);
    struct weft_case cs = {.chan = jobs_raw(j), .dir = WEFT_DIR_RECV, .elem = &got};
    WC_EQ(weft_try_select(&cs, 1), -EAGAIN);
    jobs_close(j);
    WC_EQ(jobs_recv(j, &got), 0);
    WC_CHECK(got.id == 0 && got.text == NULL);
    jobs_free(j);

    longs none = NULL, c = longs_new(0);
    int64_t v, sum = 0;
    WC_EQ(longs_try_send(none, 1), 0);
    WC_EQ(longs_try_recv(none, &v), -EAGAIN);
    WC_EQ(longs_len(none), 0);
    WC_CHECK(longs_raw(none) == NULL);
    go_produce(c, 100);
    while (longs_recv(c, &v)) sum += v;
    WC_EQ(sum, INT64_C(4950) << 32);
    longs_free(c);
    return 0;
}

WC_CASE(api_chan_define, .item = "api", .main = body, .no_twin = "a macro of C");
