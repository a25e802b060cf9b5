/* SPDX-License-Identifier: BSD-2-Clause */
/* See control.h. */
#include "vmm/gdb/control.h"

#include <string.h>

#include "gen/abi.h"
#include "vmm/bits.h"
#include "vmm/gdb/hold.h"
#include "vmm/gdb/memory.h"
#include "vmm/gdb/services.h"
#include "vmm/gdb/step.h"
#include "vmm/services.h"
#include "vmm/vmm.h"

enum {
    PSTATE_IS_AARCH32 = 4, /* a bit */
    REGISTER_NONE = 31,
    ENCODING_MASK = 0x3ffc1e,
    MDCCSR_EL0 = 2 << 20 | 3 << 14 | 1 << 1, /* op0 2, op1 3, CRm 1: of BREAKPOINT_INSTRUCTION */
    MDSCR_EL1 = 2 << 20 | 2 << 17 | 2 << 1,  /* op0 2, op2 2, CRm 2 */
};

/* With it EL0's reads of MDCCSR_EL0 would go to the guest's EL1. */
static const uint64_t mdscr_tdcc = 1ull << 12;

void control_start(struct control *control)
{
    breakpoints_forget_memory(&control->breakpoints);
    control->state = CONTROL_STOPPED;
    control->stopped_at = gdb_services_ticks();
    control->time_offset = 0;
}

static bool is_stepping(const struct control *control)
{
    return control->state == CONTROL_STEPPING || control->state == CONTROL_STEPPING_OVER;
}

/* The guest is not running: memory and interrupts as if there were no debugger. */
static void come_to_rest(struct control *control, struct vmm *vmm, enum control_state state)
{
    breakpoints_take_out(&control->breakpoints, vmm);
    if (is_stepping(control)) {
        breakpoints_end_step(&control->breakpoints);
        hold_end(vmm);
    }
    control->state = state;
    control->stopped_at = gdb_services_ticks();
}

void control_stop(struct control *control, struct vmm *vmm)
{
    gdb_services_stop();
    come_to_rest(control, vmm, CONTROL_STOPPED);
}

void control_end(struct control *control, struct vmm *vmm)
{
    come_to_rest(control, vmm, CONTROL_ENDED);
}

static void read_state(struct step_state *state)
{
    *state = (struct step_state){
        .pc = services_read_thread_register(THREAD_REG_PC),
        .pstate = services_read_thread_register(THREAD_REG_PSTATE),
        .elr = services_read_vcpu_register(VCPU_REG_ELR_EL1),
        .spsr = services_read_vcpu_register(VCPU_REG_SPSR_EL1),
    };
    for (unsigned i = 0; i < REGISTER_NONE; i++) {
        state->x[i] = services_read_thread_register(THREAD_REG_X0 + i);
    }
}

/* Where a synchronous exception would lead (DDI 0487, D1.3.1). */
static uint64_t vector_of(uint64_t pstate)
{
    uint64_t offset = bits_get(pstate, 2, 2) == 0 ? 0x400 : bits_get(pstate, 0, 1) * 0x200;
    return (services_read_vcpu_register(VCPU_REG_VBAR_EL1) & ~0x7ffull) + offset;
}

/* Note where the instruction at pc leads. `*ipa` is where it lies, BREAKPOINT_NOWHERE if it is not mapped: then it can but fault. */
static bool aim(struct control *control, struct vmm *vmm, uint64_t *ipa)
{
    struct step_state state;
    uint32_t instruction;
    read_state(&state);
    bool is_there =
        gdb_memory_translate(vmm, state.pc, ipa) && gdb_memory_read_page(vmm, *ipa, &instruction, sizeof(instruction));
    if (bits_get(state.pstate, PSTATE_IS_AARCH32, 1) != 0 || (is_there && step_leaves_aarch64(&state, instruction))) {
        return false;
    }
    bool has_next = is_there && breakpoints_add_step(&control->breakpoints, vmm, step_next(&state, instruction));
    bool has_vector = breakpoints_add_step(&control->breakpoints, vmm, vector_of(state.pstate));
    *ipa = is_there ? *ipa : BREAKPOINT_NOWHERE;
    return has_next || has_vector;
}

/* Everything for one instruction but letting the guest run. */
static bool prepare_step(struct control *control, struct vmm *vmm, enum control_state state)
{
    uint64_t ipa;
    if (!aim(control, vmm, &ipa)) {
        return false;
    }
    hold_interrupts(vmm);
    breakpoints_put_in(&control->breakpoints, vmm, ipa);
    control->state = state;
    return true;
}

/* A wait is over at once: a step would last until its interrupt, which is held. */
static bool skip_wait(struct vmm *vmm)
{
    uint64_t pc = services_read_thread_register(THREAD_REG_PC);
    uint32_t instruction = 0;
    bool is_wait = gdb_memory_read(vmm, pc, (uint8_t *)&instruction, sizeof(instruction)) == sizeof(instruction) &&
                   step_is_wait(instruction);
    pc += sizeof(instruction);
    if (is_wait) {
        services_write_thread_registers(THREAD_REG_PC, 1, &pc);
    }
    return is_wait;
}

static bool is_on_breakpoint(const struct control *control, struct vmm *vmm)
{
    uint64_t ipa;
    return gdb_memory_translate(vmm, services_read_thread_register(THREAD_REG_PC), &ipa) &&
           breakpoints_lies_at(&control->breakpoints, ipa);
}

static void set_running(struct control *control, struct vmm *vmm)
{
    breakpoints_put_in(&control->breakpoints, vmm, BREAKPOINT_NOWHERE);
    control->state = CONTROL_RUNNING;
}

/* From stopped to running: the clock goes on where it stood. */
static void let_run(struct control *control)
{
    control->time_offset += gdb_services_ticks() - control->stopped_at;
    gdb_services_set_time_offset(control->time_offset);
    gdb_services_continue();
}

void control_continue(struct control *control, struct vmm *vmm)
{
    bool is_over = is_on_breakpoint(control, vmm) && !skip_wait(vmm);
    if (!is_over || !prepare_step(control, vmm, CONTROL_STEPPING_OVER)) {
        set_running(control, vmm);
    }
    let_run(control);
}

bool control_step(struct control *control, struct vmm *vmm, bool *is_done)
{
    *is_done = skip_wait(vmm);
    if (*is_done) {
        return true;
    }
    if (!prepare_step(control, vmm, CONTROL_STEPPING)) {
        return false;
    }
    let_run(control);
    return true;
}

static bool is_breakpoint_exit(const uint64_t words[8])
{
    return exit_reason(words[0]) == EXIT_SYSREG && !exit_is_write(words[0]) &&
           exit_register(words[0]) == REGISTER_NONE &&
           (words[FAULT_VM_EXIT_WORD_ADDRESS] & ENCODING_MASK) == MDCCSR_EL0;
}

static bool is_mdscr_write(const uint64_t words[8])
{
    return exit_reason(words[0]) == EXIT_SYSREG && exit_is_write(words[0]) &&
           (words[FAULT_VM_EXIT_WORD_ADDRESS] & ENCODING_MASK) == MDSCR_EL1;
}

/* A breakpoint of ours was executed at `pc`, and everything is at rest since. */
static enum control_exit judge(struct control *control, struct vmm *vmm, enum control_state before, bool is_target,
                               uint64_t pc)
{
    bool is_wanted = breakpoints_has(&control->breakpoints, pc) || (is_target && before == CONTROL_STEPPING);
    if (is_wanted) {
        return CONTROL_EXIT_STOP;
    }
    if (is_target) {
        set_running(control, vmm);
        return CONTROL_EXIT_GO_ON;
    }
    /* The same memory at another address, another process's, say: nobody wants to know. */
    if (skip_wait(vmm)) {
        set_running(control, vmm);
        return CONTROL_EXIT_GO_ON;
    }
    return prepare_step(control, vmm, CONTROL_STEPPING_OVER) ? CONTROL_EXIT_GO_ON : CONTROL_EXIT_STOP;
}

enum control_exit control_take_exit(struct control *control, struct vmm *vmm, uint64_t words[8])
{
    uint64_t pc = words[FAULT_VM_EXIT_WORD_PC];
    uint64_t ipa;
    if (is_mdscr_write(words)) {
        words[FAULT_VM_EXIT_WORD_VALUE] &= ~mdscr_tdcc;
    }
    if (!is_breakpoint_exit(words) || !gdb_memory_translate(vmm, pc, &ipa) ||
        !breakpoints_lies_at(&control->breakpoints, ipa)) {
        return CONTROL_EXIT_OTHER;
    }
    enum control_state before = control->state;
    bool is_target = breakpoints_has_step(&control->breakpoints, pc);
    gic_sync(&vmm->gic, exit_lr_state(words[0]));
    come_to_rest(control, vmm, CONTROL_STOPPED);
    enum control_exit found = judge(control, vmm, before, is_target, pc);
    memset(words, 0, 8 * sizeof(words[0]));
    words[0] = found == CONTROL_EXIT_GO_ON ? VERB_RESUME : 0;
    return found;
}
