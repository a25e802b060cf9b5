/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guests run: copied into a page of each guest, entered at its first instruction at EL1 with the MMU off. Arguments in x0, x1;
 * each tells what it has seen in x0..x3 by HVC.
 */
    .section .rodata.programs, "a"

    .macro program name
    .balign 8
    .global \name, \name\()_end
\name:
    .endm

    .macro enable_interrupts
    mov x9, #0xff
    msr S3_0_C4_C6_0, x9        /* ICC_PMR_EL1 */
    mov x9, #1
    msr S3_0_C12_C12_7, x9      /* ICC_IGRPEN1_EL1 */
    isb
    .endm

    .macro sleep counter, control, value
    mrs x2, \counter
    add x3, x2, x0
    msr \value, x3
    mov x4, #1
    msr \control, x4
    isb
8:  wfi
    mrs x4, \control
    tbz x4, #2, 8b              /* ISTATUS */
    msr \control, xzr
    isb
    mrs x3, \counter
    hvc #1
    b .
    .endm

/* Sleeps x0 ticks by its virtual (x1 = 0) or physical timer; tells its clock before and after in x2, x3. */
program guest_sleeper
    enable_interrupts
    cbnz x1, 1f
    sleep cntvct_el0, cntv_ctl_el0, cntv_cval_el0
1:  sleep cntpct_el0, cntp_ctl_el0, cntp_cval_el0
guest_sleeper_end:

/* Lets its virtual timer fire with interrupts masked; tells again and again what is pending (ICC_HPPIR1_EL1). */
program guest_ticked
    enable_interrupts
    mrs x2, cntvct_el0
    msr cntv_cval_el0, x2
    mov x4, #1
    msr cntv_ctl_el0, x4
    isb
    hvc #5
1:  mrs x0, S3_0_C12_C12_2
    hvc #6
    b 1b
guest_ticked_end:

/* Tells its virtual clock and the physical one. */
program guest_clock
    isb
    mrs x0, cntvct_el0
    isb
    mrs x1, cntpct_el0
    hvc #2
    b .
guest_clock_end:

/* Unmasks SError and waits for one at x1 (its own address, 2 KiB aligned); tells the syndrome. */
program guest_serror
    msr vbar_el1, x1
    isb
    msr daifclr, #4
    hvc #3
1:  b 1b
    .skip 0x380 - (. - guest_serror) /* the vector of an SError of the current level, on its own stack */
    mrs x0, esr_el1
    hvc #4
    b .
guest_serror_end:

/* Runs for ever. */
program guest_spinner
    b .
guest_spinner_end:
