/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of the rows about guests: see programs.inc. The guests run at EL1 with MMU and caches off; their VMMs are as small as a VMM can be: they
 * answer every exit with the same words. A label in front of a `nop` stands there because the instruction behind it traps and is begun twice.
 */
#include "systems/bench/bench/programs.inc"

#define ICC_PMR     S3_0_C4_C6_0
#define ICC_IGRPEN1 S3_0_C12_C12_7
#define ICC_IAR1    S3_0_C12_C12_0
#define ICC_EOIR1   S3_0_C12_C12_1

#define VECTOR_IRQ 0x280 /* from the current level, on its own stack (DDI 0487, D1.3.1) */

programs_begin guest_programs

/* x19 = Endpoint, x20 = Reply, x21 = tag, x22 = verbs, x23 = word 5 of each answer. */
label program_vmm
    mov x0, x19
    mov x2, x20
    system_call SYSCALL_RECV
1:  mov x0, x19
    mov x1, x21
    mov x2, x20
    mov x9, x22
    system_call SYSCALL_REPLY_RECV
label vmm_receives
    b 1b

/* The same, with list registers in each answer. */
label program_vmm_injecting
    mov x0, x19
    mov x2, x20
    system_call SYSCALL_RECV
1:  mov x0, x19
    mov x1, x21
    mov x2, x20
    mov x9, x22
    mov x14, x23
    mov x15, #0
    system_call SYSCALL_REPLY_RECV
    b 1b

/* The same, with a loaded value: the answer's first word repeats which register it goes to, and how. */
label program_vmm_loading
    mov x0, x19
    mov x2, x20
    system_call SYSCALL_RECV
1:  mov w9, w9
    orr x9, x9, x22
    mov x10, #0x55
    mov x0, x19
    mov x1, x21
    mov x2, x20
    system_call SYSCALL_REPLY_RECV
    b 1b

/* Tells each exit to a native process by x23, a Notification, before it answers. */
label program_vmm_doorbell
    mov x0, x19
    mov x2, x20
    system_call SYSCALL_RECV
1:  mov x0, x23
    system_call SYSCALL_SIGNAL
    mov x0, x19
    mov x1, x21
    mov x2, x20
    mov x9, x22
    system_call SYSCALL_REPLY_RECV
    b 1b

label program_doorbell_handler
    mov x0, x19
    mov x2, xzr
    system_call SYSCALL_WAIT
label row_guest_doorbell_to_native_handler_end
    b program_doorbell_handler

/* Takes one exit and sets the guest's list registers ever after; x21 = VCPU, x22 = tag, x23 = entries. */
label program_vmm_calling
    mov x0, x19
    mov x2, x20
    system_call SYSCALL_RECV
label row_virq_inject_call
    mov x0, x21
    mov x1, x22
    mov x9, x23
    mov x10, #0
    mov x11, #0
    system_call SYSCALL_CALL
label row_virq_inject_call_end
    cbz x0, row_virq_inject_call
1:  system_call SYSCALL_YIELD
    b 1b

/* Gives the guest an interrupt whenever its Timer has signalled: x19 = Notification, x20 = Timer, x21 = VCPU, x22, x23 = tags of set and
   set_interrupts, x24 = entries. */
label program_injector
    isb
    mrs x9, cntpct_el0
    add x9, x9, #200
    mov x0, x20
    mov x1, x22
    system_call SYSCALL_CALL
    mov x0, x19
    mov x2, xzr
    system_call SYSCALL_WAIT
    mov x0, x21
    mov x1, x23
    mov x9, x24
    mov x10, #0
    mov x11, #0
    system_call SYSCALL_CALL
    b program_injector

label row_vm_hypercall_exit_resume
    hvc #0
    b row_vm_hypercall_exit_resume

/* x19 = an address where there is nothing. */
label row_vm_mmio_store_exit_resume
    str w1, [x19]
    b row_vm_mmio_store_exit_resume

label row_vm_mmio_load_exit_resume
    ldr w1, [x19]
    b row_vm_mmio_load_exit_resume

label row_guest_doorbell_to_native_handler
    str w1, [x19]
    b row_guest_doorbell_to_native_handler

.macro begin_interrupts vectors
    adr x0, \vectors
    msr vbar_el1, x0
    mov x0, #0xff
    msr ICC_PMR, x0
    mov x0, #1
    msr ICC_IGRPEN1, x0
    isb
.endm

.macro arm_timer
    isb
    mrs x0, cntvct_el0
    add x0, x0, x19
    msr cntv_cval_el0, x0
    mov x0, #1
    msr cntv_ctl_el0, x0
    isb
.endm

.macro end_interrupt
    mrs x0, ICC_IAR1
    msr cntv_ctl_el0, xzr
    isb
    msr ICC_EOIR1, x0
.endm

.macro vectors name
    .balign 2048
label \name
    .skip VECTOR_IRQ
.endm

/* An interrupt that it does not take waits already. */
label program_wfi_pending
    begin_interrupts vectors_wake
1:
label row_vm_wfi_interrupt_pending
    wfi
    b row_vm_wfi_interrupt_pending

/* x19 = ticks to sleep. */
label program_sleeper
    begin_interrupts vectors_wake
label sleeper_again
    arm_timer
    msr daifclr, #2
label row_vm_wfi_block_timer_wake_to_vector
    nop
    wfi
    b sleeper_again
    vectors vectors_wake
label row_vm_wfi_block_timer_wake_to_vector_end
    end_interrupt
    b sleeper_again

/* Asks for an interrupt by a hypercall, takes it and ends it. */
label program_taker
    begin_interrupts vectors_take
    msr daifclr, #2
label row_virq_inject_take_eoi_loop
    hvc #0
    b row_virq_inject_take_eoi_loop
    vectors vectors_take
    mrs x0, ICC_IAR1
label row_virq_guest_eoi
    msr ICC_EOIR1, x0
label row_virq_guest_eoi_end
    eret

/* The same with a line that stays high: the interrupt comes again and again. */
label program_taker_of_level
    begin_interrupts vectors_level
    hvc #0
    msr daifclr, #2
    b .
    vectors vectors_level
    mrs x0, ICC_IAR1
label row_virq_guest_eoi_level_line_high
    msr ICC_EOIR1, x0
label row_virq_guest_eoi_level_line_high_end
    eret

/* Ticks every x19 ticks of the counter, and asks nobody. */
label program_ticker
    begin_interrupts vectors_tick
    arm_timer
    msr daifclr, #2
    b .
    vectors vectors_tick
label row_guest_timer_tick_ppi_to_vector_end
label row_guest_timer_tick_vmm_exits
    mrs x1, ICC_IAR1
    arm_timer
    msr ICC_EOIR1, x1
    eret

/* Sleeps above a guest that never does. */
label program_preempting
    begin_interrupts vectors_preempting
label preempting_again
    arm_timer
    msr daifclr, #2
label row_second_guest_state_swap
    nop
    wfi
    b preempting_again
    vectors vectors_preempting
label row_vcpu_switch_two_guests_one_core_end
    end_interrupt
    b preempting_again

label program_preempted
label row_second_guest_state_swap_end
    b .

/* Takes what its VMM injects, while it computes. */
label program_interrupted
    begin_interrupts vectors_interrupted
    msr daifclr, #2
    b .
    vectors vectors_interrupted
label row_physical_interrupt_to_guest_vector_end
    mrs x0, ICC_IAR1
    msr ICC_EOIR1, x0
    eret

programs_end guest_programs
