/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A walk over the flattened tree for nodes `memory` and `memory@...` below the root. The tree comes from firmware: every offset is
 * checked against its size. Runs before the MMU is on: all reads are aligned.
 */
#include "kernel/arch/arch.h"
#include "kernel/boot/boot.h"
#include "kernel/debug/panic.h"

#define FDT_MAGIC      0xd00dfeedu
#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE   2u
#define FDT_PROP       3u
#define FDT_NOP        4u
#define FDT_SIZE_MAX   (16u << 20)
#define RAM_ALIGN      (2ul << 20)
#define RAM_END        (1ul << SEL_LIMIT_ADDRESS_BITS) /* the kernel's own map ends there */
#define MEMORY_DEPTH   2

struct fdt {
    const uint32_t *words;
    uint64_t size;
    uint64_t struct_end;
    uint64_t strings;
    uint64_t at; /* offset of the next token */
    uint64_t depth;
    uint32_t address_cells;
    uint32_t size_cells;
    bool is_memory; /* the node that began last is one; what follows its children or its end is none of its own */
};

static uint32_t word_at(const struct fdt *fdt, uint64_t offset)
{
    return __builtin_bswap32(fdt->words[offset / 4]);
}

static char byte_at(const struct fdt *fdt, uint64_t offset)
{
    return offset < fdt->size ? ((const char *)fdt->words)[offset] : '\0';
}

/** The byte behind `text` where the tree holds it at `offset`; something that ends no name where it does not. */
static char byte_after(const struct fdt *fdt, uint64_t offset, const char *text)
{
    for (; *text != '\0'; text++, offset++) {
        if (byte_at(fdt, offset) != *text) {
            return '?';
        }
    }
    return byte_at(fdt, offset);
}

static uint64_t cells(const struct fdt *fdt, uint64_t offset, uint32_t count)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < count; i++) {
        value = value << 32 | word_at(fdt, offset + 4ul * i);
    }
    return value;
}

/** `reg` of a memory node. Regions are cut to 2 MiB so that the kernel maps them with few tables; nothing lies at address 0, which is no object's. */
static void add_ram(const struct fdt *fdt, uint64_t offset, uint64_t length)
{
    uint64_t entry = 4ul * (fdt->address_cells + fdt->size_cells);
    for (uint64_t i = 0; entry != 0 && i + entry <= length; i += entry) {
        uint64_t start = cells(fdt, offset + i, fdt->address_cells);
        uint64_t end = start + cells(fdt, offset + i + 4ul * fdt->address_cells, fdt->size_cells);
        uint64_t usable = end > RAM_END ? RAM_END : end;
        uint64_t first = __builtin_align_up(start + (start == 0), RAM_ALIGN);
        if (!memory_add_ram(first, __builtin_align_down(usable, RAM_ALIGN)) || usable != end) {
            console_printf("warning: memory from %lx to %lx is not used\n", start, end);
        }
    }
}

static void take_property(struct fdt *fdt)
{
    uint64_t length = word_at(fdt, fdt->at);
    uint64_t name = fdt->strings + word_at(fdt, fdt->at + 4);
    uint64_t value = fdt->at + 8;
    if (length > fdt->struct_end - value) {
        fdt->at = fdt->struct_end;
        return;
    }
    if (fdt->depth == 1 && length == 4 && byte_after(fdt, name, "#address-cells") == '\0') {
        fdt->address_cells = word_at(fdt, value) & 3;
    } else if (fdt->depth == 1 && length == 4 && byte_after(fdt, name, "#size-cells") == '\0') {
        fdt->size_cells = word_at(fdt, value) & 3;
    } else if (fdt->depth == MEMORY_DEPTH && fdt->is_memory && byte_after(fdt, name, "reg") == '\0') {
        add_ram(fdt, value, length);
    }
    fdt->at = value + ((length + 3) & ~3ul);
}

static void take_node(struct fdt *fdt)
{
    fdt->depth++;
    char after = byte_after(fdt, fdt->at, "memory");
    fdt->is_memory = fdt->depth == MEMORY_DEPTH && (after == '\0' || after == '@');
    while (fdt->at < fdt->struct_end && byte_at(fdt, fdt->at) != '\0') {
        fdt->at++;
    }
    fdt->at = (fdt->at + 4) & ~3ul;
}

static bool take_token(struct fdt *fdt)
{
    uint32_t token = word_at(fdt, fdt->at);
    fdt->at += 4;
    if (token == FDT_BEGIN_NODE) {
        take_node(fdt);
    } else if (token == FDT_PROP) {
        take_property(fdt);
    } else if (token == FDT_END_NODE) {
        fdt->depth--;
    }
    return token == FDT_END_NODE ? fdt->depth > 0 : token == FDT_BEGIN_NODE || token == FDT_PROP || token == FDT_NOP;
}

void fdt_find_ram(uint64_t address)
{
    static const char no_tree[] = "no device tree: x0 must hold its address";
    struct fdt fdt = {.words = (const uint32_t *)address, .address_cells = 2, .size_cells = 1, .size = 40};
    boot_require(address != 0 && address % 8 == 0, no_tree);
    /* Its writer may have left it in a cache, which is off here, or stale lines of it (DDI 0487, D7.4). */
    arch_cache(CACHE_OPERATION_CLEAN_INVALIDATE, address, fdt.size);
    boot_require(word_at(&fdt, 0) == FDT_MAGIC, no_tree);
    fdt.size = word_at(&fdt, 4);
    fdt.at = word_at(&fdt, 8);
    fdt.strings = word_at(&fdt, 12);
    fdt.struct_end = fdt.at + word_at(&fdt, 36);
    boot_require(fdt.size <= FDT_SIZE_MAX && fdt.at % 4 == 0 && fdt.struct_end <= fdt.size && fdt.strings <= fdt.size,
                 "the device tree is damaged");
    arch_cache(CACHE_OPERATION_CLEAN_INVALIDATE, address, fdt.size);
    while (fdt.at + 12 <= fdt.struct_end && take_token(&fdt)) {
    }
    boot_require(memory_ram[0].end != 0, "the device tree names no RAM");
}
