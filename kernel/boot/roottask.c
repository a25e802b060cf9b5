/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making the roottask through the ordinary functions of the objects. Address space: its image in place (payload), .bss, then between
 * unmapped guard pages the stack, the boot information page (read-only) and the IPC buffer.
 */
#include "kernel/boot/boot.h"
#include "kernel/object/objects.h"

#define TABLE_SPAN_BITS      21
#define BUDGET_NS            10000000ul
#define SPARE_TABLES_DEFAULT 16

#define BOOT_INFO_VERSION_VALUE 1

/* Above the top of the stack, with a guard page between each. */
#define BOOT_INFO_OFFSET PAGE_BYTES
#define BUFFER_OFFSET    (3 * PAGE_BYTES)
#define END_OFFSET       (4 * PAGE_BYTES)

static uint64_t stack_top_of(const struct payload *payload)
{
    return payload->base + payload->memory_size + PAGE_BYTES + payload->stack_size;
}

/** Page tables the roottask's own mappings can need: level 3 for each 2 MiB touched, level 2 for each GiB, and the spare ones. */
static uint64_t vspace_size_bits(const struct payload *payload)
{
    uint64_t end = stack_top_of(payload) + END_OFFSET;
    uint64_t level3 = (end >> TABLE_SPAN_BITS) - (payload->base >> TABLE_SPAN_BITS) + 1;
    uint64_t level2 = (end >> 30) - (payload->base >> 30) + 1;
    uint64_t spare = payload->spare_tables != 0 ? payload->spare_tables : SPARE_TABLES_DEFAULT;
    uint64_t last_page = VSPACE_OWN_PAGES + level3 + level2 + spare - 1;
    return PAGE_BITS + 64 - (uint64_t)__builtin_clzl(last_page);
}

/** The CNode comes first: the others' capabilities lie in it. */
static struct slot *object_put(struct roottask *roottask, uint64_t index, uint64_t type, uint64_t size_bits) LOCKED
{
    uint64_t address = memory_take(size_bits);
    if (type == OBJECT_TYPE_CNODE) {
        roottask->slots = (struct slot *)address;
    }
    struct slot *slot = &roottask->slots[index];
    slot_insert_root(slot, untyped_make_object(type, address, size_bits, UNTYPED_KIND_RAM));
    return slot;
}

static void page_map(struct vspace *vspace, uint64_t address, uint64_t physical, uint64_t rights) LOCKED
{
    const struct arch_mapping mapping = {address, physical, PAGE_BITS, rights, FRAME_ATTRIBUTE_NORMAL};
    arch_vspace_map(vspace, &mapping);
}

static void image_map(const struct payload *payload, struct vspace *vspace) LOCKED
{
    uint64_t physical = (uint64_t)payload + payload->image_offset;
    for (uint64_t offset = 0; offset < payload->memory_size; offset += PAGE_BYTES) {
        uint64_t address = payload->base + offset;
        uint64_t right = address >= payload->writable_from ? SEL_RIGHT_WRITE : SEL_RIGHT_EXECUTE;
        uint64_t page = offset < payload->file_size ? physical + offset : memory_take(PAGE_BITS);
        page_map(vspace, address, page, SEL_RIGHT_READ | right);
    }
    /* Written by a loader through another view: make it visible to instruction fetch. */
    arch_cache(CACHE_OPERATION_UNIFY, physical, payload->file_size);
}

static void authorities_put(struct roottask *roottask) LOCKED
{
    uint64_t rights = SEL_RIGHT_READ | SEL_RIGHT_WRITE;
    struct slot *slots = roottask->slots;
    slot_insert_root(&slots[INITIAL_SLOT_SCHED_CONTROL], cap_set_original(sched_control_cap_make(0, rights, 0), 1));
    slot_insert_root(&slots[INITIAL_SLOT_IRQ_CONTROL], cap_set_original(irq_control_cap_make(0, rights), 1));
    slot_insert_root(&slots[INITIAL_SLOT_SMC], cap_set_original(smc_cap_make(0, rights, 0), 1));
    slot_insert_root(&slots[INITIAL_SLOT_CONSOLE], cap_set_original(console_cap_make(0, rights), 1));
}

static void boot_info_fill(const struct payload *payload, struct roottask *roottask)
{
    uint64_t *word = roottask->boot_info;
    word[BOOT_INFO_MAGIC] = BOOT_INFO_MAGIC_VALUE;
    word[BOOT_INFO_VERSION] = BOOT_INFO_VERSION_VALUE;
    word[BOOT_INFO_SLOT_COUNT] = 1ul << (payload->slot_bits & 0xff);
    word[BOOT_INFO_FIRST_FREE_SLOT] = INITIAL_SLOT_UNTYPED_FIRST;
    word[BOOT_INFO_IPC_BUFFER] = stack_top_of(payload) + BUFFER_OFFSET;
    word[BOOT_INFO_PAYLOAD_PHYSICAL] = (uint64_t)payload;
    word[BOOT_INFO_TIMER_FREQUENCY_HZ] = arch_clock_hz();
    word[BOOT_INFO_KERNEL_CONFIG] = CONFIG_WORD;
    word[BOOT_INFO_LIST_REGISTER_COUNT] = arch_vcpu_entry_count();
}

void roottask_create(const struct payload *payload, struct roottask *out)
{
    uint64_t stack_top = stack_top_of(payload);
    uint64_t slot_bits = payload->slot_bits & 0xff;
    struct slot *root_slot = object_put(out, INITIAL_SLOT_CNODE, OBJECT_TYPE_CNODE, slot_bits + CAP_SLOT_SIZE_BITS);
    struct slot *tcb_slot = object_put(out, INITIAL_SLOT_TCB, OBJECT_TYPE_TCB, OBJECT_BITS_TCB);
    struct slot *vspace_slot = object_put(out, INITIAL_SLOT_VSPACE, OBJECT_TYPE_VSPACE, vspace_size_bits(payload));
    struct sched_context *context =
        slot_object(object_put(out, INITIAL_SLOT_SCHED_CONTEXT, OBJECT_TYPE_SCHED_CONTEXT, OBJECT_BITS_SCHED_CONTEXT));
    struct tcb *tcb = slot_object(tcb_slot);
    struct vspace *vspace = slot_object(vspace_slot);
    authorities_put(out);

    image_map(payload, vspace);
    for (uint64_t at = stack_top - payload->stack_size; at < stack_top; at += PAGE_BYTES) {
        page_map(vspace, at, memory_take(PAGE_BITS), SEL_RIGHT_READ | SEL_RIGHT_WRITE);
    }
    out->boot_info = (uint64_t *)memory_take(PAGE_BITS);
    page_map(vspace, stack_top + BOOT_INFO_OFFSET, (uint64_t)out->boot_info, SEL_RIGHT_READ);
    boot_info_fill(payload, out);

    tcb_slot_set(tcb, TCB_SLOT_CSPACE, root_slot);
    tcb_slot_set(tcb, TCB_SLOT_VSPACE, vspace_slot);
    struct slot *buffer_slot = object_put(out, INITIAL_SLOT_BUFFER_FRAME, OBJECT_TYPE_FRAME, PAGE_BITS);
    frame_map(buffer_slot, vspace,
              (struct arch_mapping){.address = stack_top + BUFFER_OFFSET,
                                    .rights = SEL_RIGHT_READ | SEL_RIGHT_WRITE,
                                    .attribute = FRAME_ATTRIBUTE_NORMAL});
    tcb_set_buffer(tcb, buffer_slot, 0);
    arch_register_set(&tcb->registers, THREAD_REG_X0, stack_top + BOOT_INFO_OFFSET, false);
    arch_register_set(&tcb->registers, THREAD_REG_SP, stack_top, false);
    arch_register_set(&tcb->registers, THREAD_REG_PC, payload->entry, false);

    sched_context_configure(context, BUDGET_NS, BUDGET_NS, SEL_LIMIT_REFILL_COUNT_DEFAULT);
    tcb->priority = SEL_LIMIT_PRIORITY_MAX;
    tcb->max_priority = SEL_LIMIT_PRIORITY_MAX;
    sched_context_bind_thread(context, tcb);
    sched_make_ready(tcb);
}
