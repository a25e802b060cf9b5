/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lives on while its neighbours die, and says so.
 */
#include "sel/sel.h"

SEL_USES_CAP(timer);
SEL_USES_BIT(timer);

int main(void)
{
    if (!sel_sleep_until(sel_cap_timer, sel_bit_timer, sel_clock_ticks() + sel_clock_frequency_hz() / 20)) {
        return 1;
    }
    sel_console_print("survivor: still here\n");
    return 0;
}
