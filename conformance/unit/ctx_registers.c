/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port's contract (arch/ctx.h). Goal: what a C function keeps in callee-saved registers, integer and floating point, survives
 * switches, weft_pcall's jump and a call on another stack; frames end where the goroutine began. The registers that a switch keeps are a figure (claim 30): the words of its frame, and sp. Method: many live locals, checked
 * against the same sums kept in memory; each goroutine has its own numbers.
 */
#include "arch/ctx.h"

#include "base/check.h"
#include "child.h"

enum { GOROUTINES = 32, ROUNDS = 2000 };

static void panics(void *unused) {
    (void)unused;
    weft_yield();
    weft_panic("x");
}

static void deep(void *out) {
    char text[8000];
    snprintf(text, sizeof text, "%s", "deep");
    *(int *)out += (int)strlen(text);
}

static weft_waitgroup wg;
static void keeps(void *arg) {
    uint64_t n = (uint64_t)(uintptr_t)arg + 1;
    uint64_t a = n, b = n * 3, c = n * 5, d = n * 7, e = n * 11, f = n * 13, g = n * 17, h = n * 19, i = n * 23,
             j = n * 29;
    double p = (double)n, q = p * 3, r = p * 5, s = p * 7, t = p * 11, u = p * 13, v = p * 17, w = p * 19;
    int lengths = 0;
    for (int k = 0; k < ROUNDS; k++) {
        switch (k % 64) {
        case 7:
            EXPECT(weft_pcall(panics, NULL) != NULL, NULL);
            break;
        case 11:
            weft_on_system_stack(deep, &lengths);
            break;
        default:
            weft_yield();
        }
        a += 1, b += 2, c += 3, d += 4, e += 5, f += 6, g += 7, h += 8, i += 9, j += 10;
        p += 1, q += 2, r += 3, s += 4, t += 5, u += 6, v += 7, w += 8;
    }
    uint64_t K = ROUNDS;
    double D = ROUNDS, N = (double)n;
    EXPECT(a == n + K && b == n * 3 + 2 * K && c == n * 5 + 3 * K && d == n * 7 + 4 * K && e == n * 11 + 5 * K, NULL);
    EXPECT(f == n * 13 + 6 * K && g == n * 17 + 7 * K && h == n * 19 + 8 * K && i == n * 23 + 9 * K &&
               j == n * 29 + 10 * K,
           NULL);
    EXPECT(p == N + D && q == N * 3 + 2 * D && r == N * 5 + 3 * D && s == N * 7 + 4 * D, NULL);
    EXPECT(t == N * 11 + 5 * D && u == N * 13 + 6 * D && v == N * 17 + 7 * D && w == N * 19 + 8 * D, NULL);
    EXPECT(lengths == 4 * ((ROUNDS + 52) / 64), NULL);
}

static int all(void *unused) {
    (void)unused;
    for (uintptr_t k = 0; k < GOROUTINES; k++) weft_waitgroup_go(&wg, keeps, (void *)k);
    weft_waitgroup_wait(&wg);
    return 0;
}

/* ---- the pieces alone, on a plain thread ---- */

static _Alignas(16) char stack[16384];
static void *seen;
static void look(void *out) {
    seen = __builtin_frame_address(0);
    *(int *)out = 7;
}
static void entry(void) { abort(); }

static void pieces(void) {
    int out = 0;
    w_ctx_call_on(stack + sizeof stack, look, &out);
    EXPECT(out == 7 && (char *)seen > stack && (char *)seen < stack + sizeof stack, NULL);

    void *sp = w_ctx_prepare(stack + sizeof stack - 8, entry), *fp = &out, *pc = NULL;
    EXPECT((char *)sp > stack + sizeof stack - 256 && (char *)sp < stack + sizeof stack, NULL);
    printf("figure: registers %zu\n", (size_t)(((uintptr_t)(stack + sizeof stack - 8) & ~(uintptr_t)15) - (uintptr_t)sp) / sizeof(void *) + 1); /* sp */
    w_ctx_frame(sp, &fp, &pc);
    EXPECT(fp == NULL && pc != NULL, NULL);

    struct w_jmp j;
    volatile int n = 0;
    int again = w_ctx_mark(&j);
    EXPECT(again == (n > 0), NULL);
    if (n++ < 3) w_ctx_jump(&j);
    EXPECT(n == 4, NULL);
}

int main(void) {
    pieces();
    EXPECT(weft_run(all, NULL) == 0, NULL);
    return done();
}
