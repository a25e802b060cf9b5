/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest that ends itself badly: its exception vectors are nowhere, then it takes an exception. Bare hardware would spin for ever. */
#include "guest.h"

int main(void)
{
    put("about to crash\n");
    WRITE_SYSREG(vbar_el1, 0x0c000000);
    __asm__ volatile("mov x0, %0\n\tbrk #0" : : "r"(0xc0ffeeul) : "x0");
    return 0;
}
