/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VCPU: binding to a thread, waking from WFI, invocations. EL1 state, list registers and timers: arch.h, "guests".
 */
#include "kernel/object/vcpu.h"

#include <stddef.h>

#include "gen/invocations.h"
#include "kernel/object/tcb.h"
#include "kernel/object/vspace.h"
#include "kernel/sched/sched.h"

#define TIMER_INTID_MIN 16
#define TIMER_INTID_MAX 31
#define PRIORITY_MAX    255
#define ENTRY_BITS      29 /* of a list_register */

static struct vcpu *vcpu_of(const struct invocation *in)
{
    return (struct vcpu *)cap_object(in->cap);
}

void vcpu_create(struct vcpu *vcpu)
{
    vcpu->event.kind = TIMER_GUEST;
    arch_vcpu_init(vcpu);
}

void vcpu_bind(struct vcpu *vcpu, struct tcb *tcb)
{
    vcpu->tcb = tcb;
    tcb->vcpu = vcpu;
}

/** What is left is a native thread: it must not come back in a guest's mode. */
void vcpu_unbind(struct vcpu *vcpu)
{
    struct tcb *tcb = vcpu->tcb;
    if (tcb == NULL) {
        return;
    }
    timer_event_cancel(&vcpu->event);
    arch_vcpu_destroy(vcpu);
    arch_register_set(&tcb->registers, THREAD_REG_PSTATE, arch_register_get(&tcb->registers, THREAD_REG_PSTATE), false);
    tcb->vcpu = NULL;
    vcpu->tcb = NULL;
}

void vcpu_destroy(struct vcpu *vcpu)
{
    if (vcpu->tcb != NULL) {
        tcb_stop(vcpu->tcb);
    }
    vcpu_unbind(vcpu);
    timer_event_cancel(&vcpu->event);
    arch_vcpu_destroy(vcpu);
}

void vcpu_wake_if_pending(struct vcpu *vcpu)
{
    struct tcb *tcb = vcpu->tcb;
    if (tcb != NULL && tcb->state == THREAD_WFI && arch_vcpu_is_interrupt_pending(vcpu)) {
        timer_event_cancel(&vcpu->event);
        sched_make_ready(tcb);
    }
}

void vcpu_timer_expired(struct timer_event *event)
{
    struct vcpu *vcpu = (struct vcpu *)((char *)event - offsetof(struct vcpu, event));
    arch_vcpu_timer_expired(vcpu);
    vcpu_wake_if_pending(vcpu);
}

/* --- invocations --- */

err_t decode_vcpu_read_registers(const struct invocation *in, struct vcpu_read_registers_op *op, struct err_info *info)
{
    op->vcpu = vcpu_of(in);
    return decode_register_range(in, VCPU_REG_COUNT, false, &op->range, info);
}

void invoke_vcpu_read_registers(const struct vcpu_read_registers_op *op, struct result *out)
{
    for (uint64_t i = 0; i < op->range.count; i++) {
        result_put(out, i, arch_vcpu_register_get(op->vcpu, op->range.first + i));
    }
}

err_t decode_vcpu_write_registers(const struct invocation *in, struct vcpu_write_registers_op *op,
                                  struct err_info *info)
{
    op->vcpu = vcpu_of(in);
    return decode_register_range(in, VCPU_REG_COUNT, true, &op->range, info);
}

void invoke_vcpu_write_registers(const struct vcpu_write_registers_op *op)
{
    for (uint64_t i = 0; i < op->range.count; i++) {
        arch_vcpu_register_set(op->vcpu, op->range.first + i, register_range_get(&op->range, i));
    }
}

/** Bits that a pair of entries may have: none above an entry's, none in entries this machine does not have. */
static uint64_t entries_mask(uint64_t pair)
{
    uint64_t one = (1ul << ENTRY_BITS) - 1;
    uint64_t count = arch_vcpu_entry_count();
    uint64_t first = 2 * pair;
    return (first < count ? one : 0) | (first + 1 < count ? one << 32 : 0);
}

err_t decode_vcpu_set_interrupts(const struct invocation *in, struct vcpu_set_interrupts_op *op, struct err_info *info)
{
    for (uint64_t i = 0; i < 2; i++) {
        if ((in->arg[i] & ~entries_mask(i)) != 0) {
            return refuse(info, ERR_INVALID_ARGUMENT, 1 + i, in->arg[i], entries_mask(i));
        }
    }
    if (in->arg[2] > 1) {
        return refuse(info, ERR_INVALID_ARGUMENT, 3, in->arg[2], 1);
    }
    if (vcpu_of(in)->tcb == NULL) {
        return refuse(info, ERR_NOT_BOUND, 0, 0, 0);
    }
    *op = (struct vcpu_set_interrupts_op){
        .vcpu = vcpu_of(in), .entries = {in->arg[0], in->arg[1]}, .notify_empty = in->arg[2] != 0};
    return ERR_OK;
}

void invoke_vcpu_set_interrupts(const struct vcpu_set_interrupts_op *op, struct result *out)
{
    out->word[0] = arch_vcpu_set_interrupts(op->vcpu, op->entries, op->notify_empty);
    out->count = 1;
    vcpu_wake_if_pending(op->vcpu);
}

err_t decode_vcpu_configure_timer(const struct invocation *in, struct vcpu_configure_timer_op *op,
                                  struct err_info *info)
{
    uint64_t flags = in->arg[3];
    if (in->arg[0] > VCPU_TIMER_PHYSICAL) {
        return refuse(info, ERR_INVALID_ARGUMENT, 1, in->arg[0], VCPU_TIMER_PHYSICAL);
    }
    if (in->arg[1] < TIMER_INTID_MIN || in->arg[1] > TIMER_INTID_MAX) {
        return refuse(info, ERR_OUT_OF_RANGE, 2, in->arg[1], TIMER_INTID_MAX);
    }
    if (in->arg[2] > PRIORITY_MAX) {
        return refuse(info, ERR_OUT_OF_RANGE, 3, in->arg[2], PRIORITY_MAX);
    }
    if ((flags & ~(uint64_t)(VCPU_TIMER_FLAG_ENABLED | VCPU_TIMER_FLAG_GROUP1)) != 0) {
        return refuse(info, ERR_INVALID_ARGUMENT, 4, flags, VCPU_TIMER_FLAG_ENABLED | VCPU_TIMER_FLAG_GROUP1);
    }
    *op = (struct vcpu_configure_timer_op){
        .vcpu = vcpu_of(in),
        .timer = in->arg[0],
        .config = {.intid = in->arg[1],
                   .priority = in->arg[2],
                   .is_enabled = (flags & VCPU_TIMER_FLAG_ENABLED) != 0,
                   .is_group1 = (flags & VCPU_TIMER_FLAG_GROUP1) != 0},
    };
    return ERR_OK;
}

void invoke_vcpu_configure_timer(const struct vcpu_configure_timer_op *op)
{
    arch_vcpu_configure_timer(op->vcpu, op->timer, &op->config);
    vcpu_wake_if_pending(op->vcpu);
}

err_t decode_vcpu_set_offset(const struct invocation *in, struct vcpu_set_offset_op *op, struct err_info *info)
{
    (void)info;
    *op = (struct vcpu_set_offset_op){.vcpu = vcpu_of(in), .offset = in->arg[0]};
    return ERR_OK;
}

void invoke_vcpu_set_offset(const struct vcpu_set_offset_op *op)
{
    arch_vcpu_set_offset(op->vcpu, op->offset);
}

err_t decode_vcpu_translate(const struct invocation *in, struct vcpu_translate_op *op, struct err_info *info)
{
    const struct vcpu *vcpu = vcpu_of(in);
    uint64_t flags = in->arg[1];
    if ((flags & ~(uint64_t)(TRANSLATE_FLAG_WRITE | TRANSLATE_FLAG_EL0)) != 0) {
        return refuse(info, ERR_INVALID_ARGUMENT, 2, flags, TRANSLATE_FLAG_WRITE | TRANSLATE_FLAG_EL0);
    }
    if (vcpu->tcb == NULL || vcpu->tcb->vspace == NULL || !vcpu->tcb->vspace->is_guest) {
        return refuse(info, ERR_NOT_BOUND, 0, 0, 0);
    }
    *op = (struct vcpu_translate_op){.vcpu = vcpu_of(in), .address = in->arg[0], .flags = flags};
    return ERR_OK;
}

void invoke_vcpu_translate(const struct vcpu_translate_op *op, struct result *out)
{
    out->word[1] = arch_vcpu_translate(op->vcpu, op->address, op->flags, &out->word[0]);
    out->count = 2;
}

err_t decode_vcpu_inject(const struct invocation *in, struct vcpu_inject_op *op, struct err_info *info)
{
    uint64_t verb = in->arg[0];
    if (verb != VCPU_INJECT_SYNC && verb != VCPU_INJECT_SERROR) {
        return refuse(info, ERR_INVALID_ARGUMENT, 1, verb, VCPU_INJECT_SYNC | VCPU_INJECT_SERROR);
    }
    if (vcpu_of(in)->tcb == NULL) {
        return refuse(info, ERR_NOT_BOUND, 0, 0, 0);
    }
    *op = (struct vcpu_inject_op){
        .vcpu = vcpu_of(in), .is_sync = verb == VCPU_INJECT_SYNC, .syndrome = in->arg[1], .address = in->arg[2]};
    return ERR_OK;
}

void invoke_vcpu_inject(const struct vcpu_inject_op *op)
{
    arch_vcpu_inject(op->vcpu, op->is_sync, op->syndrome, op->address);
    vcpu_wake_if_pending(op->vcpu);
}

err_t decode_vcpu_info(const struct invocation *in, struct vcpu_info_op *op, struct err_info *info)
{
    (void)info;
    *op = (struct vcpu_info_op){.vcpu = vcpu_of(in)};
    return ERR_OK;
}

void invoke_vcpu_info(const struct vcpu_info_op *op, struct result *out)
{
    const struct tcb *tcb = op->vcpu->tcb;
    out->word[0] = arch_vcpu_entry_count();
    out->word[1] = arch_vcpu_interrupt_state(op->vcpu);
    out->word[2] = arch_vcpu_timer_lines(op->vcpu);
    out->word[3] = tcb != NULL && tcb->state == THREAD_WFI;
    out->count = 4;
}

err_t decode_vcpu_reset(const struct invocation *in, struct vcpu_reset_op *op, struct err_info *info)
{
    const struct tcb *tcb = vcpu_of(in)->tcb;
    if (tcb != NULL && (tcb->state == THREAD_READY || tcb->state == THREAD_WFI)) {
        return refuse(info, ERR_BUSY, 0, 0, 0);
    }
    *op = (struct vcpu_reset_op){.vcpu = vcpu_of(in)};
    return ERR_OK;
}

void invoke_vcpu_reset(const struct vcpu_reset_op *op)
{
    timer_event_cancel(&op->vcpu->event);
    arch_vcpu_reset(op->vcpu);
}
