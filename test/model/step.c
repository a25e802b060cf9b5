/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A step on the model.
 */
#include "test/model/step.h"

#include "test/model/model.h"

struct step_done step_done;

bool step_is_repeated(void)
{
    return model.current != 0 && model.thread[model.current].repeats;
}

static void load_registers(const struct step *step)
{
    uint64_t *reg = model.thread[model.current].reg;
    for (unsigned int i = 4; i <= 17; i++) {
        reg[i] = STEP_POISON;
    }
    reg[0] = step->cap;
    reg[1] = step->tag;
    reg[2] = step->reply;
    reg[3] = step->second;
    reg[MODEL_REG_NUMBER] = step->number;
    for (unsigned int i = 0; i < 7; i++) {
        reg[9 + i] = step->word[i];
    }
    reg[9] += (step->flags & STEP_FROM_NOW) != 0 ? model.machine.clock : 0;
    reg[18] = step->word[7];
}

static void write_buffer(const struct step *step)
{
    uint64_t buffer = model.thread[model.current].buffer;
    for (unsigned int i = 0; buffer != 0 && i < step->buffer_count; i++) {
        model_buffer_write(buffer, step->buffer_index[i], step->buffer_word[i]);
    }
}

static uint32_t first_waiting_guest(void)
{
    for (uint32_t id = 1; id < MODEL_VCPUS; id++) {
        if (model.vcpu[id].thread != 0 && model.thread[model.vcpu[id].thread].state == MODEL_WFI) {
            return id;
        }
    }
    return 0;
}

static void pass_time(const struct step *step)
{
    if ((step->flags & STEP_LATE) != 0) {
        model.machine.clock += step->ticks;
    } else {
        model_advance(step->ticks);
    }
}

/** Only a guest has VM exits. */
static bool is_possible_fault(const struct step *step)
{
    return step->number != FAULT_VM_EXIT || model.thread[model.current].vcpu != 0;
}

static struct step_done describe(void)
{
    const uint64_t *reg = model.thread[model.current].reg;
    struct step_done done = {.thread = model.current, .number = reg[MODEL_REG_NUMBER], .label = tag_label(reg[1])};
    uint32_t cspace = model_cspace(model.current);
    if (done.number == SYSCALL_CALL && cspace != 0 && reg[0] < 1ul << model.cnode[cspace].slot_bits) {
        const struct model_cap *cap = model_cap_at((struct model_place){MODEL_IN_CNODE, cspace, (uint32_t)reg[0]});
        bool is_sent = cap != 0 && (cap->type == CAP_TYPE_ENDPOINT || cap->type == CAP_TYPE_NOTIFICATION ||
                                    cap->type == CAP_TYPE_REPLY);
        done.type = cap == 0 || is_sent ? 0 : cap->type;
    }
    return done;
}

static void call_kernel(void)
{
    step_done = describe();
    model_syscall();
    const struct model_thread *thread = &model.thread[step_done.thread];
    step_done.status = thread->reg[0];
    step_done.is_waiting = thread->state != MODEL_READY;
    step_done.is_preempted = thread->repeats;
}

void step_model(const struct step *step)
{
    step_done = (struct step_done){0};
    model.machine.console_length = 0;
    for (unsigned int i = 0; i < MODEL_CONSOLE_BYTES; i++) {
        model.machine.console[i] = 0;
    }
    model.machine.preempt_after = 0;
    model.machine.exit_state = step->exit_state;
    pass_time(step);
    model.machine.preempt_after = step->preempt_after;
    model.machine.preempt_irq = step->preempt_irq;
    if (step->kind == STEP_SYSCALL && model.current != 0) {
        if (!step_is_repeated()) {
            load_registers(step);
            write_buffer(step);
        }
        call_kernel();
    } else if (step->kind == STEP_FAULT && model.current != 0 && is_possible_fault(step)) {
        model_fault(step->number, step->word, step->number == FAULT_VM_EXIT ? 8 : 4);
    } else if (step->kind == STEP_IRQ) {
        model_raise(step->number);
    } else if (step->kind == STEP_DEADLINE && first_waiting_guest() != 0) {
        model_guest_deadline(first_waiting_guest(), model.machine.clock + step->word[0]);
    }
    model_exit();
}
