/* SPDX-License-Identifier: BSD-2-Clause */
/* Every register of the identification space (op0 3, op1 0, CRn 0) and the caches' description; what is not allocated reads as zero. */
#include "guest.h"

#define ID(crm, op2)                                                                                                   \
    put("id " #crm " " #op2);                                                                                          \
    trap_clear();                                                                                                      \
    value = READ_SYSREG(s3_0_c0_c##crm##_##op2);                                                                       \
    trace("", value);                                                                                                  \
    if (trapped.count != 0) {                                                                                          \
        trap_report("  trapped");                                                                                      \
    }
#define ID_ROW(crm)                                                                                                    \
    ID(crm, 0)                                                                                                         \
    ID(crm, 1)                                                                                                         \
    ID(crm, 2)                                                                                                         \
    ID(crm, 3)                                                                                                         \
    ID(crm, 4)                                                                                                         \
    ID(crm, 5)                                                                                                         \
    ID(crm, 6)                                                                                                         \
    ID(crm, 7)

int main(void)
{
    uint64_t value;
    ID(0, 0)
    ID(0, 5)
    ID(0, 6)
    ID_ROW(1)
    ID_ROW(2)
    ID_ROW(3)
    ID_ROW(4)
    ID_ROW(5)
    ID_ROW(6)
    ID_ROW(7)
    trace("ctr", READ_SYSREG(ctr_el0));
    trace("dczid", READ_SYSREG(dczid_el0));
    trace("clidr", READ_SYSREG(clidr_el1));
    trace("aidr", READ_SYSREG(aidr_el1));
    trace("actlr", READ_SYSREG(actlr_el1));
    WRITE_SYSREG(actlr_el1, 0x73);
    trace("actlr written", READ_SYSREG(actlr_el1));
    for (uint64_t level = 0; level < 6; level++) {
        WRITE_SYSREG(csselr_el1, level);
        trace("csselr", READ_SYSREG(csselr_el1));
        trace("ccsidr", READ_SYSREG(ccsidr_el1));
    }
    return 0;
}
