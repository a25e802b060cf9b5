/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware calls by HVC: present, absent and malformed ones. SYSTEM_RESET has a guest of its own (reset). */
#include "guest.h"

static const uint64_t calls[][4] = {
    {0x84000000, 0, 0, 0},
    {0x84000001, 1 << 17, 0, 0},
    {0xc4000001, 1 << 17, 0, 0},
    {0x84000001, 0xfffe0000, 0, 0},
    {0x84000003, 0, 0x40000000, 0},
    {0xc4000003, 0, 0x40000000, 0},
    {0xc4000003, 1, 0x40000000, 0},
    {0xc4000003, 0x100, 0x40000000, 0},
    {0xc4000003, 0xffffffffffffffff, 0x40000001, 5},
    {0x84000004, 0, 0, 0},
    {0xc4000004, 0, 0, 0},
    {0xc4000004, 1, 0, 0},
    {0xc4000004, 0, 1, 0},
    {0xc4000004, 0, 4, 0},
    {0x84000005, 0, 0, 0},
    {0xc4000005, 0, 0, 0},
    {0x84000006, 0, 0, 0},
    {0x8400000a, 0x84000000, 0, 0},
    {0x8400000a, 0x84000001, 0, 0},
    {0x8400000a, 0xc4000001, 0, 0},
    {0x8400000a, 0x84000002, 0, 0},
    {0x8400000a, 0xc4000003, 0, 0},
    {0x8400000a, 0xc4000004, 0, 0},
    {0x8400000a, 0x84000006, 0, 0},
    {0x8400000a, 0x84000008, 0, 0},
    {0x8400000a, 0x84000009, 0, 0},
    {0x8400000a, 0x8400000a, 0, 0},
    {0x8400000a, 0x84000007, 0, 0},
    {0x8400000a, 0x84000012, 0, 0},
    {0x8400000a, 0, 0, 0},
    {0x8400000b, 0, 0, 0},
    {0x84000012, 0, 0, 0},
    {0x84000013, 0, 0, 0},
    {0xc4000000, 0, 0, 0},
    {0xc4000008, 0, 0, 0},
    {0x85000000, 0, 0, 0},
    {0x82000000, 0, 0, 0},
    {0, 0, 0, 0},
    {0xffffffffffffffff, 0, 0, 0},
    {0x12345678, 0, 0, 0},
};

int main(void)
{
    for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        put_hex(calls[i][0]);
        put(" ");
        put_hex(calls[i][1]);
        put(" ");
        put_hex(calls[i][2]);
        trap_clear();
        trace(" gives", hvc(calls[i][0], calls[i][1], calls[i][2], calls[i][3]));
        trap_report("  trapped");
    }
    register uint64_t x0 __asm__("x0") = 0x84000000;
    register uint64_t x1 __asm__("x1") = 0x1111;
    register uint64_t x2 __asm__("x2") = 0x2222;
    register uint64_t x3 __asm__("x3") = 0x3333;
    register uint64_t x4 __asm__("x4") = 0x4444;
    register uint64_t x18 __asm__("x18") = 0x18181818;
    __asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x18) : : "memory");
    uint64_t sum = x1 + x2 + x3 + x4 + x18;
    trace("registers kept", sum);
    return 0;
}
