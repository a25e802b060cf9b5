/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Target boot_image: what the kernel reads before there is a process: the device tree of the firmware and the payload's header behind the
 * kernel. Records make a tree or change a header that is right, so that damage is mostly small. A tree that is refused or read leaves RAM regions
 * that are aligned, apart from each other and as the tree says; a header that is accepted describes what lies inside the payload.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "test/fuzz/lib/fuzz.h"
#include <sys/mman.h>

/* The tables of RAM are the file's own: a run begins with empty ones. */
#include "kernel/boot/memory.c" /* NOLINT(bugprone-suspicious-include) */

#define RECORD_BYTES  16
#define STEPS_MAX     64
#define TREE_MAX      4096
#define KERNEL_END    0x60012345ul
#define PAYLOAD_AT    0x60200000ul
#define PAYLOAD_BYTES 0x40000ul
#define MAGIC         0x53454c5650415931ul /* docs/design/system.md, "Image" */
#define ADDRESS_END   (1ul << 39)
#define RAM_ALIGNMENT (2ul << 20)

#define TREE_BYTES_MAX (16ul << 20) /* a larger one is refused */

const size_t fuzz_record_bytes = RECORD_BYTES;

/** Where a boot that ends goes. */
static jmp_buf refused;

void boot_require(bool is_met, const char *why)
{
    if (!is_met) {
        fuzz_check(free_count < FREE_MAX, "%s", why);
        longjmp(refused, 1);
    }
}

void console_printf(const char *format, ...)
{
    (void)format;
}

void arch_zero(uint64_t address, uint64_t length)
{
    (void)address;
    (void)length;
}

/** Before the tree's size is known to be one, only its header. */
void arch_cache(uint64_t operation, uint64_t address, uint64_t length)
{
    (void)operation;
    (void)address;
    fuzz_check(length <= TREE_BYTES_MAX, "%lu bytes of a tree are cleaned", length);
}

static void forget_memory(void)
{
    ram_count = 0;
    free_count = 0;
}

/* --- device tree --- */

struct tree {
    uint32_t words[TREE_MAX / 4];
    size_t count;
    size_t strings;
};

static const char names[] = "\0#address-cells\0#size-cells\0reg\0device_type\0";
static const uint8_t name_at[] = {0, 1, 16, 28, 32, 17, 44};
static const char *const nodes[] = {"", "memory", "memory@40000000", "memo", "memoryx", "chosen", "cpus"};

static void put(struct tree *tree, uint32_t word)
{
    if (tree->count < TREE_MAX / 4 - sizeof(names) / 4 - 1) {
        tree->words[tree->count++] = __builtin_bswap32(word);
    }
}

static void put_text(struct tree *tree, const char *text)
{
    uint32_t word;
    for (size_t i = 0; i <= strlen(text); i += sizeof(word)) {
        char bytes[4] = {0};
        strncpy(bytes, text + i, sizeof(bytes));
        memcpy(&word, bytes, sizeof(word));
        put(tree, __builtin_bswap32(word));
    }
}

static void put_property(struct tree *tree, struct fuzz_input *input)
{
    uint8_t which = fuzz_u8(input);
    uint32_t cells = which < 16 ? 1 : fuzz_u8(input) % 9;
    put(tree, 3);
    put(tree, which >= 240 ? (uint32_t)fuzz_word(input) : cells * 4);
    put(tree, which % 8 == 7 ? fuzz_u8(input) : name_at[which % 7]);
    for (uint32_t i = 0; i < cells; i++) {
        uint8_t class = fuzz_u8(input);
        put(tree, class < 64 ? class % 4 : class < 128 ? (uint32_t)class << 24 : class < 250 ? 0 : UINT32_MAX);
    }
}

static void put_token(struct tree *tree, struct fuzz_input *input)
{
    uint8_t kind = fuzz_u8(input);
    if (kind < 80) {
        put(tree, 1);
        put_text(tree, nodes[fuzz_u8(input) % 7]);
    } else if (kind < 110) {
        put(tree, 2);
    } else if (kind < 230) {
        put_property(tree, input);
    } else if (kind < 240) {
        put(tree, 4);
    } else {
        put(tree, (uint32_t)fuzz_word(input));
    }
}

/** RAM as read: each region where some bytes of the tree could have put it, none twice. */
static void check_regions(void)
{
    for (uint64_t i = 0; i < ram_count; i++) {
        fuzz_check(memory_ram[i].start < memory_ram[i].end &&
                       (memory_ram[i].start | memory_ram[i].end) % RAM_ALIGNMENT == 0,
                   "RAM from %lx to %lx", memory_ram[i].start, memory_ram[i].end);
        fuzz_check(memory_ram[i].end <= 1ul << SEL_LIMIT_ADDRESS_BITS, "RAM up to %lx, where no address leads",
                   memory_ram[i].end);
        for (uint64_t k = 0; k < i; k++) {
            fuzz_check(memory_ram[i].end <= memory_ram[k].start || memory_ram[k].end <= memory_ram[i].start,
                       "RAM from %lx to %lx and from %lx to %lx is the same memory", memory_ram[k].start,
                       memory_ram[k].end, memory_ram[i].start, memory_ram[i].end);
        }
    }
    for (uint64_t i = 0; i < free_count; i++) {
        struct region region = memory_free[i];
        bool is_inside = region.start >= region.end || memory_is_ram(region.start, region.end - region.start);
        fuzz_check(is_inside, "free memory from %lx to %lx is no RAM", region.start, region.end);
    }
}

static void reserve(struct fuzz_input *input)
{
    uint64_t start = fuzz_word(input) & ~(PAGE_BYTES - 1);
    uint64_t end = start + ((uint64_t)fuzz_number(input, 2) << 12);
    if (start < end && free_count < FREE_MAX - RAM_MAX) {
        memory_reserve(start, end);
        for (uint64_t i = 0; i < free_count; i++) {
            bool is_apart = memory_free[i].end <= start || end <= memory_free[i].start ||
                            memory_free[i].start >= memory_free[i].end;
            fuzz_check(is_apart, "reserved memory is free");
        }
        check_regions();
    }
}

static void run_tree(const uint8_t *data, size_t size)
{
    static struct tree tree;
    tree = (struct tree){.count = 10};
    struct fuzz_input head = {.at = data, .left = RECORD_BYTES};
    for (size_t i = 1; (i + 1) * RECORD_BYTES <= size && i < STEPS_MAX; i++) {
        struct fuzz_input input = {.at = data + i * RECORD_BYTES, .left = RECORD_BYTES};
        put_token(&tree, &input);
    }
    (void)fuzz_u8(&head);
    size_t strings = tree.count * 4;
    memcpy((uint8_t *)tree.words + strings, names, sizeof(names));
    size_t total = strings + sizeof(names);
    uint32_t header[10] = {0xd00dfeed,    (uint32_t)total,         40, (uint32_t)strings, 0, 17, 16, 0,
                           sizeof(names), (uint32_t)(strings - 40)};
    uint8_t damage = fuzz_u8(&head);
    if (damage >= 128) {
        header[damage % 10] = (uint32_t)fuzz_word(&head);
    }
    header[1] = header[1] < total ? header[1] : (uint32_t)total; /* its own length is all that firmware is believed */
    for (unsigned i = 0; i < 10; i++) {
        tree.words[i] = __builtin_bswap32(header[i]);
    }
    size_t bytes = header[1] < 40 ? 40 : header[1];
    uint8_t *copy = aligned_alloc(8, (bytes + 7) & ~7ul);
    memcpy(copy, tree.words, bytes);
    forget_memory();
    if (setjmp(refused) == 0) {
        fdt_find_ram((uint64_t)copy);
    }
    check_regions();
    reserve(&head);
    free(copy);
}

/* --- payload --- */

/** The payload's place, with a page behind it that faults. */
static struct payload *payload_memory(void)
{
    static struct payload *payload;
    if (payload == NULL) {
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
        payload = mmap((void *)PAYLOAD_AT, PAYLOAD_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);
        fuzz_check((uint64_t)payload == PAYLOAD_AT, "no room for a payload");
    }
    return payload;
}

static bool fits(uint64_t offset, uint64_t length, uint64_t size)
{
    return (unsigned __int128)offset + length <= size;
}

/** docs/design/system.md, "Image": what boot relies on. */
static void check_payload(const struct payload *payload)
{
    uint64_t ram_end = memory_ram[0].end;
    fuzz_check(fits(PAYLOAD_AT, payload->size, ram_end), "the payload ends behind RAM");
    fuzz_check(fits(payload->image_offset, payload->file_size, payload->size), "the roottask's image is outside");
    fuzz_check(fits(payload->spec_offset, payload->spec_size, payload->size), "spec.bin is outside");
    fuzz_check(payload->image_offset >= PAGE_BYTES, "the roottask's image is the header");
    fuzz_check(payload->memory_size >= payload->file_size && payload->file_size != 0, "the roottask's sizes");
    fuzz_check(fits(payload->base, payload->memory_size, ADDRESS_END), "the roottask's addresses");
    fuzz_check(payload->entry >= payload->base && payload->entry - payload->base < payload->file_size, "its entry");
    fuzz_check(payload->stack_size != 0 && payload->stack_size < 1ul << 32, "its stack");
    fuzz_check((payload->base | payload->file_size | payload->memory_size | payload->stack_size) % PAGE_BYTES == 0,
               "its pages");
}

static void run_payload(const uint8_t *data, size_t size)
{
    struct payload *payload = payload_memory();
    *payload = (struct payload){.magic = MAGIC,
                                .size = 0x20000,
                                .crc = 1,
                                .entry = 0x1000000010,
                                .base = 0x1000000000,
                                .file_size = 0x4000,
                                .memory_size = 0x6000,
                                .image_offset = 0x1000,
                                .spec_offset = 0x5000,
                                .spec_size = 0x800,
                                .stack_size = 0x2000,
                                .writable_from = 0x1000003000,
                                .slot_bits = 12};
    uint64_t fields = sizeof(*payload) / sizeof(uint64_t);
    for (size_t i = 0; (i + 1) * RECORD_BYTES <= size && i < 4; i++) {
        struct fuzz_input input = {.at = data + i * RECORD_BYTES + 1, .left = RECORD_BYTES - 1};
        uint8_t which = fuzz_u8(&input);
        uint64_t *field = (uint64_t *)payload + which % fields;
        uint64_t word = fuzz_word(&input);
        uint8_t class = fuzz_u8(&input);
        *field = class < 64    ? word
                 : class < 128 ? *field + word
                 : class < 192 ? word << 12
                               : -(word % 8 * PAGE_BYTES); /* sums with it overflow */
    }
    forget_memory();
    struct fuzz_input input = {.at = data, .left = RECORD_BYTES};
    uint64_t ram_bytes = (PAYLOAD_BYTES >> (fuzz_u8(&input) / 2 % 4)) & ~(PAGE_BYTES - 1);
    (void)memory_add_ram(PAYLOAD_AT - RAM_ALIGNMENT, PAYLOAD_AT + ram_bytes);
    if (setjmp(refused) == 0) {
        const struct payload *found = payload_find(KERNEL_END);
        check_payload(found);
        (void)payload_check_crc(found);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < RECORD_BYTES) {
        return 0;
    }
    if (data[0] & 1) {
        run_payload(data, size);
    } else {
        run_tree(data, size);
    }
    return 0;
}
