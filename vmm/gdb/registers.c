/* SPDX-License-Identifier: BSD-2-Clause */
/* See registers.h. */
#include "vmm/gdb/registers.h"

#include "gen/abi.h"
#include "sel/format.h"
#include "vmm/bits.h"
#include "vmm/services.h"

enum {
    DESCRIPTION_BYTES = 6144,
    MODE_EL1H = 5,
};

struct system_register {
    const char *name;
    unsigned index; /* VCPU_REG_... */
};

static const struct system_register system_registers[] = {
    {"sctlr_el1", VCPU_REG_SCTLR_EL1},
    {"cpacr_el1", VCPU_REG_CPACR_EL1},
    {"tcr_el1", VCPU_REG_TCR_EL1},
    {"ttbr0_el1", VCPU_REG_TTBR0_EL1},
    {"ttbr1_el1", VCPU_REG_TTBR1_EL1},
    {"mair_el1", VCPU_REG_MAIR_EL1},
    {"amair_el1", VCPU_REG_AMAIR_EL1},
    {"contextidr_el1", VCPU_REG_CONTEXTIDR_EL1},
    {"vbar_el1", VCPU_REG_VBAR_EL1},
    {"elr_el1", VCPU_REG_ELR_EL1},
    {"spsr_el1", VCPU_REG_SPSR_EL1},
    {"esr_el1", VCPU_REG_ESR_EL1},
    {"far_el1", VCPU_REG_FAR_EL1},
    {"afsr0_el1", VCPU_REG_AFSR0_EL1},
    {"afsr1_el1", VCPU_REG_AFSR1_EL1},
    {"par_el1", VCPU_REG_PAR_EL1},
    {"sp_el0", VCPU_REG_SP_EL0},
    {"sp_el1", VCPU_REG_SP_EL1},
    {"tpidr_el0", VCPU_REG_TPIDR_EL0},
    {"tpidrro_el0", VCPU_REG_TPIDRRO_EL0},
    {"tpidr_el1", VCPU_REG_TPIDR_EL1},
    {"csselr_el1", VCPU_REG_CSSELR_EL1},
    {"cntkctl_el1", VCPU_REG_CNTKCTL_EL1},
    {"cntv_ctl_el0", VCPU_REG_CNTV_CTL_EL0},
    {"cntv_cval_el0", VCPU_REG_CNTV_CVAL_EL0},
    {"cntp_ctl_el0", VCPU_REG_CNTP_CTL_EL0},
    {"cntp_cval_el0", VCPU_REG_CNTP_CVAL_EL0},
};

#define SYSTEM_COUNT (sizeof(system_registers) / sizeof(system_registers[0]))

size_t gdb_register_bytes(uint64_t number)
{
    if (number >= GDB_REGISTER_CORE_COUNT + SYSTEM_COUNT) {
        return 0;
    }
    return number == GDB_REGISTER_CPSR ? 4 : 8;
}

/* EL1 with SPSel set uses SP_EL1, everything else SP_EL0. */
static unsigned stack_register(void)
{
    bool is_el1h = bits_get(services_read_thread_register(THREAD_REG_PSTATE), 0, 5) == MODE_EL1H;
    return is_el1h ? VCPU_REG_SP_EL1 : VCPU_REG_SP_EL0;
}

static unsigned thread_register(uint64_t number)
{
    switch (number) {
    case GDB_REGISTER_PC:
        return THREAD_REG_PC;
    case GDB_REGISTER_CPSR:
        return THREAD_REG_PSTATE;
    default:
        return THREAD_REG_X0 + (unsigned)number;
    }
}

static bool is_vcpu_register(uint64_t number, unsigned *index)
{
    if (number != GDB_REGISTER_SP && number < GDB_REGISTER_CORE_COUNT) {
        return false;
    }
    *index = number == GDB_REGISTER_SP ? stack_register() : system_registers[number - GDB_REGISTER_CORE_COUNT].index;
    return true;
}

uint64_t gdb_register_read(uint64_t number)
{
    unsigned index;
    return is_vcpu_register(number, &index) ? services_read_vcpu_register(index)
                                            : services_read_thread_register(thread_register(number));
}

void gdb_register_write(uint64_t number, uint64_t value)
{
    unsigned index;
    if (is_vcpu_register(number, &index)) {
        services_write_vcpu_register(index, value);
    } else {
        services_write_thread_registers(thread_register(number), 1, &value);
    }
}

static void describe(struct sel_text *text, const char *name, const char *type)
{
    sel_text_string(text, "<reg name=\"");
    sel_text_string(text, name);
    sel_text_string(text, type);
    sel_text_string(text, "/>");
}

static void describe_core(struct sel_text *text)
{
    for (unsigned i = 0; i < GDB_REGISTER_SP; i++) {
        char name[4];
        struct sel_text written = sel_text_start(name, sizeof(name));
        sel_text_char(&written, 'x');
        sel_text_decimal(&written, i);
        describe(text, name, "\" bitsize=\"64\"");
    }
    describe(text, "sp", "\" bitsize=\"64\" type=\"data_ptr\"");
    describe(text, "pc", "\" bitsize=\"64\" type=\"code_ptr\"");
    describe(text, "cpsr", "\" bitsize=\"32\"");
}

const char *gdb_registers_description(void)
{
    static char description[DESCRIPTION_BYTES];
    struct sel_text text = sel_text_start(description, sizeof(description));
    sel_text_string(&text, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
                           "<architecture>aarch64</architecture><feature name=\"org.gnu.gdb.aarch64.core\">");
    describe_core(&text);
    sel_text_string(&text, "</feature><feature name=\"selvedge.guest.system\">");
    for (size_t i = 0; i < SYSTEM_COUNT; i++) {
        describe(&text, system_registers[i].name, "\" bitsize=\"64\" group=\"system\"");
    }
    sel_text_string(&text, "</feature></target>");
    return description;
}
