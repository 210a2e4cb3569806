/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reports need of the ISA: the registers where a signal struck, and functions without a frame of their own. Part of a port,
 * as arch/ctx.h.
 */
#ifndef W_TRAP_H
#define W_TRAP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

struct w_trap {
    uintptr_t pc, sp, fp;
};

static inline struct w_trap w_arch_trap(const void *context) {
    const ucontext_t *u = context;
#if defined(__x86_64__)
    const greg_t *r = u->uc_mcontext.gregs;
    struct w_trap t = {(uintptr_t)r[REG_RIP], (uintptr_t)r[REG_RSP], (uintptr_t)r[REG_RBP]};
    if (t.pc == 0) /* a call through a NULL pointer: who called is on the stack */
        t.pc = *(const uintptr_t *)t.sp;
#elif defined(__aarch64__)
    struct w_trap t = {u->uc_mcontext.pc, u->uc_mcontext.sp, u->uc_mcontext.regs[29]};
    if (t.pc == 0) t.pc = u->uc_mcontext.regs[30];
#else
#error "no port for this ISA"
#endif
    return t;
}

/* Does the instruction just before pc call the kernel? */
static inline int w_arch_behind_syscall(uintptr_t pc) {
#if defined(__x86_64__)
    static const unsigned char code[] = {0x0f, 0x05};
#elif defined(__aarch64__)
    static const unsigned char code[] = {0x01, 0x00, 0x00, 0xd4};
#endif
    return memcmp((const void *)(pc - sizeof code), code, sizeof code) == 0;
}

/*
 * Is the function at `start`, which is left through a return to `ret`, a stub of W_ENTRY, which saves no frame pointer? Then its
 * caller's pc, which a walk by frame pointers misses, is this word of the frame of the function that the stub called; 0: it is not.
 * (A callee of W_ENTRY_LEAF's realigns the stack after it has made its frame.)
 */
static inline int w_arch_thin_frame(uintptr_t start, uintptr_t ret) {
#if defined(__x86_64__)
    static const unsigned char code[] = {0x48, 0x83, 0xec, 0x08, 0xe8}; /* subq $8, %rsp; call */
    if (ret - start == 9 && memcmp((const void *)start, code, 5) == 0) return 3;
    return ret - start == 5 && *(const unsigned char *)start == 0xe8 ? 2 : 0;
#else
    (void)start, (void)ret;
    return 0;
#endif
}

#endif
