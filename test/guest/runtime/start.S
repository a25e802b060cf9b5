/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry of every test guest: Linux Image header (text offset 2 MiB), entry state kept for the guest `entry`, stack, vectors, main.
 * All sixteen vectors save x0..x30, ELR, SPSR, ESR, FAR in a frame and call trap(frame, vector number).
 */
.section .head, "ax"
.global _start
_start:
    b       begin
    .long   0
    .quad   0x200000            /* text offset */
    .quad   __image_end - _start
    .quad   0xa                 /* little-endian, 4K pages, anywhere */
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

begin:
    msr     nzcv, xzr           /* unknown after reset */
    adrp    x4, entry_registers
    add     x4, x4, :lo12:entry_registers
    stp     x0, x1, [x4]
    stp     x2, x3, [x4, #16]
    adr     x5, _start
    mrs     x6, currentel
    stp     x5, x6, [x4, #32]
    mrs     x5, daif
    mrs     x6, spsel
    stp     x5, x6, [x4, #48]
    mrs     x5, sctlr_el1
    mrs     x6, cpacr_el1
    stp     x5, x6, [x4, #64]
    mov     x5, #(3 << 20)
    msr     cpacr_el1, x5
    adrp    x5, vectors
    add     x5, x5, :lo12:vectors
    msr     vbar_el1, x5
    adrp    x5, __stack_top
    add     sp, x5, :lo12:__stack_top
    isb
    bl      main
    bl      finish

.macro vector number
    .balign 128
    sub     sp, sp, #(36 * 8)
    stp     x0, x1, [sp]
    mov     x1, #\number
    b       save
.endm

.balign 2048
vectors:
    vector 0
    vector 1
    vector 2
    vector 3
    vector 4
    vector 5
    vector 6
    vector 7
    vector 8
    vector 9
    vector 10
    vector 11
    vector 12
    vector 13
    vector 14
    vector 15

save:
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    stp     x30, x2, [sp, #240]
    mrs     x2, esr_el1
    mrs     x4, far_el1
    stp     x3, x2, [sp, #256]
    str     x4, [sp, #272]
    mov     x0, sp
    bl      trap
    ldp     x30, x2, [sp, #240]
    ldr     x3, [sp, #256]
    msr     elr_el1, x2
    msr     spsr_el1, x3
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    ldp     x0, x1, [sp]
    add     sp, sp, #(36 * 8)
    eret
