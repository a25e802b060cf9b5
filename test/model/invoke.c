/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which function a method is, by the type of the invoked capability and the label of the Call, and what each needs before it is looked at.
 */
#include "test/model/parts.h"

#define METHODS_MAX 13 /* numbers count from 1 */

struct method {
    model_method *act;
    uint64_t count;
    uint64_t rights;
};

#define METHOD(type, method, function, count, rights)                                                                  \
    [CAP_TYPE_##type][METHOD_##method] = {model_##function, count, rights},

static const struct method METHODS[CAP_TYPE_COUNT][METHODS_MAX] = {MODEL_METHODS(METHOD)};

static uint64_t method_count(uint32_t type)
{
    uint64_t count = 0;
    for (unsigned int label = 0; label < METHODS_MAX; label++) {
        count += METHODS[type][label].act != 0;
    }
    return count;
}

static uint64_t check_count(struct model_call *call, uint64_t needed)
{
    bool is_enough = call->arg_count >= needed;
    return is_enough ? SEL_ERROR_OK : model_refuse(call, SEL_ERROR_TOO_FEW_ARGUMENTS, 0, call->arg_count, needed);
}

uint64_t model_invoke(struct model_call *call, struct model_place place)
{
    uint64_t tag = model.thread[call->thread].reg[1];
    call->place = place;
    call->cap = *model_cap_at(place);
    call->label = tag_label(tag);
    call->arg_count = tag_length(tag);
    const struct method *method = &METHODS[call->cap.type][call->label < METHODS_MAX ? call->label : 0];
    if (method->act == 0) {
        return model_refuse(call, SEL_ERROR_INVALID_METHOD, 0, call->label, method_count(call->cap.type));
    }
    for (uint64_t i = 0; i < 8; i++) {
        call->arg[i] = i < call->arg_count ? model_message_word(call->thread, i) : 0;
    }
    uint64_t status = model_check_rights(call, method->rights);
    status = status ? status : check_count(call, method->count);
    status = status ? status : method->act(call);
    if (status == SEL_ERROR_OK && model.current == call->thread) {
        model_transfer_kernel(call->thread, call->result, call->result_count);
    }
    return status;
}
