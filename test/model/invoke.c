/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which function a method is, by the type of the invoked capability and the label of the Call.
 */
#include "test/model/parts.h"

#define METHODS_MAX 13 /* numbers count from 1 */

static model_method *const METHODS[CAP_TYPE_COUNT][METHODS_MAX] = {
    [CAP_TYPE_UNTYPED] = {[METHOD_UNTYPED_RETYPE] = model_untyped_retype},
    [CAP_TYPE_CNODE] = {[METHOD_CNODE_COPY] = model_cnode_copy,
                        [METHOD_CNODE_MINT] = model_cnode_mint,
                        [METHOD_CNODE_MOVE] = model_cnode_move,
                        [METHOD_CNODE_MUTATE] = model_cnode_mutate,
                        [METHOD_CNODE_DELETE] = model_cnode_delete,
                        [METHOD_CNODE_REVOKE] = model_cnode_revoke,
                        [METHOD_CNODE_CANCEL_BADGED_SENDS] = model_cnode_cancel_badged_sends,
                        [METHOD_CNODE_INSPECT] = model_cnode_inspect},
    [CAP_TYPE_TCB] = {[METHOD_TCB_CONFIGURE] = model_tcb_configure,
                      [METHOD_TCB_SET_PRIORITY] = model_tcb_set_priority,
                      [METHOD_TCB_SET_FAULT_HANDLER] = model_tcb_set_fault_handler,
                      [METHOD_TCB_SET_TIMEOUT_HANDLER] = model_tcb_set_timeout_handler,
                      [METHOD_TCB_READ_REGISTERS] = model_tcb_read_registers,
                      [METHOD_TCB_WRITE_REGISTERS] = model_tcb_write_registers,
                      [METHOD_TCB_SUSPEND] = model_tcb_suspend,
                      [METHOD_TCB_RESUME] = model_tcb_resume,
                      [METHOD_TCB_BIND_NOTIFICATION] = model_tcb_bind_notification,
                      [METHOD_TCB_UNBIND_NOTIFICATION] = model_tcb_unbind_notification,
                      [METHOD_TCB_BIND_VCPU] = model_tcb_bind_vcpu,
                      [METHOD_TCB_SET_FEATURES] = model_tcb_set_features},
    [CAP_TYPE_SCHED_CONTROL] = {[METHOD_SCHED_CONTROL_CONFIGURE] = model_sched_control_configure},
    [CAP_TYPE_SCHED_CONTEXT] = {[METHOD_SCHED_CONTEXT_BIND] = model_sched_context_bind,
                                [METHOD_SCHED_CONTEXT_UNBIND] = model_sched_context_unbind,
                                [METHOD_SCHED_CONTEXT_CONSUMED] = model_sched_context_consumed},
    [CAP_TYPE_TIMER] = {[METHOD_TIMER_BIND] = model_timer_bind,
                        [METHOD_TIMER_UNBIND] = model_timer_unbind,
                        [METHOD_TIMER_SET] = model_timer_set,
                        [METHOD_TIMER_CANCEL] = model_timer_cancel},
    [CAP_TYPE_VSPACE] = {[METHOD_VSPACE_INSPECT] = model_vspace_inspect, [METHOD_VSPACE_STATUS] = model_vspace_status},
    [CAP_TYPE_FRAME] = {[METHOD_FRAME_MAP] = model_frame_map,
                        [METHOD_FRAME_UNMAP] = model_frame_unmap,
                        [METHOD_FRAME_PROTECT] = model_frame_protect,
                        [METHOD_FRAME_CACHE] = model_frame_cache,
                        [METHOD_FRAME_ADDRESS] = model_frame_address},
    [CAP_TYPE_VCPU] = {[METHOD_VCPU_READ_REGISTERS] = model_vcpu_read_registers,
                       [METHOD_VCPU_WRITE_REGISTERS] = model_vcpu_write_registers,
                       [METHOD_VCPU_SET_INTERRUPTS] = model_vcpu_set_interrupts,
                       [METHOD_VCPU_CONFIGURE_TIMER] = model_vcpu_configure_timer,
                       [METHOD_VCPU_SET_OFFSET] = model_vcpu_set_offset,
                       [METHOD_VCPU_TRANSLATE] = model_vcpu_translate,
                       [METHOD_VCPU_INJECT] = model_vcpu_inject,
                       [METHOD_VCPU_INFO] = model_vcpu_info,
                       [METHOD_VCPU_RESET] = model_vcpu_reset},
    [CAP_TYPE_IRQ_CONTROL] = {[METHOD_IRQ_CONTROL_GET] = model_irq_control_get},
    [CAP_TYPE_IRQ_HANDLER] = {[METHOD_IRQ_HANDLER_SET_NOTIFICATION] = model_irq_handler_set_notification,
                              [METHOD_IRQ_HANDLER_ACKNOWLEDGE] = model_irq_handler_acknowledge,
                              [METHOD_IRQ_HANDLER_CLEAR] = model_irq_handler_clear},
    [CAP_TYPE_SMC] = {[METHOD_SMC_CALL] = model_smc_call},
    [CAP_TYPE_CONSOLE] = {[METHOD_CONSOLE_WRITE] = model_console_write},
};

static uint64_t method_count(uint32_t type)
{
    uint64_t count = 0;
    for (unsigned int label = 0; label < METHODS_MAX; label++) {
        count += METHODS[type][label] != 0;
    }
    return count;
}

uint64_t model_invoke(struct model_call *call, struct model_place place)
{
    uint64_t tag = model.thread[call->thread].reg[1];
    call->place = place;
    call->cap = *model_cap_at(place);
    call->label = tag_label(tag);
    call->arg_count = tag_length(tag);
    if (call->label >= METHODS_MAX || METHODS[call->cap.type][call->label] == 0) {
        return model_refuse(call, SEL_ERROR_INVALID_METHOD, 0, call->label, method_count(call->cap.type));
    }
    for (uint64_t i = 0; i < 8; i++) {
        call->arg[i] = i < call->arg_count ? model_message_word(call->thread, i) : 0;
    }
    uint64_t status = METHODS[call->cap.type][call->label](call);
    if (status == SEL_ERROR_OK && model.current == call->thread) {
        model_transfer_kernel(call->thread, call->result, call->result_count);
    }
    return status;
}
