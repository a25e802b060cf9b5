/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stages one row after the other; ./sel bench counts from outside what the machine executes between their labels. The cheap ones first:
 * the run ends when all that are wanted have their repetitions.
 */
#include "sel/sel.h"
#include "systems/bench/bench/rows.h"

#define PSCI_SYSTEM_OFF 0x84000008ull /* Arm DEN 0022, 5.1 */

SEL_USES_CAP(smc);

int main(void)
{
    uint64_t unused[4];

    run_ipc_rows();
    run_object_rows();
    run_interrupt_rows();
    run_guest_rows();
    run_long_rows();
    sel_console_print("bench: all rows are done\n");
    (void)sel_smc_call(sel_cap_smc, PSCI_SYSTEM_OFF, 0, 0, 0, 0, 0, 0, 0, &unused[0], &unused[1], &unused[2],
                       &unused[3]);
    return 1;
}
