/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VCPUs of the sequence: see guests.h. Two registers live in the thread, if there is one; lines of timers follow registers that a
 * sequence writes at random; a list register without a state is pending while its level is high.
 */
#include "guests.h"

#include "test/model/parts.h"

/* Cortex-A57 TRM, 4.3: values at reset; DDI 0487: MPIDR_EL1 bit 31 is 1. */
#define SCTLR_RESET 0x00c50838ul
#define MIDR        0x411fd070ul
#define MPIDR_RES1  (1ul << 31)
#define INFO_LINES  2 /* word of its answer */
#define WORDS_MAX   64

static uint64_t known[MODEL_VCPUS]; /* its address, once its registers are the machine's */

void guests_begin(void)
{
    for (uint32_t id = 0; id < MODEL_VCPUS; id++) {
        known[id] = 0;
    }
}

static bool is_of_thread(uint64_t index)
{
    return index == VCPU_REG_TPIDR_EL0 || index == VCPU_REG_SP_EL0;
}

static bool writes_thread(const struct step *step)
{
    bool is_written = false;

    for (uint64_t i = 0; i < step->word[1] && i < WORDS_MAX; i++) {
        is_written = is_written || is_of_thread(step->word[0] + i);
    }
    return is_written;
}

static uint64_t without_level(uint64_t entry)
{
    return list_register_state(entry) == INTERRUPT_STATE_EMPTY ? list_register_set_level(entry, 0) : entry;
}

static uint64_t pair_without_level(uint64_t pair)
{
    return without_level(pair & UINT32_MAX) | without_level(pair >> 32) << 32;
}

bool guests_follow(uint32_t vcpu, uint64_t label, struct step *step)
{
    bool is_bound = model.vcpu[vcpu].thread != 0;

    switch (label) {
    case METHOD_VCPU_SET_INTERRUPTS:
        step->word[0] = pair_without_level(step->word[0]);
        return true;
    case METHOD_VCPU_WRITE_REGISTERS:
        return !is_bound || !writes_thread(step);
    case METHOD_VCPU_TRANSLATE:
        return !is_bound;
    case METHOD_VCPU_INJECT:
        return !is_bound || step->word[0] != VCPU_INJECT_SYNC;
    default:
        return true;
    }
}

bool guests_may_bind(uint32_t thread)
{
    return thread != 1 && model.thread[thread].state == MODEL_INACTIVE;
}

static void reset(uint32_t vcpu)
{
    uint64_t *reg = model.vcpu[vcpu].reg;

    reg[VCPU_REG_SCTLR_EL1] = SCTLR_RESET;
    reg[VCPU_REG_VMPIDR_EL2] = MPIDR_RES1;
    reg[VCPU_REG_VPIDR_EL2] = MIDR;
    known[vcpu] = model.vcpu[vcpu].address;
}

void guests_adopt(const struct step *step)
{
    bool is_reset = step->kind == STEP_SYSCALL && step_done.type == CAP_TYPE_VCPU &&
                    step_done.label == METHOD_VCPU_RESET && step_done.status == SEL_ERROR_OK;

    for (uint32_t id = 1; id < MODEL_VCPUS; id++) {
        const struct model_vcpu *vcpu = &model.vcpu[id];
        bool is_blank = vcpu->reg[VCPU_REG_VMPIDR_EL2] == 0 && vcpu->reg[VCPU_REG_VPIDR_EL2] == 0 &&
                        vcpu->reg[VCPU_REG_SCTLR_EL1] == 0;
        if (!vcpu->exists) {
            known[id] = 0;
        } else if (known[id] != vcpu->address || (is_reset && is_blank)) {
            reset(id);
        }
    }
}

uint64_t guests_excuse(uint64_t label, const struct step *step)
{
    uint64_t words = label == METHOD_VCPU_INFO ? 1ul << INFO_LINES : 0;

    for (uint64_t i = 0; label == METHOD_VCPU_READ_REGISTERS && i < step->word[1] && i < WORDS_MAX; i++) {
        words |= (uint64_t)is_of_thread(step->word[0] + i) << i;
    }
    return words;
}
