/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace ring. Tests and debuggers read `trace_ring` and `trace_next` from the machine's memory by their symbols, at any instruction: an entry is written
 * before it is counted, so that all that are counted are whole (but the oldest of a full ring, which the next entry replaces).
 */
#include "kernel/debug/trace.h"

#include "kernel/arch/arch.h"
#include "kernel/debug/panic.h"

#define TRACE_COUNT 16384

struct trace_entry {
    uint64_t time; /* ticks */
    uint64_t kind; /* enum trace_kind */
    uint64_t a;
    uint64_t b;
};

struct trace_entry trace_ring[TRACE_COUNT];
uint64_t trace_next; /* events so far; the next goes to index trace_next % TRACE_COUNT */

void trace_add(enum trace_kind kind, uint64_t a, uint64_t b)
{
    trace_ring[trace_next % TRACE_COUNT] = (struct trace_entry){.time = arch_clock(), .kind = kind, .a = a, .b = b};
    __atomic_store_n(&trace_next, trace_next + 1, __ATOMIC_RELEASE);
}

void trace_dump(uint64_t count)
{
    static const char *const names[] = {"syscall", "fault", "vm-exit", "irq", "switch", "ipc", "timer"};
    for (uint64_t i = trace_next > count ? trace_next - count : 0; i < trace_next; i++) {
        const struct trace_entry *entry = &trace_ring[i % TRACE_COUNT];
        console_printf("  trace %lu: %s %lx %lx\n", entry->time, names[entry->kind % 7], entry->a, entry->b);
    }
}
