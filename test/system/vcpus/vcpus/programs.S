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

/* Lets its virtual timer fire in x0 ticks with interrupts masked; tells again and again what is pending (ICC_HPPIR1_EL1). */
program guest_ticked
    enable_interrupts
    mrs x2, cntvct_el0
    add x2, x2, x0
    msr cntv_cval_el0, x2
    mov x4, #1
    msr cntv_ctl_el0, x4
    isb
    hvc #5
1:  mrs x0, S3_0_C12_C12_2
    hvc #6
    b 1b
guest_ticked_end:

/* The same, but takes the interrupt first and never ends it; tells its number. */
program guest_taker
    enable_interrupts
    mrs x2, cntvct_el0
    msr cntv_cval_el0, x2
    mov x4, #1
    msr cntv_ctl_el0, x4
    isb
1:  mrs x0, S3_0_C12_C12_0      /* ICC_IAR1_EL1; 1023: not yet */
    cmp x0, #1023
    b.eq 1b
    hvc #5
2:  mrs x0, S3_0_C12_C12_2
    hvc #6
    b 2b
guest_taker_end:

/* Tells its virtual clock and the physical one, again and again. */
program guest_clock
    isb
    mrs x0, cntvct_el0
    isb
    mrs x1, cntpct_el0
    hvc #2
    b guest_clock
guest_clock_end:

/* Unmasks SError and waits for one at x1 (its own address, 2 KiB aligned), in WFI if x0 is not 0; tells the syndrome, and that none is left. */
program guest_serror
    msr vbar_el1, x1
    isb
    msr daifclr, #4
    hvc #3
    cbz x0, 1f
    wfi
1:  b 1b
    .skip 0x380 - (. - guest_serror) /* the vector of an SError of the current level, on its own stack */
    mrs x0, esr_el1
    hvc #4
    msr daifclr, #4
    isb
    hvc #9
    b .
guest_serror_end:

/* Sleeps where an SError takes it, at x1 (its own address, 2 KiB aligned). */
program guest_serror_sleeper
    msr vbar_el1, x1
    isb
    msr daifclr, #4
    hvc #3
1:  b 1b
    .skip 0x380 - (. - guest_serror_sleeper) /* the vector of an SError of the current level, on its own stack */
    wfi
    hvc #5
    b .
guest_serror_sleeper_end:

/* Sets its flags and waits for an exception at x1 (its own address, 2 KiB aligned); tells what is masked then, and the flags. */
program guest_excepted
    msr vbar_el1, x1
    mov x9, #0xf0000000
    msr nzcv, x9
    msr daifclr, #15
    isb
    hvc #3
1:  b 1b
    .skip 0x200 - (. - guest_excepted) /* the vector of a synchronous exception of the current level, on its own stack */
    mrs x0, daif
    mrs x1, nzcv
    hvc #10
    b .
guest_excepted_end:

/* Goes on with PSTATE x0 and loads from where nothing is; tells which of the vectors behind x1 (its own address) is entered then. */
program guest_vectored
    add x1, x1, #0x800
    msr vbar_el1, x1
    msr spsr_el1, x0
    adr x2, 1f
    msr elr_el1, x2
    eret
1:  mov x3, xzr
    ldr x3, [x3]
    b .
    .skip 0x800 - (. - guest_vectored)
    .irp offset, 0x000, 0x080, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0x400, 0x480, 0x500, 0x580, 0x600, 0x680, 0x700, 0x780
    mov x0, #\offset
    hvc #12
    b .
    .skip 0x800 + \offset + 0x80 - (. - guest_vectored)
    .endr
guest_vectored_end:

/* One of each kind of access that is its VMM's to answer; then tells that it is through. */
program guest_trapped
    mrs x0, id_aa64pfr0_el1     /* TID3 */
    mrs x0, actlr_el1           /* TACR */
    dc isw, xzr                 /* TSW */
    mrs x0, dbgbvr0_el1         /* TDA */
    mrs x0, mdrar_el1           /* TDRA */
    msr oslar_el1, xzr          /* TDOSA */
    mrs x0, pmccntr_el0         /* TPM */
    mrs x0, pmcr_el0            /* TPM, TPMCR */
    msr pmuserenr_el0, xzr      /* TPM */
    msr S3_0_C12_C11_5, xzr     /* ICC_SGI1R_EL1: IMO */
    smc #0                      /* TSC */
    hvc #11
    b .
guest_trapped_end:

/* Runs for ever. */
program guest_spinner
    b .
guest_spinner_end:

/* Registers that a guest keeps while others run; by encoding ICC_PMR, BPR1, IGRPEN1, AP0R0 and AP1R0. */
    .macro each_kept_register operation
    .irp name, mpidr_el1, ttbr0_el1, ttbr1_el1, tcr_el1, mair_el1, amair_el1, esr_el1, far_el1, afsr0_el1, afsr1_el1, par_el1, vbar_el1
    \operation \name
    .endr
    .irp name, contextidr_el1, tpidr_el1, elr_el1, spsr_el1, csselr_el1, cpacr_el1, cntkctl_el1, tpidrro_el0, tpidr_el0, sp_el0
    \operation \name
    .endr
    .irp name, cntv_cval_el0, cntp_cval_el0, S3_0_C4_C6_0, S3_0_C12_C12_3, S3_0_C12_C12_7, S3_0_C12_C8_4, S3_0_C12_C9_0
    \operation \name
    .endr
    .endm

    .macro put_kept name
    .ifnc \name, mpidr_el1       /* its VMM's to choose */
    ror x1, x1, #7
    msr \name, x1
    isb
    .endif
    mrs x2, \name
    str x2, [x3], #8
    .endm

    .macro compare_kept name
    mrs x1, \name
    ldr x2, [x3], #8
    add x0, x0, #1
    cmp x1, x2
    b.ne 9f
    .endm

/* Fills its registers with bits of x0 and waits; then tells the number of the first that has changed (0: none), what it holds and held. */
program guest_keeper
    mov x5, x0
    mov x1, x0
    mov sp, x5
    adr x3, 8f
    each_kept_register put_kept
    hvc #7
    mov x0, xzr
    adr x3, 8f
    each_kept_register compare_kept
    mov x1, sp                  /* SP_EL1 */
    mov x2, x5
    add x0, x0, #1
    cmp x1, x2
    b.ne 9f
    mov x0, xzr
9:  hvc #8
    b .
    .balign 8
8:
guest_keeper_end:
