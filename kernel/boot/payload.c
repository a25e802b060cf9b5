/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the payload's header. It comes with the kernel in one image, but an image may be cut short or put together wrongly: every
 * number is checked before it is used.
 */
#include "kernel/arch/aarch64/machine.h"
#include "kernel/boot/boot.h"

#define PAYLOAD_ALIGN    (2ul << 20)
#define SLOT_BITS_MIN    8
#define SLOT_BITS_MAX    20
#define SPARE_TABLES_MAX 4096
#define STACK_MAX        (16ul << 20)
#define ROOTTASK_MAX     (64ul << 20)

static bool is_inside(uint64_t offset, uint64_t length, uint64_t size)
{
    return offset <= size && length <= size - offset;
}

static void check_header(const struct payload *payload)
{
    uint64_t slot_bits = payload->slot_bits & 0xff;
    uint64_t all = payload->base | payload->file_size | payload->memory_size | payload->image_offset |
                   payload->stack_size | payload->writable_from;
    boot_require(payload->image_offset >= PAGE_BYTES &&
                     is_inside(payload->image_offset, payload->file_size, payload->size) &&
                     is_inside(payload->spec_offset, payload->spec_size, payload->size),
                 "the payload's header: the roottask's image or spec.bin lies outside the payload");
    boot_require(
        slot_bits >= SLOT_BITS_MIN && slot_bits <= SLOT_BITS_MAX && payload->spare_tables <= SPARE_TABLES_MAX,
        "the payload's header: the roottask's CNode must have 2^8..2^20 slots and no more than 4096 spare page "
        "tables");
    boot_require(all % PAGE_BYTES == 0, "the payload's header: sizes and addresses must be multiples of 4096");
    boot_require(payload->file_size != 0 && payload->memory_size >= payload->file_size &&
                     payload->memory_size <= ROOTTASK_MAX && payload->stack_size - 1 < STACK_MAX,
                 "the payload's header: the roottask's sizes make no sense");
    boot_require(payload->base != 0 &&
                     is_inside(payload->base, payload->memory_size, (1ul << SEL_LIMIT_ADDRESS_BITS) - ROOTTASK_MAX),
                 "the payload's header: the roottask lies outside the address space");
    boot_require(payload->entry >= payload->base && payload->entry - payload->base < payload->file_size,
                 "the payload's header: the roottask's entry lies outside its image");
}

const struct payload *payload_find(uint64_t kernel_end)
{
    uint64_t physical = (kernel_end + PAYLOAD_ALIGN - 1) & ~(PAYLOAD_ALIGN - 1);
    const struct payload *payload = (const struct payload *)physical;
    boot_require(memory_is_ram(physical, PAGE_BYTES) && payload->magic == PAYLOAD_MAGIC,
                 "no payload behind the kernel: boot image.bin, not the bare kernel");
    boot_require(payload->size % PAGE_BYTES == 0 && payload->size >= 2 * PAGE_BYTES &&
                     memory_is_ram(physical, payload->size),
                 "the payload does not fit the machine's RAM: the image is damaged, or give the machine more memory");
    check_header(payload);
    return payload;
}

#define CRC_STEP_WORDS 16

bool payload_check_crc(const struct payload *payload)
{
    const uint64_t *end = (const uint64_t *)((uint64_t)payload + payload->size);
    uint32_t crc = ~0u;
    if (payload->crc == 0 || ((sysreg_read(id_aa64isar0_el1) >> 16) & 0xf) == 0) {
        return false;
    }
    for (const uint64_t *at = (const uint64_t *)((uint64_t)payload + PAGE_BYTES); at < end; at += CRC_STEP_WORDS) {
        /* Whole pages are checked. */
#pragma clang loop unroll(full)
        for (uint64_t i = 0; i < CRC_STEP_WORDS; i++) {
            __asm__(".arch_extension crc\n\tcrc32x %w0, %w0, %1" : "+r"(crc) : "r"(at[i]));
        }
    }
    boot_require(~crc == payload->crc, "the payload's checksum is wrong: the image is damaged");
    return true;
}
