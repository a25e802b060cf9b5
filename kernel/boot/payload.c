/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the payload's header. It comes with the kernel in one image, but an image may be cut short or put together wrongly: every
 * number is checked before it is used.
 */
#include "kernel/boot/payload.h"

#include <stddef.h>

#include "gen/abi.h"
#include "kernel/arch/aarch64/registers.h"
#include "kernel/boot/memory.h"

#define PAYLOAD_ALIGN (2ul << 20)
#define PAYLOAD_MAGIC 0x53454c5650415931ul
#define SLOT_BITS_DEFAULT 12
#define SLOT_BITS_MIN 8
#define SLOT_BITS_MAX 20
#define SPARE_TABLES_DEFAULT 16
#define SPARE_TABLES_MAX 4096
#define STACK_MAX (16ul << 20)
#define ROOTTASK_MAX (64ul << 20)

enum payload_word {
    WORD_MAGIC,
    WORD_SIZE,
    WORD_CRC,
    WORD_ENTRY,
    WORD_BASE,
    WORD_FILE_SIZE,
    WORD_MEMORY_SIZE,
    WORD_IMAGE_OFFSET,
    WORD_SPEC_OFFSET,
    WORD_SPEC_SIZE,
    WORD_STACK,
    WORD_WRITABLE_FROM,
    WORD_FLAGS,
    WORD_SPARE_TABLES,
};

static bool is_page_multiple(uint64_t value)
{
    return value % PAGE_BYTES == 0;
}

static const char *check_roottask(const struct payload *payload)
{
    uint64_t end = payload->base + payload->memory_size;
    if (!is_page_multiple(payload->base) || !is_page_multiple(payload->file_size) || !is_page_multiple(payload->memory_size) ||
        !is_page_multiple(payload->image_offset) || !is_page_multiple(payload->stack_size) || !is_page_multiple(payload->writable_from)) {
        return "the payload's header: sizes and addresses must be multiples of 4096";
    }
    if (payload->file_size == 0 || payload->memory_size < payload->file_size || payload->memory_size > ROOTTASK_MAX) {
        return "the payload's header: the roottask's sizes make no sense";
    }
    if (payload->base == 0 || end < payload->base || end > (1ul << SEL_LIMIT_ADDRESS_BITS) - ROOTTASK_MAX) {
        return "the payload's header: the roottask lies outside the address space";
    }
    if (payload->entry < payload->base || payload->entry >= payload->base + payload->file_size) {
        return "the payload's header: the roottask's entry lies outside its image";
    }
    if (payload->image_offset < PAGE_BYTES || payload->image_offset > payload->size || payload->file_size > payload->size - payload->image_offset) {
        return "the payload's header: the roottask's image lies outside the payload";
    }
    if (payload->stack_size == 0 || payload->stack_size > STACK_MAX) {
        return "the payload's header: the roottask's stack size makes no sense";
    }
    return NULL;
}

static const char *check_rest(const struct payload *payload)
{
    if (payload->spec_offset > payload->size || payload->spec_size > payload->size - payload->spec_offset) {
        return "the payload's header: spec.bin lies outside the payload";
    }
    if (payload->slot_bits < SLOT_BITS_MIN || payload->slot_bits > SLOT_BITS_MAX) {
        return "the payload's header: the roottask's CNode must have 2^8..2^20 slots";
    }
    if (payload->spare_tables > SPARE_TABLES_MAX) {
        return "the payload's header: too many spare page tables";
    }
    return NULL;
}

const char *payload_read(uint64_t kernel_end, struct payload *out)
{
    uint64_t physical = (kernel_end + PAYLOAD_ALIGN - 1) & ~(PAYLOAD_ALIGN - 1);
    const uint64_t *word = (const uint64_t *)physical;
    if (!memory_is_ram(physical, PAGE_BYTES) || word[WORD_MAGIC] != PAYLOAD_MAGIC) {
        return "no payload behind the kernel: boot image.bin, not the bare kernel";
    }
    *out = (struct payload){
        .physical = physical,
        .size = word[WORD_SIZE],
        .crc = word[WORD_CRC],
        .entry = word[WORD_ENTRY],
        .base = word[WORD_BASE],
        .file_size = word[WORD_FILE_SIZE],
        .memory_size = word[WORD_MEMORY_SIZE],
        .image_offset = word[WORD_IMAGE_OFFSET],
        .spec_offset = word[WORD_SPEC_OFFSET],
        .spec_size = word[WORD_SPEC_SIZE],
        .stack_size = word[WORD_STACK],
        .writable_from = word[WORD_WRITABLE_FROM],
        .slot_bits = (word[WORD_FLAGS] & 0xff) != 0 ? word[WORD_FLAGS] & 0xff : SLOT_BITS_DEFAULT,
        .spare_tables = word[WORD_SPARE_TABLES] != 0 ? word[WORD_SPARE_TABLES] : SPARE_TABLES_DEFAULT,
    };
    if (!is_page_multiple(out->size) || out->size < 2 * PAGE_BYTES || !memory_is_ram(physical, out->size)) {
        return "the payload does not fit the machine's RAM: the image is damaged, or give the machine more memory";
    }
    const char *problem = check_roottask(out);
    return problem != NULL ? problem : check_rest(out);
}

const char *payload_check_crc(const struct payload *payload, bool *is_checked)
{
    const uint64_t *at = (const uint64_t *)(payload->physical + PAGE_BYTES);
    const uint64_t *end = (const uint64_t *)(payload->physical + payload->size);
    uint32_t crc = ~0u;
    *is_checked = payload->crc != 0 && ((sysreg_read(id_aa64isar0_el1) >> 16) & 0xf) != 0;
    if (!*is_checked) {
        return NULL;
    }
    for (; at < end; at++) {
        __asm__(".arch_extension crc\n\tcrc32x %w0, %w0, %1" : "+r"(crc) : "r"(*at));
    }
    return ~crc == payload->crc ? NULL : "the payload's checksum is wrong: the image is damaged";
}
