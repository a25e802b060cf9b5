/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every reason a guest can exit for, and what the guest gets. One function a reason; none keeps state of its own, so that an exit is
 * complete when it returns. Work per exit is bounded: the longest are a reset (main.c does it) and a refill of the list registers.
 */
#include <string.h>

#include "gen/abi.h"
#include "vmm/arch/inject.h"
#include "vmm/arch/psci.h"
#include "vmm/arch/table_walk.h"
#include "vmm/arch/undecoded.h"
#include "vmm/bits.h"
#include "vmm/vmm.h"

enum {
    CLASS_LAST_TRAPPED_INSTRUCTION = 0x1f, /* EC below 0x20: instructions that trap, DDI 0487, D17.2.37 */
    CLASS_FETCH_ABORT = 0x20,
    CLASS_DATA_ABORT = 0x24,
    LR_STATE_ENTRIES = (1 << 2 * GIC_ENTRY_MAX) - 1,
    VECTORS_BYTES = 0x800,
    MPIDR_RESET = 1u << 31, /* RES1; affinity 0.0.0.0, not the uniprocessor form */
};

static struct abort_site site_of(const uint64_t in[8], bool is_fetch)
{
    return (struct abort_site){
        .pstate = in[FAULT_VM_EXIT_WORD_PSTATE],
        .address = in[FAULT_VM_EXIT_WORD_FAR],
        .is_write = exit_is_write(in[0]),
        .is_fetch = is_fetch,
    };
}

static enum exit_result stop(struct vmm *vmm, const uint64_t in[8], const char *cause)
{
    vmm->stop = (struct guest_stop){
        .cause = cause,
        .exit_word = in[0],
        .pc = in[FAULT_VM_EXIT_WORD_PC],
        .esr = in[FAULT_VM_EXIT_WORD_ESR],
        .address = in[FAULT_VM_EXIT_WORD_ADDRESS],
    };
    return EXIT_RESULT_STOP;
}

static enum exit_result abort_exit(const uint64_t in[8], uint64_t out[8], bool is_fetch)
{
    struct abort_site site = site_of(in, is_fetch);
    reply_external_abort(out, &site);
    return EXIT_RESULT_REPLY;
}

/* No device is there: RAM that the guest touches first, whatever made the access, which is then made again; or nothing. */
static enum exit_result memory_exit(struct vmm *vmm, const uint64_t in[8], uint64_t out[8])
{
    if (!ram_give(&vmm->ram, in[FAULT_VM_EXIT_WORD_ADDRESS])) {
        return abort_exit(in, out, false);
    }
    reply_resume(out, in[0], 0);
    return EXIT_RESULT_REPLY;
}

/* Its exception vectors are not in its memory: every exception would fault again at once, for ever. */
static bool has_lost_its_vectors(const uint64_t in[8])
{
    uint64_t vectors = services_read_vcpu_register(VCPU_REG_VBAR_EL1);
    bool is_at_el1 = bits_get(in[FAULT_VM_EXIT_WORD_PSTATE], 2, 3) == 1;
    return is_at_el1 && in[FAULT_VM_EXIT_WORD_PC] - vectors < VECTORS_BYTES;
}

static enum exit_result fetch_exit(struct vmm *vmm, const uint64_t in[8], uint64_t out[8])
{
    if (has_lost_its_vectors(in)) {
        return stop(vmm, in, "it cannot fetch its own exception vectors");
    }
    return abort_exit(in, out, true);
}

/* The guest's own table walk left its memory: an external abort too, but its status tells the level. */
static enum exit_result walk_exit(struct vmm *vmm, const uint64_t in[8], uint64_t out[8])
{
    uint64_t class = bits_get(in[FAULT_VM_EXIT_WORD_ESR], 26, 6);
    if (class == CLASS_FETCH_ABORT && has_lost_its_vectors(in)) {
        return stop(vmm, in, "it cannot fetch its own exception vectors");
    }
    struct abort_site site = site_of(in, class == CLASS_FETCH_ABORT);
    int level = table_walk_level(vmm, site.address, in[FAULT_VM_EXIT_WORD_ADDRESS]);
    if (level < 0) {
        reply_external_abort(out, &site);
    } else {
        reply_walk_abort(out, &site, level);
    }
    return EXIT_RESULT_REPLY;
}

static enum exit_result mmio_exit(struct vmm *vmm, const uint64_t in[8], uint64_t out[8])
{
    uint64_t address = in[FAULT_VM_EXIT_WORD_ADDRESS];
    unsigned size = 1u << exit_size_log2(in[0]);
    if (exit_is_write(in[0])) {
        if (!board_write(&vmm->board, address, size, in[FAULT_VM_EXIT_WORD_VALUE])) {
            return memory_exit(vmm, in, out);
        }
        reply_resume(out, in[0], VERB_STEP);
        return EXIT_RESULT_REPLY;
    }
    uint64_t value;
    if (!board_read(&vmm->board, address, size, &value)) {
        return memory_exit(vmm, in, out);
    }
    reply_register(out, in[0], value);
    return EXIT_RESULT_REPLY;
}

static enum exit_result firmware_exit(const uint64_t in[8], uint64_t out[8], uint64_t verbs)
{
    uint64_t result;
    enum psci_outcome outcome = psci_call(&in[1], (uint16_t)exit_immediate(in[0]), &result);
    if (outcome == PSCI_OFF) {
        return EXIT_RESULT_POWER_OFF;
    }
    if (outcome == PSCI_RESET) {
        return EXIT_RESULT_RESTART;
    }
    reply_firmware(out, in[0], verbs | (outcome == PSCI_STANDBY ? VERB_BLOCK : 0), result);
    return EXIT_RESULT_REPLY;
}

static enum exit_result sysreg_exit(struct vmm *vmm, const uint64_t in[8], uint64_t out[8])
{
    uint64_t encoding = in[FAULT_VM_EXIT_WORD_ADDRESS];
    uint64_t value = in[FAULT_VM_EXIT_WORD_VALUE];
    if (exit_is_write(in[0])) {
        if (sysreg_write(&vmm->sysreg, &vmm->gic, encoding, value)) {
            reply_resume(out, in[0], VERB_STEP);
        } else {
            reply_undefined(out);
        }
    } else if (sysreg_read(&vmm->sysreg, encoding, &value)) {
        reply_register(out, in[0], value);
    } else {
        reply_undefined(out);
    }
    return EXIT_RESULT_REPLY;
}

/* An instruction that traps for no reason known here does not exist for the guest; an abort the kernel cannot place is external. */
static enum exit_result other_exit(struct vmm *vmm, const uint64_t in[8], uint64_t out[8])
{
    uint64_t class = bits_get(in[FAULT_VM_EXIT_WORD_ESR], 26, 6);
    if (class <= CLASS_LAST_TRAPPED_INSTRUCTION) {
        reply_undefined(out);
        return EXIT_RESULT_REPLY;
    }
    if (class == CLASS_DATA_ABORT || class == CLASS_FETCH_ABORT) {
        return abort_exit(in, out, class == CLASS_FETCH_ABORT);
    }
    return stop(vmm, in, "exit of a class no guest can cause");
}

static enum exit_result serror_exit(const uint64_t in[8], uint64_t out[8])
{
    reply_resume(out, in[0], VERB_INJECT_SERROR);
    out[7] = bits_get(in[FAULT_VM_EXIT_WORD_ESR], 0, 25);
    return EXIT_RESULT_REPLY;
}

static bool is_access(const uint64_t in[8])
{
    uint64_t reason = exit_reason(in[0]);
    return reason == EXIT_UNDECODED || reason == EXIT_MMIO || reason == EXIT_FETCH;
}

static enum exit_result dispatch(struct vmm *vmm, const uint64_t in[8], uint64_t out[8])
{
    if (exit_reason(in[0]) == EXIT_MMIO && !exit_is_table_walk(in[0])) {
        return mmio_exit(vmm, in, out);
    }
    if (is_access(in) && ram_give(&vmm->ram, in[FAULT_VM_EXIT_WORD_ADDRESS])) {
        reply_resume(out, in[0], 0);
        return EXIT_RESULT_REPLY;
    }
    if (is_access(in) && exit_is_table_walk(in[0])) {
        return walk_exit(vmm, in, out);
    }
    switch (exit_reason(in[0])) {
    case EXIT_UNDECODED:
        undecoded_exit(vmm, in, out);
        return EXIT_RESULT_REPLY;
    case EXIT_HVC:
        return firmware_exit(in, out, 0);
    case EXIT_SMC:
        return firmware_exit(in, out, VERB_STEP);
    case EXIT_SYSREG:
        return sysreg_exit(vmm, in, out);
    case EXIT_FETCH:
        return fetch_exit(vmm, in, out);
    case EXIT_MAINTENANCE:
        reply_resume(out, in[0], 0);
        return EXIT_RESULT_REPLY;
    case EXIT_SERROR:
        return serror_exit(in, out);
    case EXIT_OTHER:
        return other_exit(vmm, in, out);
    default:
        return stop(vmm, in, "exit of a reason this VMM does not know");
    }
}

void vmm_exit_refill(struct vmm *vmm, uint64_t words[8])
{
    uint64_t entries[2];
    if (vmm->gic.is_dirty && gic_refill(&vmm->gic, entries)) {
        words[0] |= VERB_SET_INTERRUPTS;
        words[5] = entries[0];
        words[6] = entries[1];
    }
}

/* Handlers take all they need from `words` before they write the reply over it. */
enum exit_result vmm_exit_common(struct vmm *vmm, uint64_t words[8])
{
    uint64_t lr_state = exit_lr_state(words[0]);
    if (!gic_is_synced(&vmm->gic, lr_state)) {
        gic_sync(&vmm->gic, lr_state);
    }
    enum exit_result result = dispatch(vmm, words, words);
    if (result == EXIT_RESULT_REPLY) {
        vmm_exit_refill(vmm, words);
    }
    return result;
}

/* Give new list registers to a guest that is not stopped in an exit. It may have run since the kernel told `known`: what is then
 * found in the old list registers, and the ends counted since, win, and the choice is made again from it. */
static void push_interrupts(struct gic *gic, uint64_t known)
{
    uint32_t old[GIC_ENTRY_MAX];
    uint64_t words[2];
    memcpy(old, gic->entry, sizeof(old));
    if (!gic_refill(gic, words)) {
        return;
    }
    uint64_t found = services_set_interrupts(words);
    if (((found ^ known) & LR_STATE_ENTRIES) == 0 && lr_state_eoi_count(found) == 0) {
        return;
    }
    memcpy(gic->entry, old, sizeof(old));
    gic_sync_late(gic, found);
    gic->is_dirty = true;
    (void)gic_refill(gic, words);
    (void)services_set_interrupts(words);
}

void vmm_poll_devices(struct vmm *vmm)
{
    struct vcpu_info info;
    gic_mark_edges(&vmm->gic);
    board_poll(&vmm->board);
    if (vmm->gic.is_dirty) {
        services_vcpu_info(&info);
        gic_sync_late(&vmm->gic, info.lr_state);
        push_interrupts(&vmm->gic, info.lr_state);
    }
}

void vmm_reset(struct vmm *vmm)
{
    struct vcpu_info info;
    services_reset_vcpu();
    services_write_vcpu_register(VCPU_REG_VMPIDR_EL2, MPIDR_RESET);
    services_vcpu_info(&info);
    gic_reset(&vmm->gic, info.entry_count);
    sysreg_reset(&vmm->sysreg);
    board_reset(&vmm->board, vmm->guest, &vmm->gic);
}
