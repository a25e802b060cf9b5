/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls by SMC and with immediates. Without EL3 bare QEMU makes SMC undefined, our firmware answers it: `expected` holds our trace. */
#include "guest.h"

#define CALL(instruction, function)                                                                                    \
    do {                                                                                                               \
        register uint64_t x0 __asm__("x0") = (function);                                                               \
        register uint64_t x1 __asm__("x1") = 0x80000000;                                                               \
        register uint64_t x2 __asm__("x2") = 2;                                                                        \
        register uint64_t x3 __asm__("x3") = 3;                                                                        \
        trap_clear();                                                                                                  \
        __asm__ volatile(instruction : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");                           \
        uint64_t result_ = x0, rest_ = x1 + x2 + x3;                                                                   \
        put(instruction " " #function);                                                                                \
        trace(" gives", result_);                                                                                      \
        trace("  others", rest_);                                                                                      \
        trap_report("  trapped");                                                                                      \
    } while (0)

int main(void)
{
    CALL("smc #0", 0x84000000);
    CALL("smc #0", 0xc4000003);
    CALL("smc #0", 0x12345678);
    CALL("smc #7", 0x84000000);
    CALL("hvc #7", 0x84000000);
    CALL("hvc #0", 0x80000000);
    CALL("hvc #0", 0x80000001);
    CALL("smc #0", 0x80000000);
    return 0;
}
