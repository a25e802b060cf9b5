/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the first instruction in C to the first process: an early line, memory, MMU, interrupts, the payload, the roottask.
 * Whatever is wrong with machine or image ends in a sentence on the console.
 */
#include "kernel/boot/boot.h"

#include "gen/platform.h"
#include "kernel/arch/aarch64/machine.h"
#include "kernel/object/objects.h"

#define HCR_E2H       (1ul << 34)
#define CURRENT_EL2   (2ul << 2)
#define POISON_BYTE   0x5e
#define POISON_WORD   0x5e5e5e5e5e5e5e5eul
#define POISON_STRIDE 64 /* bytes a step, stored without a loop; regions are whole pages */

extern char exception_vectors[], _start[], __text_end[], __rodata_end[], __kernel_end[], kernel_stack_guard[];

_Noreturn void boot_main(uint64_t fdt, uint64_t current_el);
_Noreturn void boot_enter(void);

void boot_require(bool is_met, const char *why)
{
    if (!is_met) {
        console_printf("selvedge cannot start: %s\nsel: kernel panic\n", why);
        arch_halt();
    }
}

/** Before anything of EL2 is touched; the code runs wherever it was put, its addresses are relative. */
static void check_start(uint64_t current_el)
{
    boot_require(current_el == CURRENT_EL2,
                 "not started at EL2, the hypervisor mode (QEMU: -machine virtualization=on)");
    if ((uint64_t)_start != PLATFORM_KERNEL_BASE) {
        console_printf("loaded at %lx, linked for %lx\n", (uint64_t)_start, (uint64_t)PLATFORM_KERNEL_BASE);
        boot_require(false, "the loader must put the image where its header says");
    }
}

/** RAM but for the stack's guard page, the kernel's parts with their own rights, its devices. */
static void map_kernel(void)
{
    uint64_t start = (uint64_t)_start;
    uint64_t guard = (uint64_t)kernel_stack_guard;
    for (const struct region *ram = memory_ram; ram->end != 0; ram++) {
        if (start < ram->start || start >= ram->end) {
            mmu_map(ram->start, ram->end, MMU_DATA);
            continue;
        }
        mmu_map(ram->start, start, MMU_DATA);
        mmu_map(start, (uint64_t)__text_end, MMU_TEXT);
        mmu_map((uint64_t)__text_end, (uint64_t)__rodata_end, MMU_RODATA);
        mmu_map((uint64_t)__rodata_end, guard, MMU_DATA);
        mmu_map(guard + PAGE_BYTES, ram->end, MMU_DATA);
    }
    mmu_map(PLATFORM_GIC_BASE, PLATFORM_GIC_END, MMU_DEVICE);
    mmu_map(PLATFORM_UART_BASE, PLATFORM_UART_BASE + PLATFORM_UART_SIZE, MMU_DEVICE);
}

static void machine_init(uint64_t fdt)
{
    boot_require(((sysreg_read(id_aa64mmfr0_el1) >> 28) & 0xf) != 0xf, "this processor has no 4 KiB pages");
    boot_require(!SEL_CYCLES || (((sysreg_read(id_aa64dfr0_el1) >> 8) + 1) & 0xf) > 1,
                 "this processor has no cycle counter (PMUv3), which this kernel was built to open");
    fdt_find_ram(fdt);
    boot_require(memory_is_ram((uint64_t)_start, (uint64_t)(__kernel_end - _start)),
                 "the device tree names no RAM where the kernel is");
    memory_reserve((uint64_t)_start, (uint64_t)__kernel_end);
    map_kernel();
    mmu_enable();
    vmid_init();
    gic_init();
    guest_init();
    arch_irq_unmask(PLATFORM_TIMER_HYPERVISOR_INTID);
    arch_irq_unmask(PLATFORM_MAINTENANCE_INTID);
    arch_timer_set(UINT64_MAX);
}

/** Everything a process could be given must be zeroed by its giver: show it if it is not. */
static void poison(void)
{
    static struct arch_fpu_state pattern;
    if (!SEL_POISON) {
        return;
    }
    for (const struct region *region = memory_free; region->end != 0; region++) {
        for (uint64_t at = region->start; at < region->end; at += POISON_STRIDE) {
            __builtin_memset((uint64_t *)at, POISON_BYTE, POISON_STRIDE);
        }
    }
    __builtin_memset(&pattern, POISON_BYTE, sizeof(pattern));
    fpu_load(&pattern);
    sysreg_write(tpidr_el0, POISON_WORD);
    sysreg_write(tpidr_el1, POISON_WORD);
    sysreg_write(sp_el1, POISON_WORD);
    sysreg_write(par_el1, POISON_WORD);
}

static void banner(bool is_crc_checked)
{
    console_printf("selvedge %s on %s: AArch64 EL2, 1 core, timer %lu Hz\n", SEL_VERSION, PLATFORM_NAME,
                   arch_clock_hz());
    console_printf("  built with: %s, %s, %s%s%s\n", SEL_ASSERT ? "assertions" : "no assertions",
                   SEL_TRACE ? "trace" : "no trace", SEL_POISON ? "poisoned RAM and registers" : "no poison",
                   SEL_CYCLES ? ", cycle counter readable" : "", SEL_RULE_OFF != 0 ? ", A HANG-FREE RULE IS OFF" : "");
    console_printf("  guests: %s; list registers for a VMM: %lu\n",
                   arch_vcpu_entry_count() != 0 ? "yes" : "not on this GIC", arch_vcpu_entry_count());
    console_printf("  image checksum: %s\n", is_crc_checked ? "right" : "not checked");
    console_printf("  assured by tests on host and emulator; not proved; caches, TLB and DMA are held by review only "
                   "(CAVEATS.md)\n");
}

void boot_main(uint64_t fdt, uint64_t current_el)
{
    struct roottask roottask;
    console_printf("selvedge: starting\n");
    check_start(current_el);
    sysreg_write(vbar_el2, exception_vectors);
    /* CPTR_EL2 and TCR_EL2 have another layout where E2H is set (DDI 0487, HCR_EL2.E2H): before anything relies on either. */
    sysreg_write(hcr_el2, HCR_RW);
    isb();
    boot_require((sysreg_read(hcr_el2) & HCR_E2H) == 0, "this processor's E2H cannot be 0: it is not supported");
    sysreg_write(cptr_el2, CPTR_RES1);
    isb();
    machine_init(fdt);
    const struct payload *payload = payload_find((uint64_t)__kernel_end);
    banner(payload_check_crc(payload));
    memory_reserve((uint64_t)payload, (uint64_t)payload + payload->size);
    poison();
    kernel_lock_acquire();
    roottask_create(payload, &roottask);
    untypeds_create(payload, &roottask);
    kernel_lock_release();
    fpu_close();
    boot_enter();
}
