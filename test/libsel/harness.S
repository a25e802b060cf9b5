/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The start and the exceptions of the miniature machine: EL1 of QEMU's virt board, each address translated to itself. Without translation all memory is
 * Device memory, where an unaligned access is an alignment fault (Arm ARM, D8.2.12); processes have Normal memory.
 * Starts the process as the start contract says (sel/process.h), with every other register poisoned.
 */
    .text
    .globl harness_start
harness_start:
    ldr     x1, =harness_vectors
    msr     vbar_el1, x1
    ldr     x1, =harness_has_fpu
    ldr     w1, [x1]
    cbz     w1, 1f
    mov     x1, #(3 << 20)          /* CPACR_EL1.FPEN: no trap */
    msr     cpacr_el1, x1
1:  ldr     x1, =0xff               /* MAIR_EL1: attribute 0 is Normal Write-Back, 1 Device-nGnRnE */
    msr     mair_el1, x1
    ldr     x1, =0x803519           /* TCR_EL1: 39 bits (T0SZ), Inner Shareable, Write-Back, TTBR0 alone (EPD1) */
    msr     tcr_el1, x1
    ldr     x1, =harness_table
    msr     ttbr0_el1, x1
    isb
    mrs     x1, sctlr_el1
    orr     x1, x1, #(1 << 12)
    orr     x1, x1, #(1 << 2)
    orr     x1, x1, #1              /* I, C, M */
    msr     sctlr_el1, x1
    isb
    msr     tpidr_el0, xzr
    ldr     x1, =harness_stack_top
    mov     sp, x1
    ldr     x0, =harness_ipc_buffer
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    ldr     x\n, =0xbad0bad0bad0bad0
    .endr
    b       _start

    .balign 2048
harness_vectors:
    .skip   0x200                   /* current EL with SP_EL0: not used */
    sub     sp, sp, #256            /* current EL with SP_ELx, synchronous */
    stp     x0, x1, [sp, #0]
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x30, [sp, #144]
    mov     x0, sp
    mrs     x1, esr_el1
    mrs     x2, elr_el1
    bl      harness_exception
    b       harness_return
    .balign 2048
harness_return:
    ldp     x0, x1, [sp, #0]
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x30, [sp, #144]
    add     sp, sp, #256
    eret

    .data
    .balign 4096
harness_table:                      /* blocks of a gigabyte: attribute, Inner Shareable, accessed */
    .quad   0x00000000 | 1 << 2 | 0x401
    .quad   0x40000000 | 0 << 2 | 0x701
    .fill   510, 8, 0

    .bss
    .balign 1024
harness_ipc_buffer:
    .skip   1024
    .skip   16384
    .globl harness_stack_top
harness_stack_top:
    .skip   16
