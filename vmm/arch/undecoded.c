/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See undecoded.h. Order of effects as on hardware without speculation: all elements are translated first, so that a fault leaves
 * registers and memory as they were; then accesses in ascending order, then write-back. At most two elements a call.
 */
#include "vmm/arch/undecoded.h"

#include <string.h>

#include "gen/abi.h"
#include "vmm/arch/decode.h"
#include "vmm/arch/inject.h"
#include "vmm/arch/table_walk.h"
#include "vmm/bits.h"
#include "vmm/services.h"
#include "vmm/vmm.h"

enum {
    REGISTER_31 = 31,
    PAGE_BYTES = 4096, /* the smallest granule: what is inside one is inside any */
    PSTATE_IS_AARCH32 = 1 << 4,
    ESR_CACHE_MAINTENANCE = 1 << 8, /* CM of a data abort */
    PAR_IS_STAGE_2 = 1 << 9,        /* S: the walk's own access faulted, D17.2.115 */
    OPTION_UXTW = 2,
    OPTION_SXTW = 6,
};

struct cpu_view {
    uint64_t pc;
    uint64_t pstate;
    uint64_t far;
};

static bool is_el0(const struct cpu_view *cpu)
{
    return bits_get(cpu->pstate, 2, 2) == 0;
}

/* EL1 with SPSel set uses SP_EL1, everything else here SP_EL0. */
static unsigned stack_register(const struct cpu_view *cpu)
{
    return bits_get(cpu->pstate, 0, 4) == 5 ? VCPU_REG_SP_EL1 : VCPU_REG_SP_EL0;
}

static uint64_t read_general(unsigned index)
{
    return index == REGISTER_31 ? 0 : services_read_thread_register(index);
}

static void write_general(unsigned index, uint64_t value)
{
    if (index != REGISTER_31) {
        services_write_thread_registers(index, 1, &value);
    }
}

static uint64_t read_base(const struct cpu_view *cpu, unsigned index)
{
    return index == REGISTER_31 ? services_read_vcpu_register(stack_register(cpu))
                                : services_read_thread_register(index);
}

static void write_base(const struct cpu_view *cpu, unsigned index, uint64_t value)
{
    if (index == REGISTER_31) {
        services_write_vcpu_register(stack_register(cpu), value);
    } else {
        services_write_thread_registers(index, 1, &value);
    }
}

static uint64_t index_value(const struct decoded_access *access)
{
    uint64_t value = read_general(access->index_register);
    if (access->index_option == OPTION_UXTW) {
        value = (uint32_t)value;
    } else if (access->index_option == OPTION_SXTW) {
        value = (uint64_t)bits_sign_extend(value, 32);
    }
    return value << access->index_shift;
}

static uint64_t access_address(const struct cpu_view *cpu, const struct decoded_access *access)
{
    switch (access->index) {
    case DECODE_LITERAL:
        return cpu->pc + (uint64_t)access->offset;
    case DECODE_POST:
        return read_base(cpu, access->base);
    case DECODE_REGISTER:
        return read_base(cpu, access->base) + index_value(access);
    default:
        return read_base(cpu, access->base) + (uint64_t)access->offset;
    }
}

/* Where the bytes of an element are: those before `split` at ipa[0], the rest, on the next page, at ipa[1]. */
struct element {
    uint64_t ipa[2];
    unsigned split;
};

static bool part_read(struct vmm *vmm, uint64_t ipa, unsigned size, uint64_t *value)
{
    const void *bytes = ram_reach(&vmm->ram, ipa, size);
    if (bytes != NULL) {
        *value = 0;
        memcpy(value, bytes, size);
        return true;
    }
    return board_read(&vmm->board, ipa, size, value);
}

static bool part_write(struct vmm *vmm, uint64_t ipa, unsigned size, uint64_t value)
{
    void *bytes = ram_reach(&vmm->ram, ipa, size);
    if (bytes != NULL) {
        memcpy(bytes, &value, size);
        return true;
    }
    return board_write(&vmm->board, ipa, size, value);
}

static uint64_t byte_address(const struct element *element, unsigned index)
{
    return index < element->split ? element->ipa[0] + index : element->ipa[1] + (index - element->split);
}

/* An element on two pages goes byte by byte: the pages need not be neighbours. */
static bool element_read(struct vmm *vmm, const struct element *element, unsigned size, uint64_t *value)
{
    if (element->split == size) {
        return part_read(vmm, element->ipa[0], size, value);
    }
    *value = 0;
    for (unsigned i = 0; i < size; i++) {
        uint64_t byte;
        if (!part_read(vmm, byte_address(element, i), 1, &byte)) {
            return false;
        }
        *value |= byte << (8 * i);
    }
    return true;
}

static bool element_write(struct vmm *vmm, const struct element *element, unsigned size, uint64_t value)
{
    if (element->split == size) {
        return part_write(vmm, element->ipa[0], size, value);
    }
    for (unsigned i = 0; i < size; i++) {
        if (!part_write(vmm, byte_address(element, i), 1, (value >> (8 * i)) & 0xff)) {
            return false;
        }
    }
    return true;
}

static uint64_t extend(const struct decoded_access *access, uint64_t value)
{
    uint64_t extended = access->is_signed ? (uint64_t)bits_sign_extend(value, 8 * access->size) : value;
    return access->is_64bit ? extended : (uint32_t)extended;
}

/* Loads change no register before both elements are there. Returns how many elements were done: less than count is an abort. */
static unsigned carry_out(struct vmm *vmm, const struct decoded_access *access, const struct element element[2])
{
    uint64_t value[2] = {0};
    for (unsigned i = 0; i < access->count; i++) {
        bool is_done = access->is_write ? element_write(vmm, &element[i], access->size, read_general(access->target[i]))
                                        : element_read(vmm, &element[i], access->size, &value[i]);
        if (!is_done) {
            return i;
        }
    }
    for (unsigned i = 0; i < access->count && !access->is_write; i++) {
        write_general(access->target[i], extend(access, value[i]));
    }
    return access->count;
}

static void write_back(const struct cpu_view *cpu, const struct decoded_access *access, uint64_t address)
{
    if (access->index == DECODE_PRE) {
        write_base(cpu, access->base, address);
    } else if (access->index == DECODE_POST) {
        write_base(cpu, access->base, address + (uint64_t)access->offset);
    }
}

/* The guest's own translation. A table of it may lie in RAM that the guest does not have yet: then once more. */
static bool translate(struct vmm *vmm, const struct cpu_view *cpu, uint64_t address, bool is_write, uint64_t *ipa,
                      uint64_t *fault)
{
    if (services_translate(address, is_write, is_el0(cpu), ipa, fault)) {
        return true;
    }
    if (!(*fault & PAR_IS_STAGE_2)) {
        return false;
    }
    (void)table_walk_reach(vmm, address);
    return services_translate(address, is_write, is_el0(cpu), ipa, fault);
}

/* The kernel hands the instruction over where it could read it; else look at the guest's own view of its code. */
static bool fetch(struct vmm *vmm, const uint64_t in[8], const struct cpu_view *cpu, uint32_t *instruction)
{
    uint64_t ipa, fault;
    if (exit_has_instruction(in[0])) {
        *instruction = (uint32_t)in[FAULT_VM_EXIT_WORD_INSTRUCTION];
        return true;
    }
    if (!translate(vmm, cpu, cpu->pc, false, &ipa, &fault)) {
        return false;
    }
    const void *bytes = ram_reach(&vmm->ram, ipa, sizeof(*instruction));
    if (bytes != NULL) {
        memcpy(instruction, bytes, sizeof(*instruction));
    }
    return bytes != NULL;
}

/* Where the guest's tables have led out of its RAM, that is the abort, as for any other access (walk_exit). */
static void reply_untranslated(struct vmm *vmm, const struct abort_site *site, uint64_t fault, uint64_t out[8])
{
    int level = fault & PAR_IS_STAGE_2 ? table_walk_reach(vmm, site->address) : -1;
    if (level >= 0) {
        reply_walk_abort(out, site, level);
    } else if (fault & PAR_IS_STAGE_2) {
        reply_external_abort(out, site);
    } else {
        reply_translation_abort(out, site, fault);
    }
}

/* One byte of the access; false: it faults, and `out` is what the guest gets. */
static bool translate_byte(struct vmm *vmm, const struct cpu_view *cpu, const struct decoded_access *access,
                           uint64_t address, uint64_t *ipa, uint64_t out[8])
{
    uint64_t fault;
    if (translate(vmm, cpu, address, access->is_write, ipa, &fault)) {
        return true;
    }
    struct abort_site site = {.pstate = cpu->pstate, .address = address, .is_write = access->is_write};
    reply_untranslated(vmm, &site, fault, out);
    return false;
}

static bool translate_elements(struct vmm *vmm, const struct cpu_view *cpu, const struct decoded_access *access,
                               uint64_t address, struct element element[2], uint64_t out[8])
{
    for (unsigned i = 0; i < access->count; i++) {
        uint64_t first = address + (uint64_t)i * access->size;
        uint64_t page_left = PAGE_BYTES - first % PAGE_BYTES;
        element[i].split = page_left < access->size ? (unsigned)page_left : access->size;
        if (!translate_byte(vmm, cpu, access, first, &element[i].ipa[0], out)) {
            return false;
        }
        if (element[i].split < access->size &&
            !translate_byte(vmm, cpu, access, first + element[i].split, &element[i].ipa[1], out)) {
            return false;
        }
    }
    return true;
}

void undecoded_exit(struct vmm *vmm, const uint64_t in[8], uint64_t out[8])
{
    struct cpu_view cpu = {
        .pc = in[FAULT_VM_EXIT_WORD_PC],
        .pstate = in[FAULT_VM_EXIT_WORD_PSTATE],
        .far = in[FAULT_VM_EXIT_WORD_FAR],
    };
    struct abort_site site = {.pstate = cpu.pstate, .address = cpu.far, .is_write = exit_is_write(in[0])};
    struct decoded_access access;
    uint32_t instruction;
    struct element element[2];
    if (in[FAULT_VM_EXIT_WORD_ESR] & ESR_CACHE_MAINTENANCE) {
        reply_resume(out, in[0], VERB_STEP); /* by address, of a device: there is nothing in a cache */
        return;
    }
    bool is_known = !(cpu.pstate & PSTATE_IS_AARCH32) && !exit_is_table_walk(in[0]) &&
                    fetch(vmm, in, &cpu, &instruction) && decode_access(instruction, &access);
    if (!is_known) {
        reply_external_abort(out, &site);
        return;
    }
    uint64_t address = access_address(&cpu, &access);
    if (!translate_elements(vmm, &cpu, &access, address, element, out)) {
        return;
    }
    unsigned done = carry_out(vmm, &access, element);
    if (done < access.count) {
        site.address = address + (uint64_t)done * access.size;
        reply_external_abort(out, &site);
        return;
    }
    write_back(&cpu, &access, address);
    reply_resume(out, in[0], VERB_STEP);
}
