/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first process: executes the compiled spec, gives up what the spec does not leave it, starts the system and supervises it.
 * It keeps no policy of its own: what is made, started and kept is in spec.bin.
 */
#include <stdbool.h>
#include <stdint.h>

#include "gen/abi.h"
#include "gen/sel/invocations.h"
#include "roottask/audit.h"
#include "roottask/boot_memory.h"
#include "roottask/construct.h"
#include "roottask/give_up.h"
#include "roottask/report.h"
#include "roottask/spec.h"
#include "roottask/spec_file.h"
#include "roottask/supervise.h"
#include "roottask/threads.h"
#include "sel/ipc.h"
#include "sel/process.h"
#include "sel/spec.h"

/* Arm DEN 0022 (PSCI), 5.9. */
#define PSCI_SYSTEM_OFF 0x84000008u

/* In the roottask's own range of addresses (SEL_BASE is its linker's): where spec.bin and pages in work are mapped. */
#define SPEC_OFFSET       0x06000000u
#define WINDOW_OFFSET     0x06400000u
#define WINDOW_PAGE_BYTES 4096u

extern char SEL_BASE[];
extern char sel_tls_first_block[];

_Noreturn void roottask_start(const uint64_t *boot_info);

/* What libsel asks of every process; the compiler of specs makes it for all others. */
const struct sel_spec sel_spec = {
    .process_name = "roottask",
    .console_kind = SEL_CONSOLE_KERNEL,
    .console_cap = INITIAL_SLOT_CONSOLE,
};

static struct boot_memory boot_memory;

static bool construct(const struct spec *spec)
{
    uintptr_t base = (uintptr_t)SEL_BASE + WINDOW_OFFSET;
    struct window window = {.source = base, .target = base + WINDOW_PAGE_BYTES};

    return construct_objects(spec, &boot_memory) && construct_fixed_frames(spec, &boot_memory) &&
           construct_capabilities(spec) && construct_contents(spec, &window) && construct_mappings(spec) &&
           threads_give_time(spec) && threads_configure(spec) && threads_bind_signals(spec);
}

static bool give_up_audited(const struct spec *spec)
{
    struct audit audit;

    if ((spec->header->flags & SPEC_FLAG_AUDIT) == 0) {
        return give_up(spec, &boot_memory);
    }
    audit_system(&audit, spec);
    if (!give_up(spec, &boot_memory)) {
        return false;
    }
    audit_own(&audit, &boot_memory);
    return true;
}

static void report_start(const struct spec *spec)
{
    char bytes[REPORT_LINE_MAX];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));

    sel_text_string(&line, "roottask: system ");
    sel_text_string(&line, spec_string(spec, spec->header->system_name));
    sel_text_string(&line, ": ");
    sel_text_decimal(&line, spec_count(spec, SPEC_TABLE_THREAD));
    sel_text_string(&line, " threads made, starting them\n");
    report_line(&line);
}

static _Noreturn void power_off(sel_cap_t smc)
{
    uint64_t results[4];

    report_string("sel: system off");
    sel_err_t error =
        sel_smc_call(smc, PSCI_SYSTEM_OFF, 0, 0, 0, 0, 0, 0, 0, &results[0], &results[1], &results[2], &results[3]);
    (void)report_unless_ok(error, "power off", "the machine");
    for (;;) {
        (void)sel_tcb_suspend(INITIAL_SLOT_TCB);
    }
}

static bool prepare(struct spec *spec, const uint64_t *boot_info)
{
    if (!boot_memory_read(&boot_memory, boot_info)) {
        report_string("roottask: the kernel's boot information is not what this roottask was built for");
        return false;
    }
    return spec_file_open(spec, &boot_memory, (uintptr_t)SEL_BASE + SPEC_OFFSET);
}

_Noreturn void roottask_start(const uint64_t *boot_info)
{
    struct spec spec;

    sel_thread_start(sel_tls_first_block, (struct sel_ipc_buffer *)boot_info[BOOT_INFO_IPC_BUFFER]);
    if (!prepare(&spec, boot_info)) {
        power_off(INITIAL_SLOT_SMC);
    }
    sel_cap_t smc = INITIAL_SLOT_SMC;
    if (construct(&spec)) {
        smc = spec.header->power_off_slot; /* the initial one is given up next */
        if (give_up_audited(&spec)) {
            report_start(&spec);
            if (threads_start(&spec)) {
                supervise(&spec);
            }
        }
    }
    power_off(smc);
}
