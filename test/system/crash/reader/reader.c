/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads memory that nobody gave it, in a function whose name the report must tell.
 */
#include <stdint.h>

__attribute__((noinline, used)) void read_nowhere(uint64_t marker)
{
    register uint64_t x19 __asm__("x19") = marker;

    __asm__ volatile("ldr x0, [%0]" : : "r"(0xdead000ull), "r"(x19) : "x0");
}

int main(void)
{
    read_nowhere(0xc0ffee);
    return 0;
}
