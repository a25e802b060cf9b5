/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of the rows about messages, signals, faults and yielding: see programs.inc. The callers stop by themselves when a call fails.
 */
#include "systems/bench/bench/programs.inc"

#define CAP   x19 /* Endpoint or Notification */
#define REPLY x20

programs_begin ipc_programs

/* x1 = tag at the start; an answer of the same shape leaves it as it was. */
.macro caller name
label row_\name
    reading_begin \name
    mov x0, CAP
    system_call SYSCALL_CALL
    reading_end \name
    cbz x0, row_\name
    b failed
.endm

    caller ipc_round_trip_0_words
    caller ipc_round_trip_4_words
    caller ipc_round_trip_8_words
    caller ipc_round_trip_64_words
    caller ipc_round_trip_120_words
    caller ipc_same_process
    caller ipc_active_server
    caller ipc_chain_2
    caller ipc_chain_3
    caller ipc_chain_5

/* Answers what it gets as it came. */
label program_server
    mov x0, CAP
    mov x2, REPLY
    system_call SYSCALL_RECV
1:  mov x0, CAP
    mov x2, REPLY
    system_call SYSCALL_REPLY_RECV
    b 1b

/* Takes a capability with each message and sends none back; x21 = CNode, x22 = the slot it arrives in, emptied outside the row;
   x23, x24 = tags of the Call and of the emptying. */
label row_ipc_with_capability
    reading_begin ipc_with_capability
    mov x0, CAP
    mov x1, x23
    system_call SYSCALL_CALL
label row_ipc_with_capability_end
    reading_end ipc_with_capability
    cbnz x0, failed
    mov x0, x21
    mov x1, x24
    mov x9, x22
    system_call SYSCALL_CALL
    cbz x0, row_ipc_with_capability
    b failed

label program_silent_server
    mov x0, CAP
    mov x2, REPLY
    system_call SYSCALL_RECV
1:  mov x0, CAP
    mov x1, #0
    mov x2, REPLY
    system_call SYSCALL_REPLY_RECV
    b 1b

/* Passes what it gets on to the server at x21, and that one's answer back. */
label program_middle
    mov x0, CAP
    mov x2, REPLY
    system_call SYSCALL_RECV
1:  mov x0, x21
    system_call SYSCALL_CALL
    mov x0, CAP
    mov x2, REPLY
    system_call SYSCALL_REPLY_RECV
    b 1b

label row_signal_to_higher_priority
    reading_begin signal_to_higher_priority
    mov x0, CAP
    system_call SYSCALL_SIGNAL
    cbz x0, row_signal_to_higher_priority
    b failed

label program_waiter
    mov x0, CAP
    mov x2, xzr
    system_call SYSCALL_WAIT
label row_signal_to_higher_priority_end
    reading_end signal_to_higher_priority
    b program_waiter

label row_signal_nobody_waiting
    reading_begin signal_nobody_waiting
    mov x0, CAP
    system_call SYSCALL_SIGNAL
    reading_end signal_nobody_waiting
    cbz x0, row_signal_nobody_waiting
    b failed

/* Signals itself before each Wait. */
label program_signals_itself
    mov x0, CAP
    system_call SYSCALL_SIGNAL
label row_wait_bits_pending
    reading_begin wait_bits_pending
    mov x0, CAP
    mov x2, xzr
    system_call SYSCALL_WAIT
label row_wait_bits_pending_end
    reading_end wait_bits_pending
    cbz x0, program_signals_itself
    b failed

/* The first word says no more than that the number is known and the capability is not there. */
label row_system_call_floor
    reading_begin system_call_floor
    mov x0, #0
    system_call SYSCALL_POLL
    reading_end system_call_floor
    b row_system_call_floor

label row_yield_ping_pong_two_switches
    reading_begin yield_ping_pong_two_switches
    system_call SYSCALL_YIELD
    reading_end yield_ping_pong_two_switches
    b row_yield_ping_pong_two_switches

/* The same program in all threads: from head to head is one switch. */
.macro yielder name
label row_\name
    reading_end \name
    reading_begin \name
    system_call SYSCALL_YIELD
    b row_\name
.endm

    yielder switch_at_1_ready
    yielder switch_at_32_ready
    yielder switch_at_200_ready

/* Each of two threads uses a SIMD register after the other one had them. */
    .arch_extension fp
label row_fpu_first_use_after_switch
    reading_begin fpu_first_use_after_switch
    nop                         /* the instruction behind it is executed twice: it traps */
    fmov d0, x19
label row_fpu_first_use_after_switch_end
    reading_end fpu_first_use_after_switch
    system_call SYSCALL_YIELD
    b row_fpu_first_use_after_switch

/* The other side of a ping-pong. */
label program_yielder
    system_call SYSCALL_YIELD
    b program_yielder

label row_fault_handle_resume
    reading_begin fault_handle_resume
    udf #0
    reading_end fault_handle_resume
    b row_fault_handle_resume

/* Lets the faulting thread go on behind the instruction. */
label program_fault_handler
    mov x0, CAP
    mov x2, REPLY
    system_call SYSCALL_RECV
1:  mov x0, CAP
    mov x1, #1                  /* tag: one word */
    mov x2, REPLY
    mov x9, #(FAULT_REPLY_RESUME | FAULT_REPLY_SKIP)
    system_call SYSCALL_REPLY_RECV
    b 1b

/* What went wrong is told by the row's missing repetitions; x0 stays for the debugger. */
failed:
    system_call SYSCALL_YIELD
    b failed

programs_end ipc_programs
