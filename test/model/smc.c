/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware calls, for whoever holds a capability of the function.
 */
#include "test/model/parts.h"

uint64_t model_smc_call(struct model_call *call)
{
    if (call->cap.badge != 0 && call->arg[0] != call->cap.badge) {
        return model_refuse(call, SEL_ERROR_DENIED, 1, call->arg[0], call->cap.badge);
    }
    model.machine.smc_count++;
    for (unsigned int i = 0; i < 8; i++) {
        model.machine.smc_in[i] = call->arg[i];
    }
    for (unsigned int i = 0; i < 4; i++) {
        model_result(call, model.machine.smc_out[i]);
    }
    return SEL_ERROR_OK;
}
