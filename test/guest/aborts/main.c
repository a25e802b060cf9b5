/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads, stores and fetches where nothing is: outside every device, beyond RAM, at the edges of devices, far above. */
#include "guest.h"

static uint64_t return_address;

/* A fetch that aborts has ELR at the target: go back to the caller instead of stepping. */
static bool on_fetch_abort(struct frame *frame, unsigned vector)
{
    if (frame->esr >> 26 != 0x21) {
        return false;
    }
    trapped = (struct trapped){trapped.count + 1, vector, frame->esr, frame->elr, frame->far, frame->spsr};
    frame->elr = return_address;
    return true;
}

static void jump_to(uint64_t target)
{
    __asm__ volatile("adr x9, 1f\n str x9, [%1]\n br %0\n 1:" : : "r"(target), "r"(&return_address) : "x9", "memory");
}

int main(void)
{
    static const uint64_t holes[] = {0x09002000, 0x08010000,  0x08090000,  0x080c0000,
                                     0x0f000000, 0x100000000, 0x7000000000};
    trap_hook = on_fetch_abort;
    trap_clear();
    for (unsigned i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
        put_hex(holes[i]);
        put("\n");
        read8(holes[i] + 1);
        trap_report("byte read");
        read16(holes[i] + 2);
        trap_report("half read");
        read32(holes[i] + 4);
        trap_report("word read");
        read64(holes[i] + 8);
        trap_report("double read");
        write8(holes[i] + 1, 1);
        trap_report("byte write");
        write64(holes[i] + 8, 1);
        trap_report("double write");
        jump_to(holes[i]);
        trap_report("fetch");
    }
    read64(0x60000000);
    trap_report("just beyond RAM");
    trace("last of RAM", read64(0x5ffffff8));
    trap_report("last of RAM");
    read64(0x5ffffffc);
    trap_report("across the end of RAM");
    return 0;
}
