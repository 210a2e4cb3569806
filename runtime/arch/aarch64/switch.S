/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AArch64 AAPCS64: the contract of arch/ctx.h. Saved on the stack, 160 bytes, from sp upwards: x29 x30 (a frame record), x19 to
 * x28, d8 to d15. The commit is C's (W_ARCH_COMMITS is 0): a store-release each, which the compiler does as well.
 *
 * The switch ends in `ret`: a `br`, as the jump of x86-64, would need a landing pad under BTI. Whether it would pay here too is
 * not measured: this port has run in qemu-user alone.
 */
#if defined(__aarch64__)
#define W_OFF_G_SP 0
#define W_OFF_G_RET 8
#define W_OFF_M_G 0
#define SAVED 160

    .text

    .macro save
    stp x29, x30, [sp, #-SAVED]!
    .cfi_def_cfa_offset SAVED
    .cfi_offset x29, -SAVED
    .cfi_offset x30, -SAVED + 8
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    .endm

    .macro restore
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    ldp x29, x30, [sp], #SAVED
    .cfi_restore x29
    .cfi_restore x30
    .cfi_def_cfa_offset 0
    .endm

/* intptr_t w_ctx_switch(struct w_m *m [x0], struct w_g *to [x1]) */
    .p2align 4
    .globl w_ctx_switch
    .hidden w_ctx_switch
    .type w_ctx_switch, %function
w_ctx_switch:
    .cfi_startproc
    ldr x2, [x0, #W_OFF_M_G]
    save
    mov x3, sp
    str x3, [x2, #W_OFF_G_SP]
    str x1, [x0, #W_OFF_M_G]
    ldr x3, [x1, #W_OFF_G_SP]
    mov sp, x3
    ldr x0, [x1, #W_OFF_G_RET]
    restore
    ret
    .cfi_endproc
    .size w_ctx_switch, .-w_ctx_switch

/* First frame of a goroutine: the end of every backtrace. x19 = entry. */
    .p2align 4
    .type first_frame, %function
first_frame:
    .cfi_startproc
    .cfi_undefined x30
    mov x29, xzr
    mov x30, xzr
    blr x19
    brk #1
    .cfi_endproc
    .size first_frame, .-first_frame

/* void *w_ctx_prepare(void *top [x0], void (*entry)(void) [x1]) */
    .p2align 4
    .globl w_ctx_prepare
    .hidden w_ctx_prepare
    .type w_ctx_prepare, %function
w_ctx_prepare:
    .cfi_startproc
    and x0, x0, #-16
    sub x0, x0, #SAVED
    adr x2, first_frame
    stp xzr, x2, [x0]
    stp x1, xzr, [x0, #16]
    stp xzr, xzr, [x0, #32]
    stp xzr, xzr, [x0, #48]
    stp xzr, xzr, [x0, #64]
    stp xzr, xzr, [x0, #80]
    stp xzr, xzr, [x0, #96]
    stp xzr, xzr, [x0, #112]
    stp xzr, xzr, [x0, #128]
    stp xzr, xzr, [x0, #144]
    ret
    .cfi_endproc
    .size w_ctx_prepare, .-w_ctx_prepare

/* void w_ctx_call_on(void *sp [x0], fn [x1], arg [x2]) */
    .p2align 4
    .globl w_ctx_call_on
    .hidden w_ctx_call_on
    .type w_ctx_call_on, %function
w_ctx_call_on:
    .cfi_startproc
    stp x29, x30, [sp, #-16]!
    .cfi_def_cfa_offset 16
    .cfi_offset x29, -16
    .cfi_offset x30, -8
    mov x29, sp
    .cfi_def_cfa_register x29
    and x0, x0, #-16
    mov sp, x0
    mov x0, x2
    blr x1
    mov sp, x29
    .cfi_def_cfa_register sp
    ldp x29, x30, [sp], #16
    .cfi_restore x29
    .cfi_restore x30
    .cfi_def_cfa_offset 0
    ret
    .cfi_endproc
    .size w_ctx_call_on, .-w_ctx_call_on

/* void w_ctx_frame(void *sp [x0], void **fp [x1], void **pc [x2]) */
    .p2align 4
    .globl w_ctx_frame
    .hidden w_ctx_frame
    .type w_ctx_frame, %function
w_ctx_frame:
    .cfi_startproc
    ldp x3, x4, [x0]
    str x3, [x1]
    str x4, [x2]
    ret
    .cfi_endproc
    .size w_ctx_frame, .-w_ctx_frame

/* int w_ctx_mark(struct w_jmp *j [x0]): x19 to x30, sp, d8 to d15 */
    .p2align 4
    .globl w_ctx_mark
    .hidden w_ctx_mark
    .type w_ctx_mark, %function
w_ctx_mark:
    .cfi_startproc
    stp x19, x20, [x0]
    stp x21, x22, [x0, #16]
    stp x23, x24, [x0, #32]
    stp x25, x26, [x0, #48]
    stp x27, x28, [x0, #64]
    stp x29, x30, [x0, #80]
    mov x1, sp
    str x1, [x0, #96]
    stp d8, d9, [x0, #104]
    stp d10, d11, [x0, #120]
    stp d12, d13, [x0, #136]
    stp d14, d15, [x0, #152]
    mov w0, #0
    ret
    .cfi_endproc
    .size w_ctx_mark, .-w_ctx_mark

/* void w_ctx_jump(struct w_jmp *j [x0]) */
    .p2align 4
    .globl w_ctx_jump
    .hidden w_ctx_jump
    .type w_ctx_jump, %function
w_ctx_jump:
    .cfi_startproc
    ldp x19, x20, [x0]
    ldp x21, x22, [x0, #16]
    ldp x23, x24, [x0, #32]
    ldp x25, x26, [x0, #48]
    ldp x27, x28, [x0, #64]
    ldp x29, x30, [x0, #80]
    ldr x1, [x0, #96]
    mov sp, x1
    ldp d8, d9, [x0, #104]
    ldp d10, d11, [x0, #120]
    ldp d12, d13, [x0, #136]
    ldp d14, d15, [x0, #152]
    mov w0, #1
    ret
    .cfi_endproc
    .size w_ctx_jump, .-w_ctx_jump

    .section .note.GNU-stack, "", %progbits
#endif
