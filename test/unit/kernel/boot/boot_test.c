/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Booting from the first instruction in C to the first process: what it is given, and each reason not to start with its sentence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gen/platform.h"
#include "kernel/arch/aarch64/machine.h"
#include "kernel/object/cap.h"
#include "kernel/object/objects.h"
#include "test/unit/kernel/boot/board.h"

#define board_test(function) cmocka_unit_test_setup_teardown(function, board_new, board_delete)

#define E2H                 (1ul << 34)
#define GIC_END             (PLATFORM_GICR_BASE + PLATFORM_GICR_SIZE)
#define PAGE                4096ul
#define STACK_TOP           (0x10000000ul + 0x7000 + PAGE + 0x4000)
#define BOOT_INFO           (STACK_TOP + PAGE)
#define POISON              0x5e5e5e5e5e5e5e5eul
#define UNTYPED_AT(info, i) (&(info)[BOOT_INFO_UNTYPED_OFFSET + 4 * (i)])

/** The roottask's boot information page and CNode, found by way of its thread. */
static const uint64_t *boot_info(void)
{
    struct arch_mapping mapping;
    assert_true(arch_vspace_find(outcome->current->vspace, BOOT_INFO, &mapping));
    assert_int_equal(mapping.address, BOOT_INFO);
    assert_int_equal(mapping.rights, SEL_RIGHT_READ);
    return (const uint64_t *)mapping.physical;
}

static struct cap roottask_cap(uint64_t index)
{
    assert_true(index < outcome->current->cspace_count);
    return outcome->current->cspace_slots[index].cap;
}

/** A boot poisons what is free of RAM, the device tree included. */
static void board_again(void)
{
    assert_int_equal(board_delete(NULL), 0);
    assert_int_equal(board_new(NULL), 0);
}

static void boots(void)
{
    board_boot();
    assert_int_equal(outcome->end, BOARD_ENTERED);
    assert_non_null(outcome->current);
}

/* --- it starts --- */

static void the_first_thread_is_ready_to_run(void **state)
{
    (void)state;
    boots();
    const struct tcb *tcb = outcome->current;
    assert_int_equal(tcb->state, THREAD_READY);
    assert_int_equal(tcb->priority, SEL_LIMIT_PRIORITY_MAX);
    assert_int_equal(arch_register_get(&tcb->registers, THREAD_REG_PC), board_payload()->entry);
    assert_int_equal(arch_register_get(&tcb->registers, THREAD_REG_SP), STACK_TOP);
    assert_int_equal(arch_register_get(&tcb->registers, THREAD_REG_X0), BOOT_INFO);
    assert_int_equal(tcb->cspace_count, 1ul << 12);
    assert_int_equal(cap_type(roottask_cap(INITIAL_SLOT_TCB)), CAP_TYPE_TCB);
    assert_int_equal(cap_type(roottask_cap(INITIAL_SLOT_CNODE)), CAP_TYPE_CNODE);
    assert_int_equal(cap_type(roottask_cap(INITIAL_SLOT_SCHED_CONTROL)), CAP_TYPE_SCHED_CONTROL);
    assert_int_equal(cap_type(roottask_cap(INITIAL_SLOT_IRQ_CONTROL)), CAP_TYPE_IRQ_CONTROL);
    assert_true(outcome->is_mmu_on);
}

static void its_pages_have_the_rights_of_the_header(void **state)
{
    (void)state;
    boots();
    const struct payload *payload = board_payload();
    for (uint64_t at = payload->base; at < payload->base + payload->memory_size; at += PAGE) {
        struct arch_mapping mapping;
        assert_true(arch_vspace_find(outcome->current->vspace, at, &mapping));
        assert_int_equal(mapping.address, at);
        assert_int_equal(mapping.rights, at < payload->writable_from ? SEL_RIGHT_READ | SEL_RIGHT_EXECUTE
                                                                     : SEL_RIGHT_READ | SEL_RIGHT_WRITE);
        if (at - payload->base < payload->file_size) {
            assert_int_equal(mapping.physical, BOARD_PAYLOAD + payload->image_offset + at - payload->base);
        } else {
            assert_int_equal(*(const uint64_t *)mapping.physical, 0);
        }
    }
}

/** Every page of RAM is handed out once, is the kernel's, the payload's or the roottask's own; nothing overlaps. */
static void the_rest_of_the_machine_is_handed_out(void **state)
{
    (void)state;
    static uint8_t is_given[BOARD_RAM_BYTES / PAGE];
    uint64_t device_bytes = 0;
    uint64_t ram_bytes = 0;
    boots();
    const uint64_t *info = boot_info();
    memset(is_given, 0, sizeof(is_given));
    for (uint64_t i = 0; i < info[BOOT_INFO_UNTYPED_COUNT]; i++) {
        const uint64_t *entry = UNTYPED_AT(info, i);
        uint64_t size = 1ul << entry[BOOT_UNTYPED_SIZE_BITS];
        uint64_t address = entry[BOOT_UNTYPED_PHYSICAL];
        assert_int_equal(address % size, 0);
        assert_int_equal(cap_object(roottask_cap(entry[BOOT_UNTYPED_SLOT])), address);
        if (entry[BOOT_UNTYPED_KIND] == UNTYPED_KIND_DEVICE) {
            device_bytes += size;
            assert_true(address + size <= BOARD_RAM || address >= BOARD_RAM_END);
            assert_true(address + size <= PLATFORM_GICD_BASE || address >= GIC_END); /* an ITS between them, too */
            continue;
        }
        ram_bytes += size;
        for (uint64_t at = address; at < address + size; at += PAGE) {
            assert_false(is_given[(at - BOARD_RAM) / PAGE]);
            is_given[(at - BOARD_RAM) / PAGE] = 1;
        }
    }
    assert_false(is_given[(BOARD_KERNEL - BOARD_RAM) / PAGE]);
    assert_false(is_given[((uint64_t)outcome->current - BOARD_RAM) / PAGE]);
    assert_true(is_given[(BOARD_PAYLOAD + 0x8000 - BOARD_RAM) / PAGE]);
    struct arch_mapping own;
    for (uint64_t at = 0; arch_vspace_find(outcome->current->vspace, at, &own); at = own.address + PAGE) {
        assert_false(is_given[(own.physical - BOARD_RAM) / PAGE]); /* not even to itself */
    }
    assert_true(ram_bytes > BOARD_RAM_BYTES - (2ul << 20));
    assert_int_equal(device_bytes, (1ul << 40) - BOARD_RAM_BYTES - (GIC_END - PLATFORM_GICD_BASE));
}

static void free_memory_and_registers_are_poisoned(void **state)
{
    (void)state;
    boots();
    const uint64_t *info = boot_info();
    for (uint64_t i = 0; i < info[BOOT_INFO_UNTYPED_COUNT]; i++) {
        const uint64_t *entry = UNTYPED_AT(info, i);
        if (entry[BOOT_UNTYPED_KIND] == UNTYPED_KIND_RAM) {
            assert_int_equal(*(const uint64_t *)entry[BOOT_UNTYPED_PHYSICAL], POISON);
        }
    }
    assert_int_equal(info[BOOT_INFO_KERNEL_CONFIG] & 4, 4);
}

/** The stack's guard page is the one hole, so that an overflow is a fault. */
static void the_kernel_maps_ram_but_for_its_guard(void **state)
{
    (void)state;
    boots();
    uint64_t at = BOARD_RAM;
    uint64_t text_count = 0;
    for (uint64_t i = 0; i < outcome->mapping_count && outcome->mapping[i].kind != MMU_DEVICE; i++) {
        assert_true(outcome->mapping[i].start == at || outcome->mapping[i].start == at + PAGE);
        at = outcome->mapping[i].end;
        text_count += outcome->mapping[i].kind == MMU_TEXT;
    }
    assert_int_equal(at, BOARD_RAM_END);
    assert_int_equal(text_count, 1);
}

static void ram_elsewhere_is_mapped_and_handed_out(void **state)
{
    (void)state;
    tree_begin(BOARD_TREE);
    tree_node("");
    tree_words("#address-cells", 2);
    tree_words("#size-cells", 2);
    tree_node("memory@40000000");
    tree_words("reg", 0, 0x40000000, 0, 0x2000000, 0, 0x43000000, 0, 0x1000000);
    tree_end();
    tree_end();
    tree_finish();
    boots();
    bool is_mapped = false;
    for (uint64_t i = 0; i < outcome->mapping_count; i++) {
        is_mapped |= outcome->mapping[i].start == 0x43000000 && outcome->mapping[i].end == 0x44000000;
    }
    assert_true(is_mapped);
}

static void the_banner_tells_what_was_checked(void **state)
{
    (void)state;
    boots();
    assert_non_null(strstr(outcome->console, "image checksum: not checked"));
    board_again();
    memset((char *)board_payload() + PAGE, 0, board_payload()->size - PAGE);
    board_payload()->crc = 0x71b7b51a; /* zlib.crc32(bytes(0x3f000)) */
    boots();
    assert_non_null(strstr(outcome->console, "image checksum: right"));
    assert_non_null(
        strstr(outcome->console, "built with: assertions, trace, poisoned RAM and registers, cycle counter readable"));
}

static void spare_page_tables_are_the_roottasks_choice(void **state)
{
    (void)state;
    boots();
    uint64_t few = outcome->current->vspace->free_count;
    board_again();
    board_payload()->spare_tables = 500;
    boots();
    assert_true(few >= 16 && few < 500);
    assert_true(outcome->current->vspace->free_count >= 500);
}

static uint64_t few_slots[(1ul << 12) / 8];

static void hand_out_with_few_slots(void)
{
    struct roottask roottask = {.slots = (struct slot *)BOARD_RAM, .boot_info = few_slots};
    few_slots[BOOT_INFO_SLOT_COUNT] = 4;
    few_slots[BOOT_INFO_FIRST_FREE_SLOT] = 1;
    (void)memory_add_ram(BOARD_RAM, BOARD_RAM_END);
    untypeds_create(board_payload(), &roottask);
    outcome->current = (struct tcb *)few_slots[BOOT_INFO_UNTYPED_COUNT];
}

static void a_large_roottask_starts(void **state)
{
    (void)state;
    board_payload()->memory_size = 16ul << 20;
    board_payload()->stack_size = 16ul << 20;
    boots();
    struct arch_mapping mapping;
    uint64_t stack = board_payload()->base + (16ul << 20) + PAGE;
    assert_true(arch_vspace_find(outcome->current->vspace, stack, &mapping));
    assert_int_equal(mapping.address, stack);
}

/** More pieces than the CNode has slots for are named, not lost without a word. */
static void what_cannot_be_handed_out_is_told(void **state)
{
    (void)state;
    board_run(hand_out_with_few_slots);
    assert_int_equal(outcome->end, BOARD_LEFT);
    assert_int_equal((uint64_t)outcome->current, 3);
    assert_non_null(strstr(outcome->console, "warning: no room to hand out "));
}

/* --- it does not --- */

static void refuses(const char *why)
{
    board_boot();
    assert_int_equal(outcome->end, BOARD_HALTED);
    assert_non_null(strstr(outcome->console, why));
    assert_non_null(strstr(outcome->console, "sel: kernel panic"));
}

static void the_machine_must_be_fit(void **state)
{
    (void)state;
    board.current_el = 4;
    refuses("not started at EL2, the hypervisor mode (QEMU: -machine virtualization=on)");
    board.current_el = 8;
    board_registers.id_aa64mmfr0_el1 = 0xful << 28;
    refuses("this processor has no 4 KiB pages");
    board_registers.id_aa64mmfr0_el1 = 0;
    board_registers.id_aa64dfr0_el1 = 0;
    refuses("this processor has no cycle counter (PMUv3), which this kernel was built to open");
    board_registers.id_aa64dfr0_el1 = 0xf00; /* one of its maker's own */
    refuses("this processor has no cycle counter (PMUv3), which this kernel was built to open");
    board_registers.id_aa64dfr0_el1 = 0x100;
    board_stuck.hcr_el2 = E2H;
    refuses("this processor's E2H cannot be 0: it is not supported");
    assert_false(outcome->is_mmu_on);
}

/** A loader that ran with E2H set does no harm. */
static void e2h_is_cleared(void **state)
{
    (void)state;
    board_registers.hcr_el2 = E2H;
    boots();
}

static void the_image_must_lie_where_it_was_linked_for(void **state)
{
    (void)state;
    board_kernel_at(BOARD_KERNEL + 0x1000);
    refuses("loaded at 40201000, linked for 40200000");
}

static void memory_must_be_told(void **state)
{
    (void)state;
    board.tree = 0;
    refuses("no device tree: x0 must hold its address");
    board.tree = BOARD_TREE;
    tree_begin(BOARD_TREE);
    tree_node("");
    tree_words("#address-cells", 1);
    tree_words("#size-cells", 1);
    tree_node("memory@42000000");
    tree_words("reg", 0x42000000, 0x2000000);
    tree_end();
    tree_end();
    tree_finish();
    refuses("the device tree names no RAM where the kernel is");
}

static void its_tables_must_suffice(void **state)
{
    (void)state;
    for (board.map_max = 0; board.map_max < 7; board.map_max++) {
        refuses("RAM is in too many pieces");
    }
}

static void the_payload_must_be_right(void **state)
{
    (void)state;
    board_payload()->crc = 1;
    refuses("the payload's checksum is wrong: the image is damaged");
    board_payload()->magic = 0;
    refuses("no payload behind the kernel: boot image.bin, not the bare kernel");
}

static void a_roottask_larger_than_ram_is_told(void **state)
{
    (void)state;
    board_payload()->memory_size = 64ul << 20;
    refuses("not enough RAM for the roottask: give the machine more memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        board_test(the_first_thread_is_ready_to_run),
        board_test(its_pages_have_the_rights_of_the_header),
        board_test(the_rest_of_the_machine_is_handed_out),
        board_test(free_memory_and_registers_are_poisoned),
        board_test(the_kernel_maps_ram_but_for_its_guard),
        board_test(ram_elsewhere_is_mapped_and_handed_out),
        board_test(a_large_roottask_starts),
        board_test(the_banner_tells_what_was_checked),
        board_test(spare_page_tables_are_the_roottasks_choice),
        board_test(what_cannot_be_handed_out_is_told),
        board_test(the_machine_must_be_fit),
        board_test(e2h_is_cleared),
        board_test(the_image_must_lie_where_it_was_linked_for),
        board_test(memory_must_be_told),
        board_test(its_tables_must_suffice),
        board_test(the_payload_must_be_right),
        board_test(a_roottask_larger_than_ram_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
