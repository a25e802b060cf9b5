/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Message transfer.
 */
#include "kernel/object/objects.h"

static void transfer_words(struct tcb *receiver, uint64_t badge, uint64_t tag, const uint64_t *word)
{
    uint64_t length = tag_length(tag);
    arch_set_badge(&receiver->registers, badge);
    arch_set_tag(&receiver->registers, tag);
    for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) { /* bound: MESSAGE_REGISTER_WORDS */
        arch_message_set(&receiver->registers, i, i < length ? word[i] : 0);
    }
}

void transfer_kernel(struct tcb *receiver, const uint64_t *word, uint64_t length)
{
    transfer_words(receiver, 0, tag_make(0, length, 0), word);
}

void transfer_failure(struct tcb *tcb, err_t status)
{
    transfer_kernel(tcb, NULL, 0);
    arch_set_status(&tcb->registers, status);
}

void transfer_notification(struct tcb *receiver, uint64_t bits)
{
    transfer_words(receiver, bits, TAG_NOTIFICATION, NULL);
}

/** Words 8..; returns the length that arrives. */
static uint64_t transfer_long(const struct tcb *sender, struct tcb *receiver, uint64_t length)
{
    if (length <= MESSAGE_REGISTER_WORDS || sender->buffer == NULL || receiver->buffer == NULL) {
        return length < MESSAGE_REGISTER_WORDS ? length : MESSAGE_REGISTER_WORDS;
    }
    for (uint64_t i = MESSAGE_REGISTER_WORDS; i < length; i++) { /* bound: MESSAGE_WORDS_MAX - MESSAGE_REGISTER_WORDS */
        receiver->buffer[IPC_BUFFER_MESSAGE + i] = sender->buffer[IPC_BUFFER_MESSAGE + i];
    }
    return length;
}

/** One capability: a copy into the receiver's slot `index`. False if there is nothing to copy or no room. */
static bool transfer_cap(struct tcb *sender, struct tcb *receiver, uint64_t cptr, uint64_t index) LOCKED
{
    struct slot *source = cnode_lookup(sender, cptr);
    if (source == NULL || !cap_is_copyable(source->cap) || index >= receiver->cspace_count ||
        !slot_is_empty(&receiver->cspace_slots[index])) {
        return false;
    }
    slot_insert(&receiver->cspace_slots[index], cap_copy(source->cap), source);
    return true;
}

/** Capabilities go in order until one cannot; returns how many arrived. */
static uint64_t transfer_caps(struct tcb *sender, struct tcb *receiver, uint64_t count) LOCKED
{
    bool have_buffers = sender->buffer != NULL && receiver->buffer != NULL;
    uint64_t first = have_buffers ? receiver->buffer[IPC_BUFFER_RECEIVE_INDEX] : 0;
    if (first == 0 || first >= receiver->cspace_count) {
        return 0;
    }
    for (uint64_t i = 0; i < count; i++) { /* bound: MESSAGE_CAPS_MAX */
        if (!transfer_cap(sender, receiver, sender->buffer[IPC_BUFFER_CAPS + i], first + i)) {
            return i;
        }
        receiver->buffer[IPC_BUFFER_CAPS + i] = cap_badge(receiver->cspace_slots[first + i].cap);
    }
    return count;
}

void transfer_message(struct tcb *sender, struct tcb *receiver, uint64_t badge, bool can_grant)
{
    if (sender->fault_label != 0) {
        uint64_t tag = tag_make(sender->fault_label, sender->fault_length, 0) | TAG_KERNEL;
        transfer_words(receiver, badge, tag, sender->fault_word);
        return;
    }
    arch_set_badge(&receiver->registers, badge);
    /* Checked when it was sent; but a queued sender's registers can be written by whoever holds its TCB. */
    uint64_t tag = arch_syscall_tag(&sender->registers);
    uint64_t wanted_length = tag_length(tag) < MESSAGE_WORDS_MAX ? tag_length(tag) : MESSAGE_WORDS_MAX;
    uint64_t wanted_caps = tag_caps(tag) < MESSAGE_CAPS_MAX ? tag_caps(tag) : MESSAGE_CAPS_MAX;
    for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) { /* bound: MESSAGE_REGISTER_WORDS */
        arch_message_set(&receiver->registers, i, arch_message_get(&sender->registers, i));
    }
    uint64_t length = transfer_long(sender, receiver, wanted_length);
    uint64_t caps = can_grant && wanted_caps != 0 ? transfer_caps(sender, receiver, wanted_caps) : 0;
    arch_set_tag(&receiver->registers, tag_make(tag_label(tag), length, caps));
}
