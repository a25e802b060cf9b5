/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMC invocation. What firmware does is beyond the kernel: a capability for any function is given to the roottask alone.
 */
#include "kernel/object/smc.h"

#include "gen/invocations.h"
#include "kernel/arch/arch.h"

#define RESULT_COUNT 4

err_t decode_smc_call(const struct invocation *in, struct smc_call_op *op, struct err_info *info)
{
    uint64_t permitted = smc_cap_function(in->cap);
    if (permitted != 0 && in->arg[0] != permitted) {
        return refuse(info, ERR_DENIED, 1, in->arg[0], permitted);
    }
    for (uint64_t i = 0; i < 8; i++) {
        op->in[i] = in->arg[i];
    }
    return ERR_OK;
}

void invoke_smc_call(const struct smc_call_op *op, struct result *out)
{
    arch_smc(op->in, out->word);
    out->count = RESULT_COUNT;
}
