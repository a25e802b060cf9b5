/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of the rows about interrupts and timers: see programs.inc. The triggers run in main's address space, where the device is mapped.
 */
#include "systems/bench/bench/programs.inc"

programs_begin interrupt_programs

/* w20 stored to x19 raises the UART's line, w22 to x21 lowers it. The interrupt is an edge: it comes once for each time the line rises. */
label row_irq_trigger_handle_ack_resume
    str w22, [x21]
    str w20, [x19]
    b row_irq_trigger_handle_ack_resume

label program_trigger
    str w22, [x21]
label row_irq_to_user_handler
    reading_begin irq_to_user_handler
    str w20, [x19]
    b program_trigger

/* x19 = Notification, x20 = IRQHandler, which each Wait but the first has something to acknowledge of. */
label program_irq_handler
    mov x0, x19
    mov x2, x20
    system_call SYSCALL_WAIT
label row_irq_to_user_handler_end
    reading_end irq_to_user_handler
    b program_irq_handler

/* x19 = Notification, x20 = Timer, x21 = tag of its setting, x22 = ticks to sleep. */
label row_timer_set_to_wake
    isb
    mrs x9, cntpct_el0
    add x9, x9, x22
    mov x0, x20
    mov x1, x21
    system_call SYSCALL_CALL
    mov x0, x19
    mov x2, xzr
    system_call SYSCALL_WAIT
label row_timer_set_to_wake_end
    cbz x0, row_timer_set_to_wake
1:  system_call SYSCALL_YIELD
    b 1b

programs_end interrupt_programs
