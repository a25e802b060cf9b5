/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end on a bug of the kernel's own: everything that helps to find it, then the end of the machine. Architecture's registers come
 * from arch_panic_dump(). A panic inside the panic prints one line and stops.
 */
#include "kernel/debug/panic.h"

#include <stdbool.h>
#include <stddef.h>

#include "kernel/arch/arch.h"
#include "kernel/debug/trace.h"
#include "kernel/object/tcb.h"
#include "kernel/smp/percpu.h"

#define TRACE_TAIL 32

static void dump_thread(const struct tcb *tcb)
{
    if (tcb == NULL) {
        console_printf("  current thread: none (idle or boot)\n");
        return;
    }
    const struct arch_context *context = &tcb->registers;
    console_printf("  current thread: tcb %p priority %u state %u %s\n", (const void *)tcb, tcb->priority, tcb->state,
                   tcb->vcpu != NULL ? "guest" : "native");
    console_printf("  its system call: number %lu cap %lu tag %lx\n", arch_syscall_number(context),
                   arch_syscall_cap(context), arch_syscall_tag(context));
    for (uint64_t i = 0; i < ARCH_REGISTER_COUNT; i++) {
        console_printf("  user register %lu: %lx\n", i, arch_register_get(context, i));
    }
}

void panic(const char *what, const char *file, unsigned int line)
{
    static bool is_nested;
    if (is_nested) {
        console_printf("\npanic in the panic: %s\nsel: kernel panic\n", what);
        arch_halt();
    }
    is_nested = true;
    console_printf("\nkernel bug: %s (%s:%u)\n", what, file, line);
    arch_panic_dump();
    dump_thread(percpu()->current);
    trace_dump(TRACE_TAIL);
    console_printf("sel: kernel panic\n");
    arch_halt();
}
