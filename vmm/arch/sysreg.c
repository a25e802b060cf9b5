/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See sysreg.h. One table row a register: how it reads, what writing does. ID registers are the hardware's value of those fields
 * that are given to guests: the mask of a row names them, `set` adds what is fixed; a new feature stays hidden until it is looked at.
 */
#include "vmm/arch/sysreg.h"

#include <stddef.h>
#include <string.h>

#include "gen/abi.h"
#include "vmm/bits.h"
#include "vmm/services.h"

#define SYSREG(op0, op1, crn, crm, op2) ((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1)

enum {
    ENCODING_MASK = SYSREG(3, 7, 15, 15, 7),
    /* The group ID registers live in: op0 3, op1 0, CRn 0, CRm 1..7. Unallocated ones read as zero. */
    ID_GROUP_MASK = SYSREG(3, 7, 15, 8, 0),
    ID_GROUP = SYSREG(3, 0, 0, 0, 0),
    /* DBGBVRn, DBGBCRn, DBGWVRn, DBGWCRn: op0 2, op1 0, CRn 0, CRm n, op2 4..7 */
    BREAKPOINT_MASK = SYSREG(3, 7, 15, 0, 4),
    BREAKPOINT = SYSREG(2, 0, 0, 0, 4),

    MDSCR_TAKEN = 0xb001, /* SS, TDCC, KDE, MDE: what a guest can use or what is traced to nothing */
};

enum kind {
    KIND_ID,        /* read-only: hardware & mask | set */
    KIND_CONSTANT,  /* reads `set`, ignores writes */
    KIND_READ_ONLY, /* reads `set`, UNDEFINED to write */
    KIND_IGNORED,   /* write-only, no effect: set/way cache maintenance */
    KIND_STORED,    /* remembers; `set` is the index in stored */
    KIND_SGI,       /* write-only; `set` is the group */
    KIND_OS_LOCK,
    KIND_OS_LOCK_STATUS,
    KIND_MONITOR,
};

struct row {
    uint32_t encoding;
    enum kind kind;
    uint64_t mask;
    uint64_t set;
};

static const uint64_t word = 0xffffffff; /* an AArch32 register */

static const struct row rows[] = {
    {SYSREG(3, 0, 12, 11, 5), KIND_SGI, 0, 1}, /* ICC_SGI1R_EL1 */
    {SYSREG(3, 0, 12, 11, 6), KIND_SGI, 0, 0}, /* ICC_ASGI1R_EL1: with one security state the other group is group 0 */
    {SYSREG(3, 0, 12, 11, 7), KIND_SGI, 0, 0}, /* ICC_SGI0R_EL1 */

    /* AArch32 (D17.2): what EL0 of a guest can use or see. */
    {SYSREG(3, 0, 0, 1, 0), KIND_ID, 0x0f0fffff, 0}, /* ID_PFR0_EL1 without RAS, AMU */
    {SYSREG(3, 0, 0, 1, 1), KIND_ID, 0xf00f0f0f, 0}, /* ID_PFR1_EL1 without Security, Virtualization */
    {SYSREG(3, 0, 0, 1, 2), KIND_ID, 0x00ff0f0f, 0}, /* ID_DFR0_EL1 without PerfMon, Secure debug, trace by registers */
    {SYSREG(3, 0, 0, 1, 4), KIND_ID, word, 0},       /* ID_MMFR0_EL1 */
    {SYSREG(3, 0, 0, 1, 5), KIND_ID, word, 0},       /* ID_MMFR1_EL1 */
    {SYSREG(3, 0, 0, 1, 6), KIND_ID, word, 0},       /* ID_MMFR2_EL1 */
    {SYSREG(3, 0, 0, 1, 7), KIND_ID, word, 0},       /* ID_MMFR3_EL1 */
    {SYSREG(3, 0, 0, 2, 0), KIND_ID, word, 0},       /* ID_ISAR0_EL1 */
    {SYSREG(3, 0, 0, 2, 1), KIND_ID, word, 0},       /* ID_ISAR1_EL1 */
    {SYSREG(3, 0, 0, 2, 2), KIND_ID, word, 0},       /* ID_ISAR2_EL1 */
    {SYSREG(3, 0, 0, 2, 3), KIND_ID, word, 0},       /* ID_ISAR3_EL1 */
    {SYSREG(3, 0, 0, 2, 4), KIND_ID, word, 0},       /* ID_ISAR4_EL1 */
    {SYSREG(3, 0, 0, 2, 5), KIND_ID, word, 0},       /* ID_ISAR5_EL1 */
    {SYSREG(3, 0, 0, 2, 6), KIND_ID, 0x0fffffff, 0}, /* ID_MMFR4_EL1 without EVT */
    {SYSREG(3, 0, 0, 2, 7), KIND_ID, word, 0},       /* ID_ISAR6_EL1 */
    {SYSREG(3, 0, 0, 3, 0), KIND_ID, word, 0},       /* MVFR0_EL1 */
    {SYSREG(3, 0, 0, 3, 1), KIND_ID, word, 0},       /* MVFR1_EL1 */
    {SYSREG(3, 0, 0, 3, 2), KIND_ID, word, 0},       /* MVFR2_EL1 */
    {SYSREG(3, 0, 0, 3, 4), KIND_ID, 0x000000ff, 0}, /* ID_PFR2_EL1: CSV3, SSBS */
    {SYSREG(3, 0, 0, 3, 6), KIND_ID, 0x000000ff, 0}, /* ID_MMFR5_EL1: ETS, nTLBPA */

    /* AArch64: fields that are given, by name. All other registers of the group read as zero. */
    {SYSREG(3, 0, 0, 4, 0), KIND_ID, SEL_GUEST_GIC == 2 ? 0xf10f000000ff00ff : 0xf10f00000fff00ff,
     0}, /* ID_AA64PFR0: CSV3, CSV2 (1), DIT, GIC (its system registers), AdvSIMD, FP, EL1, EL0 */
    {SYSREG(3, 0, 0, 4, 1), KIND_ID, 0x00000000000000ff, 0}, /* ID_AA64PFR1: SSBS, BT */
    {SYSREG(3, 0, 0, 5, 0), KIND_ID, 0x00000000f0f0f00f, 0}, /* ID_AA64DFR0: CTX_CMPs, WRPs, BRPs, DebugVer */
    {SYSREG(3, 0, 0, 6, 0), KIND_ID, 0xfffffffff0fffff0, 0}, /* ID_AA64ISAR0: all but TME */
    {SYSREG(3, 0, 0, 6, 1), KIND_ID, 0x00ffffff00fff00f,
     0}, /* ID_AA64ISAR1: I8MM, DGH, BF16, SPECRES, SB, FRINTTS, LRCPC, FCMA, JSCVT, DPB */
    {SYSREG(3, 0, 0, 6, 2), KIND_ID, 0x00ff0000f0f000f0, 0}, /* ID_AA64ISAR2: CSSC, RPRFM, CLRBHB, BC, RPRES */
    {SYSREG(3, 0, 0, 7, 0), KIND_ID, 0x0000f000ffffffff,
     0}, /* ID_AA64MMFR0: ExS, TGran4, 64, 16, BigEndEL0, SNSMem, BigEnd, ASIDBits, PARange */
    {SYSREG(3, 0, 0, 7, 1), KIND_ID, 0xf00ff0f0fff0f0f2,
     0}, /* ID_AA64MMFR1: ECBHB, nTLBPA, AFP, ETS, XNX, SpecSEI, PAN, HPDS, VMIDBits, HAFDBS (2) */
    {SYSREG(3, 0, 0, 7, 2), KIND_ID, 0xf0ff00ff00ff0fff,
     0}, /* ID_AA64MMFR2: E0PD, BBM, TTL, IDS, AT, CCIDX, VARange, LSM, UAO, CnP */

    {SYSREG(2, 0, 0, 2, 2), KIND_MONITOR, 0, 0},         /* MDSCR_EL1 */
    {SYSREG(2, 0, 1, 0, 4), KIND_OS_LOCK, 0, 0},         /* OSLAR_EL1 */
    {SYSREG(2, 0, 1, 1, 4), KIND_OS_LOCK_STATUS, 0, 0},  /* OSLSR_EL1 */
    {SYSREG(2, 0, 1, 3, 4), KIND_STORED, 1, 0},          /* OSDLR_EL1 */
    {SYSREG(2, 0, 0, 2, 0), KIND_STORED, 0x60000000, 1}, /* MDCCINT_EL1 */
    {SYSREG(2, 0, 1, 0, 0), KIND_READ_ONLY, 0, 0},       /* MDRAR_EL1 */
    {SYSREG(2, 3, 0, 1, 0), KIND_READ_ONLY, 0, 0},       /* MDCCSR_EL0 */
    {SYSREG(2, 4, 0, 7, 0), KIND_STORED, 0xffffffff, 2}, /* DBGVCR32_EL2 */

    {SYSREG(3, 0, 1, 0, 1), KIND_CONSTANT, 0, 0},  /* ACTLR_EL1 */
    {SYSREG(3, 1, 11, 0, 2), KIND_CONSTANT, 0, 0}, /* Cortex-A57: L2CTLR_EL1 */
    {SYSREG(3, 1, 11, 0, 3), KIND_CONSTANT, 0, 0}, /* L2ECTLR_EL1 */
    {SYSREG(3, 1, 15, 0, 0), KIND_CONSTANT, 0, 0}, /* L2ACTLR_EL1 */
    {SYSREG(3, 1, 15, 2, 0), KIND_CONSTANT, 0, 0}, /* CPUACTLR_EL1 */
    {SYSREG(3, 1, 15, 2, 1), KIND_CONSTANT, 0, 0}, /* CPUECTLR_EL1 */
    {SYSREG(3, 1, 15, 2, 2), KIND_CONSTANT, 0, 0}, /* CPUMERRSR_EL1 */
    {SYSREG(3, 1, 15, 2, 3), KIND_CONSTANT, 0, 0}, /* L2MERRSR_EL1 */
    {SYSREG(3, 1, 15, 3, 0), KIND_CONSTANT, 0, 0}, /* CBAR_EL1 */

    /* Caches by set and way: the guest's caches are kept coherent by the host (DDI 0487, D7.5.9 allows no less). */
    {SYSREG(1, 0, 7, 6, 2), KIND_IGNORED, 0, 0},  /* DC ISW */
    {SYSREG(1, 0, 7, 10, 2), KIND_IGNORED, 0, 0}, /* DC CSW */
    {SYSREG(1, 0, 7, 14, 2), KIND_IGNORED, 0, 0}, /* DC CISW */
};

static const struct row *find(uint32_t encoding)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].encoding == encoding) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool is_id_register(uint32_t encoding)
{
    return (encoding & ID_GROUP_MASK) == ID_GROUP && bits_get(encoding, 1, 3) != 0;
}

static bool is_breakpoint(uint32_t encoding)
{
    bool is_watchpoint = bits_get(encoding, 18, 1);
    unsigned count = is_watchpoint ? SYSREG_WATCHPOINT_COUNT : SYSREG_BREAKPOINT_COUNT;
    return (encoding & BREAKPOINT_MASK) == BREAKPOINT && bits_get(encoding, 1, 4) < count;
}

/* Performance monitors: ID registers say there are none; QEMU's core lets EL1 read zeroes nevertheless, and so do we. */
static bool is_performance_monitor(uint32_t encoding)
{
    unsigned op1 = (unsigned)bits_get(encoding, 14, 3);
    unsigned crn = (unsigned)bits_get(encoding, 10, 4);
    unsigned crm = (unsigned)bits_get(encoding, 1, 4);
    bool is_control = crn == 9 && ((op1 == 3 && crm >= 12 && crm <= 14) || (op1 == 0 && crm == 14));
    bool is_counter = op1 == 3 && crn == 14 && crm >= 8;
    return bits_get(encoding, 20, 2) == 3 && (is_control || is_counter);
}

static uint64_t *breakpoint_of(struct sysreg_state *state, uint32_t encoding)
{
    return &state->breakpoint[bits_get(encoding, 17, 2)][bits_get(encoding, 1, 4)];
}

static bool row_read(const struct sysreg_state *state, const struct row *row, uint64_t *value)
{
    switch (row->kind) {
    case KIND_ID:
        *value = (*value & row->mask) | row->set;
        return true;
    case KIND_CONSTANT:
    case KIND_READ_ONLY:
        *value = row->set;
        return true;
    case KIND_STORED:
        *value = state->stored[row->set];
        return true;
    case KIND_OS_LOCK_STATUS:
        *value = 0x8 | (state->is_os_locked ? 0x2 : 0); /* OSLM: the lock is implemented; D17.3.15 */
        return true;
    case KIND_MONITOR:
        *value = state->monitor;
        return true;
    default:
        return false;
    }
}

bool sysreg_read(struct sysreg_state *state, uint64_t encoding, uint64_t *value)
{
    uint32_t key = (uint32_t)encoding & ENCODING_MASK;
    const struct row *row = find(key);
    if (row != NULL) {
        return row_read(state, row, value);
    }
    if (is_breakpoint(key)) {
        *value = *breakpoint_of(state, key);
        return true;
    }
    if (is_performance_monitor(key)) {
        *value = 0;
        return true;
    }
    *value = 0;
    return is_id_register(key); /* what is not given, or not known yet */
}

static bool row_write(struct sysreg_state *state, struct gic *gic, const struct row *row, uint64_t value)
{
    switch (row->kind) {
    case KIND_CONSTANT:
    case KIND_IGNORED:
        return true;
    case KIND_STORED:
        state->stored[row->set] = value & row->mask;
        return true;
    case KIND_SGI:
        gic_send_sgi(gic, value, row->set != 0);
        return true;
    case KIND_OS_LOCK:
        state->is_os_locked = value & 1;
        return true;
    case KIND_MONITOR:
        state->monitor = value;
        services_write_vcpu_register(VCPU_REG_MDSCR_EL1, value & MDSCR_TAKEN);
        return true;
    default:
        return false;
    }
}

bool sysreg_write(struct sysreg_state *state, struct gic *gic, uint64_t encoding, uint64_t value)
{
    uint32_t key = (uint32_t)encoding & ENCODING_MASK;
    const struct row *row = find(key);
    if (row != NULL) {
        return row_write(state, gic, row, value);
    }
    if (is_breakpoint(key)) {
        *breakpoint_of(state, key) = value;
        return true;
    }
    return is_performance_monitor(key);
}

void sysreg_reset(struct sysreg_state *state)
{
    memset(state, 0, sizeof(*state));
    state->is_os_locked = true; /* D17.3.14: the OS Lock is set by a cold reset */
}
