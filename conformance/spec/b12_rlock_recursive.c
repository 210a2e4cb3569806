/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B12: a waiting writer holds back later readers, so a reader that reads again while one waits is a deadlock.
 * Source:   sync/rwmutex.go: "If any goroutine calls Lock while the lock is already held by one or more readers,
 *           concurrent calls to RLock will block until the writer has acquired (and released) the lock".
 * Goal:     writer preference, seen from the deadlock it makes.
 * Method:   rlock; a second goroutine locks; main yields until try_rlock fails (the writer has announced itself), then
 *           reads again.
 * Expected: no stdout; deadlock; goroutine 1 [sync.RWMutex.RLock]; the dump has the writer too; exit 2.
 */
#include "case.h"

static void writer(void *arg) { weft_rwmutex_lock(arg); }

static int reader_gets_in(weft_rwmutex *m) {
    int got = weft_rwmutex_try_rlock(m);
    if (got) weft_rwmutex_runlock(m);
    return got;
}

static int body(void *arg) {
    (void)arg;
    static weft_rwmutex m;
    weft_rwmutex_rlock(&m);
    weft_go(writer, &m);
    WC_UNTIL(!reader_gets_in(&m));
    weft_rwmutex_rlock(&m);
    return 9;
}

static const char *both(const struct wc_result *r) {
    if (wc_headers(r->err) != 2) return wc_text("%d goroutines in the dump, not 2", wc_headers(r->err));
    return strstr(r->err, "[sync.RWMutex.Lock") || (r->twin && strstr(r->err, "[semacquire"))
               ? NULL
               : "the writer is not in the dump";
}

WC_CASE(b12_rlock_recursive, .item = "B12", .main = body, .err = WC_DEADLOCK, .reason = "sync.RWMutex.RLock", .exit = 2,
        .check = both, .twin = "b12_rlock_recursive");
