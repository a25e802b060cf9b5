/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: a message without capabilities changes the receiver's registers and the message words of its IPC buffer, and nothing else; the
 *           words that arrive are the sender's
 * bounds: none on threads, tags and words: every length a tag can say, buffers there or not, faults too
 * sources: kernel/ipc/transfer.c kernel/object/cap.c kernel/object/cnode.c kernel/object/slot.c
 * unwind: 9 transfer_long.0:113
 * options: --max-field-sensitivity-array-size 140
 * budget: ci
 * twin: kernel/ipc/transfer.c: 'for (uint64_t i = MESSAGE_REGISTER_WORDS; i < length; i++)' -> 'for (uint64_t i = MESSAGE_REGISTER_WORDS; i <= length && i < MESSAGE_WORDS_MAX; i++)': breaks 'behind the message'
 * twin: kernel/ipc/transfer.c: 'tag_length(tag) < MESSAGE_WORDS_MAX ? tag_length(tag) : MESSAGE_WORDS_MAX' -> 'tag_length(tag)': breaks 'length is at most'
 */
#include "test/proof/lib/transfer.h"

void proof(void)
{
    any_threads();
    uint64_t tag = prove_transfer(false);
    if (tag_length(tag) > MESSAGE_REGISTER_WORDS) {
        REACHED("a long message");
    } else {
        REACHED("a short message");
    }
}
