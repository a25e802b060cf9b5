/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spec.bin is believed only after it has been checked: every field that could lead out of bounds, cut at every length, and damaged at random.
 */
#include <stdlib.h>
#include <string.h>

#include "test/unit/roottask/fake_machine.h"
#include "test/unit/roottask/spec_builder.h"

static const struct spec_limits roomy = {.available_bytes = 1 << 20, .first_free_slot = 20, .slot_end = 256};

static void a_whole_spec_is_accepted(void **state)
{
    (void)state;
    struct spec_builder builder;
    struct spec spec;
    struct spec_problem problem;
    size_t size = 0;

    builder_small_system(&builder);
    uint8_t *bytes = builder_finish(&builder, &size);
    assert_true(spec_open(&spec, bytes, &roomy, &problem));
    assert_int_equal(spec_count(&spec, SPEC_TABLE_CAPABILITY), 4);
    assert_string_equal(spec_string(&spec, spec.thread[0].name), "worker");
    assert_string_equal(spec_slot_name(&spec, SLOT_PAGES + 39), "worker_data");
    assert_string_equal(spec_slot_name(&spec, SLOT_PAYLOAD + 2), "worker_image");
    assert_string_equal(spec_slot_name(&spec, SLOT_IRQ), "uart_irq");
    assert_string_equal(spec_slot_name(&spec, SLOT_FAULT_CAP), "worker_fault");
    assert_string_equal(spec_slot_name(&spec, 60), "(unnamed)");
    free(bytes);
}

/* One field set to a value that leads out of bounds: who must be named. */
struct damage {
    enum spec_table table;
    uint32_t row;
    size_t offset;
    uint32_t value;
    const char *field;
};

#define DAMAGE(enumerator, table, row, member, value)                                                                  \
    {SPEC_TABLE_##enumerator, row, offsetof(struct spec_##table, member), value, #member}

static const struct damage damages[] = {
    DAMAGE(PART, part, 0, name, 0x7fffffff),
    DAMAGE(PART, part, 0, first_untyped, 1),
    DAMAGE(PART, part, 0, first_untyped, 0xffffffff),
    DAMAGE(UNTYPED, untyped, 0, slot, 19),
    DAMAGE(UNTYPED, untyped, 0, slot, SLOT_END),
    DAMAGE(UNTYPED, untyped, 0, part, 1),
    DAMAGE(UNTYPED, untyped, 0, size_bits, 48),
    DAMAGE(OBJECT, object, 2, count, 0),
    DAMAGE(OBJECT, object, 8, slot, SLOT_END - SMALL_PAGE_COUNT + 1),
    DAMAGE(OBJECT, object, 8, slot, 0xfffffff0),
    DAMAGE(OBJECT, object, 0, untyped, 1),
    DAMAGE(OBJECT, object, 0, name, 4),
    DAMAGE(FIXED_FRAME, fixed_frame, 1, count, 0),
    DAMAGE(FIXED_FRAME, fixed_frame, 1, slot, 5),
    DAMAGE(FIXED_FRAME, fixed_frame, 0, kind, 2),
    DAMAGE(FIXED_FRAME, fixed_frame, 0, size_bits, 13),
    DAMAGE(FIXED_FRAME, fixed_frame, 0, name, 0),
    DAMAGE(IRQ_HANDLER, irq_handler, 0, slot, 0),
    DAMAGE(IRQ_HANDLER, irq_handler, 0, name, 0),
    DAMAGE(CAPABILITY, capability, 0, source, 0),
    DAMAGE(CAPABILITY, capability, 0, source, SLOT_END),
    DAMAGE(CAPABILITY, capability, 0, index, 19),
    DAMAGE(CAPABILITY, capability, 0, index, SLOT_END),
    DAMAGE(CAPABILITY, capability, 2, cnode, SLOT_END),
    DAMAGE(CAPABILITY, capability, 2, name, 0xffffffff),
    DAMAGE(COPY, copy, 0, source_slot, SLOT_END),
    DAMAGE(COPY, copy, 0, frame_slot, 0),
    DAMAGE(COPY, copy, 0, length, 0xffffffff),
    DAMAGE(MAPPING, mapping, 1, count, 0),
    DAMAGE(MAPPING, mapping, 1, frame_slot, SLOT_END - SMALL_PAGE_COUNT + 1),
    DAMAGE(MAPPING, mapping, 1, vspace_slot, 0),
    DAMAGE(SCHED, sched, 0, slot, 0),
    DAMAGE(SCHED, sched, 0, thread_slot, SLOT_END),
    DAMAGE(SCHED, sched, 0, home_slot, SLOT_END),
    DAMAGE(THREAD, thread, 0, name, 0),
    DAMAGE(THREAD, thread, 0, part, 1),
    DAMAGE(THREAD, thread, 0, tcb_slot, 0),
    DAMAGE(THREAD, thread, 0, cspace_slot, 0),
    DAMAGE(THREAD, thread, 0, vspace_slot, 0),
    DAMAGE(THREAD, thread, 0, buffer_slot, SLOT_END),
    DAMAGE(THREAD, thread, 0, fault_slot, SLOT_END),
    DAMAGE(THREAD, thread, 0, timeout_slot, SLOT_END),
    DAMAGE(THREAD, thread, 0, notification_slot, SLOT_END),
    DAMAGE(THREAD, thread, 0, vcpu_slot, SLOT_END),
    DAMAGE(THREAD, thread, 0, sched, 2),
    DAMAGE(THREAD, thread, 0, first_symbol, 1),
    DAMAGE(IRQ_BIND, irq_bind, 0, handler_slot, 0),
    DAMAGE(IRQ_BIND, irq_bind, 0, notification_slot, SLOT_END),
    DAMAGE(TIMER_BIND, timer_bind, 0, timer_slot, SLOT_END),
    DAMAGE(TIMER_BIND, timer_bind, 0, notification_slot, 0),
    DAMAGE(GIVE_UP, give_up, 0, slot, SLOT_END),
    DAMAGE(SYMBOL, symbol, 1, name, 3),
};

static void every_field_that_could_lead_out_of_bounds_is_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        const struct damage *damage = &damages[i];
        struct spec_builder builder;
        struct spec spec;
        struct spec_problem problem = {0};
        size_t size = 0;
        builder_small_system(&builder);
        uint8_t *bytes = builder_finish(&builder, &size);
        const struct spec_header *header = (const struct spec_header *)bytes;
        size_t row = header->tables[damage->table].offset + damage->row * spec_row_size(damage->table);
        memcpy(bytes + row + damage->offset, &damage->value, 4);
        if (spec_open(&spec, bytes, &roomy, &problem)) {
            fail_msg("%s.%s = %#x was accepted", spec_table_name(damage->table), damage->field, damage->value);
        }
        assert_string_equal(problem.field, damage->field);
        assert_int_equal(problem.table, damage->table);
        assert_int_equal(problem.row, damage->row);
        free(bytes);
    }
}

/** The byte behind the file is no string of it. */
static void a_string_behind_the_end_is_refused(void **state)
{
    (void)state;
    struct spec_builder builder;
    struct spec spec;
    struct spec_problem problem = {0};
    size_t size = 0;
    builder_small_system(&builder);
    uint8_t *bytes = builder_finish(&builder, &size);
    const struct spec_header *header = (const struct spec_header *)bytes;
    uint32_t end = (uint32_t)size;
    memcpy(bytes + header->tables[SPEC_TABLE_PART].offset + offsetof(struct spec_part, name), &end, sizeof(end));
    assert_false(spec_open(&spec, bytes, &roomy, &problem));
    assert_string_equal(problem.field, "name");
    free(bytes);
}

static void header_is(uint32_t *field, uint32_t value, const char *name, uint8_t *bytes)
{
    struct spec spec;
    struct spec_problem problem = {0};
    uint32_t old = *field;

    *field = value;
    assert_false(spec_open(&spec, bytes, &roomy, &problem));
    assert_string_equal(problem.field, name);
    assert_int_equal(problem.table, SPEC_TABLE_COUNT);
    *field = old;
}

static void the_header_is_checked(void **state)
{
    (void)state;
    struct spec_builder builder;
    size_t size = 0;

    builder_small_system(&builder);
    uint8_t *bytes = builder_finish(&builder, &size);
    struct spec_header *header = (struct spec_header *)bytes;
    header_is((uint32_t *)&header->magic, 0, "magic", bytes);
    header_is(&header->version, SPEC_VERSION + 1, "version", bytes);
    header_is(&header->total_bytes, 1 << 21, "total_bytes", bytes);
    header_is(&header->total_bytes, 0, "total_bytes", bytes);
    header_is(&header->slots_end, 257, "slots_end", bytes);
    header_is(&header->skip_slot, 3, "header slot", bytes);
    header_is(&header->skip_count, 0xffffffff, "header slot", bytes);
    header_is(&header->fault_endpoint_slot, 0, "header slot", bytes);
    header_is(&header->reply_slot, SLOT_END, "header slot", bytes);
    header_is(&header->power_off_slot, SLOT_END, "header slot", bytes);
    header_is(&header->system_name, 0, "system_name", bytes);
    header_is(&header->tables[SPEC_TABLE_THREAD].offset, 4, "thread", bytes);
    header_is(&header->tables[SPEC_TABLE_THREAD].count, 0xffffffff, "thread", bytes);
    header_is(&header->tables[SPEC_TABLE_SYMBOL].offset, (uint32_t)size + 8, "symbol", bytes);
    free(bytes);
}

static void a_spec_cut_at_any_length_is_refused(void **state)
{
    (void)state;
    struct spec_builder builder;
    size_t size = 0;

    builder_small_system(&builder);
    uint8_t *bytes = builder_finish(&builder, &size);
    for (size_t length = 0; length < size; length++) {
        struct spec spec;
        struct spec_problem problem;
        struct spec_limits limits = roomy;
        limits.available_bytes = length;
        uint8_t *cut = malloc(length + 1); /* ASan sees any access behind it */
        memcpy(cut, bytes, length);
        assert_false(spec_open(&spec, cut, &limits, &problem));
        free(cut);
    }
    free(bytes);
}

/** Ask everything that the roottask asks of an accepted spec. */
static void walk(const struct spec *spec)
{
    volatile size_t sum = 0;

    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_THREAD); i++) {
        sum += strlen(spec_string(spec, spec->thread[i].name));
        sum += spec_find_symbol(spec, &spec->thread[i], SMALL_VADDR + 0x21) != NULL;
        sum += spec->part[spec->thread[i].part].flags;
    }
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_SYMBOL); i++) {
        sum += strlen(spec_string(spec, spec->symbol[i].name));
    }
    for (uint32_t slot = 0; slot < 256; slot++) {
        sum += strlen(spec_slot_name(spec, slot));
    }
}

static void damage_at_random_is_refused_or_harmless(void **state)
{
    (void)state;
    struct spec_builder builder;
    size_t size = 0;
    uint32_t random = 1;
    uint32_t accepted = 0;

    builder_small_system(&builder);
    uint8_t *bytes = builder_finish(&builder, &size);
    uint8_t *damaged = malloc(size);
    for (uint32_t round = 0; round < 20000; round++) {
        struct spec spec;
        struct spec_problem problem;
        struct spec_limits limits = roomy;
        limits.available_bytes = size;
        memcpy(damaged, bytes, size);
        for (uint32_t i = 0; i <= round % 4; i++) {
            random = random * 1664525u + 1013904223u; /* Numerical Recipes */
            damaged[(random >> 8) % size] = (uint8_t)(random >> 24);
        }
        if (spec_open(&spec, damaged, &limits, &problem)) {
            accepted++;
            walk(&spec);
        }
    }
    assert_in_range(accepted, 1, 19999); /* both outcomes were tried */
    free(damaged);
    free(bytes);
}

static void symbols_are_found_by_address(void **state)
{
    (void)state;
    struct spec_builder builder;
    struct spec spec;
    size_t size = 0;

    builder_small_system(&builder);
    uint8_t *bytes = builder_finish(&builder, &size);
    fake_open(&spec, bytes, size);
    const struct spec_thread *thread = &spec.thread[0];
    assert_null(spec_find_symbol(&spec, thread, SMALL_VADDR - 1));
    assert_ptr_equal(spec_find_symbol(&spec, thread, SMALL_VADDR), &spec.symbol[0]);
    assert_ptr_equal(spec_find_symbol(&spec, thread, SMALL_VADDR + 0xf), &spec.symbol[0]);
    assert_null(spec_find_symbol(&spec, thread, SMALL_VADDR + 0x10));
    assert_ptr_equal(spec_find_symbol(&spec, thread, SMALL_VADDR + 0x20), &spec.symbol[1]);
    assert_ptr_equal(spec_find_symbol(&spec, thread, SMALL_VADDR + 0x500), &spec.symbol[1]);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_spec_is_accepted),
        cmocka_unit_test(every_field_that_could_lead_out_of_bounds_is_checked),
        cmocka_unit_test(a_string_behind_the_end_is_refused),
        cmocka_unit_test(the_header_is_checked),
        cmocka_unit_test(a_spec_cut_at_any_length_is_refused),
        cmocka_unit_test(damage_at_random_is_refused_or_harmless),
        cmocka_unit_test(symbols_are_found_by_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
