/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a debugged guest's VMM asks of the world besides vmm/services.h: the wire to the debugger, the guest's thread stopped and set
 * going, its instruction cache, its clock. gdb/services.c answers on the target, test/unit/vmm/gdb/fake_debugger.c on the host.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Take up the wire, and say so: an acknowledgement of nothing, which gdb passes over. */
void gdb_services_open(void);

/** The next byte from the debugger; false if nothing is there. */
bool gdb_services_get(uint8_t *byte);

/** Bytes for the debugger, sent at once; what a wire that nobody empties has no room for is lost. */
void gdb_services_put(const char *bytes, size_t size);

/**
 * Stop the guest wherever it runs or waits. An exit that it makes in this moment is forgotten: its instruction is carried out anew, but for a
 * hypercall, which is lost. It takes that the guest runs between this thread's last receive and now: the VMM's priority forbids it while it has budget.
 */
void gdb_services_stop(void);

/** Let a stopped guest run. */
void gdb_services_continue(void);

/** `size` bytes of instructions at `offset` in a Frame of RAM were written: no cache keeps older ones. */
void gdb_services_unify(uint64_t frame_cap, uint64_t offset, size_t size);

/** Ticks of the counter, and how far the guest's virtual counter is behind it. */
uint64_t gdb_services_ticks(void);
void gdb_services_set_time_offset(uint64_t ticks);
