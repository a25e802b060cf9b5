/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exception vectors of EL2, and the way back to a thread. Not here: what an exception means (exceptions.c).
 *
 * Invariant: outside the kernel SP_EL2 is the address of the running thread's arch_context (first in its TCB); inside, the kernel stack.
 * All of x0..x30, SP_EL0, pc, pstate and TPIDR_EL0 are saved; a fast path may save less, the layout is messages.yaml `thread_registers`.
 */
#include "kernel/arch/aarch64/layout.h"

    .section .text.entry, "ax"

.macro save_context_and_call handler
    .balign 128
    stp x0, x1, [sp, #0]
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    stp x18, x19, [sp, #144]
    stp x20, x21, [sp, #160]
    stp x22, x23, [sp, #176]
    stp x24, x25, [sp, #192]
    stp x26, x27, [sp, #208]
    stp x28, x29, [sp, #224]
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
    kernel_exception 0      /* current EL, SP_EL0: never used */
    kernel_exception 1
    kernel_exception 2
    kernel_exception 3
    kernel_exception 4      /* current EL: a bug of the kernel's */
    kernel_exception 5
    kernel_exception 6
    kernel_exception 7
    save_context_and_call exception_sync
    save_context_and_call exception_irq
    save_context_and_call exception_fiq
    save_context_and_call exception_serror
    save_context_and_call exception_sync      /* lower EL in AArch32: a guest's EL0 */
    save_context_and_call exception_irq
    save_context_and_call exception_fiq
    save_context_and_call exception_serror

/* On the kernel stack; picks the next thread and returns to it. */
leave_kernel:
    bl exception_exit
/* x0 = arch_context to continue with. */
    .global context_restore
context_restore:
    mov sp, x0
    ldp x30, x0, [sp, #CONTEXT_X30]
    ldp x1, x2, [sp, #CONTEXT_PC]
    ldr x3, [sp, #CONTEXT_TPIDR]
    msr sp_el0, x0
    msr elr_el2, x1
    msr spsr_el2, x2
    msr tpidr_el0, x3
    ldp x0, x1, [sp, #0]
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #96]
    ldp x14, x15, [sp, #112]
    ldp x16, x17, [sp, #128]
    ldp x18, x19, [sp, #144]
    ldp x20, x21, [sp, #160]
    ldp x22, x23, [sp, #176]
    ldp x24, x25, [sp, #192]
    ldp x26, x27, [sp, #208]
    ldp x28, x29, [sp, #224]
    eret

/* The first thread: leave the boot code's stack for good. */
    .global boot_enter
boot_enter:
    adrp x4, kernel_stack_top
    mov sp, x4
    b leave_kernel

/* TPIDR_EL2 = the kernel's x0, x0 = kind. SP may be bad (stack overflow): nothing is pushed before it is replaced. */
dump_kernel_state:
    msr sp_el0, x1              /* SP_EL0 of the interrupted thread is saved already or lost to the dump */
    adrp x1, panic_context
    add x1, x1, :lo12:panic_context
    stp x2, x3, [x1, #16]
    stp x4, x5, [x1, #32]
    stp x6, x7, [x1, #48]
    stp x8, x9, [x1, #64]
    stp x10, x11, [x1, #80]
    stp x12, x13, [x1, #96]
    stp x14, x15, [x1, #112]
    stp x16, x17, [x1, #128]
    stp x18, x19, [x1, #144]
    stp x20, x21, [x1, #160]
    stp x22, x23, [x1, #176]
    stp x24, x25, [x1, #192]
    stp x26, x27, [x1, #208]
    stp x28, x29, [x1, #224]
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
    .skip 4096
    .skip KERNEL_STACK_BYTES
kernel_stack_top:
    .skip 4096
emergency_stack_top:
