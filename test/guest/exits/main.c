/* SPDX-License-Identifier: BSD-2-Clause */
/* 1,000 exits of each common kind, for the count of instructions an exit costs; the trace only says that all came back. */
#include "guest.h"

enum {
    ROUNDS = 1000,
};

int main(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        sum += read32(GICD + 8);
    }
    trace("device loads", sum);
    for (unsigned i = 0; i < ROUNDS; i++) {
        write32(GICD + 0x420, i);
    }
    trace("device stores", read32(GICD + 0x420));
    sum = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        sum += hvc(0x84000000, 0, 0, 0);
    }
    trace("firmware calls", sum);
    sum = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        sum += READ_SYSREG(id_aa64pfr0_el1);
    }
    trace("identification", sum);
    return 0;
}
