/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B21: the report of a deadlock names every goroutine.
 * Source:   runtime/traceback.go:tracebackothers.
 * Goal:     a dump of a thousand is complete and quick.
 * Method:   1000 goroutines and main receive from one channel; the dump's headers are counted.
 * Expected: deadlock; 1001 headers "goroutine N [chan receive]:", main's first; exit 2. Only time can tell "quick": under
 *           1 s for the whole process, where about 30 ms are usual.
 */
#include "case.h"

static void receive(void *arg) { weft_chan_recv(arg, NULL); }

static int body(void *arg) {
    (void)arg;
    weft_chan *c = weft_chan_new(1, 0);
    for (int i = 0; i < 1000; i++) weft_go(receive, c);
    weft_chan_recv(c, NULL);
    return 9;
}

static const char *all_there(const struct wc_result *r) {
    if (wc_headers(r->err) != 1001) return wc_text("%d goroutine headers, not 1001", wc_headers(r->err));
    int receiving = wc_count(r->err, " [chan receive]:\n");
    return receiving == 1001 ? NULL : wc_text("%d of them in [chan receive], not 1001", receiving);
}

WC_CASE(b21_thousand_blocked, .item = "B21", .main = body, .err = WC_DEADLOCK, .reason = "chan receive", .exit = 2,
        .check = all_there, .max_ms = 1000, .alone = 1, .twin = "b21_thousand_blocked");
