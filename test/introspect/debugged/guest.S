// SPDX-License-Identifier: BSD-2-Clause
// A guest to be debugged: linked at a virtual address that is not its physical one (raw at 0x40080000), with its tables on, and a piece of
// EL0 at a third address. It counts, tells of it on its UART, and restarts or powers itself off when x25 becomes 1 or 2.
    .equ UART, 0x09000000
    .text
    .global _start, mmu_is_on, loop, work, back, user, user_call, vectors, counter
_start:
    adrp x0, lower
    msr ttbr0_el1, x0
    adrp x0, upper
    msr ttbr1_el1, x0
    mov x0, #0xff00                // attribute 0: device, 1: normal
    msr mair_el1, x0
    ldr x0, =0x1b5193519           // T0SZ, T1SZ 25; granules 4 KiB; inner shareable, cached; 36 bits
    msr tcr_el1, x0
    isb
    mov x0, #0x1005                // M, C, I
    movk x0, #0x30d0, lsl #16
    msr sctlr_el1, x0
    isb
mmu_is_on:
    ldr x0, =vectors
    msr vbar_el1, x0
    ldr x0, =stack
    mov sp, x0
    mov x19, #0x5e1
    mov x20, xzr
    mov x25, xzr
    ldr x26, =UART
    ldr x0, =loop
    br x0
loop:
    bl work
back:
    ldr x0, =0x84000009            // SYSTEM_RESET
    cmp x25, #1
    b.eq firmware
    ldr x0, =0x84000008            // SYSTEM_OFF
    cmp x25, #2
    b.eq firmware
    tst x20, #0x3fff
    b.ne 1f
    mov w0, #'c'
    str w0, [x26]
    mov w0, #'\n'
    str w0, [x26]
1:  adr x0, user
    ldr x1, =0xffffff8000000000 - 0x80000000
    sub x0, x0, x1
    msr elr_el1, x0
    msr spsr_el1, xzr
    eret
firmware:
    hvc #0
    b .
work:
    add x20, x20, #1
    ldr x0, =counter
    str x20, [x0]
    ret
user:
    add x21, x21, #1
user_call:
    svc #0
    .balign 2048
vectors:
    .rept 8
    b .
    .balign 128
    .endr
    b loop                         // synchronous, from EL0
    .balign 128
    .rept 7
    b .
    .balign 128
    .endr
    .ltorg
counter:
    .quad 0
    .balign 64
    .fill 256
stack:
    .balign 4096
lower:                             // by 1 GiB: devices, RAM for EL1, RAM for EL0
    .quad 0x0060000000000401
    .quad 0x0000000040000705
    .quad 0x0020000040000745
    .fill 509, 8, 0
upper:                             // RAM at 0xffffff8000000000
    .quad 0x0000000040000705
    .fill 511, 8, 0
