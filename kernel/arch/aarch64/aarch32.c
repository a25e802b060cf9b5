/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AArch32 at a guest's EL0: condition check of trapped instructions and progress of an IT block
 * (Arm ARM DDI 0487, F1.6 conditional execution, G1.7.2 PSTATE.IT, ISS.COND in D19.2.37).
 */
#include "kernel/arch/aarch64/machine.h"

#define CONDITION_ALWAYS 0xe
#define ISS_CV           (1ul << 24)

/** IT[1:0] are bits 26:25, IT[7:2] bits 15:10. */
static uint64_t it_get(uint64_t pstate)
{
    return ((pstate >> 25) & 3) | ((pstate >> 10) & 0x3f) << 2;
}

uint64_t aarch32_advance_it(uint64_t pstate)
{
    uint64_t it = it_get(pstate);
    if ((pstate & PSTATE_THUMB) == 0 || it == 0) {
        return pstate;
    }
    it = (it & 7) == 0 ? 0 : (it & 0xe0) | ((it << 1) & 0x1f);
    return (pstate & ~(3ul << 25 | 0x3ful << 10)) | (it & 3) << 25 | (it >> 2) << 10;
}

bool aarch32_condition_holds(uint64_t esr, uint64_t pstate)
{
    uint64_t it = it_get(pstate);
    uint64_t of_it = it == 0 ? CONDITION_ALWAYS : it >> 4;
    uint64_t condition = esr & ISS_CV ? (esr >> 20) & 0xf : of_it;
    bool n = pstate >> 31 & 1, z = pstate >> 30 & 1, c = pstate >> 29 & 1, v = pstate >> 28 & 1;
    const bool holds[8] = {z, c, n, v, c && !z, n == v, n == v && !z, true};
    return holds[condition >> 1] != ((condition & 1) && condition != 0xf);
}
