/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spoiling the registers of waiting threads. What a queued sender still has to say (tag, message) is left alone, and so are the registers
 * of a thread that has faulted, which are its program's.
 */
#include "test/unit/kernel/harness/spoil.h"

#include "gen/abi.h"
#include "kernel/object/tcb.h"

/** Set by the end of every call, or zero then. */
static const uint8_t always[] = {THREAD_REG_X0, THREAD_REG_X4, THREAD_REG_X5,  THREAD_REG_X6,
                                 THREAD_REG_X7, THREAD_REG_X8, THREAD_REG_X16, THREAD_REG_X17};

static bool is_in_call(const struct tcb *tcb)
{
    bool is_waiting = tcb->state == THREAD_RECV || tcb->state == THREAD_SEND || tcb->state == THREAD_REPLY ||
                      tcb->state == THREAD_WAIT;
    return is_waiting && tcb->fault_label == 0;
}

void spoil_results(struct tcb *tcb, uint64_t value)
{
    if (!is_in_call(tcb)) {
        return;
    }
    for (unsigned int i = 0; i < sizeof(always); i++) {
        tcb->registers.reg[always[i]] = value;
    }
    if (tcb->state == THREAD_SEND) {
        return;
    }
    arch_set_badge(&tcb->registers, value);
    if (tcb->state == THREAD_WAIT) {
        return;
    }
    arch_set_tag(&tcb->registers, value);
    for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
        arch_message_set(&tcb->registers, i, value);
    }
}

bool spoil_shows(const struct tcb *tcb)
{
    bool shows = false;
    for (unsigned int i = 0; i < sizeof(always); i++) {
        shows = shows || tcb->registers.reg[always[i]] == SPOILED;
    }
    return shows && !is_in_call(tcb);
}
