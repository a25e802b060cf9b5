/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message between any two threads, and what may have become of everything afterwards, for the harnesses of ipc/transfer.c. The buffers lie
 * in the middle of larger memory, whose other words are watched.
 */
#pragma once

#include "kernel/object/objects.h"
#include "test/proof/lib/proof.h"

#define BUFFER_WORDS (IPC_BUFFER_BYTES / 8)
#define SLOT_COUNT   4

struct page {
    uint64_t before[4];
    uint64_t word[BUFFER_WORDS];
    uint64_t behind[4];
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

static void any_threads(void)
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
    sender.buffer = any_bool() ? sender_page.word : NULL;
    receiver.buffer = any_bool() ? receiver_page.word : NULL;
    ASSUME(sender.fault_length <= MESSAGE_REGISTER_WORDS);
}

static bool is_same_cap(struct cap a, struct cap b)
{
    return a.word0 == b.word0 && a.word1 == b.word1;
}

/** Word `i` of the receiver's page, any: what may have become of it. */
static void prove_buffer(const struct page *old, uint64_t length, uint64_t caps)
{
    uint64_t i = any_below(BUFFER_WORDS);
    uint64_t now = receiver_page.word[i];
    bool is_message = receiver.buffer != NULL && MESSAGE_REGISTER_WORDS <= i && i < length;
    bool is_cap = receiver.buffer != NULL && IPC_BUFFER_CAPS <= i && i < IPC_BUFFER_CAPS + caps;
    PROVE(implies(is_message, now == sender_page.word[i]), "the words that arrive are the sender's");
    PROVE(implies(!is_message && !is_cap, now == old->word[i]), "no word behind the message or before it changes");
    uint64_t edge = any_below(4);
    PROVE(receiver_page.before[edge] == old->before[edge] && receiver_page.behind[edge] == old->behind[edge],
          "nothing outside of the buffer changes");
}

static void prove_slots(const struct slot *old, uint64_t first, uint64_t caps)
{
    uint64_t i = any_below(SLOT_COUNT);
    bool is_taken = first <= i && i < first + caps;
    PROVE(implies(!is_taken, is_same_cap(receiver_slots[i].cap, old[i].cap)), "other slots keep their capabilities");
    PROVE(implies(is_taken, cap_type(old[i].cap) == CAP_TYPE_NULL && i != 0),
          "only empty slots, and never slot 0, are filled");
    PROVE(implies(is_taken, cap_original(receiver_slots[i].cap) == 0), "what arrives is a copy");
}

/** A transfer, and the proof that nothing changed but what may. Returns the tag that arrived. */
static uint64_t prove_transfer(bool can_grant)
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
    PROVE(implies(!can_grant, caps == 0), "no capability arrives without GRANT");
    PROVE(((tag & TAG_KERNEL) != 0) == (sender.fault_label != 0),
          "the tag's kernel bit is set for a fault and for nothing else");
    prove_buffer(&old, length, sender.fault_label == 0 ? caps : 0);
    prove_slots(slots_old, old.word[IPC_BUFFER_RECEIVE_INDEX], caps);

    uint64_t word = any_below(BUFFER_WORDS);
    PROVE(sender_page.word[word] == sender_page_old.word[word], "the sender's buffer is not written");
    uint64_t register_index = any_below(THREAD_REG_COUNT);
    PROVE(sender.registers.reg[register_index] == sender_old.registers.reg[register_index],
          "the sender's registers are not written");
    uint64_t slot = any_below(SLOT_COUNT);
    PROVE(is_same_cap(sender_slots[slot].cap, sender_slots_old[slot].cap), "the sender's capabilities stay");
    PROVE(receiver.state == receiver_old.state && receiver.context == receiver_old.context &&
              receiver.buffer == receiver_old.buffer && receiver.cspace_slots == receiver_old.cspace_slots &&
              receiver.reply == receiver_old.reply && receiver.priority == receiver_old.priority,
          "the receiver's other state stays");
    return tag;
}
