/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exception vectors of EL2, and the way back to a thread. Not here: what an exception means (exceptions.c).
 *
 * Invariant: outside the kernel SP_EL2 is the address of the running thread's arch_context (first in its TCB); inside, the kernel stack.
 * All of x0..x30, SP_EL0, pc, pstate and TPIDR_EL0 are saved; a fast path may save less, the layout is messages.yaml `thread_registers`.
 */
#include "kernel/arch/aarch64/registers.h"

    .section .text.entry, "ax"

/* x2..x29 of the context at `base`. */
.macro move_registers operation, base
    .irp pair, "x2,x3,16", "x4,x5,32", "x6,x7,48", "x8,x9,64", "x10,x11,80", "x12,x13,96", "x14,x15,112", "x16,x17,128", "x18,x19,144", "x20,x21,160", "x22,x23,176", "x24,x25,192", "x26,x27,208", "x28,x29,224"
    move_pair \operation, \base, \pair
    .endr
.endm

.macro move_pair operation, base, first, second, offset
    \operation \first, \second, [\base, #\offset]
.endm

.macro save_context_and_call handler
    .balign 128
    stp x0, x1, [sp, #0]
    move_registers stp, sp
    mrs x0, sp_el0
    mrs x1, elr_el2
    mrs x2, spsr_el2
    mrs x3, tpidr_el0
    stp x30, x0, [sp, #CONTEXT_X30]
    stp x1, x2, [sp, #CONTEXT_PC]
    str x3, [sp, #CONTEXT_TPIDR]
    adrp x4, kernel_stack_top
    mov sp, x4
    bl \handler
    b leave_kernel
.endm

.macro kernel_exception kind
    .balign 128
    msr tpidr_el2, x0
    mov x0, #\kind
    b dump_kernel_state
.endm

    .balign 2048
    .global exception_vectors
exception_vectors:
    .irp kind, 0, 1, 2, 3, 4, 5, 6, 7      /* taken from EL2: a bug of the kernel's */
    kernel_exception \kind
    .endr
    .rept 2                                /* from a lower level in AArch64; in AArch32 (a guest's EL0) */
    save_context_and_call exception_sync
    save_context_and_call exception_irq
    save_context_and_call exception_fiq
    save_context_and_call exception_serror
    .endr

/* On the kernel stack; picks the next thread and returns to its context. */
leave_kernel:
    bl exception_exit
    mov sp, x0
    ldp x30, x0, [sp, #CONTEXT_X30]
    ldp x1, x2, [sp, #CONTEXT_PC]
    ldr x3, [sp, #CONTEXT_TPIDR]
    msr sp_el0, x0
    msr elr_el2, x1
    msr spsr_el2, x2
    msr tpidr_el0, x3
    ldp x0, x1, [sp, #0]
    move_registers ldp, sp
    eret

/* The first thread: leave the boot code's stack for good. */
    .global boot_enter
boot_enter:
    adrp x4, kernel_stack_top
    mov sp, x4
    b leave_kernel

/* TPIDR_EL2 = the kernel's x0, x0 = kind. SP may be bad (stack overflow): it is replaced before anything is pushed. */
dump_kernel_state:
    msr sp_el0, x1              /* lost to the dump: the thread's own is saved already */
    adrp x1, panic_context
    add x1, x1, :lo12:panic_context
    move_registers stp, x1
    mrs x2, tpidr_el2
    mrs x3, sp_el0
    stp x2, x3, [x1, #0]
    mov x4, sp
    mrs x5, elr_el2
    mrs x6, spsr_el2
    stp x30, x4, [x1, #CONTEXT_X30]
    stp x5, x6, [x1, #CONTEXT_PC]
    adrp x1, emergency_stack_top
    mov sp, x1
    b exception_in_kernel

    .section .bss.stack, "aw", %nobits
    .balign 4096
    .global kernel_stack_guard, kernel_stack_top, emergency_stack_top
kernel_stack_guard:
    .skip 4096 + KERNEL_STACK_BYTES
kernel_stack_top:
    .skip 4096
emergency_stack_top:
