/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit sees what differs between the live state and the spec: planted by the spec's test flags, and by changing the live state.
 */
#include <stdlib.h>
#include <string.h>

#include "roottask/audit.h"
#include "roottask/give_up.h"
#include "test/unit/roottask/fake_machine.h"
#include "test/unit/roottask/spec_builder.h"

static struct spec_builder builder;
static struct spec spec;
static struct boot_memory memory;
static struct audit audit;
static uint8_t *bytes;

static int start(void **state)
{
    builder_small_system(&builder);
    bytes = NULL;
    return fake_start(state);
}

static int end(void **state)
{
    free(bytes);
    return fake_end(state);
}

static void construct_system(void)
{
    struct window window = fake_window_addresses();
    size_t size = 0;

    bytes = builder_finish(&builder, &size);
    fake_open(&spec, bytes, size);
    fake_boot_memory(&memory, &spec);
    assert_true(construct_objects(&spec, &memory) && construct_fixed_frames(&spec, &memory) &&
                construct_capabilities(&spec) && construct_contents(&spec, &window) && construct_mappings(&spec));
}

static void run_audit(void)
{
    audit_system(&audit, &spec);
    assert_true(give_up(&spec, &memory));
    audit_own(&audit, &memory);
}

/* 2 capabilities of the process; own: 6 of the body, 1 Untyped, 8 objects, 40 frames, device, 2 of 3 payload pages, IRQ, 2 minted. */
#define TOTAL_EXACT "audit: 63 capabilities and 41 mappings compared, 0 differences\n"

static void an_exact_system_has_no_differences(void **state)
{
    (void)state;
    construct_system();
    run_audit();
    assert_string_equal(fake_console, TOTAL_EXACT);
}

static void planted_differences_are_named(void **state)
{
    (void)state;
    struct spec_capability *events = (struct spec_capability *)builder.rows[SPEC_TABLE_CAPABILITY][2];
    struct spec_capability *service = (struct spec_capability *)builder.rows[SPEC_TABLE_CAPABILITY][3];
    struct spec_mapping *code = (struct spec_mapping *)builder.rows[SPEC_TABLE_MAPPING][0];
    struct spec_capability extra = {.source = SLOT_TCB,
                                    .cnode = SLOT_CNODE,
                                    .index = 12,
                                    .rights = SEL_RIGHT_READ | SEL_RIGHT_WRITE,
                                    .flags = SPEC_AUDIT_PLANTED,
                                    .name = builder_string(&builder, "extra")};

    events->flags = SPEC_AUDIT_OMITTED;
    service->flags = SPEC_AUDIT_WIDENED;
    code->flags = SPEC_AUDIT_PLANTED;
    builder_add(&builder, SPEC_TABLE_CAPABILITY, &extra);
    construct_system();
    run_audit();
    assert_string_equal(fake_console,
                        "audit: process worker slot 5: missing capability events\n"
                        "audit: process worker slot 6: wider right Endpoint service (READ GRANT INSPECT)\n"
                        "audit: process worker slot 12: extra capability TCB worker_tcb (READ WRITE)\n"
                        "audit: process worker address 0x1010000000: extra mapping worker_image (READ EXECUTE)\n"
                        "audit: 63 capabilities and 41 mappings compared, 4 differences\n");
}

static void planted_mappings_are_named(void **state)
{
    (void)state;
    struct spec_mapping *code = (struct spec_mapping *)builder.rows[SPEC_TABLE_MAPPING][0];

    code->flags = SPEC_AUDIT_WIDENED;
    construct_system();
    run_audit();
    assert_non_null(strstr(
        fake_console, "audit: process worker address 0x1010000000: wider right of mapping worker_image (WRITE)\n"));
    assert_non_null(strstr(fake_console, ", 1 differences\n"));
}

static void a_missing_mapping_is_named(void **state)
{
    (void)state;
    struct spec_mapping *code = (struct spec_mapping *)builder.rows[SPEC_TABLE_MAPPING][0];

    code->flags = SPEC_AUDIT_OMITTED;
    construct_system();
    run_audit();
    assert_string_equal(fake_console, "audit: process worker address 0x1010000000: missing mapping worker_image\n"
                                      "audit: 63 capabilities and 40 mappings compared, 1 differences\n");
}

/* A process may or may not have made it by now; with more rights, or of other memory, it is named. */
static void a_mapping_on_demand_may_be_there_or_not(void **state)
{
    (void)state;
    struct spec_mapping *code = (struct spec_mapping *)builder.rows[SPEC_TABLE_MAPPING][0];

    code->flags = SPEC_MAPPING_ON_DEMAND;
    construct_system();
    uint32_t made = fake_mapping_count;
    audit_system(&audit, &spec);
    assert_string_equal(fake_console, "");

    assert_int_equal(sel_frame_map(code->frame_slot, code->vspace_slot, code->vaddr, code->rights, code->attribute), 0);
    assert_int_equal(fake_mapping_count, made + 1);
    audit_system(&audit, &spec);
    assert_string_equal(fake_console, "");

    fake_mappings[made].rights |= SEL_RIGHT_WRITE;
    audit_system(&audit, &spec);
    assert_non_null(strstr(fake_console, "wider right of mapping worker_image (WRITE)\n"));
}

static void a_changed_live_state_is_seen(void **state)
{
    (void)state;
    construct_system();
    fake_cnode_slots[0][5].rights = 0;
    fake_cnode_slots[0][6].badge = 8;
    fake_mappings[0].physical += 4096;
    fake_mappings[1].attribute = FRAME_ATTRIBUTE_UNCACHED;
    fake_mappings[2].rights = SEL_RIGHT_READ;
    run_audit();
    assert_non_null(strstr(fake_console, "slot 5: narrower right Notification events (READ)\n"));
    assert_non_null(strstr(fake_console, "slot 6: other badge Endpoint service (WRITE)\n"));
    assert_non_null(strstr(fake_console, "mapping of other memory than worker_image"));
    assert_non_null(strstr(fake_console, "mapping with another memory attribute worker_data"));
    assert_non_null(strstr(fake_console, "narrower right of mapping worker_data (WRITE)\n"));
    assert_non_null(strstr(fake_console, ", 5 differences\n"));
}

/* The slot at the very end of a CNode, and badges of every kind of capability that has one, also where the spec gives none. */
static void every_slot_and_badge_is_seen(void **state)
{
    (void)state;
    const uint32_t last = (1u << SMALL_CNODE_BITS) / SEL_LIMIT_SLOT_BYTES - 1;

    construct_system();
    fake_slots[SLOT_ENDPOINT].type = CAP_TYPE_SMC;
    fake_cnode_slots[0][6].type = CAP_TYPE_SMC;
    audit_system(&audit, &spec);
    assert_int_equal(audit.difference_count, 0);
    fake_cnode_slots[0][last] = fake_cnode_slots[0][6];
    fake_cnode_slots[0][5].badge = 3;
    fake_cnode_slots[0][6].badge = 8;
    audit_system(&audit, &spec);
    assert_non_null(strstr(fake_console, "slot 127: extra capability"));
    assert_non_null(strstr(fake_console, "slot 5: other badge Notification events"));
    assert_non_null(strstr(fake_console, "slot 6: other badge SMC service"));
    assert_int_equal(audit.difference_count, 3);
}

/* A guest's space is compared like a process's; what lies behind a mapping is not part of it. */
static void a_guests_space_is_compared(void **state)
{
    (void)state;
    construct_system();
    for (uint32_t i = 0; i < spec_count(&spec, SPEC_TABLE_OBJECT); i++) {
        struct spec_object *row = (struct spec_object *)&spec.object[i];
        row->type = row->type == OBJECT_TYPE_VSPACE ? OBJECT_TYPE_VSPACE_GUEST : row->type;
    }
    fake_mappings[0].address += 4096;
    audit_system(&audit, &spec);
    assert_non_null(strstr(fake_console, "address 0x1010000000: missing mapping worker_image\n"));
    assert_non_null(strstr(fake_console, "address 0x1010001000: extra mapping worker_image (READ EXECUTE)\n"));
    assert_int_equal(audit.difference_count, 2);
}

static void another_object_is_seen(void **state)
{
    (void)state;
    construct_system();
    fake_cnode_slots[0][5].object = fake_slots[SLOT_ENDPOINT].object;
    run_audit();
    assert_non_null(strstr(fake_console, "slot 5: other object Notification faults (READ)\n"));
}

static void what_the_roottask_keeps_too_much_is_seen(void **state)
{
    (void)state;
    construct_system();
    audit_system(&audit, &spec);
    assert_true(give_up(&spec, &memory));
    fake_slots[16] = (struct fake_cap){.type = CAP_TYPE_SCHED_CONTROL};
    fake_slots[SLOT_TIMER] = (struct fake_cap){0};
    audit_own(&audit, &memory);
    assert_non_null(strstr(fake_console, "audit: process roottask slot 16: extra capability SchedControl"));
    assert_non_null(strstr(fake_console, "audit: process roottask slot 108: missing capability worker_timer\n"));
    assert_non_null(strstr(fake_console, ", 2 differences\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_exact_system_has_no_differences, start, end),
        cmocka_unit_test_setup_teardown(planted_differences_are_named, start, end),
        cmocka_unit_test_setup_teardown(planted_mappings_are_named, start, end),
        cmocka_unit_test_setup_teardown(a_missing_mapping_is_named, start, end),
        cmocka_unit_test_setup_teardown(a_mapping_on_demand_may_be_there_or_not, start, end),
        cmocka_unit_test_setup_teardown(a_changed_live_state_is_seen, start, end),
        cmocka_unit_test_setup_teardown(every_slot_and_badge_is_seen, start, end),
        cmocka_unit_test_setup_teardown(a_guests_space_is_compared, start, end),
        cmocka_unit_test_setup_teardown(another_object_is_seen, start, end),
        cmocka_unit_test_setup_teardown(what_the_roottask_keeps_too_much_is_seen, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
