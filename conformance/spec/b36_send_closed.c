/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B36 to B39: sending on a closed channel panics, however the sender got there.
 * Source:   Go spec, "Send statements", "Close"; runtime/chan.go:chansend; runtime/select.go:selectgo.
 * Goal:     each of the four ways in: unbuffered; buffered with room; already parked when the close comes; a select,
 *           which does not take its default.
 * Method:   the obvious; for the parked one main waits until its wait reason says [chan send].
 * Expected: "panic: send on closed channel"; [running] for goroutine 1, or for the sender in B38; exit 2.
 */
#include "case.h"

#define TEXT "panic: send on closed channel"

static const int one = 1;

static int unbuffered(void *arg) {
    (void)arg;
    weft_chan *c = weft_chan_new(sizeof one, 0);
    weft_chan_close(c);
    weft_chan_send(c, &one);
    return 9;
}

static int buffered(void *arg) {
    (void)arg;
    weft_chan *c = weft_chan_new(sizeof one, 2);
    weft_chan_send(c, &one);
    weft_chan_close(c);
    weft_chan_send(c, &one);
    return 9;
}

static void sender(void *arg) { weft_chan_send(arg, &one); }

static int blocked(void *arg) {
    (void)arg;
    weft_chan *c = weft_chan_new(sizeof one, 0);
    weft_go(sender, c);
    wc_await(1, "chan send");
    weft_chan_close(c);
    weft_select(NULL, 0);
    return 9;
}

static int selected(void *arg) {
    (void)arg;
    weft_chan *c = weft_chan_new(sizeof one, 0);
    struct weft_case cases[] = {{.chan = c, .dir = WEFT_DIR_SEND, .elem = (void *)&one}};
    weft_chan_close(c);
    return weft_try_select(cases, 1) == -EAGAIN ? 8 : 9;
}

static const char *not_main(const struct wc_result *r) {
    const char *at = strstr(r->err, "\ngoroutine ");
    uint64_t id = 0;
    char state[16] = "";
    if (!at || sscanf(at, "\ngoroutine %" SCNu64 " [%15[a-z]", &id, state) != 2) return "no goroutine header";
    return id > 1 && strcmp(state, "running") == 0
               ? NULL
               : wc_text("goroutine %" PRIu64 " [%s] is first, not a running sender", id, state);
}

WC_CASE(b36_send_closed, .item = "B36", .main = unbuffered, .err = TEXT, .reason = "running", .exit = 2,
        .twin = "b36_send_closed");
WC_CASE(b37_send_closed_buffered, .item = "B37", .main = buffered, .err = TEXT, .reason = "running", .exit = 2,
        .twin = "b37_send_closed_buffered");
WC_CASE(b38_send_blocked_closed, .item = "B38", .main = blocked, .err = TEXT, .exit = 2, .check = not_main,
        .twin = "b38_send_blocked_closed");
WC_CASE(b39_send_closed_select, .item = "B39", .main = selected, .err = TEXT, .reason = "running", .exit = 2,
        .twin = "b39_send_closed_select");
