/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile guest: before each of its exits it fills every register EL1 may write with other garbage (endianness of EL0, alignment,
 * debug, traps, translation control, timer controls, pointers), exits, and puts back only what its own code needs to run.
 * What it prints must not differ; what others print meanwhile is the system test's affair.
 */
#include "guest.h"

#ifndef SEED
#define SEED 88172645463325252
#endif
#ifndef EXITS
#define EXITS 5000 /* test_beside_a_guest.py makes up to 100,000 in two runs */
#endif

#define ASID_MASK 0xffff000000000000

static uint64_t random = SEED;

static uint64_t next_random(void)
{
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    return random;
}

#define SCRAMBLE(name) __asm__ volatile("msr " #name ", %0" : : "r"(next_random()) : "memory")

/* They need the FPU, which is given back to chance afterwards. */
static void scramble_fpu(void)
{
    WRITE_SYSREG(cpacr_el1, 3 << 20);
    __asm__ volatile("isb");
    SCRAMBLE(s3_3_c4_c4_0); /* FPCR, FPSR: this code is compiled without FPU */
    SCRAMBLE(s3_3_c4_c4_1);
}

/* Another ASID makes the emulator forget its TLB, which takes it most of the time: each eighth time. */
static uint64_t table(unsigned which)
{
    static uint64_t asid[2];
    uint64_t value = next_random();
    asid[which] = value % 8 == 0 ? value & ASID_MASK : asid[which];
    return (value & ~ASID_MASK) | asid[which];
}

/* EE (25) and M (0) would stop this code itself; everything else of SCTLR_EL1 may be anything: its own accesses are aligned. */
static void scramble(void)
{
    scramble_fpu();
    WRITE_SYSREG(sctlr_el1, (next_random() & 0x05ffffff & ~(uint64_t)(1 | 1 << 25)) | 0x30d00800);
    SCRAMBLE(cpacr_el1);
    WRITE_SYSREG(ttbr0_el1, table(0));
    WRITE_SYSREG(ttbr1_el1, table(1));
    SCRAMBLE(tcr_el1);
    SCRAMBLE(mair_el1);
    SCRAMBLE(amair_el1);
    SCRAMBLE(esr_el1);
    SCRAMBLE(far_el1);
    SCRAMBLE(afsr0_el1);
    SCRAMBLE(afsr1_el1);
    SCRAMBLE(par_el1);
    SCRAMBLE(contextidr_el1);
    SCRAMBLE(tpidr_el0);
    SCRAMBLE(tpidrro_el0);
    SCRAMBLE(tpidr_el1);
    SCRAMBLE(sp_el0);
    SCRAMBLE(elr_el1);
    SCRAMBLE(spsr_el1);
    SCRAMBLE(cntkctl_el1);
    SCRAMBLE(csselr_el1);
    SCRAMBLE(mdscr_el1);
    SCRAMBLE(cntv_cval_el0);
    SCRAMBLE(cntp_cval_el0);
    SCRAMBLE(cntv_ctl_el0);
    SCRAMBLE(cntp_ctl_el0);
    SCRAMBLE(icc_pmr_el1);
    SCRAMBLE(icc_bpr1_el1);
    SCRAMBLE(icc_igrpen1_el1);
    SCRAMBLE(icc_igrpen0_el1);
    SCRAMBLE(icc_bpr0_el1);
    SCRAMBLE(icc_ctlr_el1);
    SCRAMBLE(icc_ap0r0_el1);
    SCRAMBLE(icc_ap1r0_el1);
    SCRAMBLE(vbar_el1);
    __asm__ volatile("isb");
}

/* These trap, so that writing one is an exit itself; the VMM keeps them, they reach no hardware. */
static void scramble_trapped(void)
{
    SCRAMBLE(actlr_el1);
    SCRAMBLE(dbgbvr0_el1);
    SCRAMBLE(dbgbcr0_el1);
    SCRAMBLE(dbgwvr0_el1);
    SCRAMBLE(dbgwcr0_el1);
}

static void exit_somehow(unsigned i)
{
    switch (i % 4) {
    case 0:
        (void)*(volatile uint32_t *)(GICD + 8);
        break;
    case 1:
        hvc(0x84000000, 0, 0, 0);
        break;
    case 2:
        (void)*(volatile uint32_t *)(UART + 0xfe0);
        break;
    default:
        (void)READ_SYSREG(id_aa64pfr0_el1);
        break;
    }
}

int main(void)
{
    uint64_t vectors = READ_SYSREG(vbar_el1);
    __asm__ volatile("msr daifset, #15");
    for (unsigned i = 0; i < EXITS; i++) {
        scramble();
        if (i % 16 == 0) {
            scramble_trapped();
        }
        exit_somehow(i);
    }
    WRITE_SYSREG(cntv_ctl_el0, 0);
    WRITE_SYSREG(cntp_ctl_el0, 0);
    WRITE_SYSREG(vbar_el1, vectors);
    WRITE_SYSREG(sctlr_el1, 0x30d00800);
    WRITE_SYSREG(cpacr_el1, 3 << 20);
    trace("exits", EXITS);
    trace("random", random);
    return 0;
}
