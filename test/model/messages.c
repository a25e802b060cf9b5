/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What travels: eight words in registers, longer messages and capabilities through the IPC buffers of both; a fault instead of them; and
 * the kernel's own answers.
 */
#include "test/model/parts.h"

static uint32_t message_register(uint64_t index)
{
    return index < 7 ? 9 + (uint32_t)index : 18;
}

uint64_t model_message_word(uint32_t thread, uint64_t index)
{
    return model.thread[thread].reg[message_register(index)];
}

static void set_message_word(uint32_t thread, uint64_t index, uint64_t word)
{
    model.thread[thread].reg[message_register(index)] = word;
}

void model_set_status(uint32_t thread, uint64_t status)
{
    uint64_t *reg = model.thread[thread].reg;
    reg[0] = status;
    for (unsigned int i = 4; i <= 8; i++) {
        reg[i] = 0;
    }
    reg[16] = 0;
    reg[17] = 0;
}

void model_transfer_kernel(uint32_t to, const uint64_t *word, uint64_t count)
{
    model.thread[to].reg[1] = tag_make(0, count, 0);
    model.thread[to].reg[2] = 0;
    for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
        set_message_word(to, i, i < count ? word[i] : 0);
    }
}

void model_transfer_bits(uint32_t to, uint64_t bits)
{
    model_transfer_kernel(to, 0, 0);
    model.thread[to].reg[1] = TAG_NOTIFICATION;
    model.thread[to].reg[2] = bits;
}

/** One capability into the receiver's empty slot `index`: a copy. */
static bool transfer_cap(uint32_t from, uint32_t to, uint64_t cptr, uint64_t index)
{
    struct model_place source = model_lookup(from, cptr);
    uint32_t cspace = model_cspace(to);
    if (source.holder == MODEL_IN_NOTHING || !model_is_copyable(model_cap_at(source)) ||
        index >= model_slot_count(cspace) || model_cap_at(model_slot(cspace, index)) != 0) {
        return false;
    }
    model_cap_insert(model_slot(cspace, index), model_cap_copy(model_cap_at(source)), source);
    return true;
}

/** In order, until one cannot; how many arrived. */
static uint64_t transfer_caps(uint32_t from, uint32_t to, uint64_t count)
{
    uint64_t out = model.thread[from].buffer;
    uint64_t in = model.thread[to].buffer;
    uint64_t first = in == 0 ? 0 : model_buffer_read(in, IPC_BUFFER_RECEIVE_INDEX);
    if (out == 0 || first == 0 || first >= model_slot_count(model_cspace(to))) {
        return 0;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!transfer_cap(from, to, model_buffer_read(out, IPC_BUFFER_CAPS + i), first + i)) {
            return i;
        }
        const struct model_cap *arrived = model_cap_at(model_slot(model_cspace(to), first + i));
        model_buffer_write(in, IPC_BUFFER_CAPS + i, model_cap_badge(arrived));
    }
    return count;
}

static uint64_t transfer_words(uint32_t from, uint32_t to, uint64_t length)
{
    uint64_t out = model.thread[from].buffer;
    uint64_t in = model.thread[to].buffer;
    for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
        set_message_word(to, i, model_message_word(from, i));
    }
    if (length > MESSAGE_REGISTER_WORDS && (out == 0 || in == 0)) {
        return MESSAGE_REGISTER_WORDS;
    }
    uint64_t end = MODEL_BUG == 6 && length == MESSAGE_WORDS_MAX ? length - 1 : length;
    for (uint64_t i = MESSAGE_REGISTER_WORDS; i < end; i++) {
        model_buffer_write(in, i, model_buffer_read(out, i));
    }
    return length;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void model_transfer(uint32_t from, uint32_t to, uint64_t badge, bool can_grant)
{
    const struct model_thread *sender = &model.thread[from];
    model.thread[to].reg[2] = badge;
    if (sender->fault_label != 0) {
        for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
            set_message_word(to, i, sender->fault_word[i]);
        }
        model.thread[to].reg[1] = tag_make(sender->fault_label, sender->fault_length, 0) | TAG_KERNEL;
        return;
    }
    uint64_t tag = sender->reg[1];
    uint64_t length = transfer_words(from, to, least(tag_length(tag), MESSAGE_WORDS_MAX));
    uint64_t caps = can_grant ? transfer_caps(from, to, least(tag_caps(tag), MESSAGE_CAPS_MAX)) : 0;
    model.thread[to].reg[1] = tag_make(tag_label(tag), length, caps);
}
