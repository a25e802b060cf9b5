/* SPDX-License-Identifier: BSD-2-Clause */
/* See kernel.h. A class byte below FITTING asks for a value that fits. */

#include "kernel/object/cap.h"
#include "test/fuzz/kernel/kernel.h"

#define FITTING   232
#define NS_STEP   50000
#define INDEX_MAX 128
#define EDGE_FROM 112 /* from here on an index is one around the CNode's end */

uint64_t pick_cap(const struct tcb *actor, uint32_t types, unsigned nth)
{
    uint64_t found[256];
    unsigned count = 0;
    for (uint64_t i = 1; i < actor->cspace_count && count < 256; i++) {
        if ((types & 1u << cap_type(actor->cspace_slots[i].cap)) != 0) {
            found[count++] = i;
        }
    }
    return count != 0 ? found[nth % count] : 0;
}

/** The CNode that an index argument belongs to. */
static struct cap cnode_of(const struct tcb *actor, uint64_t cptr)
{
    bool is_there = cptr < actor->cspace_count && cap_type(actor->cspace_slots[cptr].cap) == CAP_TYPE_CNODE;
    return is_there ? actor->cspace_slots[cptr].cap : null_cap_make();
}

static uint64_t pick_index(struct cap cnode, enum grammar_must must, unsigned nth)
{
    if (cap_type(cnode) != CAP_TYPE_CNODE) {
        return nth;
    }
    const struct slot *slots = (const struct slot *)cap_object(cnode);
    uint64_t count = 1ul << cnode_cap_slot_bits(cnode);
    uint64_t wanted = nth % (INDEX_MAX / 2);
    /* Where any slot will do, half of the time an empty one: a place for what is made. */
    must = must == GRAMMAR_ANY && nth >= INDEX_MAX / 2 ? GRAMMAR_EMPTY : must;
    if (nth >= EDGE_FROM) {
        return count - 1 + nth % 3;
    }
    for (uint64_t i = 1; i < 2 * count; i++) {
        uint64_t index = i % count;
        bool is_fit = index != 0 && (must == GRAMMAR_ANY || slot_is_empty(&slots[index]) == (must == GRAMMAR_EMPTY));
        if (is_fit && wanted-- == 0) {
            return index;
        }
    }
    return nth % count;
}

static uint64_t pick_number(const struct grammar_argument *argument, uint8_t class, uint64_t value)
{
    uint64_t range = argument->max - argument->min;
    if (range < UINT16_MAX) {
        return argument->min + value % (class % 2 != 0 ? range + 1 : 2);
    }
    uint64_t offset = value * NS_STEP << class % 8;
    return argument->min + (offset < range ? offset : range);
}

static uint64_t any_number(uint8_t class, uint64_t value)
{
    switch (class % 6) {
    case 0:
        return ~value;
    case 1:
        return value << 12;
    case 2:
        return value << 21;
    case 3:
        return 1ul << value % 64;
    case 4:
        return fake.clock + value * 64;
    default:
        return value;
    }
}

static uint64_t pick_word(uint8_t class, uint64_t value)
{
    if (class % 4 == 0) {
        return any_number(class / 4, value);
    }
    return class % 4 == 1 ? value % 64 : class % 4 == 2 ? value % 4 : 0;
}

static const uint8_t object_types[] = {
    OBJECT_TYPE_UNTYPED,      OBJECT_TYPE_CNODE, OBJECT_TYPE_TCB,           OBJECT_TYPE_ENDPOINT,
    OBJECT_TYPE_NOTIFICATION, OBJECT_TYPE_REPLY, OBJECT_TYPE_TIMER,         OBJECT_TYPE_VSPACE,
    OBJECT_TYPE_FRAME,        OBJECT_TYPE_VCPU,  OBJECT_TYPE_SCHED_CONTEXT, OBJECT_TYPE_VSPACE_GUEST,
};

uint64_t pick_argument(const struct tcb *actor, const struct grammar_argument *argument, const uint64_t *before,
                       uint64_t self, struct fuzz_input *input)
{
    uint8_t class = fuzz_u8(input);
    uint64_t value = fuzz_number(input, 2);
    if (class >= FITTING) {
        return any_number(class, value);
    }
    switch (argument->kind) {
    case GRAMMAR_CAP:
        return pick_cap(actor, argument->types, (unsigned)value);
    case GRAMMAR_SLOT:
        return pick_index(cnode_of(actor, argument->of < 0 ? self : before[argument->of]), argument->must,
                          (unsigned)(value % INDEX_MAX));
    case GRAMMAR_NUMBER:
        return pick_number(argument, class, value);
    case GRAMMAR_MASK:
        return value & argument->max;
    case GRAMMAR_OBJECT_TYPE:
        return class % 8 == 0 ? value % 32 : object_types[value % sizeof(object_types)];
    case GRAMMAR_BITS:
        return class % 2 == 0 ? 0 : value % 2 == 0 ? 12 : 6 + value / 2 % 12;
    case GRAMMAR_RIGHTS:
        return value % 16 | (class % 2 != 0 ? SEL_RIGHT_READ : 0);
    case GRAMMAR_ADDRESS:
        return class % 2 != 0 ? value % 64 << 12 : value << 21;
    default:
        return pick_word(class, value);
    }
}

void fill_buffer(const struct tcb *actor, struct fuzz_input *input)
{
    if (actor->buffer == NULL) {
        return;
    }
    uint8_t index = fuzz_u8(input);
    struct cap cspace = actor->slot[TCB_SLOT_CSPACE].cap;
    actor->buffer[IPC_BUFFER_RECEIVE_INDEX] = index >= FITTING ? index : pick_index(cspace, GRAMMAR_EMPTY, index);
    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++) {
        uint8_t choice = fuzz_u8(input);
        actor->buffer[IPC_BUFFER_CAPS + i] = choice >= FITTING ? ~0ul - choice : pick_cap(actor, ~1u, choice);
    }
    uint64_t word = fuzz_word(input);
    for (unsigned i = 0; i < MESSAGE_WORDS_MAX; i++) {
        actor->buffer[IPC_BUFFER_MESSAGE + i] = word + i;
    }
}
