/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message between any two threads, and what may have become of everything afterwards, for the harnesses of ipc/transfer.c. The buffers lie
 * in the middle of larger memory, whose other words are watched.
 */
#pragma once

#include "kernel/object/objects.h"
#include "test/proof/lib/proof.h"

#define BUFFER_WORDS (IPC_BUFFER_BYTES / 8)
#define EDGE_WORDS   4
#define SLOT_COUNT   4

struct page {
    uint64_t before[EDGE_WORDS];
    uint64_t word[BUFFER_WORDS];
    uint64_t behind[EDGE_WORDS];
};

static struct page sender_page;
static struct page receiver_page;
static struct tcb sender;
static struct tcb receiver;
static struct slot sender_slots[SLOT_COUNT];
static struct slot receiver_slots[SLOT_COUNT];

static void fill(struct slot *slots)
{
    for (uint64_t i = 0; i < SLOT_COUNT; i++) {
        slots[i] = (struct slot){.cap = any_cap()};
        ASSUME(cap_type(slots[i].cap) < CAP_TYPE_ZOMBIE);
    }
}

/** With buffers or without, which are constants to CBMC. */
static void any_threads(bool has_sender_buffer, bool has_receiver_buffer)
{
    HAVOC(sender);
    HAVOC(receiver);
    HAVOC(sender_page);
    HAVOC(receiver_page);
    fill(sender_slots);
    fill(receiver_slots);
    sender.cspace_slots = sender_slots;
    sender.cspace_count = SLOT_COUNT;
    receiver.cspace_slots = receiver_slots;
    receiver.cspace_count = SLOT_COUNT;
    sender.buffer = has_sender_buffer ? sender_page.word : NULL;
    receiver.buffer = has_receiver_buffer ? receiver_page.word : NULL;
    ASSUME(sender.fault_length <= MESSAGE_REGISTER_WORDS);
}

static bool is_same_cap(struct cap a, struct cap b)
{
    return a.word0 == b.word0 && a.word1 == b.word1;
}

/* Every word by its own index: a read at any index is a hard formula. */

static void prove_buffer(const struct page *old, uint64_t length, uint64_t caps)
{
    for (uint64_t i = 0; i < BUFFER_WORDS; i++) {
        uint64_t now = receiver_page.word[i];
        bool is_message = receiver.buffer != NULL && MESSAGE_REGISTER_WORDS <= i && i < length;
        bool is_cap = receiver.buffer != NULL && IPC_BUFFER_CAPS <= i && i < IPC_BUFFER_CAPS + caps;
        PROVE(implies(is_message, now == sender_page.word[i]), "the words that arrive are the sender's");
        PROVE(implies(!is_message && !is_cap, now == old->word[i]), "no word behind the message or before it changes");
    }
    for (uint64_t i = 0; i < EDGE_WORDS; i++) {
        PROVE(receiver_page.before[i] == old->before[i] && receiver_page.behind[i] == old->behind[i],
              "nothing outside of the buffer changes");
    }
}

static void prove_sender(const struct tcb *old, const struct page *old_page, const struct slot *old_slots)
{
    for (uint64_t i = 0; i < BUFFER_WORDS; i++) {
        PROVE(sender_page.word[i] == old_page->word[i], "the sender's buffer is not written");
    }
    for (uint64_t i = 0; i < THREAD_REG_COUNT; i++) {
        PROVE(sender.registers.reg[i] == old->registers.reg[i], "the sender's registers are not written");
    }
    for (uint64_t i = 0; i < SLOT_COUNT; i++) {
        PROVE(is_same_cap(sender_slots[i].cap, old_slots[i].cap), "the sender's capabilities stay");
    }
}

static void prove_slots(const struct slot *old, uint64_t first, uint64_t caps)
{
    for (uint64_t i = 0; i < SLOT_COUNT; i++) {
        bool is_taken = first <= i && i < first + caps;
        PROVE(implies(!is_taken, is_same_cap(receiver_slots[i].cap, old[i].cap)),
              "other slots keep their capabilities");
        PROVE(implies(is_taken, cap_type(old[i].cap) == CAP_TYPE_NULL && i != 0),
              "only empty slots, and never slot 0, are filled");
    }
}

/** What arrived in `slot` is the copy of the capability that the message names at `index`, derived from it. */
static void prove_arrived(const struct slot *slot, uint64_t index)
{
    uint64_t cptr = sender_page.word[IPC_BUFFER_CAPS + index];
    PROVE(0 < cptr && cptr < SLOT_COUNT, "what arrives is one of the sender's capabilities");
    ASSUME(0 < cptr && cptr < SLOT_COUNT);
    const struct slot *source = &sender_slots[cptr];
    PROVE(is_same_cap(slot->cap, cap_copy(source->cap)), "what arrives is the copy of what the message names");
    PROVE(receiver_page.word[IPC_BUFFER_CAPS + index] == cap_badge(source->cap), "its badge is told");
    /* A later copy of the same capability comes to stand between the two. */
    const struct slot *front = slot->prev;
    bool is_behind = front == source || (front == slot + 1 && (slot + 1)->prev == source);
    PROVE(is_behind && front->next == slot, "what arrives is derived from what the message names");
}

/** Place and index as constants to CBMC. */
static void prove_arrivals(uint64_t first, uint64_t caps, uint64_t caps_max)
{
    for (uint64_t i = 1; i < SLOT_COUNT; i++) {
        for (uint64_t index = 0; index < caps_max; index++) {
            if (index < caps && first + index == i) {
                prove_arrived(&receiver_slots[i], index);
            }
        }
    }
}

/** A transfer, and the proof that nothing changed but what may. At most `caps_max` capabilities are sent. Returns the tag that arrived. */
static uint64_t prove_transfer(bool can_grant, uint64_t caps_max)
{
    struct page sender_page_old = sender_page;
    struct page old = receiver_page;
    struct tcb sender_old = sender;
    struct tcb receiver_old = receiver;
    struct slot slots_old[SLOT_COUNT];
    struct slot sender_slots_old[SLOT_COUNT];
    for (uint64_t i = 0; i < SLOT_COUNT; i++) {
        slots_old[i] = receiver_slots[i];
        sender_slots_old[i] = sender_slots[i];
    }

    transfer_message(&sender, &receiver, any_u64(), can_grant);

    uint64_t tag = arch_syscall_tag(&receiver.registers);
    uint64_t length = tag_length(tag);
    uint64_t caps = tag_caps(tag);
    PROVE(length <= MESSAGE_WORDS_MAX && caps <= MESSAGE_CAPS_MAX, "the length is at most what a message may have");
    PROVE(caps <= caps_max, "no more capabilities arrive than were sent");
    PROVE(implies(!can_grant, caps == 0), "no capability arrives without GRANT");
    PROVE(((tag & TAG_KERNEL) != 0) == (sender.fault_label != 0),
          "the tag's kernel bit is set for a fault and for nothing else");
    prove_buffer(&old, length, sender.fault_label == 0 ? caps : 0);
    prove_slots(slots_old, old.word[IPC_BUFFER_RECEIVE_INDEX], caps);
    prove_arrivals(old.word[IPC_BUFFER_RECEIVE_INDEX], caps, caps_max);

    prove_sender(&sender_old, &sender_page_old, sender_slots_old);
    PROVE(receiver.state == receiver_old.state && receiver.context == receiver_old.context &&
              receiver.buffer == receiver_old.buffer && receiver.cspace_slots == receiver_old.cspace_slots &&
              receiver.reply == receiver_old.reply && receiver.priority == receiver_old.priority,
          "the receiver's other state stays");
    return tag;
}
