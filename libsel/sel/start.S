/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry point of a native process: see process.h for what the registers hold.
 * Not used by the roottask, which brings its own _start.
 */
    .section .text.start, "ax"
    .globl _start
    .type _start, %function
_start:
    mov     x29, xzr            /* ends the chain of frame records */
    mov     x30, xzr
    b       sel_process_start   /* x0 = IPC buffer; does not return */
    .size _start, . - _start
