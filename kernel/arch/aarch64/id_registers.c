/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading an ID register by its encoding. All of op0 = 3, op1 = 0, CRn = 0, CRm = 1..7 may be read: unallocated ones are
 * zero (Arm ARM DDI 0487, D17.3.1). Which of it a guest is told is the VMM's affair.
 */
#include "kernel/arch/aarch64/machine.h"

#define ID(crm, op2)                                                                                                   \
    case (crm) << 3 | (op2):                                                                                           \
        return sysreg_read(s3_0_c0_c##crm##_##op2);
#define ID_ROW(crm) ID(crm, 0) ID(crm, 1) ID(crm, 2) ID(crm, 3) ID(crm, 4) ID(crm, 5) ID(crm, 6) ID(crm, 7)

uint64_t id_register_read(uint64_t iss)
{
    bool is_id = ((iss >> 20) & 3) == 3 && ((iss >> 14) & 7) == 0 && ((iss >> 10) & 0xf) == 0;
    switch (is_id ? ((iss >> 1) & 0xf) << 3 | ((iss >> 17) & 7) : 0) {
    default:
        return 0;
        ID_ROW(1) ID_ROW(2) ID_ROW(3) ID_ROW(4) ID_ROW(5) ID_ROW(6) ID_ROW(7)
    }
}
