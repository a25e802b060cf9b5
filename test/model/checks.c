/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the arguments of invocations are looked at for, in the words of objects.yaml, and the way results go. Argument numbers in
 * refusals count from 1; 0 is the invoked capability.
 */
#include "test/model/parts.h"

uint64_t model_refuse(struct model_call *call, uint64_t error, uint64_t argument, uint64_t given, uint64_t bound)
{
    call->argument = argument;
    call->given = given;
    call->bound = bound;
    return error;
}

uint64_t model_check_rights(struct model_call *call, uint64_t needed)
{
    bool is_held = (call->cap.rights & needed) == needed;
    return is_held ? SEL_ERROR_OK : model_refuse(call, SEL_ERROR_RIGHTS, 0, call->cap.rights, needed);
}

struct model_place model_argument_place(const struct model_call *call, uint32_t index)
{
    return model_lookup(call->thread, call->arg[index]);
}

uint32_t model_argument_object(const struct model_call *call, uint32_t index)
{
    const struct model_cap *cap = model_cap_at(model_argument_place(call, index));
    return cap == 0 ? 0 : cap->object;
}

uint64_t model_check_cap_of(struct model_call *call, uint32_t index, uint64_t types, uint64_t expected, uint64_t rights)
{
    uint64_t cptr = call->arg[index];
    const struct model_cap *cap = model_cap_at(model_lookup(call->thread, cptr));
    if (cap == 0) {
        uint64_t count = model_slot_count(model_cspace(call->thread));
        return model_refuse(call, SEL_ERROR_INVALID_CAP, index + 1, cptr, count);
    }
    if ((types >> cap->type & 1) == 0) {
        return model_refuse(call, SEL_ERROR_WRONG_TYPE, index + 1, cap->type, expected);
    }
    if ((cap->rights & rights) != rights) {
        return model_refuse(call, SEL_ERROR_RIGHTS, index + 1, cap->rights, rights);
    }
    return SEL_ERROR_OK;
}

uint64_t model_check_cap(struct model_call *call, uint32_t index, uint64_t type, uint64_t rights)
{
    return model_check_cap_of(call, index, 1ul << type, type, rights);
}

uint64_t model_check_optional_cap(struct model_call *call, uint32_t index, uint64_t type, uint64_t rights)
{
    return call->arg[index] == 0 ? SEL_ERROR_OK : model_check_cap(call, index, type, rights);
}

uint64_t model_check_slot(struct model_call *call, uint32_t index, uint32_t cnode, enum model_must must)
{
    uint64_t slot = call->arg[index];
    uint64_t count = model_slot_count(cnode);
    if (slot == 0 || slot >= count) {
        return model_refuse(call, SEL_ERROR_OUT_OF_RANGE, index + 1, slot, count - 1);
    }
    const struct model_cap *cap = model_cap_at(model_slot(cnode, slot));
    if (must == MODEL_EMPTY && cap != 0) {
        return model_refuse(call, SEL_ERROR_SLOT_OCCUPIED, index + 1, slot, cap->type);
    }
    if (must == MODEL_FULL && cap == 0) {
        return model_refuse(call, SEL_ERROR_SLOT_EMPTY, index + 1, slot, 0);
    }
    return SEL_ERROR_OK;
}

uint64_t model_check_range(struct model_call *call, uint32_t index, uint64_t min, uint64_t max)
{
    uint64_t given = call->arg[index];
    if (given < min) {
        return model_refuse(call, SEL_ERROR_OUT_OF_RANGE, index + 1, given, min);
    }
    return given <= max ? SEL_ERROR_OK : model_refuse(call, SEL_ERROR_OUT_OF_RANGE, index + 1, given, max);
}

uint64_t model_check_mask(struct model_call *call, uint32_t index, uint64_t mask)
{
    bool is_inside = (call->arg[index] | mask) == mask;
    return is_inside ? SEL_ERROR_OK : model_refuse(call, SEL_ERROR_INVALID_ARGUMENT, index + 1, call->arg[index], mask);
}

uint64_t model_check_bound(struct model_call *call, bool is_bound, bool wanted)
{
    if (is_bound == wanted) {
        return SEL_ERROR_OK;
    }
    return model_refuse(call, wanted ? SEL_ERROR_NOT_BOUND : SEL_ERROR_ALREADY_BOUND, 0, 0, 0);
}

/* --- registers in messages --- */

static uint64_t buffer_of(const struct model_call *call)
{
    return model.thread[call->thread].buffer;
}

uint64_t model_check_registers(struct model_call *call, uint64_t available, uint64_t words)
{
    uint64_t first = call->arg[0];
    uint64_t count = call->arg[1];
    if (first >= available) {
        return model_refuse(call, SEL_ERROR_OUT_OF_RANGE, 1, first, available - 1);
    }
    if (count > available - first) {
        return model_refuse(call, SEL_ERROR_OUT_OF_RANGE, 2, count, available - first);
    }
    if (words > MESSAGE_REGISTER_WORDS && buffer_of(call) == 0) {
        return model_refuse(call, SEL_ERROR_NO_BUFFER, 2, words, MESSAGE_REGISTER_WORDS);
    }
    return SEL_ERROR_OK;
}

uint64_t model_check_written_registers(struct model_call *call, uint64_t available)
{
    uint64_t words = 2 + call->arg[1];
    uint64_t error = model_check_registers(call, available, words);
    if (error == SEL_ERROR_OK && call->arg_count < words) {
        return model_refuse(call, SEL_ERROR_TOO_FEW_ARGUMENTS, 3, call->arg_count, words);
    }
    return error;
}

uint64_t model_argument_word(const struct model_call *call, uint64_t index)
{
    return index < 8 ? call->arg[index] : model_buffer_read(buffer_of(call), index);
}

void model_result(struct model_call *call, uint64_t word)
{
    if (call->result_count < 8) {
        call->result[call->result_count] = word;
    } else {
        model_buffer_write(buffer_of(call), call->result_count, word);
    }
    call->result_count++;
}
