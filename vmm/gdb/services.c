/* SPDX-License-Identifier: BSD-2-Clause */
/* gdb/services.h by system calls; a refused one is a fault of the system's composition, as in vmm/services.c. */
#include "vmm/gdb/services.h"

#include "gen/abi.h"
#include "gen/sel/invocations.h"
#include "sel/error.h"
#include "sel/queue.h"
#include "sel/sel.h"
#include "sel/spec.h"

static struct sel_queue output;
static struct sel_queue input;

static void must(sel_err_t status, const char *what)
{
    if (status != SEL_ERROR_OK) {
        sel_perror(what);
        sel_panic("the kernel refused a call on the debugged guest");
    }
}

void gdb_services_open(void)
{
    const struct sel_console_link *link = &sel_guest.debugger;
    output.peer = link->peer_cap;
    input.peer = link->peer_cap;
    (void)sel_ring_open_writer(&output.ring, (void *)link->output_base, link->output_size);
    (void)sel_ring_open_reader(&input.ring, (void *)link->input_base, link->input_size);
    gdb_services_put("+", 1);
}

bool gdb_services_get(uint8_t *byte)
{
    return sel_queue_read(&input, byte, 1) == 1;
}

void gdb_services_put(const char *bytes, size_t size)
{
    (void)sel_queue_write(&output, bytes, size);
}

void gdb_services_stop(void)
{
    must(sel_tcb_suspend(sel_guest.tcb_cap), "guest thread: suspend");
}

void gdb_services_continue(void)
{
    must(sel_tcb_resume(sel_guest.tcb_cap), "guest thread: resume");
}

void gdb_services_unify(uint64_t frame_cap, uint64_t offset, size_t size)
{
    must(sel_frame_cache(frame_cap, CACHE_OPERATION_UNIFY, offset, size), "RAM: cache");
}

uint64_t gdb_services_ticks(void)
{
    return sel_clock_ticks();
}

void gdb_services_set_time_offset(uint64_t ticks)
{
    must(sel_vcpu_set_offset(sel_guest.vcpu_cap, ticks), "VCPU: set_offset");
}
