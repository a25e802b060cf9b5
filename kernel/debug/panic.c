/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end on a bug of the kernel's own: everything that helps to find it, then the end of the machine. Architecture's registers come
 * from arch_panic_dump(). A panic inside the panic prints one line and stops.
 */
#include "kernel/object/objects.h"

#define TRACE_TAIL 32

#define REGISTERS_A_LINE 5

_Static_assert(THREAD_REG_COUNT % REGISTERS_A_LINE == 0, "panic_registers");

void panic_registers(const char *whose, const struct arch_context *context)
{
    const uint64_t *word = (const uint64_t *)context;
    for (uint64_t i = 0; i < THREAD_REG_COUNT; i += REGISTERS_A_LINE, word += REGISTERS_A_LINE) {
        console_printf("  %s register %lu..: %lx %lx %lx %lx %lx\n", whose, i, word[0], word[1], word[2], word[3],
                       word[4]);
    }
}

/** The thread and the capability its last system call named: the object under operation. */
static void dump_thread(const struct tcb *tcb)
{
    if (tcb == NULL) {
        console_printf("  current thread: none (idle or boot)\n");
        return;
    }
    uint64_t cap = arch_syscall_cap(&tcb->registers);
    console_printf("  current thread: tcb %lx priority %u state %u %s\n", (uint64_t)tcb, tcb->priority, tcb->state,
                   tcb->vcpu != NULL ? "guest" : "native");
    console_printf("  system call %lu on cap %lu tag %lx\n", arch_syscall_number(&tcb->registers), cap,
                   arch_syscall_tag(&tcb->registers));
    if (cap < tcb->cspace_count) {
        console_printf("  object: %lx %lx\n", tcb->cspace_slots[cap].cap.word0, tcb->cspace_slots[cap].cap.word1);
    }
    panic_registers("user", &tcb->registers);
}

void panic(const char *what, const char *file, unsigned int line)
{
    static bool is_nested;
    if (is_nested) {
        console_printf("\npanic in the panic: %s\n", what);
    } else {
        is_nested = true;
        console_printf("\nkernel bug: %s (%s:%u)\n", what, file, line);
        arch_panic_dump();
        dump_thread(percpu()->current);
        if (SEL_TRACE) {
            trace_dump(TRACE_TAIL);
        }
    }
    console_printf("sel: kernel panic\n");
    arch_halt();
}
