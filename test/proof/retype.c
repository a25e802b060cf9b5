/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: Retype makes objects inside its Untyped, aligned, beside one another and beside all that was there, in RAM alone if the kernel
 *           itself reads them; of RAM nothing but zeroes can be seen in them; U1 holds afterwards, also when it was preempted
 * bounds: one call from any state that keeps U1 (a preempted call is a step of its own, so any number of calls is covered), of an Untyped of
 *         any place and kind, for the sizes and types listed at the end: the least, the largest and usual ones, one of each way to be made; at most 3 objects a call, as the CNode has 4 slots; interrupts wait at the second preemption point at the latest (later
 *         ones repeat the same step). What is refused: decode_untyped_retype
 * sources: kernel/object/untyped.c
 * unwind: 4
 * budget: ci
 * twin: kernel/object/untyped.c: 'return needed <= available ?' -> 'return needed <= size ?': breaks 'inside the Untyped'
 * twin: kernel/object/untyped.c: 'return !slot_has_children(slot) && untyped_cap_free(slot->cap) != 0;' -> 'return true;': breaks 'beside what was there'
 * twin: kernel/object/untyped.c: 'kind == UNTYPED_KIND_RAM || is_only_memory' -> 'kind != UNTYPED_KIND_PRELOADED || is_only_memory': breaks 'of RAM alone'
 * twin: kernel/object/untyped.c: 'untyped_cap_kind(slot->cap) == UNTYPED_KIND_RAM && op->object_type' -> 'untyped_cap_kind(slot->cap) == UNTYPED_KIND_RAM && op->object_type != OBJECT_TYPE_FRAME && op->object_type': breaks 'zero'
 */
#include "kernel/object/objects.h"
#include "test/proof/lib/proof.h"

#define SLOT_COUNT     4
#define SCRUB_UNIT     64
#define PREEMPT_CHECKS 2

static struct slot place[SLOT_COUNT];
static struct slot untyped;

/* The state before, and one byte of the Untyped, any: whether it is zero stands for all. */
static uint64_t start;
static uint64_t size;
static uint64_t kind;
static uint64_t old_end; /* children lie below; 0: none */
static uint64_t byte;
static bool is_byte_zero;

/* One object that was made, any: the others are compared with it. */
static uint64_t chosen;
static uint64_t chosen_start;
static uint64_t chosen_end;
static uint64_t made_count;
static uint64_t made_end;
static uint64_t check_count;

/* --- the rest of the kernel, by what it is to Retype --- */

bool slot_has_children(const struct slot *slot)
{
    (void)slot;
    return old_end != 0 || made_count != 0;
}

bool arch_irq_is_pending(void)
{
    check_count++;
    return check_count >= PREEMPT_CHECKS || any_bool();
}

void arch_zero(uint64_t address, uint64_t length)
{
    PROVE(kind == UNTYPED_KIND_RAM, "only RAM is zeroed");
    PROVE(address % SCRUB_UNIT == 0 && length % SCRUB_UNIT == 0, "zeroing goes by whole cache lines");
    PROVE(start + old_end <= address && address + length <= start + size,
          "what is zeroed is inside the Untyped, beside what was there");
    is_byte_zero = is_byte_zero || (address <= byte && byte < address + length);
}

static void kernel_memory(uint64_t address)
{
    PROVE(kind == UNTYPED_KIND_RAM, "what the kernel reads is made of RAM alone");
    PROVE(start <= address && address < start + size, "what the kernel writes is inside the Untyped");
}

void vspace_create(uint64_t address, uint64_t size_bits, bool is_guest)
{
    (void)size_bits;
    (void)is_guest;
    kernel_memory(address);
}

void vcpu_create(struct vcpu *vcpu)
{
    kernel_memory((uint64_t)vcpu);
}

void tcb_create(struct tcb *tcb)
{
    kernel_memory((uint64_t)tcb);
}

bool vspace_id_is_available(uint64_t count)
{
    (void)count;
    return any_bool();
}

err_t cnode_slot(struct cap cap, uint64_t index, uint64_t argument, enum slot_must must, struct slot **out,
                 struct err_info *info)
{
    (void)cap;
    (void)argument;
    (void)must;
    (void)info;
    if (index == 0 || index >= SLOT_COUNT) {
        return ERR_OUT_OF_RANGE;
    }
    *out = &place[index];
    return ERR_OK;
}

uint64_t cnode_slot_count(struct cap cap)
{
    (void)cap;
    return SLOT_COUNT;
}

/** Bits of an object of the type, from the ABI; where the ABI has a range, what was asked for. */
static uint64_t bits_of(struct cap cap, uint64_t asked)
{
    switch (cap_type(cap)) {
    case CAP_TYPE_UNTYPED:
        return untyped_cap_size_bits(cap);
    case CAP_TYPE_CNODE:
        return cnode_cap_slot_bits(cap) + CAP_SLOT_SIZE_BITS;
    case CAP_TYPE_TCB:
        return OBJECT_BITS_TCB;
    case CAP_TYPE_ENDPOINT:
        return OBJECT_BITS_ENDPOINT;
    case CAP_TYPE_NOTIFICATION:
        return OBJECT_BITS_NOTIFICATION;
    case CAP_TYPE_REPLY:
        return OBJECT_BITS_REPLY;
    case CAP_TYPE_SCHED_CONTEXT:
        return OBJECT_BITS_SCHED_CONTEXT;
    case CAP_TYPE_TIMER:
        return OBJECT_BITS_TIMER;
    case CAP_TYPE_FRAME:
        return frame_cap_size(cap) == FRAME_SIZE_4K   ? OBJECT_BITS_FRAME_0
               : frame_cap_size(cap) == FRAME_SIZE_2M ? OBJECT_BITS_FRAME_1
                                                      : OBJECT_BITS_FRAME_2;
    case CAP_TYPE_VCPU:
        return OBJECT_BITS_VCPU;
    default:
        return asked;
    }
}

static uint64_t asked_bits;

static void prove_kind(struct cap cap)
{
    bool is_frame = cap_type(cap) == CAP_TYPE_FRAME;
    bool is_untyped = cap_type(cap) == CAP_TYPE_UNTYPED;
    PROVE(kind == UNTYPED_KIND_RAM || is_frame || is_untyped, "what the kernel reads is made of RAM alone");
    PROVE(implies(is_untyped, untyped_cap_kind(cap) == kind), "a smaller Untyped is of the same kind");
    PROVE(implies(is_untyped, untyped_cap_free(cap) == 0 && untyped_cap_zeroed(cap) == 0),
          "it knows nothing to be zero");
    PROVE(implies(is_frame, (frame_cap_device(cap) != 0) == (kind == UNTYPED_KIND_DEVICE)),
          "a Frame knows device memory");
    PROVE(implies(is_frame, frame_cap_mapped(cap) == 0), "a new Frame is not mapped");
}

void slot_insert(struct slot *slot, struct cap cap, struct slot *parent)
{
    uint64_t object = cap_object(cap);
    uint64_t end = object + (UINT64_C(1) << bits_of(cap, asked_bits));
    PROVE(parent == &untyped && &place[0] < slot && slot < place + SLOT_COUNT, "it is derived from the Untyped");
    PROVE(start <= object && end <= start + size, "the object is inside the Untyped");
    PROVE(start + old_end <= object, "the object lies beside what was there");
    PROVE((object & (end - object - 1)) == 0, "the object is aligned to its size");
    PROVE(implies(made_count > chosen, end <= chosen_start || chosen_end <= object),
          "the objects lie beside one another");
    prove_kind(cap);
    bool is_shown = kind == UNTYPED_KIND_RAM && cap_type(cap) != CAP_TYPE_UNTYPED;
    PROVE(implies(is_shown && object <= byte && byte < end, is_byte_zero), "every byte of a new object is zero");
    if (made_count == chosen) {
        chosen_start = object;
        chosen_end = end;
    }
    made_count++;
    made_end = end > made_end ? end : made_end;
}

/* --- the proof --- */

static void any_untyped(uint64_t bits)
{
    struct cap cap = untyped_cap_set_size_bits(cap_set_type(any_cap(), CAP_TYPE_UNTYPED), bits);
    ASSUME(untyped_cap_kind(cap) <= UNTYPED_KIND_PRELOADED);
    start = cap_object(cap);
    size = UINT64_C(1) << bits;
    kind = untyped_cap_kind(cap);
    ASSUME((start & (size - 1)) == 0 && start < UINT64_C(1) << 47);
    uint64_t free = UNTYPED_UNIT_BYTES * untyped_cap_free(cap);
    uint64_t zeroed = UNTYPED_UNIT_BYTES * untyped_cap_zeroed(cap);
    ASSUME(free <= size && zeroed <= size && zeroed % SCRUB_UNIT == 0 && free % SCRUB_UNIT == 0);
    old_end = any_bool() ? free : 0;
    ASSUME(old_end <= free);
    byte = start + any_below(UINT64_C(1) << OBJECT_BITS_UNTYPED_MAX);
    ASSUME(byte < start + size);
    is_byte_zero = any_bool();
    ASSUME(implies(kind == UNTYPED_KIND_RAM && start + free <= byte && byte < start + zeroed, is_byte_zero)); /* U1 */
    untyped = (struct slot){.cap = cap};
}

static void prove_u1(void)
{
    uint64_t free = start + UNTYPED_UNIT_BYTES * untyped_cap_free(untyped.cap);
    uint64_t zeroed = start + UNTYPED_UNIT_BYTES * untyped_cap_zeroed(untyped.cap);
    PROVE(start + old_end <= free && made_end <= free && free <= start + size, "U1: all children lie below `free`");
    PROVE(implies(kind == UNTYPED_KIND_RAM && free <= byte && byte < zeroed, is_byte_zero),
          "U1: what is known to be zero is zero");
    PROVE(cap_object(untyped.cap) == start && UINT64_C(1) << untyped_cap_size_bits(untyped.cap) == size &&
              untyped_cap_kind(untyped.cap) == kind && cap_type(untyped.cap) == CAP_TYPE_UNTYPED,
          "the Untyped stays where and what it is");
}

enum end {
    REFUSED,
    STOPPED,
    MADE,
};

/** Constants to CBMC: a shift by any number of bits is a hard formula. */
static enum end prove_retype(uint64_t untyped_bits, uint64_t type, uint64_t size_bits)
{
    any_untyped(untyped_bits);
    chosen = any_u64();
    made_count = 0;
    made_end = 0;
    check_count = 0;
    asked_bits = size_bits;
    struct tcb caller;
    struct invocation in = {.slot = &untyped, .cap = untyped.cap, .registers = &caller.registers};
    struct slot dest = {.cap = any_cap()};
    struct untyped_retype_op op = {.in = &in, .object_type = type, .size_bits = size_bits, .dest = &dest};
    /* The generated checks saw to index and count. */
    uint64_t index = 1 + any_below(SLOT_COUNT - 1);
    arch_message_set(&caller.registers, 3, index);
    op.count = 1 + any_below(SEL_LIMIT_RETYPE_COUNT_MAX);
    op.first = &place[index];
    struct err_info info;

    if (decode_untyped_retype(&op, &info) != ERR_OK) {
        return REFUSED;
    }
    if (invoke_untyped_retype(&op) == PREEMPTED) {
        PROVE(made_count == 0, "a preempted call has made nothing");
        prove_u1();
        return STOPPED;
    }
    PROVE(made_count == op.count, "as many objects are made as were asked for");
    prove_u1();
    return MADE;
}

/** One configuration, of what is zeroed first: it can be made, and be preempted before. */
#define RETYPE(...)                                                                                                    \
    do {                                                                                                               \
        enum end end = prove_retype(__VA_ARGS__);                                                                      \
        REACHED_IF(end == MADE, "Retype done: " #__VA_ARGS__);                                                         \
        REACHED_IF(end == STOPPED, "Retype preempted: " #__VA_ARGS__);                                                 \
    } while (0)

/** The same of Untypeds, which are not zeroed. */
#define RETYPE_AT_ONCE(...)                                                                                            \
    do {                                                                                                               \
        enum end end = prove_retype(__VA_ARGS__);                                                                      \
        REACHED_IF(end == MADE, "Retype done: " #__VA_ARGS__);                                                         \
        PROVE(end != STOPPED, "what needs no zeroes is not preempted");                                                \
    } while (0)

void proof(void)
{
    RETYPE(OBJECT_BITS_UNTYPED_MIN, OBJECT_TYPE_ENDPOINT, 0);
    RETYPE(14, OBJECT_TYPE_TCB, 0);
    RETYPE(OBJECT_BITS_UNTYPED_MAX, OBJECT_TYPE_VCPU, OBJECT_BITS_VCPU);
    RETYPE(OBJECT_BITS_UNTYPED_MAX, OBJECT_TYPE_CNODE, OBJECT_BITS_CNODE_MAX);
    RETYPE(17, OBJECT_TYPE_VSPACE, OBJECT_BITS_VSPACE_MIN);
    RETYPE(14, OBJECT_TYPE_FRAME, OBJECT_BITS_FRAME_0);
    RETYPE(OBJECT_BITS_UNTYPED_MAX, OBJECT_TYPE_FRAME, OBJECT_BITS_FRAME_2);
    RETYPE_AT_ONCE(10, OBJECT_TYPE_UNTYPED, OBJECT_BITS_UNTYPED_MIN);
    RETYPE_AT_ONCE(OBJECT_BITS_UNTYPED_MAX, OBJECT_TYPE_UNTYPED, OBJECT_BITS_FRAME_1);
}
