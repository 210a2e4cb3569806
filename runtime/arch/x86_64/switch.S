/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x86-64 System V: the contract of arch/ctx.h. Saved on the stack, from sp upwards: r15 r14 r13 r12 rbx rbp, return address.
 */
#if defined(__x86_64__)
#define W_OFF_G_SP 0
#define W_OFF_G_RET 8
#define W_OFF_M_G 0
#define W_OFF_M_P 8
#define W_OFF_M_COMMIT 16
#define W_OFF_P_BUSY 0

    .text

/* void w_ctx_switch(struct w_m *m [rdi], struct w_g *to [rsi]) */
    .p2align 4
    .globl w_ctx_switch
    .hidden w_ctx_switch
    .type w_ctx_switch, @function
w_ctx_switch:
    movq %rsi, %rax
    movq %rdi, %rdx
    /* falls through */

/* rax = the G to run, rdx = the M. On the stack: the caller's return address. The stubs of W_ENTRY have the same text. */
    .type w_switch_out, @function
w_switch_out:
    .cfi_startproc
    movq W_OFF_M_G(%rdx), %rcx
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, W_OFF_G_SP(%rcx)
    movq %rax, W_OFF_M_G(%rdx)
    movq W_OFF_G_SP(%rax), %rsp
    /* The old stack is left: only now may others run the old G. */
#ifdef W_ASM_COMMITS
    movq W_OFF_M_COMMIT(%rdx), %rcx
    movq W_OFF_M_P(%rdx), %rdx
    movl $0, (%rcx)
    movl $0, W_OFF_P_BUSY(%rdx)
#endif
    movq W_OFF_G_RET(%rax), %rax
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    popq %rcx
    jmp *%rcx
    .cfi_endproc
    .size w_switch_out, .-w_switch_out

/* void w_ctx_divert(void *sp [rdi], void (*fn)(void) [rsi]): the frame will continue as if it had just called fn. */
    .p2align 4
    .globl w_ctx_divert
    .hidden w_ctx_divert
    .type w_ctx_divert, @function
w_ctx_divert:
    .cfi_startproc
    movq 48(%rdi), %rax
    movq %rax, 16(%rdi)         /* r13: where it would have gone on; callee-saved registers are dead, since fn does not return */
    movq %rsi, 24(%rdi)         /* r12: fn */
    leaq diverted(%rip), %rax
    movq %rax, 48(%rdi)
    ret
    .cfi_endproc
    .size w_ctx_divert, .-w_ctx_divert

    .type diverted, @function
diverted:
    .cfi_startproc
    .cfi_undefined rip
    pushq %r13
    jmp *%r12
    .cfi_endproc
    .size diverted, .-diverted

/* First frame of a goroutine: the end of every backtrace. r12 = entry. */
    .p2align 4
    .type first_frame, @function
first_frame:
    .cfi_startproc
    .cfi_undefined rip
    xorl %ebp, %ebp
    call *%r12
    ud2
    .cfi_endproc
    .size first_frame, .-first_frame

/* void *w_ctx_prepare(void *top [rdi], void (*entry)(void) [rsi]) */
    .p2align 4
    .globl w_ctx_prepare
    .hidden w_ctx_prepare
    .type w_ctx_prepare, @function
w_ctx_prepare:
    .cfi_startproc
    andq $-16, %rdi
    leaq first_frame(%rip), %rcx
    movq %rcx, -8(%rdi)         /* popped by the switch: sp is 16-aligned at first_frame */
    movq $0, -16(%rdi)          /* rbp */
    movq $0, -24(%rdi)          /* rbx */
    movq %rsi, -32(%rdi)        /* r12 */
    movq $0, -40(%rdi)
    movq $0, -48(%rdi)
    movq $0, -56(%rdi)
    leaq -56(%rdi), %rax
    ret
    .cfi_endproc
    .size w_ctx_prepare, .-w_ctx_prepare

/* void w_ctx_call_on(void *sp [rdi], fn [rsi], arg [rdx]) */
    .p2align 4
    .globl w_ctx_call_on
    .hidden w_ctx_call_on
    .type w_ctx_call_on, @function
w_ctx_call_on:
    .cfi_startproc
    pushq %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset rbp, -16
    movq %rsp, %rbp
    .cfi_def_cfa_register rbp
    andq $-16, %rdi
    movq %rdi, %rsp
    movq %rdx, %rdi
    call *%rsi
    movq %rbp, %rsp
    popq %rbp
    .cfi_def_cfa rsp, 8
    ret
    .cfi_endproc
    .size w_ctx_call_on, .-w_ctx_call_on

/* void w_ctx_frame(void *sp [rdi], void **fp [rsi], void **pc [rdx]) */
    .globl w_ctx_frame
    .hidden w_ctx_frame
    .type w_ctx_frame, @function
w_ctx_frame:
    .cfi_startproc
    movq 40(%rdi), %rax
    movq %rax, (%rsi)
    movq 48(%rdi), %rax
    movq %rax, (%rdx)
    ret
    .cfi_endproc
    .size w_ctx_frame, .-w_ctx_frame

/* int w_ctx_mark(struct w_jmp *j [rdi]) */
    .globl w_ctx_mark
    .hidden w_ctx_mark
    .type w_ctx_mark, @function
w_ctx_mark:
    .cfi_startproc
    movq %rbx, (%rdi)
    movq %rbp, 8(%rdi)
    movq %r12, 16(%rdi)
    movq %r13, 24(%rdi)
    movq %r14, 32(%rdi)
    movq %r15, 40(%rdi)
    leaq 8(%rsp), %rax
    movq %rax, 48(%rdi)
    movq (%rsp), %rax
    movq %rax, 56(%rdi)
    xorl %eax, %eax
    ret
    .cfi_endproc
    .size w_ctx_mark, .-w_ctx_mark

/* void w_ctx_jump(struct w_jmp *j [rdi]) */
    .globl w_ctx_jump
    .hidden w_ctx_jump
    .type w_ctx_jump, @function
w_ctx_jump:
    .cfi_startproc
    movq (%rdi), %rbx
    movq 8(%rdi), %rbp
    movq 16(%rdi), %r12
    movq 24(%rdi), %r13
    movq 32(%rdi), %r14
    movq 40(%rdi), %r15
    movq 48(%rdi), %rsp
    movl $1, %eax
    jmp *56(%rdi)
    .cfi_endproc
    .size w_ctx_jump, .-w_ctx_jump

    .section .note.GNU-stack, "", @progbits
#endif
