/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every test guest uses: a trace on the PL011, trapped exceptions, the GIC and the firmware call. A trace has no times and no
 * addresses that could differ between bare QEMU and the VMM.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    UART = 0x09000000,
    GICD = 0x08000000,
    GICR = 0x080a0000,
    GICR_SGI = GICR + 0x10000,
};

#define READ_SYSREG(name)                                                                                              \
    ({                                                                                                                 \
        uint64_t value_;                                                                                               \
        __asm__ volatile("mrs %0, " #name : "=r"(value_) : : "memory");                                                \
        value_;                                                                                                        \
    })
#define WRITE_SYSREG(name, value) __asm__ volatile("msr " #name ", %0\n isb" : : "r"((uint64_t)(value)) : "memory")

/** Trace output: text, a number in hexadecimal, "name value\n". */
void put(const char *text);
void put_hex(uint64_t value);
void trace(const char *name, uint64_t value);

/** Device access of exactly this size. */
uint8_t read8(uint64_t address);
uint16_t read16(uint64_t address);
uint32_t read32(uint64_t address);
uint64_t read64(uint64_t address);
void write8(uint64_t address, uint8_t value);
void write16(uint64_t address, uint16_t value);
void write32(uint64_t address, uint32_t value);
void write64(uint64_t address, uint64_t value);

struct frame {
    uint64_t x[31];
    uint64_t elr;
    uint64_t spsr;
    uint64_t esr;
    uint64_t far;
};

/* Synchronous exceptions are counted and remembered; the instruction is stepped over (not after SVC, HVC: ELR is past it). */
struct trapped {
    unsigned count;
    unsigned vector;
    uint64_t esr;
    uint64_t elr;
    uint64_t far;
    uint64_t spsr;
};
extern struct trapped trapped;

/** Called for every exception first; true: handled, nothing is recorded. NULL at the start. */
extern bool (*trap_hook)(struct frame *frame, unsigned vector);
/** Called for IRQ and FIQ. */
extern void (*interrupt_hook)(struct frame *frame, unsigned vector);

/** Forget what was trapped; then, after the tried access: trace "name none" or "name ec.. esr.. far..". */
void trap_clear(void);
void trap_report(const char *name);

/** x0..x3, PC, CurrentEL, DAIF, SPSel, SCTLR_EL1, CPACR_EL1 at the first instruction. */
extern uint64_t entry_registers[10];

/** Distributor, redistributor and CPU interface on, everything in group 1 at priority 0xa0, PMR open; interrupts still masked. */
void gic_start(void);
void gic_enable(unsigned intid);
void gic_set_priority(unsigned intid, uint8_t priority);
void interrupts_unmask(void);
void interrupts_mask(void);

uint64_t hvc(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3);

/** "end", then power off. */
_Noreturn void finish(void);

int main(void);
