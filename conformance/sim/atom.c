/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations of base/atom.h: a switch point, then the operation, with stores that others see late. sim.c has the
 * protocol.
 */
#include "sim.h"

static uint64_t get(const volatile void *at, int bytes) {
    return bytes == 4 ? *(const volatile uint32_t *)at : *(const volatile uint64_t *)at;
}

static void put(volatile void *at, int bytes, uint64_t x) {
    if (bytes == 4)
        *(volatile uint32_t *)at = (uint32_t)x;
    else
        *(volatile uint64_t *)at = x;
}

/* ---- late stores ---- */

static void oldest_out(struct ws_thread *t) {
    put(t->late[0].at, t->late[0].bytes, t->late[0].x);
    t->nlate--;
    for (int i = 0; i < t->nlate; i++) t->late[i] = t->late[i + 1];
}

void ws_flush(struct ws_thread *t) {
    while (t->nlate) oldest_out(t);
}

void w_os_heavy_barrier(void) {
    ws_step(WS_BARRIER, NULL, WS_HERE());
    for (int i = 0; i < WS_THREADS; i++) ws_flush(&ws.thread[i]);
}

static bool may_be_late(const volatile void *at) {
    uintptr_t p = (uintptr_t)at;
    return ws.late && (p - (uintptr_t)&w_sched < sizeof w_sched || ws_os_is_core(p));
}

static void some_out(struct ws_thread *t) {
    if (t->nlate && (w_rand(&ws.rand) >> 33 & ws.late_mask) == 0) oldest_out(t);
}

/* ---- the operations ---- */

uint64_t ws_load(const volatile void *at, int bytes) {
    ws_step(WS_LOAD, at, WS_HERE());
    struct ws_thread *t = ws.cur;
    some_out(t);
    for (int i = t->nlate; i-- > 0;)
        if (t->late[i].at == at) return t->late[i].x;
    return get(at, bytes);
}

void ws_store(volatile void *at, int bytes, uint64_t x, bool sc) {
    ws_step(WS_STORE, at, WS_HERE());
    struct ws_thread *t = ws.cur;
    if (sc || !may_be_late(at)) {
        ws_flush(t);
        put(at, bytes, x);
        return;
    }
    if (t->nlate == WS_BUFFER) oldest_out(t);
    t->late[t->nlate].at = at;
    t->late[t->nlate].bytes = bytes;
    t->late[t->nlate++].x = bytes == 4 ? (uint32_t)x : x;
}

uint64_t ws_change(volatile void *at, int bytes, enum ws_op op, uint64_t x) {
    ws_step(op, at, WS_HERE());
    ws_flush(ws.cur);
    uint64_t old = get(at, bytes);
    put(at, bytes, op == WS_XCHG ? x : op == WS_ADD ? old + x : op == WS_OR ? old | x : old & x);
    return old;
}

bool ws_cas(volatile void *at, int bytes, uint64_t *old, uint64_t x) {
    ws_step(WS_CAS, at, WS_HERE());
    ws_flush(ws.cur);
    uint64_t was = get(at, bytes);
    bool same = was == *old;
    if (same) put(at, bytes, x);
    *old = was;
    return same;
}

void ws_fence(void) {
    ws_step(WS_FENCE, NULL, WS_HERE());
    ws_flush(ws.cur);
}
