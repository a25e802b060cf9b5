/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All registers in, the kernel, all registers out: see capture.h. `out` waits on the stack meanwhile, which the kernel must keep (sp).
 */
    .macro save_callee
    stp     x29, x30, [sp, #-112]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    str     x1, [sp, #96]
    .endm

    .macro load_all
    ldr     x1, [x0, #31 * 8]
    msr     nzcv, x1
    ldp     x2, x3, [x0, #2 * 8]
    ldp     x4, x5, [x0, #4 * 8]
    ldp     x6, x7, [x0, #6 * 8]
    ldp     x8, x9, [x0, #8 * 8]
    ldp     x10, x11, [x0, #10 * 8]
    ldp     x12, x13, [x0, #12 * 8]
    ldp     x14, x15, [x0, #14 * 8]
    ldp     x16, x17, [x0, #16 * 8]
    ldp     x18, x19, [x0, #18 * 8]
    ldp     x20, x21, [x0, #20 * 8]
    ldp     x22, x23, [x0, #22 * 8]
    ldp     x24, x25, [x0, #24 * 8]
    ldp     x26, x27, [x0, #26 * 8]
    ldp     x28, x29, [x0, #28 * 8]
    ldr     x30, [x0, #30 * 8]
    ldp     x0, x1, [x0]
    .endm

    .macro store_all_and_return
    str     x0, [sp, #104]
    ldr     x0, [sp, #96]
    stp     x2, x3, [x0, #2 * 8]
    stp     x4, x5, [x0, #4 * 8]
    stp     x6, x7, [x0, #6 * 8]
    stp     x8, x9, [x0, #8 * 8]
    stp     x10, x11, [x0, #10 * 8]
    stp     x12, x13, [x0, #12 * 8]
    stp     x14, x15, [x0, #14 * 8]
    stp     x16, x17, [x0, #16 * 8]
    stp     x18, x19, [x0, #18 * 8]
    stp     x20, x21, [x0, #20 * 8]
    stp     x22, x23, [x0, #22 * 8]
    stp     x24, x25, [x0, #24 * 8]
    stp     x26, x27, [x0, #26 * 8]
    stp     x28, x29, [x0, #28 * 8]
    str     x30, [x0, #30 * 8]
    mrs     x2, nzcv
    str     x2, [x0, #31 * 8]
    ldr     x2, [sp, #104]
    stp     x2, x1, [x0]
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #112
    ret
    .endm

    .text
    .globl capture_system_call
    .type capture_system_call, %function
capture_system_call:
    save_callee
    load_all
    svc     #0
    store_all_and_return
    .size capture_system_call, . - capture_system_call

    .globl capture_until
    .type capture_until, %function
capture_until:
    save_callee
    str     x2, [sp, #104]
    load_all
    ldr     x28, [sp, #104]
1:  ldr     x27, [x28]
    cbz     x27, 1b             /* neither this nor the load changes NZCV */
    store_all_and_return
    .size capture_until, . - capture_until
