/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The architecture's part of a panic: registers at the exception, syndrome, and what is loaded.
 */
#include "kernel/arch/aarch64/registers.h"
#include "kernel/arch/arch.h"
#include "kernel/debug/panic.h"

extern struct arch_context panic_context;

void arch_panic_dump(void)
{
    console_printf("  esr %lx elr %lx spsr %lx far %lx hpfar %lx\n", sysreg_read(esr_el2), sysreg_read(elr_el2), sysreg_read(spsr_el2),
                   sysreg_read(far_el2), sysreg_read(hpfar_el2));
    console_printf("  hcr %lx vttbr %lx sctlr %lx cptr %lx\n", sysreg_read(hcr_el2), sysreg_read(vttbr_el2), sysreg_read(sctlr_el2),
                   sysreg_read(cptr_el2));
    if (panic_context.pc == 0) {
        return;
    }
    for (uint64_t i = 0; i < ARCH_REGISTER_COUNT; i++) {
        console_printf("  kernel register %lu: %lx\n", i, arch_register_get(&panic_context, i));
    }
}
