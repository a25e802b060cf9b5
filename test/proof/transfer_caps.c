/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: capabilities of a message arrive only with GRANT, in empty slots from receive_index on, each as the copy of the one that
 *           the message names (what that is: rights), derived from it, with its badge told; nothing else changes
 * bounds: messages of 8 words and 2 capabilities, between threads with CSpaces of 4 slots of any content; a third capability repeats the
 *         same step
 * sources: kernel/ipc/transfer.c kernel/object/cap.c kernel/object/cnode.c kernel/object/slot.c
 * unwind: 129 transfer_long.0:1 transfer_caps.0:3
 * options: --max-field-sensitivity-array-size 140
 * budget: ci
 * twin: kernel/ipc/transfer.c: 'can_grant && wanted_caps != 0' -> 'wanted_caps != 0': breaks 'without GRANT'
 * twin: kernel/ipc/transfer.c: 'if (first == 0 || first >= receiver->cspace_count) {' -> 'if (first >= receiver->cspace_count) {': breaks 'never slot 0'
 * twin: kernel/ipc/transfer.c: 'slot_insert(&receiver->cspace_slots[index], cap_copy(source->cap), source);' -> 'slot_insert(&receiver->cspace_slots[index], cap_set_rights(cap_copy(source->cap), SEL_RIGHT_READ | SEL_RIGHT_WRITE | SEL_RIGHT_GRANT), source);': breaks 'the copy of what the message names'
 * twin: kernel/ipc/transfer.c: 'slot_insert(&receiver->cspace_slots[index], cap_copy(source->cap), source);' -> 'slot_insert(&receiver->cspace_slots[index], cap_copy(source->cap), &sender->cspace_slots[1]);': breaks 'derived from what the message names'
 * twin: kernel/ipc/transfer.c: '= cap_badge(receiver->cspace_slots[first + i].cap);' -> '= cap_badge(receiver->cspace_slots[first].cap);': breaks 'its badge is told'
 */
#include "test/proof/lib/transfer.h"

#define CAP_COUNT 2

void proof(void)
{
    any_threads(true, true);
    sender.fault_label = 0;
    arch_set_tag(&sender.registers, tag_make(1, MESSAGE_REGISTER_WORDS, CAP_COUNT));
    uint64_t tag = prove_transfer(any_bool(), CAP_COUNT);
    if (tag_caps(tag) == CAP_COUNT) {
        REACHED("a message with capabilities");
    } else {
        REACHED("a message whose capabilities do not arrive");
    }
}
