/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The row `reading`: nothing between two readings. And the probes that tell what the counter counts, called from C: chains of instructions each
 * of which needs the one before it.
 */
#include "systems/bench/bench/cycles/counter.h"
#include "systems/bench/bench/programs.inc"

programs_begin reading_programs

label program_reading
    reading_begin reading
    reading_end reading
    b program_reading

programs_end reading_programs

    .section .text.probes, "ax"

/* uint64_t NAME(void): counts from before the chain to behind it. */
.macro probe name, length, instruction:vararg
label \name
    mov x9, #1
    mov x10, #1
    isb
    mrs x1, pmccntr_el0
    .rept \length
    \instruction
    .endr
    isb
    mrs x0, pmccntr_el0
    sub x0, x0, x1
    ret
.endm

    probe probe_nothing, 0, nop
    probe probe_additions, PROBE_LENGTH, add x9, x9, x10
    probe probe_divisions, PROBE_LENGTH, udiv x9, x9, x10
