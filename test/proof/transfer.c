/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: a message without capabilities changes the receiver's registers and the message words of its IPC buffer, and nothing else; the
 *           words that arrive are the sender's
 * bounds: any threads, registers and words, faults too; between two buffers every length from 7 to 12 words, the longest, and the longest that a tag can say
 *         (the words between are copied by the same step of one loop); with a buffer missing every length
 * sources: kernel/ipc/transfer.c kernel/object/cap.c kernel/object/cnode.c kernel/object/slot.c
 * unwind: 129
 * options: --max-field-sensitivity-array-size 140
 * budget: ci
 * twin: kernel/ipc/transfer.c: 'for (uint64_t i = MESSAGE_REGISTER_WORDS; i < length; i++)' -> 'for (uint64_t i = MESSAGE_REGISTER_WORDS; i <= length && i < MESSAGE_WORDS_MAX; i++)': breaks 'behind the message'
 * twin: kernel/ipc/transfer.c: 'tag_length(tag) < MESSAGE_WORDS_MAX ? tag_length(tag) : MESSAGE_WORDS_MAX' -> 'tag_length(tag)': breaks 'length is at most' (full)
 */
#include "test/proof/lib/transfer.h"

#define SHORT_MAX 12
#define LONGEST   127

static void prove_words(void)
{
    uint64_t tag = prove_transfer(false, 0);
    if (tag_length(tag) > MESSAGE_REGISTER_WORDS) {
        REACHED("a long message");
    } else {
        REACHED("a short message");
    }
}

/** One length after the other, as a constant: a loop that may end anywhere is a hard formula. */
static void prove_length(uint64_t length)
{
    any_threads(true, true);
    arch_set_tag(&sender.registers, tag_make(1, length, 0));
    prove_words();
}

void proof(void)
{
    for (uint64_t length = MESSAGE_REGISTER_WORDS - 1; length <= SHORT_MAX; length++) {
        prove_length(length);
    }
    prove_length(MESSAGE_WORDS_MAX);
    prove_length(LONGEST);
    any_threads(false, true);
    prove_words();
    any_threads(true, false);
    prove_words();
}
