/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest of the VMM that people run (vmm/), for the rows that compare with other hypervisors: at EL1 with MMU and caches off, it repeats what a
 * kernel asks of its board. Labels as in bench/programs.inc. Addresses of the GIC: the board's device tree. GICv3: Arm IHI 0069, chapter 12.
 */
#define GICD              0x08000000
#define GICD_CTLR         0x000
#define GICD_TYPER        0x004
#define GICR              0x080a0000
#define GICR_WAKER        0x00014
#define GICR_IGROUPR0     0x10080
#define GICR_ISENABLER0   0x10100
#define ICC_PMR_EL1       S3_0_C4_C6_0
#define ICC_IAR1_EL1      S3_0_C12_C12_0
#define ICC_EOIR1_EL1     S3_0_C12_C12_1
#define ICC_IGRPEN1_EL1   S3_0_C12_C12_7
#define ICC_SGI1R_EL1     S3_0_C12_C11_5
#define PSCI_VERSION      0x84000000 /* Arm DEN 0022, 5.1 */
#define GICC              0x08010000 /* GICv2: Arm IHI 0048, chapter 4 */
#define GICC_CTLR         0x000
#define GICC_PMR          0x004
#define GICC_IAR          0x00c
#define GICC_EOIR         0x010
#define GICD_SGIR         0xf00
#define REPETITIONS       10010      /* rows.yaml records 10,000 */

.macro label name
    .global \name
\name:
.endm

    .section .text.guest, "ax"
    .global _start
_start:
    adr x0, vectors
    msr vbar_el1, x0
    mov x19, #GICD
#if GUEST_GIC == 3
    mov w0, #0x12               /* affinity routing, group 1 */
    str w0, [x19, #GICD_CTLR]
    ldr x1, =GICR + GICR_WAKER
    str wzr, [x1]
    ldr x1, =GICR + GICR_IGROUPR0
    mov w0, #-1
    str w0, [x1]
    ldr x1, =GICR + GICR_ISENABLER0
    mov w0, #1                  /* SGI 0 */
    str w0, [x1]
    mov x0, #0xff
    msr ICC_PMR_EL1, x0
    mov x0, #1
    msr ICC_IGRPEN1_EL1, x0
    isb
#else
    mov w0, #1
    str w0, [x19, #GICD_CTLR]
    ldr x21, =GICC
    str w0, [x21, #GICC_CTLR]
    mov w0, #0xff
    str w0, [x21, #GICC_PMR]
#endif
    msr daifclr, #2

    mov w20, #REPETITIONS
label row_guest_psci_version
    mov w0, #PSCI_VERSION
    hvc #0
    subs w20, w20, #1
    b.ne row_guest_psci_version

    mov w20, #REPETITIONS
label row_guest_gic_distributor_read
    ldr w0, [x19, #GICD_TYPER]
    subs w20, w20, #1
    b.ne row_guest_gic_distributor_read

label row_guest_sgi_to_self
#if GUEST_GIC == 3
    mov x0, #1                  /* SGI 0 to the core of affinity 0 */
    msr ICC_SGI1R_EL1, x0
#else
    mov w0, #(2 << 24)          /* SGI 0 to this core */
    str w0, [x19, #GICD_SGIR]
#endif
    isb
    nop
label row_guest_sgi_to_self_end
    b row_guest_sgi_to_self

    .balign 2048
vectors:
    .skip 0x280                 /* an interrupt, from the current level on its own stack (DDI 0487, D1.3.1) */
#if GUEST_GIC == 3
    mrs x0, ICC_IAR1_EL1
label row_guest_eoi
    msr ICC_EOIR1_EL1, x0
#else
    ldr w0, [x21, #GICC_IAR]
label row_guest_eoi
    str w0, [x21, #GICC_EOIR]
#endif
label row_guest_eoi_end
    eret
