/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: frame.map and frame.protect give the architecture exactly the Frame's memory, no right that the capability has not, no page that
 *           a native process can both write and execute, no device memory as anything else; the mark in the capability is the mapping
 * bounds: none on capability and arguments; one VSpace of 8 ids. That a Frame lies inside its Untyped is retype.c; what the page tables
 *         then say is not proved
 * sources: kernel/object/frame.c kernel/object/cap.c
 * unwind: 9
 * budget: ci
 * twin: kernel/object/frame.c: 'return check_held(info, argument, cap, rights);' -> 'return ERR_OK;': breaks 'no right that the capability'
 * twin: kernel/object/frame.c: '(is_writable_code && !vspace->is_guest)' -> 'false': breaks 'write and execute'
 * twin: kernel/object/frame.c: 'is_device_code ||' -> 'false ||': breaks 'nothing is fetched from a device'
 * twin: kernel/object/frame.c: 'address >= ADDRESS_END || ADDRESS_END - address < size' -> 'ADDRESS_END - address < size': breaks 'inside the address space'
 * twin: kernel/object/frame.c: '(frame_cap_device(cap) && attribute != FRAME_ATTRIBUTE_DEVICE)' -> 'false': breaks 'device memory'
 * twin: kernel/object/frame.c: 'mapping.physical = cap_object(slot->cap);' -> 'mapping.physical = cap_object(slot->cap) + mapping.address;': breaks 'the Frame'
 */
#include "kernel/object/objects.h"
#include "test/proof/lib/proof.h"

/* The table of VSpaces is only looked up. */
#undef SEL_LIMIT_SPACE_COUNT_MAX
#define SEL_LIMIT_SPACE_COUNT_MAX 8

#include "kernel/object/vspace.c"

static struct vspace vspace;
static struct slot frame;
static struct slot vspace_slot;
static struct arch_mapping made;
static uint64_t made_count;
static uint64_t protected_count;
static uint64_t protected_rights;
static uint64_t cleaned_count;
static uint64_t tables_needed;
static uint64_t mapped_attribute; /* of the mapping that protect changes */

uint64_t proof_object(struct cap cap)
{
    uint64_t address = cap_object_raw(cap);
    uint64_t object = cap_type(cap) == CAP_TYPE_VSPACE ? (uint64_t)&vspace : address;
    PROVE(object == address, "the hint is what the capability says");
    return object;
}

uint64_t arch_vspace_tables_needed(const struct vspace *of, uint64_t address, uint64_t size_bits)
{
    (void)of;
    (void)address;
    (void)size_bits;
    tables_needed = any_below(3);
    return any_bool() ? UINT64_MAX : tables_needed;
}

void arch_vspace_map(struct vspace *in, const struct arch_mapping *mapping)
{
    PROVE(in == &vspace, "it is mapped in the VSpace that was named");
    made = *mapping;
    made_count++;
}

void arch_vspace_protect(struct vspace *in, uint64_t address, uint64_t size_bits, uint64_t rights)
{
    PROVE(in == &vspace && address == frame_cap_page(frame.cap) << PAGE_BITS && size_bits == cap_size_bits(frame.cap),
          "the capability's own mapping changes");
    protected_rights = rights;
    protected_count++;
}

bool arch_vspace_find(const struct vspace *in, uint64_t address, struct arch_mapping *out)
{
    PROVE(in == &vspace && address == frame_cap_page(frame.cap) << PAGE_BITS,
          "it looks at the capability's own mapping");
    out->attribute = mapped_attribute;
    return true;
}

void arch_cache(uint64_t operation, uint64_t address, uint64_t length)
{
    PROVE(address == cap_object(frame.cap) && length == UINT64_C(1) << cap_size_bits(frame.cap),
          "the Frame is cleaned, whole");
    PROVE(operation == CACHE_OPERATION_CLEAN_INVALIDATE && frame_cap_device(frame.cap) == 0,
          "only RAM has lines in a cache");
    cleaned_count++;
}

static void any_frame(void)
{
    HAVOC(vspace);
    ASSUME(vspace.space_id < SEL_LIMIT_SPACE_COUNT_MAX && vspace.space_gen <= GENERATION_MAX);
    for (uint64_t id = 0; id < SEL_LIMIT_SPACE_COUNT_MAX; id++) {
        space_table[id].generation = id == vspace.space_id ? vspace.space_gen : (uint32_t)any_u64();
        space_table[id].vspace = id == vspace.space_id ? &vspace : NULL;
    }
    frame = (struct slot){.cap = cap_set_type(any_cap(), CAP_TYPE_FRAME)};
    ASSUME(frame_cap_size(frame.cap) <= FRAME_SIZE_1G && frame_cap_space_id(frame.cap) < SEL_LIMIT_SPACE_COUNT_MAX);
    vspace_slot = (struct slot){.cap = vspace_cap_make((uint64_t)&vspace, any_below(16))};
    mapped_attribute = any_below(FRAME_ATTRIBUTE_DEVICE + 1);
    made_count = 0;
    cleaned_count = 0;
    protected_count = 0;
}

static void prove_rights(uint64_t rights, uint64_t attribute)
{
    uint64_t both = SEL_RIGHT_WRITE | SEL_RIGHT_EXECUTE;
    PROVE((rights & ~cap_rights(frame.cap)) == 0, "a mapping has no right that the capability has not");
    PROVE(implies(!vspace.is_guest, (rights & both) != both),
          "no native process has a page it can both write and execute");
    PROVE(implies(attribute == FRAME_ATTRIBUTE_DEVICE, (rights & SEL_RIGHT_EXECUTE) == 0),
          "nothing is fetched from a device");
}

static void prove_mapping(struct cap cap, const struct frame_map_op *op)
{
    uint64_t size = UINT64_C(1) << cap_size_bits(cap);
    bool is_device = frame_cap_device(cap) != 0;
    PROVE(made_count == 1, "there is one mapping");
    PROVE(made.physical == cap_object(cap) && made.size_bits == cap_size_bits(cap),
          "what is mapped is the Frame, whole and alone");
    PROVE(made.address == op->address && made.rights == op->rights && made.attribute == op->attribute,
          "it is mapped as was asked");
    PROVE((made.address & (size - 1)) == 0 && made.address + size <= UINT64_C(1) << SEL_LIMIT_ADDRESS_BITS,
          "a mapping is aligned and inside the address space");
    PROVE(implies(is_device, made.attribute == FRAME_ATTRIBUTE_DEVICE), "device memory is mapped as device memory");
    PROVE(made.attribute <= FRAME_ATTRIBUTE_DEVICE, "the attribute is one there is");
    PROVE(cleaned_count == (!is_device && made.attribute != FRAME_ATTRIBUTE_NORMAL ? 1 : 0),
          "RAM mapped past the cache is cleaned");
    PROVE(tables_needed <= vspace.free_count, "there are tables for it");
    prove_rights(made.rights, made.attribute);
}

static void prove_map(void)
{
    any_frame();
    struct cap cap = frame.cap;
    struct invocation in = {.slot = &frame, .cap = cap};
    struct frame_map_op op = {.in = &in, .vspace = &vspace_slot, .address = any_u64(), .rights = any_u64()};
    op.attribute = any_u64();
    struct err_info info;
    bool is_mapped = vspace_of_frame(cap) != NULL;

    if (decode_frame_map(&op, &info) != ERR_OK) {
        return;
    }
    PROVE(!is_mapped, "a mapped Frame is not mapped again");
    invoke_frame_map(&op);
    prove_mapping(cap, &op);
    PROVE(vspace_of_frame(frame.cap) == &vspace && frame_cap_page(frame.cap) << PAGE_BITS == op.address,
          "the mark is the mapping");
    PROVE(frame.cap.word0 == cap.word0, "the capability's memory and rights stay");
    REACHED("a mapping");
}

static void prove_protect(void)
{
    any_frame();
    struct cap cap = frame.cap;
    struct invocation in = {.slot = &frame, .cap = cap};
    struct frame_protect_op op = {.in = &in, .rights = any_u64()};
    struct err_info info;

    if (decode_frame_protect(&op, &info) != ERR_OK) {
        return;
    }
    invoke_frame_protect(&op);
    PROVE(protected_count == 1 && protected_rights == op.rights, "the rights become those that were asked for");
    prove_rights(protected_rights, mapped_attribute);
    PROVE(frame.cap.word0 == cap.word0 && frame.cap.word1 == cap.word1, "the capability stays as it is");
    REACHED("a change of rights");
}

void proof(void)
{
    prove_map();
    prove_protect();
}
