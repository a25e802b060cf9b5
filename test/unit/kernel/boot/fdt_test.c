/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which RAM a device tree names, and trees that firmware got wrong: a sentence or less RAM, never a read outside the tree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/arch/fake/fake.h"
#include "test/unit/kernel/boot/board.h"

#define MEGA2 (2ul << 20)

#define board_test(function) cmocka_unit_test_setup_teardown(function, board_new, board_delete)

static const char *const damaged = "the device tree is damaged";
static const char *const no_ram = "the device tree names no RAM";
static const char *const no_tree = "no device tree: x0 must hold its address";

static void find(void)
{
    fdt_find_ram(board.tree);
}

static void finds(uint64_t count, const struct region *expected)
{
    board_run(find);
    assert_null(board_problem());
    for (uint64_t i = 0; i <= count; i++) {
        assert_int_equal(outcome->ram[i].start, i < count ? expected[i].start : 0);
        assert_int_equal(outcome->ram[i].end, i < count ? expected[i].end : 0);
    }
}

static void refuses(const char *why)
{
    board_run(find);
    assert_non_null(board_problem());
    assert_string_equal(board_problem(), why);
}

static void root_begin(uint32_t address_cells, uint32_t size_cells)
{
    tree_begin(board.tree);
    tree_node("");
    tree_words("#address-cells", address_cells);
    tree_words("#size-cells", size_cells);
}

static void tree_done(void)
{
    tree_end();
    tree_finish();
}

/* --- right trees --- */

static void nothing_lies_at_address_0(void **state)
{
    (void)state;
    const struct region ram = {0x200000, 0x4000000};
    root_begin(1, 1);
    tree_node("memory@0");
    tree_words("reg", 0, 0x4000000);
    tree_end();
    tree_done();
    finds(1, &ram);
}

static void a_region_is_found_whatever_its_cells(void **state)
{
    (void)state;
    for (uint32_t cells = 1; cells <= 2; cells++) {
        root_begin(cells, cells);
        tree_node("memory@40000000");
        if (cells == 1) {
            tree_words("reg", 0x40000000, 0x4000000);
        } else {
            tree_words("reg", 0x1, 0x40000000, 0, 0x4000000);
        }
        tree_end();
        tree_done();
        uint64_t start = cells == 1 ? 0x40000000 : 0x140000000;
        finds(1, (const struct region[]){{start, start + 0x4000000}});
    }
}

static void several_nodes_and_entries_are_found(void **state)
{
    (void)state;
    root_begin(1, 1);
    tree_node("memory");
    tree_words("device_type", 0x6d656d6f, 0x72790000);
    tree_words("reg", 0x40000000, 0x1000000, 0x50000000, 0x2000000);
    tree_end();
    tree_word(4); /* NOP */
    tree_node("memory@60000000");
    tree_words("reg", 0x60000000, 0x400000);
    tree_end();
    tree_done();
    finds(3, (const struct region[]){{0x40000000, 0x41000000}, {0x50000000, 0x52000000}, {0x60000000, 0x60400000}});
}

static void what_is_not_memory_below_the_root_is_no_ram(void **state)
{
    (void)state;
    root_begin(1, 1);
    tree_words("reg", 0x10000000, 0x1000000);
    tree_node("memory-controller@80000000");
    tree_words("reg", 0x80000000, 0x1000000);
    tree_end();
    tree_node("mem");
    tree_words("reg", 0x90000000, 0x1000000);
    tree_end();
    tree_node("soc");
    tree_words("#address-cells", 2);
    tree_words("#size-cells", 2);
    tree_node("memory@70000000");
    tree_words("reg", 0x70000000, 0x1000000);
    tree_end();
    tree_end();
    tree_node("memory@40000000");
    tree_words("region", 1);
    tree_words("reg", 0x40000000, 0x1000000);
    tree_end();
    tree_done();
    finds(1, (const struct region[]){{0x40000000, 0x41000000}});
}

static void regions_are_cut_to_whole_blocks(void **state)
{
    (void)state;
    root_begin(1, 1);
    tree_node("memory@40001000");
    tree_words("reg", 0x40001000, 0x600000, 0x50000000, 0x1ff000);
    tree_end();
    tree_done();
    finds(1, (const struct region[]){{0x40000000 + MEGA2, 0x40000000 + 3 * MEGA2}});
}

/** The kernel's own map has 39 bits: what lies beyond would have no translation. */
static void memory_beyond_the_map_is_cut(void **state)
{
    (void)state;
    root_begin(2, 2);
    tree_node("memory");
    tree_words("reg", 0x7f, 0xff000000, 0, 0x2000000, 0x80, 0, 0, 0x1000000, 0xffffffff, 0xfff00000, 0, 0x200000);
    tree_end();
    tree_done();
    finds(1, (const struct region[]){{0x7fff000000, 0x8000000000}});
    assert_non_null(strstr(outcome->console, "warning: memory from 7fff000000 to 8001000000 is not used"));
    assert_non_null(strstr(outcome->console, "warning: memory from 8000000000 to 8001000000 is not used"));
}

static void find_and_look_at_the_cache(void)
{
    find();
    boot_require(fake.cache_operation == CACHE_OPERATION_CLEAN_INVALIDATE && fake.cache_address == board.tree &&
                     fake.cache_length == tree_size(),
                 "the tree is read, but not cleaned");
}

/** With caches off memory may not hold what the loader wrote. */
static void the_tree_is_cleaned(void **state)
{
    (void)state;
    root_begin(1, 1);
    tree_node("memory");
    tree_words("reg", 0x40000000, 0x1000000);
    tree_end();
    tree_done();
    board_run(find_and_look_at_the_cache);
    assert_null(board_problem());
}

static void no_more_regions_than_the_table_holds(void **state)
{
    (void)state;
    struct region expected[16];
    root_begin(1, 1);
    for (uint32_t i = 0; i < 20; i++) {
        tree_node("memory");
        tree_words("reg", 0x40000000 + i * 0x1000000, MEGA2);
        tree_end();
        if (i < 16) {
            expected[i] = (struct region){0x40000000ul + i * 0x1000000ul, 0x40200000ul + i * 0x1000000ul};
        }
    }
    tree_done();
    finds(16, expected);
}

/* --- wrong ones --- */

static void no_address_is_touched_that_is_none(void **state)
{
    (void)state;
    board.tree = 0;
    refuses(no_tree);
    assert_int_equal(outcome->cache_count, 0);
}

static void there_must_be_a_tree(void **state)
{
    (void)state;
    tree_header(0, 0xfeedd00d);
    refuses(no_tree);
    board.tree += 4;
    refuses(no_tree);
    board.tree = 0;
    refuses(no_tree);
}

static void offsets_must_lie_inside(void **state)
{
    (void)state;
    static const struct {
        uint64_t index;
        uint32_t word;
    } cases[] = {
        {1, (16u << 20) + 1}, /* size */
        {2, 41},              /* the structure's offset */
        {3, 0x1000},          /* the strings' offset */
        {9, 0x1000},          /* the structure's size */
    };
    for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(board_delete(NULL), 0);
        assert_int_equal(board_new(NULL), 0);
        tree_header(cases[i].index, cases[i].word);
        refuses(damaged);
    }
}

static void a_tree_without_memory_is_told(void **state)
{
    (void)state;
    root_begin(1, 1);
    tree_done();
    refuses(no_ram);
    root_begin(0, 0);
    tree_node("memory");
    tree_words("reg", 0x40000000, 0x1000000);
    tree_end();
    tree_done();
    refuses(no_ram);
}

static void what_ends_too_early_is_left(void **state)
{
    (void)state;
    root_begin(1, 1);
    tree_node("memory@40000000");
    tree_words("reg", 0x40000000, 0x1000000, 0x50000000);
    tree_end();
    tree_word(77); /* no token */
    tree_node("memory@60000000");
    tree_words("reg", 0x60000000, 0x1000000);
    tree_end();
    tree_done();
    finds(1, (const struct region[]){{0x40000000, 0x41000000}});
    root_begin(1, 1);
    tree_node("memory@40000000");
    tree_words("reg", 0x40000000, 0x1000000);
    tree_word(3);
    tree_word(0xfffffff0); /* a property longer than the tree */
    tree_word(0);
    tree_done();
    finds(1, (const struct region[]){{0x40000000, 0x41000000}});
}

/** At the very end of RAM a read beyond the tree is a crash. */
static void nothing_beyond_the_tree_is_read(void **state)
{
    (void)state;
    root_begin(1, 1);
    tree_node("memory@40000000");
    tree_words("reg", 0x40000000, 0x1000000);
    tree_words("x", 1);
    tree_done();
    uint32_t size = (tree_size() + 7) & ~7u;
    char *whole = malloc(size);
    assert_non_null(whole);
    memcpy(whole, (const void *)board.tree, size);
    board.tree = BOARD_RAM_END - size;
    for (uint32_t strings = 0; strings <= size; strings += 4) {
        memcpy((void *)board.tree, whole, size);
        ((uint32_t *)board.tree)[1] = __builtin_bswap32(size);
        ((uint32_t *)board.tree)[3] = __builtin_bswap32(strings);
        board_run(find);
        (void)board_problem();
    }
    for (uint32_t length = 0; length <= size - 40; length += 4) {
        memcpy((void *)board.tree, whole, size);
        ((uint32_t *)board.tree)[9] = __builtin_bswap32(length);
        board_run(find);
        (void)board_problem();
    }
    free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        board_test(nothing_lies_at_address_0),
        board_test(a_region_is_found_whatever_its_cells),
        board_test(several_nodes_and_entries_are_found),
        board_test(what_is_not_memory_below_the_root_is_no_ram),
        board_test(regions_are_cut_to_whole_blocks),
        board_test(memory_beyond_the_map_is_cut),
        board_test(the_tree_is_cleaned),
        board_test(no_more_regions_than_the_table_holds),
        board_test(there_must_be_a_tree),
        board_test(no_address_is_touched_that_is_none),
        board_test(offsets_must_lie_inside),
        board_test(a_tree_without_memory_is_told),
        board_test(what_ends_too_early_is_left),
        board_test(nothing_beyond_the_tree_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
