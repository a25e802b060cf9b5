/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One guest as its VMM sees it, and the handling of its exits. An exit is eight words in, eight words out: the kernel's message is
 * complete, the reply completes the exit (abi: messages, `exits`). Handlers only fill the reply; whatever the guest did, it goes on
 * with an architectural result, or stays stopped and is reported. Nothing is asserted about anything a guest can choose.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sel/spec.h"
#include "vmm/arch/gic.h"
#include "vmm/arch/sysreg.h"
#include "vmm/board.h"
#include "vmm/ram.h"
#include "vmm/services.h"

/** What the main loop does after an exit. */
enum exit_result {
    EXIT_RESULT_REPLY,     /* reply with the words; the guest goes on or blocks */
    EXIT_RESULT_RESTART,   /* SYSTEM_RESET: load the guest anew, then reply RESUME */
    EXIT_RESULT_POWER_OFF, /* SYSTEM_OFF or the last CPU_OFF: the guest stays stopped */
    EXIT_RESULT_STOP,      /* what the guest did cannot be carried out: it stays stopped, `stop` says why */
};

struct vmm {
    const struct sel_guest *guest;
    struct gic gic;
    struct sysreg_state sysreg;
    struct board board;
    struct ram ram;
    struct guest_stop stop; /* valid after EXIT_RESULT_STOP */
};

/** Every device, the GIC and the kernel's VCPU state to reset values. */
void vmm_reset(struct vmm *vmm);

/**
 * Handle one VM_EXIT: `words` is the message and becomes the reply, without the words that no verb of word 0 uses; with another result
 * than EXIT_RESULT_REPLY none of them is a reply. Always inlined, so that an array of the caller's stays in registers (exit_fast.c).
 */
__attribute__((always_inline)) enum exit_result vmm_exit(struct vmm *vmm, uint64_t words[8]);

/** vmm_exit() of any exit, whatever it is for: exit.c. */
__attribute__((noinline, cold)) enum exit_result vmm_exit_common(struct vmm *vmm, uint64_t words[8]);

/** The last step of a reply: new list registers, if the exit changed what the guest is to be told. */
void vmm_exit_refill(struct vmm *vmm, uint64_t words[8]);

/** Something outside happened (console bytes or room): let the devices look, then bring the list registers up to date. */
void vmm_poll_devices(struct vmm *vmm);
