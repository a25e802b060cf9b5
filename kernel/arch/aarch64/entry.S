/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exception vectors of EL2, and the way back to a thread. Not here: what an exception means (exceptions.c).
 *
 * Invariant: outside the kernel SP_EL2 is the address of the running thread's arch_context (first in its TCB); inside, the kernel stack.
 * All of x0..x30, SP_EL0, pc, pstate and TPIDR_EL0 are saved, in the layout of messages.yaml `thread_registers`; while a fastpath (ipc/fastpath.h)
 * tries, only what a system call preserves, and its arguments: the message is in x9..x15, x18, which the C code leaves alone.
 */
#include "gen/abi.h"
#include "kernel/arch/aarch64/registers.h"

/* Offset of a register in a context (A1). */
#define WORD(register) (8 * THREAD_REG_##register)

    .section .text.entry, "ax"

/* x2..x15, x18..x21 of the context at `base`. */
.macro move_first operation, base
    .irp pair, "x2,x3,16", "x4,x5,32", "x6,x7,48", "x8,x9,64", "x10,x11,80", "x12,x13,96", "x14,x15,112", "x18,x19,144", "x20,x21,160"
    move_pair \operation, \base, \pair
    .endr
.endm

/* x2..x29, but x16 and x17 */
.macro move_registers operation, base
    move_first \operation, \base
    .irp pair, "x22,x23,176", "x24,x25,192", "x26,x27,208", "x28,x29,224"
    move_pair \operation, \base, \pair
    .endr
.endm

/* What a system call preserves, but SP_EL0 and TPIDR_EL0. */
.macro move_preserved operation, base
    .irp pair, "x19,x20,152", "x21,x22,168", "x23,x24,184", "x25,x26,200", "x27,x28,216", "x29,x30,232"
    move_pair \operation, \base, \pair
    .endr
.endm

/* The address of percpu.current's context. */
.macro load_current to
    adrp \to, percpu_area
    ldr \to, [\to, #:lo12:percpu_area]
.endm

.macro move_pair operation, base, first, second, offset
    \operation \first, \second, [\base, #\offset]
.endm

.macro save_context_and_call handler, then
    .balign 128
    stp x16, x17, [sp, #WORD(X16)]
    save_context_here_and_call \handler, "\then"
.endm

/* x16 and x17 are saved. */
.macro save_context_here_and_call handler, then, stack=kernel_stack_top
    stp x0, x1, [sp, #0]
    move_registers stp, sp
    mrs x0, sp_el0
    mrs x1, elr_el2
    mrs x2, spsr_el2
    mrs x3, tpidr_el0
    stp x30, x0, [sp, #WORD(X30)]
    stp x1, x2, [sp, #WORD(PC)]
    str x3, [sp, #WORD(TPIDR_EL0)]
    adrp x4, \stack
    mov sp, x4
    bl \handler
    \then
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
    .balign 128                            /* from a lower level in AArch64 */
    stp x16, x17, [sp, #WORD(X16)]
    mrs x16, esr_el2
    lsr x16, x16, #ESR_EC_SHIFT
    cmp x16, #EC_SVC64
    b.eq system_call
    save_context_here_and_call exception_sync
    save_context_and_call exception_irq, "cbnz x0, straight_back"
    kernel_exception 10                    /* a FIQ: group 0 is never enabled, it is firmware's; nothing to serve */
    save_context_and_call exception_sync  /* SError */
    save_context_and_call exception_sync   /* in AArch32 (a guest's EL0) */
    save_context_and_call exception_irq, "cbnz x0, straight_back"
    kernel_exception 14
    save_context_and_call exception_sync  /* SError */

/* A system call with a fastpath, which refused it or gives in x0 who goes on, by `then`. */
.macro try number, fastpath, then
    cmp x8, #\number
    b.ne 1f
    bl \fastpath
    .ifnb \then
    cbnz x0, \then
    .endif
    mov x8, #\number
    b refused
1:
.endm

/* x16, x17 are free: a system call does not preserve them. x8 = the number. What has a fastpath has no x3: it becomes the reply status. */
system_call:
    stp x0, x1, [sp, #0]
    stp x2, xzr, [sp, #16]
    move_preserved stp, sp
    mrs x16, sp_el0
    mrs x17, elr_el2
    mrs x20, spsr_el2
    mrs x21, tpidr_el0
    stp x16, x17, [sp, #WORD(SP)]
    stp x20, x21, [sp, #WORD(PSTATE)]
    adrp x16, kernel_stack_top
    mov sp, x16
    try SYSCALL_CALL, fast_call, straight_back
    try SYSCALL_REPLY_RECV, fast_reply_recv
    try SYSCALL_SIGNAL, fast_signal, unchanged_back
    try SYSCALL_WAIT, fast_wait, unchanged_back
    cmp x8, #SYSCALL_YIELD
    b.eq fast_yield             /* does not return */
    load_current x19
    stp x2, x3, [x19, #16]
    stp x4, x5, [x19, #32]
    stp x6, x7, [x19, #48]
    b 2f
refused:
    load_current x19            /* x4..x7 are what the fastpath left there, and the context what an earlier exception did: nobody may count on them */
2:  stp x8, x9, [x19, #64]
    stp x10, x11, [x19, #80]
    stp x12, x13, [x19, #96]
    stp x14, x15, [x19, #112]
    str x18, [x19, #WORD(X18)]
    bl exception_syscall
straight_back:                  /* x0 = the context that goes on; what C code preserves is still there, but for what was used here */
    mov sp, x0
    ldp x0, x1, [sp, #0]
    move_first ldp, sp
    ldp x16, x17, [sp, #WORD(X16)]
    ldr x30, [sp, #WORD(X30)]
    eret
unchanged_back:                 /* the message is, too */
    ldp x1, x2, [x0, #8]
    ldp x20, x21, [x0, #160]
    ldr x30, [x0, #WORD(X30)]
    mov x3, xzr
    b leave_same

/* As leave_fast, with x3 as the message's first word and the seven others at x4. */
    .global leave_with
leave_with:
    ldp x10, x11, [x4, #0]
    ldp x12, x13, [x4, #16]
    ldp x14, x15, [x4, #32]
    ldr x18, [x4, #48]
    mov x9, x3

/* x0 = the context to go on with, x1 = tag, x2 = badge, message in x9..x15, x18. The reply status waits in the context. */
    .global leave_fast
leave_fast:
    ldp x3, x4, [x0, #WORD(SP)]
    ldp x5, x6, [x0, #WORD(PSTATE)]
    msr sp_el0, x3
    msr elr_el2, x4
    msr spsr_el2, x5
    msr tpidr_el0, x6
    move_preserved ldp, x0
    ldr x3, [x0, #24]
leave_same:
    mov sp, x0
    .irp register, x0, x4, x5, x6, x7, x8, x16, x17
    mov \register, xzr
    .endr
    eret

/* On the kernel stack; picks the next thread and returns to its context. */
    .global leave_kernel
leave_kernel:
    bl exception_exit
    b arch_leave_to             /* ends at load_context */
    .global load_context
load_context:                   /* x0 = the context to go on with */
    mov sp, x0
    ldp x30, x0, [sp, #WORD(X30)]
    ldp x1, x2, [sp, #WORD(PC)]
    ldr x3, [sp, #WORD(TPIDR_EL0)]
    msr sp_el0, x0
    msr elr_el2, x1
    msr spsr_el2, x2
    msr tpidr_el0, x3
    ldp x0, x1, [sp, #0]
    move_registers ldp, sp
    ldp x16, x17, [sp, #WORD(X16)]
    eret

/* The first thread: leave the boot code's stack for good. */
    .global boot_enter
boot_enter:
    adrp x4, kernel_stack_top
    mov sp, x4
    b leave_kernel

/*
 * TPIDR_EL2 = the kernel's x0, x0 = kind. SP may be bad (stack overflow): nothing is pushed there. SP_EL0 and TPIDR_EL0 are lost to the dump, as the
 * kernel's SP and the kind: the thread's own are saved already (but at a FIQ).
 */
dump_kernel_state:
    msr tpidr_el0, x0
    mov x0, sp
    msr sp_el0, x0
    adrp x0, panic_context
    add x0, x0, :lo12:panic_context
    mov sp, x0
    mrs x0, tpidr_el2
    stp x16, x17, [sp, #WORD(X16)]
    save_context_here_and_call exception_in_kernel, stack=emergency_stack_top

    .section .bss.stack, "aw", %nobits
    .balign 4096
    .global kernel_stack_guard, kernel_stack_top, emergency_stack_top
kernel_stack_guard:
    .skip 4096 + KERNEL_STACK_BYTES
kernel_stack_top:
    .skip 4096
emergency_stack_top:
