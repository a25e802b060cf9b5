/* SPDX-License-Identifier: BSD-2-Clause */
/* See guest.h. Polls the UART's FR.TXFF before each byte, as any driver does. */
#include "guest.h"

struct trapped trapped;
bool (*trap_hook)(struct frame *frame, unsigned vector);
void (*interrupt_hook)(struct frame *frame, unsigned vector);
uint64_t entry_registers[10] __attribute__((section(".data"))) = {1};

static void put_char(char c)
{
    while (read32(UART + 0x18) & 0x20) {
    }
    write32(UART, (uint8_t)c);
}

void put(const char *text)
{
    for (; *text != 0; text++) {
        put_char(*text);
    }
}

void put_hex(uint64_t value)
{
    int digit = 60;
    while (digit > 0 && (value >> digit) == 0) {
        digit -= 4;
    }
    for (; digit >= 0; digit -= 4) {
        put_char("0123456789abcdef"[(value >> digit) & 0xf]);
    }
}

void trace(const char *name, uint64_t value)
{
    put(name);
    put_char(' ');
    put_hex(value);
    put_char('\n');
}

uint8_t read8(uint64_t address)
{
    uint32_t value;
    __asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return (uint8_t)value;
}

uint16_t read16(uint64_t address)
{
    uint32_t value;
    __asm__ volatile("ldrh %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return (uint16_t)value;
}

uint32_t read32(uint64_t address)
{
    uint32_t value;
    __asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

uint64_t read64(uint64_t address)
{
    uint64_t value;
    __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

void write8(uint64_t address, uint8_t value)
{
    __asm__ volatile("strb %w0, [%1]" : : "r"((uint32_t)value), "r"(address) : "memory");
}

void write16(uint64_t address, uint16_t value)
{
    __asm__ volatile("strh %w0, [%1]" : : "r"((uint32_t)value), "r"(address) : "memory");
}

void write32(uint64_t address, uint32_t value)
{
    __asm__ volatile("str %w0, [%1]" : : "r"(value), "r"(address) : "memory");
}

void write64(uint64_t address, uint64_t value)
{
    __asm__ volatile("str %0, [%1]" : : "r"(value), "r"(address) : "memory");
}

/* EC of SVC, HVC (AArch64 and AArch32): the preferred return address is the next instruction. */
static bool returns_to_next(uint64_t esr)
{
    uint64_t class = esr >> 26;
    return class == 0x15 || class == 0x16 || class == 0x11 || class == 0x12;
}

void trap(struct frame *frame, unsigned vector)
{
    unsigned kind = vector % 4;
    if (trap_hook != 0 && trap_hook(frame, vector)) {
        return;
    }
    if (kind == 1 || kind == 2) {
        if (interrupt_hook != 0) {
            interrupt_hook(frame, vector);
        }
        return;
    }
    trapped = (struct trapped){trapped.count + 1, vector, frame->esr, frame->elr, frame->far, frame->spsr};
    frame->spsr &= ~(1ull << 20); /* PSTATE.IL: or an illegal state would trap for ever */
    if (kind == 0 && !returns_to_next(frame->esr)) {
        frame->elr += 4;
    }
}

void trap_clear(void)
{
    trapped = (struct trapped){0};
}

void trap_report(const char *name)
{
    put(name);
    if (trapped.count == 0) {
        put(" none\n");
        return;
    }
    trace(" count", trapped.count);
    trace("  vector", trapped.vector);
    trace("  esr", trapped.esr);
    trace("  elr", trapped.elr);
    trace("  spsr", trapped.spsr);
    /* FAR is only written by aborts, alignment faults and watchpoints. */
    uint64_t class = trapped.esr >> 26;
    if (class >= 0x20 && class <= 0x25) {
        trace("  far", trapped.far);
    }
    trap_clear();
}

void gic_set_priority(unsigned intid, uint8_t priority)
{
    write8((intid < 32 ? GICR_SGI : GICD) + 0x400 + intid, priority);
}

void gic_enable(unsigned intid)
{
    write32((intid < 32 ? GICR_SGI : GICD + 4 * (intid / 32)) + 0x100, 1u << (intid % 32));
}

void gic_start(void)
{
    write32(GICD, 0);
    for (unsigned bank = 1; bank < 9; bank++) {
        write32(GICD + 0x80 + 4 * bank, 0xffffffff);
    }
    for (unsigned intid = 0; intid < 288; intid++) {
        gic_set_priority(intid, 0xa0);
    }
    write32(GICR + 0x14, 0);
    while (read32(GICR + 0x14) & 4) {
    }
    write32(GICR_SGI + 0x80, 0xffffffff);
    write32(GICD, 3);
    WRITE_SYSREG(icc_sre_el1, 7);
    WRITE_SYSREG(icc_pmr_el1, 0xff);
    WRITE_SYSREG(icc_bpr1_el1, 0);
    WRITE_SYSREG(icc_igrpen1_el1, 1);
}

void interrupts_unmask(void)
{
    __asm__ volatile("msr daifclr, #3" : : : "memory");
}

void interrupts_mask(void)
{
    __asm__ volatile("msr daifset, #3\n isb" : : : "memory");
}

uint64_t hvc(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3)
{
    register uint64_t r0 __asm__("x0") = x0;
    register uint64_t r1 __asm__("x1") = x1;
    register uint64_t r2 __asm__("x2") = x2;
    register uint64_t r3 __asm__("x3") = x3;
    __asm__ volatile("hvc #0" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3) : : "memory", "x4", "x5", "x6", "x7");
    return r0;
}

_Noreturn void finish(void)
{
    put("end\n");
    hvc(0x84000008, 0, 0, 0);
    put("still on\n");
    for (;;) {
        __asm__ volatile("wfi");
    }
}
