/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steps for this machine: see follow.h.
 */
#include "follow.h"

#include "clock.h"
#include "device.h"
#include "guests.h"
#include "stage.h"
#include "test/model/parts.h"

#define TIMER_NEAR_TICKS 400000 /* longer than a step and the supervisor's work around it */
#define ADDRESS_END      (1ul << SEL_LIMIT_ADDRESS_BITS)
#define ADDRESS_NOWHERE  0x38000000ul

static const struct model_cap *invoked(const struct step *step)
{
    bool is_call = step->kind == STEP_SYSCALL && step->number == SYSCALL_CALL;

    return is_call ? model_cap_at(model_lookup(model.current, step->cap)) : NULL;
}

/** What is a possible time becomes the longest, or a part of it, but for thread 1; what is not stays so. */
static void configure(struct step *step)
{
    uint64_t budget = step->word[1];
    uint64_t period = step->word[2];
    const struct model_cap *context = model_cap_at(model_lookup(model.current, step->word[0]));
    bool is_first = context == NULL || context->object == 1 || context->object == model.thread[1].home_context;

    if (budget >= SEL_LIMIT_BUDGET_NS_MIN && budget <= period && period <= SEL_LIMIT_PERIOD_NS_MAX) {
        step->word[1] = budget < period && !is_first ? CLOCK_BUDGET_NS : STAGE_FOREVER_NS;
        step->word[2] = STAGE_FOREVER_NS;
    }
}

static void cut_priority(uint64_t *priority)
{
    if (*priority > STAGE_MAX && *priority <= SEL_LIMIT_PRIORITY_MAX) {
        *priority = STAGE_MAX;
    }
}

static void set_timer(struct step *step)
{
    uint64_t now = model.machine.clock;
    bool is_near = step->word[0] >= now && step->word[0] - now < TIMER_NEAR_TICKS;

    if ((step->flags & STEP_FROM_NOW) != 0 || is_near) {
        step->word[0] += TIMER_NEAR_TICKS;
    }
}

/** A thread that a VCPU is bound to stays as it is. */
static bool follow_guest_thread(uint32_t thread, uint64_t label)
{
    bool is_guest = model.thread[thread].vcpu != 0;

    switch (label) {
    case METHOD_TCB_BIND_VCPU:
        return guests_may_bind(thread);
    case METHOD_TCB_RESUME:
    case METHOD_TCB_WRITE_REGISTERS:
        return !is_guest;
    default:
        return true;
    }
}

static bool is_timeout_owed(void)
{
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        if (model.thread[id].exists && model.thread[id].fault_label == FAULT_TIMEOUT) {
            return true;
        }
    }
    return false;
}

static bool follow_invocation(const struct model_cap *cap, struct step *step)
{
    uint64_t label = tag_label(step->tag);

    switch (cap->type) {
    case CAP_TYPE_SCHED_CONTROL:
        configure(step);
        return true;
    case CAP_TYPE_TIMER:
        if (label == METHOD_TIMER_SET) {
            set_timer(step);
        }
        return true;
    case CAP_TYPE_TCB:
        if (label == METHOD_TCB_SET_PRIORITY) {
            cut_priority(&step->word[1]);
            cut_priority(&step->word[2]);
        }
        return follow_guest_thread(cap->object, label);
    case CAP_TYPE_VCPU:
        return guests_follow(cap->object, label, step);
    default:
        return true;
    }
}

bool follow(struct step *step)
{
    const struct model_cap *cap = invoked(step);

    step->ticks = 0;
    step->preempt_after = 0;
    step->flags &= (uint8_t)~STEP_LATE;
    if (is_timeout_owed()) { /* its thread is somewhere in its own program, where no instruction may be left out */
        step->word[0] &= ~FAULT_REPLY_SKIP;
    }
    if (step->kind == STEP_IRQ) {
        return device_is_ready();
    }
    if (step->kind == STEP_FAULT && step->number == FAULT_MEMORY && step->word[0] >= ADDRESS_END) {
        step->word[0] = ADDRESS_NOWHERE; /* the generator's faults name any address */
    }
    if (step->kind == STEP_FAULT) {
        step->word[0] &= ~7ul;
        return step->number != FAULT_VM_EXIT;
    }
    return step->kind == STEP_SYSCALL && (cap == NULL || follow_invocation(cap, step));
}

bool follow_is_long(const struct step *step)
{
    const struct model_cap *cap = invoked(step);

    return cap != NULL && (cap->type == CAP_TYPE_UNTYPED || cap->type == CAP_TYPE_CNODE || cap->type == CAP_TYPE_TCB);
}

bool follow_is_interruptible(const struct step *step)
{
    const struct model_cap *cap = invoked(step);
    const uint32_t others =
        1u << CAP_TYPE_CNODE | 1u << CAP_TYPE_TCB; /* they wake threads between two looks at interrupts */
    const uint32_t receiving =
        1u << SYSCALL_RECV | 1u << SYSCALL_NB_RECV | 1u << SYSCALL_REPLY_RECV | 1u << SYSCALL_NB_SEND_RECV;

    if (step->kind != STEP_SYSCALL) {
        return true;
    }
    return cap != NULL ? (others >> cap->type & 1) == 0 : step->number < 32 && (receiving >> step->number & 1) == 0;
}
