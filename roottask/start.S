/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First instruction of the first process. The kernel has mapped image and stack, sp is the stack's top, x0 the boot
 * information page (docs/design/kernel.md, "Boot").
 */
    .section .text.start, "ax"
    .globl _start
    .type _start, %function
_start:
    mov     x29, xzr            /* ends the chain of frame records */
    mov     x30, xzr
    b       roottask_start      /* does not return */
    .size _start, . - _start
