/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of the kernel as the roottask sees it: see fake_machine.h.
 */
#include "test/unit/roottask/fake_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sel/error.h"

#define PAGE         4096u
#define WINDOW_PAGES 18

struct fake_cap fake_slots[FAKE_SLOTS];
struct fake_cap fake_cnode_slots[FAKE_CNODES][FAKE_SLOTS];
struct fake_mapping fake_mappings[FAKE_MAPPINGS];
uint32_t fake_mapping_count;
char fake_console[16384];
char fake_log[16384];
uint64_t fake_registers[THREAD_REG_COUNT];
uint64_t fake_boot_info[512];
uint8_t *fake_payload;
const uint64_t fake_payload_physical = 0x40800000;
uint32_t fake_refuse_after;
sel_err_t fake_refusal;
uint8_t *fake_window;

static uint64_t cnode_objects[FAKE_CNODES];
static uint32_t cnode_count;

/* What is handed over: one Untyped of RAM, the payload behind the roottask (2 pieces), one of devices. */
static const uint64_t boot_untypeds[][4] = {
    {0x41000000, 24, UNTYPED_KIND_RAM, 16},
    {0x40804000, 14, UNTYPED_KIND_PRELOADED, 17},
    {0x40808000, 15, UNTYPED_KIND_PRELOADED, 18},
    {0x08000000, 26, UNTYPED_KIND_DEVICE, 19},
};

static bool is_refused(sel_err_t *error)
{
    if (fake_refuse_after == 0 || --fake_refuse_after != 0) {
        return false;
    }
    *error = fake_refusal;
    return true;
}

#define REFUSE_IF_ASKED()                                                                                              \
    do {                                                                                                               \
        sel_err_t refusal_;                                                                                            \
        if (is_refused(&refusal_)) {                                                                                   \
            return refusal_;                                                                                           \
        }                                                                                                              \
    } while (0)

size_t sel_error_sentence(char *buffer, size_t size)
{
    return (size_t)snprintf(buffer, size, "refused by the fake");
}

static void log_call(const char *format, ...)
{
    size_t length = strlen(fake_log);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(fake_log + length, sizeof(fake_log) - length, format, arguments);
    va_end(arguments);
}

static struct fake_cap *cnode_slots(sel_cap_t cnode)
{
    if (cnode == INITIAL_SLOT_CNODE) {
        return fake_slots;
    }
    assert_int_equal(fake_slots[cnode].type, CAP_TYPE_CNODE);
    for (uint32_t i = 0; i < cnode_count; i++) {
        if (cnode_objects[i] == fake_slots[cnode].object) {
            return fake_cnode_slots[i];
        }
    }
    fail_msg("CNode %u is unknown", (unsigned)cnode);
    return NULL;
}

struct window fake_window_addresses(void)
{
    return (struct window){.source = (uintptr_t)fake_window, .target = (uintptr_t)fake_window + PAGE};
}

int fake_start(void **state)
{
    (void)state;
    memset(fake_slots, 0, sizeof(fake_slots));
    memset(fake_cnode_slots, 0, sizeof(fake_cnode_slots));
    memset(fake_boot_info, 0, sizeof(fake_boot_info));
    fake_console[0] = '\0';
    fake_log[0] = '\0';
    fake_mapping_count = 0;
    fake_refuse_after = 0;
    cnode_count = 0;
    static const uint8_t types[] = {[INITIAL_SLOT_CNODE] = CAP_TYPE_CNODE,
                                    [INITIAL_SLOT_TCB] = CAP_TYPE_TCB,
                                    [INITIAL_SLOT_VSPACE] = CAP_TYPE_VSPACE,
                                    [INITIAL_SLOT_SCHED_CONTEXT] = CAP_TYPE_SCHED_CONTEXT,
                                    [INITIAL_SLOT_SCHED_CONTROL] = CAP_TYPE_SCHED_CONTROL,
                                    [INITIAL_SLOT_IRQ_CONTROL] = CAP_TYPE_IRQ_CONTROL,
                                    [INITIAL_SLOT_SMC] = CAP_TYPE_SMC,
                                    [INITIAL_SLOT_CONSOLE] = CAP_TYPE_CONSOLE,
                                    [INITIAL_SLOT_BUFFER_FRAME] = CAP_TYPE_FRAME};
    for (uint32_t i = 1; i < sizeof(types); i++) {
        fake_slots[i] = (struct fake_cap){.type = types[i], .rights = 15, .object = i};
    }
    fake_boot_info[BOOT_INFO_MAGIC] = BOOT_INFO_MAGIC_VALUE;
    fake_boot_info[BOOT_INFO_UNTYPED_COUNT] = 4;
    fake_boot_info[BOOT_INFO_SLOT_COUNT] = FAKE_SLOTS;
    fake_boot_info[BOOT_INFO_FIRST_FREE_SLOT] = 20;
    fake_boot_info[BOOT_INFO_PAYLOAD_PHYSICAL] = fake_payload_physical;
    memcpy(&fake_boot_info[BOOT_INFO_UNTYPED_OFFSET], boot_untypeds, sizeof(boot_untypeds));
    for (uint32_t i = 0; i < 4; i++) {
        const uint64_t *entry = boot_untypeds[i];
        fake_slots[entry[BOOT_UNTYPED_SLOT]] = (struct fake_cap){.type = CAP_TYPE_UNTYPED,
                                                                 .object = entry[BOOT_UNTYPED_PHYSICAL],
                                                                 .free = entry[BOOT_UNTYPED_PHYSICAL],
                                                                 .size_bits = entry[BOOT_UNTYPED_SIZE_BITS]};
    }
    fake_payload = calloc(1, 0x10000);
    fake_window = aligned_alloc(PAGE, WINDOW_PAGES * PAGE);
    memset(fake_window, 0, WINDOW_PAGES * PAGE);
    return 0;
}

int fake_end(void **state)
{
    (void)state;
    free(fake_payload);
    free(fake_window);
    return 0;
}

void fake_open(struct spec *spec, const uint8_t *bytes, size_t size)
{
    struct spec_limits limits = {.available_bytes = size, .first_free_slot = 20, .slot_end = FAKE_SLOTS};
    struct spec_problem problem = {0};

    if (!spec_open(spec, bytes, &limits, &problem)) {
        fail_msg("%s %u: %s: %s", spec_table_name(problem.table), problem.row, problem.field, problem.sentence);
    }
}

void fake_boot_memory(struct boot_memory *memory, const struct spec *spec)
{
    assert_true(boot_memory_read(memory, fake_boot_info));
    memory->skip_slot = spec->header->skip_slot;
    memory->skip_end = memory->skip_slot + spec->header->skip_count;
    memory->spec_first_slot = FAKE_SLOTS;
}

static uint64_t object_bits(uint64_t type, uint64_t size_bits)
{
    switch (type) {
    case OBJECT_TYPE_UNTYPED:
    case OBJECT_TYPE_CNODE:
    case OBJECT_TYPE_VSPACE:
    case OBJECT_TYPE_VSPACE_GUEST:
    case OBJECT_TYPE_FRAME:
        return size_bits;
    case OBJECT_TYPE_TCB:
        return 11;
    case OBJECT_TYPE_VCPU:
        return 12;
    case OBJECT_TYPE_SCHED_CONTEXT:
        return 9;
    default:
        return 6;
    }
}

sel_err_t sel_untyped_retype(sel_cap_t untyped, uint64_t object_type, uint64_t size_bits, sel_cap_t dest,
                             uint64_t index, uint64_t count)
{
    REFUSE_IF_ASKED();
    struct fake_cap *source = &fake_slots[untyped];
    uint64_t bytes = 1ull << object_bits(object_type, size_bits);
    uint64_t start = (source->free + bytes - 1) & ~(bytes - 1);

    assert_int_equal(source->type, CAP_TYPE_UNTYPED);
    assert_int_equal(dest, INITIAL_SLOT_CNODE);
    assert_in_range(count, 1, 32);
    if (start + count * bytes > source->object + (1ull << source->size_bits)) {
        return SEL_ERROR_NO_MEMORY;
    }
    for (uint64_t i = 0; i < count; i++) {
        struct fake_cap *slot = &fake_slots[index + i];
        assert_int_equal(slot->type, CAP_TYPE_NULL);
        *slot = (struct fake_cap){.type = object_type == OBJECT_TYPE_VSPACE_GUEST ? CAP_TYPE_VSPACE : object_type,
                                  .rights = 15,
                                  .object = start + i * bytes,
                                  .free = start + i * bytes,
                                  .size_bits = object_bits(object_type, size_bits)};
        if (object_type == OBJECT_TYPE_CNODE) {
            cnode_objects[cnode_count++] = slot->object;
        }
    }
    source->free = start + count * bytes;
    return SEL_ERROR_OK;
}

static sel_err_t put_copy(sel_cap_t cnode, uint64_t index, uint64_t source_index, uint64_t rights, uint64_t badge)
{
    struct fake_cap *slot = &cnode_slots(cnode)[index];
    const struct fake_cap *source = &fake_slots[source_index];

    if (slot->type != CAP_TYPE_NULL) {
        return SEL_ERROR_SLOT_OCCUPIED;
    }
    if (source->type == CAP_TYPE_NULL) {
        return SEL_ERROR_SLOT_EMPTY;
    }
    *slot = *source;
    slot->rights &= rights;
    slot->is_mapped = false;
    slot->badge = badge != 0 ? badge : source->badge;
    return SEL_ERROR_OK;
}

sel_err_t sel_cnode_copy(sel_cap_t cnode, uint64_t index, sel_cap_t source, uint64_t source_index, uint64_t rights)
{
    REFUSE_IF_ASKED();
    assert_int_equal(source, INITIAL_SLOT_CNODE);
    return put_copy(cnode, index, source_index, rights, 0);
}

sel_err_t sel_cnode_mint(sel_cap_t cnode, uint64_t index, sel_cap_t source, uint64_t source_index, uint64_t rights,
                         uint64_t badge)
{
    REFUSE_IF_ASKED();
    assert_int_equal(source, INITIAL_SLOT_CNODE);
    return put_copy(cnode, index, source_index, rights, badge);
}

sel_err_t sel_cnode_move(sel_cap_t cnode, uint64_t index, sel_cap_t source, uint64_t source_index)
{
    REFUSE_IF_ASKED();
    assert_int_equal(source, INITIAL_SLOT_CNODE);
    sel_err_t error = put_copy(cnode, index, source_index, 15, 0);
    fake_slots[source_index] = (struct fake_cap){0};
    return error;
}

sel_err_t sel_cnode_delete(sel_cap_t cnode, uint64_t index)
{
    REFUSE_IF_ASKED();
    cnode_slots(cnode)[index] = (struct fake_cap){0};
    return SEL_ERROR_OK;
}

sel_err_t sel_cnode_inspect(sel_cap_t cnode, uint64_t index, uint64_t *word0, uint64_t *word1, uint64_t *object,
                            uint64_t *size_bits)
{
    const struct fake_cap *slot = &cnode_slots(cnode)[index];

    *word0 = slot->type | slot->rights << 5;
    *word1 = slot->badge;
    *object = slot->object;
    *size_bits = slot->size_bits;
    return SEL_ERROR_OK;
}

/** What a mapping at an own address makes visible: the payload's bytes, or what is written to a page of RAM. */
static void show_page(uint64_t address, uint64_t physical)
{
    uint8_t *page = (uint8_t *)(uintptr_t)address;

    if (physical >= fake_payload_physical && physical < fake_payload_physical + 0x10000) {
        memcpy(page, fake_payload + (physical - fake_payload_physical), PAGE);
    } else {
        memset(page, 0, PAGE);
    }
}

sel_err_t sel_frame_map(sel_cap_t frame, sel_cap_t vspace, uint64_t address, uint64_t rights, uint64_t attribute)
{
    REFUSE_IF_ASKED();
    struct fake_cap *cap = &fake_slots[frame];

    if (cap->type != CAP_TYPE_FRAME || cap->is_mapped) {
        return SEL_ERROR_ALREADY_MAPPED;
    }
    cap->is_mapped = true;
    fake_mappings[fake_mapping_count++] = (struct fake_mapping){.vspace = fake_slots[vspace].object,
                                                                .address = address,
                                                                .physical = cap->object,
                                                                .size_bits = cap->size_bits,
                                                                .rights = rights,
                                                                .attribute = attribute};
    if (vspace == INITIAL_SLOT_VSPACE) {
        show_page(address, cap->object);
    }
    return SEL_ERROR_OK;
}

sel_err_t sel_frame_unmap(sel_cap_t frame)
{
    REFUSE_IF_ASKED();
    for (uint32_t i = 0; i < fake_mapping_count; i++) {
        if (fake_mappings[i].physical == fake_slots[frame].object) {
            log_call("unmap %u after %02x..%02x\n", (unsigned)frame, *(uint8_t *)(uintptr_t)fake_mappings[i].address,
                     ((uint8_t *)(uintptr_t)fake_mappings[i].address)[PAGE - 1]);
            fake_mappings[i] = fake_mappings[--fake_mapping_count];
        }
    }
    fake_slots[frame].is_mapped = false;
    return SEL_ERROR_OK;
}

sel_err_t sel_frame_address(sel_cap_t frame, uint64_t *physical, uint64_t *size_bits)
{
    *physical = fake_slots[frame].object;
    *size_bits = fake_slots[frame].size_bits;
    return SEL_ERROR_OK;
}

sel_err_t sel_vspace_inspect(sel_cap_t vspace, uint64_t address, uint64_t *next_address, uint64_t *physical,
                             uint64_t *size_bits, uint64_t *rights)
{
    const struct fake_mapping *first = NULL;

    for (uint32_t i = 0; i < fake_mapping_count; i++) {
        const struct fake_mapping *mapping = &fake_mappings[i];
        if (mapping->vspace == fake_slots[vspace].object && mapping->address >= address &&
            (first == NULL || mapping->address < first->address)) {
            first = mapping;
        }
    }
    if (first == NULL) {
        return SEL_ERROR_NOT_MAPPED;
    }
    *next_address = first->address;
    *physical = first->physical;
    *size_bits = first->size_bits;
    *rights = first->rights | first->attribute << 8;
    return SEL_ERROR_OK;
}

sel_err_t sel_console_write(sel_cap_t console, uint64_t length, const void *bytes)
{
    assert_int_equal(console, INITIAL_SLOT_CONSOLE);
    assert_in_range(length, 1, SEL_LIMIT_CONSOLE_WRITE_MAX);
    strncat(fake_console, bytes, length);
    return SEL_ERROR_OK;
}

#define LOGGED(name, ...)                                                                                              \
    do {                                                                                                               \
        REFUSE_IF_ASKED();                                                                                             \
        log_call(name "\n", __VA_ARGS__);                                                                              \
        return SEL_ERROR_OK;                                                                                           \
    } while (0)

typedef unsigned long long ull;

sel_err_t sel_tcb_configure(sel_cap_t tcb, sel_cap_t cspace, sel_cap_t vspace, sel_cap_t buffer, uint64_t buffer_offset)
{
    LOGGED("configure %llu %llu %llu %llu %llu", (ull)tcb, (ull)cspace, (ull)vspace, (ull)buffer, (ull)buffer_offset);
}

sel_err_t sel_tcb_set_priority(sel_cap_t tcb, sel_cap_t authority, uint64_t priority, uint64_t max_priority)
{
    LOGGED("priority %llu %llu %llu %llu", (ull)tcb, (ull)authority, (ull)priority, (ull)max_priority);
}

sel_err_t sel_tcb_set_fault_handler(sel_cap_t tcb, sel_cap_t endpoint)
{
    LOGGED("fault_handler %llu %llu", (ull)tcb, (ull)endpoint);
}

sel_err_t sel_tcb_set_timeout_handler(sel_cap_t tcb, sel_cap_t endpoint)
{
    LOGGED("timeout_handler %llu %llu", (ull)tcb, (ull)endpoint);
}

sel_err_t sel_tcb_write_registers(sel_cap_t tcb, uint64_t first, uint64_t count, const uint64_t *registers)
{
    assert_int_equal(count, 2);
    LOGGED("registers %llu %llu %llx %llx", (ull)tcb, (ull)first, (ull)registers[0], (ull)registers[1]);
}

sel_err_t sel_tcb_read_registers(sel_cap_t tcb, uint64_t first, uint64_t count, uint64_t *registers)
{
    REFUSE_IF_ASKED();
    assert_int_equal(fake_slots[tcb].type, CAP_TYPE_TCB);
    memcpy(registers, fake_registers + first, count * sizeof(*registers));
    return SEL_ERROR_OK;
}

sel_err_t sel_tcb_resume(sel_cap_t tcb)
{
    LOGGED("resume %llu", (ull)tcb);
}

sel_err_t sel_tcb_bind_notification(sel_cap_t tcb, sel_cap_t notification)
{
    LOGGED("bind_notification %llu %llu", (ull)tcb, (ull)notification);
}

sel_err_t sel_tcb_bind_vcpu(sel_cap_t tcb, sel_cap_t vcpu)
{
    LOGGED("bind_vcpu %llu %llu", (ull)tcb, (ull)vcpu);
}

sel_err_t sel_tcb_set_features(sel_cap_t tcb, uint64_t flags)
{
    LOGGED("features %llu %llu", (ull)tcb, (ull)flags);
}

sel_err_t sel_sched_control_configure(sel_cap_t sched_control, sel_cap_t context, uint64_t budget_ns,
                                      uint64_t period_ns, uint64_t refills, uint64_t badge)
{
    assert_int_equal(sched_control, INITIAL_SLOT_SCHED_CONTROL);
    LOGGED("time %llu %llu %llu %llu %llu", (ull)context, (ull)budget_ns, (ull)period_ns, (ull)refills, (ull)badge);
}

sel_err_t sel_sched_context_bind(sel_cap_t sched_context, sel_cap_t target)
{
    LOGGED("bind %llu %llu", (ull)sched_context, (ull)target);
}

sel_err_t sel_sched_context_unbind(sel_cap_t sched_context)
{
    LOGGED("unbind %llu", (ull)sched_context);
}

sel_err_t sel_timer_bind(sel_cap_t timer, sel_cap_t notification)
{
    LOGGED("timer %llu %llu", (ull)timer, (ull)notification);
}

sel_err_t sel_irq_control_get(sel_cap_t irq_control, uint64_t irq, uint64_t trigger, sel_cap_t dest, uint64_t index)
{
    REFUSE_IF_ASKED();
    assert_int_equal(irq_control, INITIAL_SLOT_IRQ_CONTROL);
    assert_int_equal(dest, INITIAL_SLOT_CNODE);
    fake_slots[index] = (struct fake_cap){.type = CAP_TYPE_IRQ_HANDLER, .badge = irq, .object = trigger};
    return SEL_ERROR_OK;
}

sel_err_t sel_irq_handler_set_notification(sel_cap_t irq_handler, sel_cap_t notification)
{
    LOGGED("irq %llu %llu", (ull)irq_handler, (ull)notification);
}

sel_err_t sel_irq_handler_acknowledge(sel_cap_t irq_handler)
{
    LOGGED("acknowledge %llu", (ull)irq_handler);
}
