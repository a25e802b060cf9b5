/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds spec.bin for the tests: see spec_builder.h.
 */
#include "test/unit/roottask/spec_builder.h"

#include <stdlib.h>
#include <string.h>

#include "gen/abi.h"

void builder_start(struct spec_builder *builder)
{
    memset(builder, 0, sizeof(*builder));
    builder->header = (struct spec_header){
        .magic = SPEC_MAGIC,
        .version = SPEC_VERSION,
        .slots_end = SLOT_END,
        .skip_slot = SLOT_SKIP,
        .skip_count = 10,
        .fault_endpoint_slot = SLOT_ENDPOINT,
        .reply_slot = SLOT_REPLY,
        .power_off_slot = SLOT_SMC,
        .system_name = builder_string(builder, "small"),
    };
}

uint32_t builder_string(struct spec_builder *builder, const char *string)
{
    uint32_t token = (uint32_t)builder->string_bytes;

    memcpy(builder->strings + token, string, strlen(string) + 1);
    builder->string_bytes += strlen(string) + 1;
    return token;
}

void builder_add(struct spec_builder *builder, enum spec_table table, const void *row)
{
    memcpy(builder->rows[table][builder->counts[table]++], row, spec_row_size(table));
}

static const struct {
    enum spec_table table;
    size_t offset;
} name_fields[] = {
    {SPEC_TABLE_PART, offsetof(struct spec_part, name)},
    {SPEC_TABLE_OBJECT, offsetof(struct spec_object, name)},
    {SPEC_TABLE_FIXED_FRAME, offsetof(struct spec_fixed_frame, name)},
    {SPEC_TABLE_IRQ_HANDLER, offsetof(struct spec_irq_handler, name)},
    {SPEC_TABLE_CAPABILITY, offsetof(struct spec_capability, name)},
    {SPEC_TABLE_THREAD, offsetof(struct spec_thread, name)},
    {SPEC_TABLE_SYMBOL, offsetof(struct spec_symbol, name)},
};

static void relocate(uint8_t *bytes, const struct spec_header *header, uint32_t strings_at)
{
    for (size_t i = 0; i < sizeof(name_fields) / sizeof(name_fields[0]); i++) {
        enum spec_table table = name_fields[i].table;
        uint8_t *row = bytes + header->tables[table].offset;
        for (uint32_t k = 0; k < header->tables[table].count; k++, row += spec_row_size(table)) {
            *(uint32_t *)(row + name_fields[i].offset) += strings_at;
        }
    }
}

uint8_t *builder_finish(const struct spec_builder *builder, size_t *size)
{
    struct spec_header header = builder->header;
    size_t offset = sizeof(header);

    for (uint32_t i = 0; i < SPEC_TABLE_COUNT; i++) {
        header.tables[i] = (struct spec_directory_entry){.offset = (uint32_t)offset, .count = builder->counts[i]};
        offset += (size_t)builder->counts[i] * spec_row_size(i);
    }
    *size = (offset + builder->string_bytes + 7) & ~(size_t)7;
    header.total_bytes = (uint32_t)*size;
    header.system_name += (uint32_t)offset;
    uint8_t *bytes = calloc(1, *size);
    memcpy(bytes, &header, sizeof(header));
    for (uint32_t i = 0; i < SPEC_TABLE_COUNT; i++) {
        for (uint32_t k = 0; k < builder->counts[i]; k++) {
            memcpy(bytes + header.tables[i].offset + k * spec_row_size(i), builder->rows[i][k], spec_row_size(i));
        }
    }
    memcpy(bytes + offset, builder->strings, builder->string_bytes);
    relocate(bytes, &header, (uint32_t)offset);
    return bytes;
}

static void add_object(struct spec_builder *builder, uint32_t slot, uint32_t count, uint16_t type, uint16_t size_bits,
                       const char *name)
{
    struct spec_object row = {.slot = slot,
                              .count = count,
                              .untyped = 0,
                              .type = type,
                              .size_bits = size_bits,
                              .name = builder_string(builder, name)};

    builder_add(builder, SPEC_TABLE_OBJECT, &row);
}

static void add_objects(struct spec_builder *builder)
{
    struct spec_part part = {.name = builder_string(builder, "worker_part"), .first_untyped = 0, .untyped_count = 1};
    struct spec_untyped untyped = {.slot = SLOT_UNTYPED, .part = 0, .size_bits = 20};
    struct spec_fixed_frame device = {.address = SMALL_DEVICE,
                                      .slot = SLOT_DEVICE,
                                      .count = 1,
                                      .kind = SPEC_FIXED_DEVICE,
                                      .size_bits = 12,
                                      .name = builder_string(builder, "uart")};
    struct spec_fixed_frame payload = {.address = 0x6000,
                                       .slot = SLOT_PAYLOAD,
                                       .count = 3,
                                       .kind = SPEC_FIXED_PAYLOAD,
                                       .size_bits = 12,
                                       .name = builder_string(builder, "worker_image")};
    struct spec_irq_handler irq = {.slot = SLOT_IRQ, .intid = 33, .name = builder_string(builder, "uart_irq")};

    builder_add(builder, SPEC_TABLE_PART, &part);
    builder_add(builder, SPEC_TABLE_UNTYPED, &untyped);
    add_object(builder, SLOT_CNODE, 1, OBJECT_TYPE_CNODE, SMALL_CNODE_BITS, "worker_cnode");
    add_object(builder, SLOT_VSPACE, 1, OBJECT_TYPE_VSPACE, 15, "worker_vspace");
    add_object(builder, SLOT_TCB, 1, OBJECT_TYPE_TCB, 11, "worker_tcb");
    add_object(builder, SLOT_ENDPOINT, 1, OBJECT_TYPE_ENDPOINT, 6, "faults");
    add_object(builder, SLOT_NOTIFICATION, 1, OBJECT_TYPE_NOTIFICATION, 6, "worker_events");
    add_object(builder, SLOT_SCHED, 1, OBJECT_TYPE_SCHED_CONTEXT, 9, "worker_time");
    add_object(builder, SLOT_REPLY, 1, OBJECT_TYPE_REPLY, 6, "fault_reply");
    add_object(builder, SLOT_TIMER, 1, OBJECT_TYPE_TIMER, 6, "worker_timer");
    add_object(builder, SLOT_PAGES, SMALL_PAGE_COUNT, OBJECT_TYPE_FRAME, 12, "worker_data");
    builder_add(builder, SPEC_TABLE_FIXED_FRAME, &device);
    builder_add(builder, SPEC_TABLE_FIXED_FRAME, &payload);
    builder_add(builder, SPEC_TABLE_IRQ_HANDLER, &irq);
}

static void add_capabilities(struct spec_builder *builder)
{
    struct spec_capability fault = {.source = SLOT_ENDPOINT,
                                    .index = SLOT_FAULT_CAP,
                                    .rights = SEL_RIGHT_WRITE | SEL_RIGHT_GRANT,
                                    .badge = 1,
                                    .name = builder_string(builder, "worker_fault")};
    struct spec_capability smc = {.source = INITIAL_SLOT_SMC,
                                  .index = SLOT_SMC,
                                  .badge = 0x84000008,
                                  .name = builder_string(builder, "power_off")};
    struct spec_capability events = {.source = SLOT_NOTIFICATION,
                                     .cnode = SLOT_CNODE,
                                     .index = 5,
                                     .rights = SEL_RIGHT_READ,
                                     .name = builder_string(builder, "events")};
    struct spec_capability service = {.source = SLOT_ENDPOINT,
                                      .cnode = SLOT_CNODE,
                                      .index = 6,
                                      .rights = SEL_RIGHT_WRITE,
                                      .badge = 7,
                                      .name = builder_string(builder, "service")};

    builder_add(builder, SPEC_TABLE_CAPABILITY, &fault);
    builder_add(builder, SPEC_TABLE_CAPABILITY, &smc);
    builder_add(builder, SPEC_TABLE_CAPABILITY, &events);
    builder_add(builder, SPEC_TABLE_CAPABILITY, &service);
}

static void add_thread(struct spec_builder *builder)
{
    struct spec_sched sched = {.budget_ns = 2000000,
                               .period_ns = 10000000,
                               .badge = 1,
                               .slot = SLOT_SCHED,
                               .thread_slot = SLOT_TCB,
                               .home_slot = SLOT_NOTIFICATION};
    struct spec_thread thread = {.pc = SMALL_VADDR,
                                 .sp = SMALL_VADDR + 0x8000,
                                 .buffer_vaddr = SMALL_VADDR + 0x4000,
                                 .name = builder_string(builder, "worker"),
                                 .flags = SPEC_THREAD_START | SPEC_THREAD_PASSIVE,
                                 .tcb_slot = SLOT_TCB,
                                 .cspace_slot = SLOT_CNODE,
                                 .vspace_slot = SLOT_VSPACE,
                                 .buffer_slot = SLOT_PAGES,
                                 .priority = 50,
                                 .max_priority = 60,
                                 .fault_slot = SLOT_FAULT_CAP,
                                 .notification_slot = SLOT_NOTIFICATION,
                                 .sched = 1,
                                 .first_symbol = 0,
                                 .symbol_count = 2};
    struct spec_symbol start = {.vaddr = SMALL_VADDR, .size = 0x10, .name = builder_string(builder, "_start")};
    struct spec_symbol work = {.vaddr = SMALL_VADDR + 0x20, .size = 0, .name = builder_string(builder, "work")};

    builder_add(builder, SPEC_TABLE_SCHED, &sched);
    builder_add(builder, SPEC_TABLE_THREAD, &thread);
    builder_add(builder, SPEC_TABLE_SYMBOL, &start);
    builder_add(builder, SPEC_TABLE_SYMBOL, &work);
}

void builder_small_system(struct spec_builder *builder)
{
    struct spec_copy copy = {
        .source = 0x7000, .source_slot = SLOT_PAYLOAD + 1, .frame_slot = SLOT_PAGES, .length = 5000};
    struct spec_mapping code = {.vaddr = SMALL_VADDR,
                                .frame_slot = SLOT_PAYLOAD,
                                .vspace_slot = SLOT_VSPACE,
                                .count = 1,
                                .size_bits = 12,
                                .rights = SEL_RIGHT_READ | SEL_RIGHT_EXECUTE};
    struct spec_mapping data = {.vaddr = SMALL_VADDR + 0x10000,
                                .frame_slot = SLOT_PAGES,
                                .vspace_slot = SLOT_VSPACE,
                                .count = SMALL_PAGE_COUNT,
                                .size_bits = 12,
                                .rights = SEL_RIGHT_READ | SEL_RIGHT_WRITE};
    struct spec_irq_bind irq = {.handler_slot = SLOT_IRQ, .notification_slot = SLOT_NOTIFICATION};
    struct spec_timer_bind timer = {.timer_slot = SLOT_TIMER, .notification_slot = SLOT_NOTIFICATION};
    struct spec_give_up give_up = {.slot = SLOT_PAYLOAD};

    builder_start(builder);
    add_objects(builder);
    add_capabilities(builder);
    builder_add(builder, SPEC_TABLE_COPY, &copy);
    builder_add(builder, SPEC_TABLE_MAPPING, &code);
    builder_add(builder, SPEC_TABLE_MAPPING, &data);
    add_thread(builder);
    builder_add(builder, SPEC_TABLE_IRQ_BIND, &irq);
    builder_add(builder, SPEC_TABLE_TIMER_BIND, &timer);
    builder_add(builder, SPEC_TABLE_GIVE_UP, &give_up);
}
