/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every thread of a sequence executes: wait for a step, load all registers, one instruction, store all registers. It is copied to
 * a page of the sequence's address space and knows no address but sp. While it waits it changes x0, x1 and NZCV, nothing else.
 */
#include "trampoline.h"

    .macro load_all
    ldr     x0, [sp, #AREA_IN + AREA_NZCV * 8]
    msr     nzcv, x0
    ldr     x0, [sp, #AREA_IN + AREA_TPIDR * 8]
    msr     tpidr_el0, x0
    ldp     x2, x3, [sp, #AREA_IN + 2 * 8]
    ldp     x4, x5, [sp, #AREA_IN + 4 * 8]
    ldp     x6, x7, [sp, #AREA_IN + 6 * 8]
    ldp     x8, x9, [sp, #AREA_IN + 8 * 8]
    ldp     x10, x11, [sp, #AREA_IN + 10 * 8]
    ldp     x12, x13, [sp, #AREA_IN + 12 * 8]
    ldp     x14, x15, [sp, #AREA_IN + 14 * 8]
    ldp     x16, x17, [sp, #AREA_IN + 16 * 8]
    ldp     x18, x19, [sp, #AREA_IN + 18 * 8]
    ldp     x20, x21, [sp, #AREA_IN + 20 * 8]
    ldp     x22, x23, [sp, #AREA_IN + 22 * 8]
    ldp     x24, x25, [sp, #AREA_IN + 24 * 8]
    ldp     x26, x27, [sp, #AREA_IN + 26 * 8]
    ldp     x28, x29, [sp, #AREA_IN + 28 * 8]
    ldr     x30, [sp, #AREA_IN + 30 * 8]
    ldp     x0, x1, [sp, #AREA_IN]
    .endm

    .section .rodata.trampoline, "a"
    .balign 16
    .globl trampoline_start
trampoline_start:
    ldr     x0, [sp, #AREA_WITNESS]
    mov     x1, sp
    str     x1, [x0]
    ldr     x0, [sp, #AREA_GO]
    ldr     x1, [sp, #AREA_DONE]
    cmp     x0, x1
    b.eq    trampoline_start
    str     x0, [sp, #AREA_TOOK]
    ldr     x0, [sp, #AREA_WITNESS]
    str     xzr, [x0]
    ldr     x1, [sp, #AREA_KIND]
    cmp     x1, #AREA_KIND_UNDEFINED
    b.eq    1f
    cmp     x1, #AREA_KIND_LOAD
    b.eq    2f
    b.hi    3f
    load_all
    .globl trampoline_svc
trampoline_svc:
    svc     #0
    b       4f
1:  load_all
    .globl trampoline_undefined
trampoline_undefined:
    udf     #0
    b       4f
2:  load_all
    .globl trampoline_load
trampoline_load:
    ldr     x0, [x1]
    b       4f
3:  load_all
    .globl trampoline_store
trampoline_store:
    str     x0, [x1]
4:  stp     x0, x1, [sp, #AREA_OUT]
    stp     x2, x3, [sp, #AREA_OUT + 2 * 8]
    stp     x4, x5, [sp, #AREA_OUT + 4 * 8]
    stp     x6, x7, [sp, #AREA_OUT + 6 * 8]
    stp     x8, x9, [sp, #AREA_OUT + 8 * 8]
    stp     x10, x11, [sp, #AREA_OUT + 10 * 8]
    stp     x12, x13, [sp, #AREA_OUT + 12 * 8]
    stp     x14, x15, [sp, #AREA_OUT + 14 * 8]
    stp     x16, x17, [sp, #AREA_OUT + 16 * 8]
    stp     x18, x19, [sp, #AREA_OUT + 18 * 8]
    stp     x20, x21, [sp, #AREA_OUT + 20 * 8]
    stp     x22, x23, [sp, #AREA_OUT + 22 * 8]
    stp     x24, x25, [sp, #AREA_OUT + 24 * 8]
    stp     x26, x27, [sp, #AREA_OUT + 26 * 8]
    stp     x28, x29, [sp, #AREA_OUT + 28 * 8]
    str     x30, [sp, #AREA_OUT + 30 * 8]
    mrs     x0, nzcv
    str     x0, [sp, #AREA_OUT + AREA_NZCV * 8]
    mrs     x0, tpidr_el0
    str     x0, [sp, #AREA_OUT + AREA_TPIDR * 8]
    ldr     x0, [sp, #AREA_TOOK]
    str     x0, [sp, #AREA_DONE]
    b       trampoline_start
    .globl trampoline_end
trampoline_end:
