/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ends by libsel's panic.
 */
#include "sel/sel.h"

int main(void)
{
    sel_panic("this process gives up");
}
