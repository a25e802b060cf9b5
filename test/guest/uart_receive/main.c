/* SPDX-License-Identifier: BSD-2-Clause */
/* Receiving by interrupt into a line, echoed when complete; by polling after that. The test types two lines after "ready". */
#include "guest.h"

static char line[64];
static volatile unsigned length;
static volatile bool is_complete;

static void on_interrupt(struct frame *frame, unsigned vector)
{
    (void)frame;
    (void)vector;
    uint64_t intid = READ_SYSREG(icc_iar1_el1);
    while (!(read32(UART + 0x18) & 0x10)) {
        char c = (char)read32(UART);
        if (c == '\n' || c == '\r') {
            is_complete = true;
            break;
        }
        line[length % 63] = c;
        length = length + 1;
    }
    WRITE_SYSREG(icc_eoir1_el1, intid);
}

int main(void)
{
    interrupt_hook = on_interrupt;
    gic_start();
    gic_enable(33);
    write32(UART + 0x2c, 0x70);
    write32(UART + 0x38, 0x10);
    put("ready\n");
    while (!is_complete) {
        __asm__ volatile("wfi");
        interrupts_unmask();
        __asm__ volatile("isb");
        interrupts_mask();
    }
    line[length % 63] = 0;
    write32(UART + 0x38, 0);
    put("line ");
    put(line);
    put("\nready again\n");
    length = 0;
    for (;;) {
        while (read32(UART + 0x18) & 0x10) {
        }
        char c = (char)read32(UART);
        if (c == '\n' || c == '\r') {
            break;
        }
        line[length % 63] = c;
        length = length + 1;
    }
    line[length % 63] = 0;
    put("polled ");
    put(line);
    put("\n");
    return 0;
}
