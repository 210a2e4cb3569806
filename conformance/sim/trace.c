/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a schedule did: a hash over every step, the last steps for a report, and all of them to a file where
 * WEFT_SIM_TRACE names one. No address that the system chose is in any of it: places in the code are offsets in the
 * program's file (addr2line -e), words are named where the simulation gave the memory.
 */
#include "sim.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/say.h"
#include "os/symbols.h"

extern const char image[] __asm__("__executable_start");

static const char *const names[WS_OPS] = {
    [WS_LOAD] = "load",
    [WS_STORE] = "store",
    [WS_XCHG] = "xchg",
    [WS_CAS] = "cas",
    [WS_ADD] = "add",
    [WS_OR] = "or",
    [WS_AND] = "and",
    [WS_FENCE] = "fence",
    [WS_BARRIER] = "heavy barrier",
    [WS_RELAX] = "relax",
    [WS_YIELD] = "thread yield",
    [WS_NAP] = "nap",
    [WS_NOW] = "now",
    [WS_WAIT] = "futex wait",
    [WS_WAKE] = "futex wake",
    [WS_START] = "thread start",
    [WS_JOIN] = "thread join",
    [WS_END] = "thread end",
};

static void print(struct w_say *say, const struct ws_event *e, struct w_symbols *symbols) {
    w_say_dec(say, e->step);
    w_say_text(say, " T");
    w_say_dec(say, e->thread);
    w_say_text(say, " ");
    w_say_text(say, names[e->op]);
    if (e->at) {
        w_say_text(say, " ");
        w_say_hex(say, e->at);
    }
    w_say_text(say, " pc ");
    w_say_hex(say, e->pc);
    struct w_symbol s = {0};
    if (symbols) w_symbols_find(symbols, (uintptr_t)image + e->pc, &s);
    if (s.name) {
        w_say_text(say, " ");
        w_say_bytes(say, s.name, s.len);
    }
    w_say_text(say, "\n");
}

static struct w_say whole; /* what is still to be written of the trace */

void ws_trace(enum ws_op op, const volatile void *at, uintptr_t pc) {
    struct ws_record *r = ws.record;
    struct ws_event *e = &r->tail[r->nevents++ % WS_TAIL];
    *e = (struct ws_event){ws.step, ws_os_address((uintptr_t)at), (uint32_t)(pc - (uintptr_t)image),
                           (uint8_t)ws_id(ws.cur), (uint8_t)op};
    r->steps = ws.step;
    r->hash = (r->hash ^ ((uint64_t)e->pc << 16 | (uint64_t)e->thread << 8 | e->op)) * UINT64_C(0x100000001b3);
    r->hash = (r->hash ^ e->at ^ (uint64_t)ws.now << 20) * UINT64_C(0x100000001b3);
    if (ws.trace_fd >= 0) {
        whole.fd = ws.trace_fd;
        print(&whole, e, NULL);
    }
}

static void flush(void) {
    if (ws.trace_fd >= 0) w_say_flush(&whole);
}

void ws_exit(int status) {
    flush();
    (_exit)(status);
}

void ws_trace_open(const char *path) {
    ws.trace_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (ws.trace_fd < 0) {
        perror(path);
        exit(2);
    }
    atexit(flush);
}

void ws_tail_print(int fd, const struct ws_record *r) {
    static struct w_say say;
    struct w_symbols *symbols = w_symbols_open();
    w_say_init(&say, fd);
    for (uint64_t i = r->nevents > WS_TAIL ? r->nevents - WS_TAIL : 0; i < r->nevents; i++)
        print(&say, &r->tail[i % WS_TAIL], symbols);
    w_say_flush(&say);
    w_symbols_close(symbols);
}
