/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMC: the right to call firmware, all of it or one function id. What firmware does is beyond the kernel: a capability for any function
 * is given to the roottask alone.
 */
#include "kernel/object/objects.h"

err_t decode_smc_call(struct smc_call_op *op, struct err_info *info)
{
    bool is_permitted = op->function == 0 || op->x0 == op->function;
    return is_permitted ? ERR_OK : refuse(info, ERR_DENIED, 1, op->x0, op->function);
}

void invoke_smc_call(const struct smc_call_op *op, struct result *out)
{
    uint64_t in[INVOCATION_ARG_MAX];
    for (uint64_t i = 0; i < INVOCATION_ARG_MAX; i++) { /* bound: INVOCATION_ARG_MAX */
        in[i] = invocation_arg(op->in, i);
    }
    arch_smc(in, out->word);
}
