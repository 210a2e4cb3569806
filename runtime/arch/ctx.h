/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of a port: the switch, a goroutine's first frame, the public entries, the thread's M. Each ISA's
 * switch.S implements it.
 *
 * What is saved. A switch is a function call to the C compiler, so only sp and the callee-saved registers live across it;
 * they are pushed on the stack that is left, and sp alone goes to the G. The floating-point environment is the thread's.
 *
 * Measured here (Zen 4, gcc 12, ns a switch, two goroutines with different call sites / 503 in a ring):
 *     inline asm, three registers saved, all others clobbered, then `ret` from the public function   12.6 / 18.6
 *     the body returns to a stub, which saves and *jumps* to the target's return address              6.4 /  7.9
 *     the same stub with `ret`                                                                       12.7 / 20.9
 * The `ret` after a switch mispredicts whenever the target was left at another call site. A jump does not; its price is an
 * entry too many on the return stack, which costs where the call was made two frames below the goroutine's loop (20.6
 * against 14.5). So public calls that park end in W_ENTRY's stub, and C code that parks in its middle uses w_ctx_switch.
 */
#ifndef W_CTX_H
#define W_CTX_H

#include <stddef.h>
#include <stdint.h>

#include "base/atom.h"

struct w_g;
struct w_m;

/* Offsets the assembly uses; gmp.h's structures are asserted against them in sched/park.c. */
#define W_OFF_G_SP 0
#define W_OFF_G_RET 8
#define W_OFF_M_G 0
#define W_OFF_M_P 8
#define W_OFF_M_COMMIT 16
#define W_OFF_P_BUSY 0

/* The calling thread's M. volatile: a switch may move the caller to another thread. */
extern __thread struct w_m *w_tls_m __attribute__((tls_model("initial-exec")));
static inline struct w_m *w_arch_self(void)
{
    struct w_m *m;
#if defined(__x86_64__)
    __asm__ volatile("movq w_tls_m@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0" : "=r"(m));
#elif defined(__aarch64__)
    void *off;
    __asm__ volatile("mrs %0, tpidr_el0\n\tadrp %1, :gottprel:w_tls_m\n\tldr %1, [%1, #:gottprel_lo12:w_tls_m]\n\tldr %0, [%0, %1]"
                     : "=&r"(m), "=&r"(off));
#else
#error "no port for this ISA"
#endif
    return m;
}

/*
 * Leave `from` (m->g), run `to` on M m; returns to->ret there, and from->ret here when `from` is run again. m->g = to. Before `to`
 * continues: *m->commit = 0 (release), m->p->busy = 0 (release) — in assembly, or by w_arrive (sched/switch.h) where
 * W_ARCH_COMMITS is 0: on aarch64, and under TSan and ASan.
 */
intptr_t w_ctx_switch(struct w_m *m, struct w_g *to);
/* Prepare a fresh stack whose highest usable address is top: the first switch to it calls entry() there. Returns sp. */
void *w_ctx_prepare(void *top, void (*entry)(void));
/* Call fn(arg) on another stack, and come back. */
void w_ctx_call_on(void *sp, void (*fn)(void *), void *arg);
/* The frame pointer and pc a suspended context will continue with. */
void w_ctx_frame(void *sp, void **fp, void **pc);
#if defined(__x86_64__)
/* The suspended context, when it is next run, calls fn instead of returning to where it was left; fn does not return. */
void w_ctx_divert(void *sp, void (*fn)(void));
#endif
/* setjmp and longjmp without the signal mask, for weft_pcall: the second return gives 1. */
struct w_jmp { void *word[24]; };
int w_ctx_mark(struct w_jmp *j) __attribute__((returns_twice));
_Noreturn void w_ctx_jump(struct w_jmp *j);

#if defined(__x86_64__) && !W_TSAN && !W_ASAN && !defined(W_SIM)
#define W_ARCH_COMMITS 1
/*
 * The public symbol `name` of the body `name##_body`, which returns a struct w_out in rax:rdx. `name` is written in
 * assembly so that nothing is on the goroutine's stack at the switch but its own return address. _LEAF: the body copes with a
 * stack that is 8 bytes off (it calls nothing, or realigns). _YIELD: and it never has a lock to release.
 */
#define W_ENTRY(ret_type, name, params, args) \
    W_ENTRY_ASM(name, params, "subq $8, %rsp\n\t.cfi_adjust_cfa_offset 8\n\t", "addq $8, %rsp\n\t.cfi_adjust_cfa_offset -8\n\t", W_COMMIT_ASM)
#define W_ENTRY_LEAF(ret_type, name, params, args) W_ENTRY_ASM(name, params, "", "", W_COMMIT_ASM)
#define W_ENTRY_YIELD(ret_type, name, params, args) W_ENTRY_ASM(name, params, "", "", W_LEAVE_ASM)
#define W_REALIGN __attribute__((force_align_arg_pointer))

#define W_ENTRY_ASM(name, params, before, after, commit)                                                            \
    __attribute__((used, visibility("hidden"))) struct w_out name##_body params;                                     \
    __asm__(".text\n\t.p2align 6\n\t.globl " #name "\n\t.type " #name ", @function\n" #name ":\n\t.cfi_startproc\n\t"   \
            before "call " #name "_body\n\t" after "testq %rax, %rax\n\tjz 2f\n\t" W_SAVE_ASM commit W_RESUME_ASM      \
            "2:\tmovq %rdx, %rax\n\tret\n\t.cfi_endproc\n\t.size " #name ", .-" #name "\n");

/* rax: the G to run, rdx: the M; at sp: where the G that is left will go on. w_ctx_switch (switch.S) is the same text. */
#define W_SAVE_ASM                                                                                          \
    "movq (%rdx), %rcx\n\tpushq %rbp\n\tpushq %rbx\n\tpushq %r12\n\tpushq %r13\n\tpushq %r14\n\tpushq %r15\n\t" \
    "movq %rsp, (%rcx)\n\tmovq %rax, (%rdx)\n\tmovq (%rax), %rsp\n\t"
/* The old stack is left: now others may have it. */
#define W_COMMIT_ASM "movq 16(%rdx), %rcx\n\tmovq 8(%rdx), %rdx\n\tmovl $0, (%rcx)\n\tmovl $0, (%rdx)\n\t"
#define W_LEAVE_ASM "movq 8(%rdx), %rdx\n\tmovl $0, (%rdx)\n\t"
#define W_RESUME_ASM                                                                                                   \
    "movq 8(%rax), %rax\n\tpopq %r15\n\tpopq %r14\n\tpopq %r13\n\tpopq %r12\n\tpopq %rbx\n\tpopq %rbp\n\tpopq %rcx\n\t"  \
    "jmp *%rcx\n"
#else
#define W_ARCH_COMMITS 0
#define W_ENTRY_LEAF W_ENTRY
#define W_ENTRY_YIELD W_ENTRY
#define W_REALIGN
#define W_ENTRY(ret_type, name, params, args) \
    struct w_out name##_body params;          \
    ret_type name params { return (ret_type)w_go_out(name##_body args); }
#endif

#endif
