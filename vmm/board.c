/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board's own devices and the cutting of accesses. An unaligned access is cut as QEMU's memory system cuts it: a load reads the
 * two aligned neighbours, a store goes byte by byte. At most nine device accesses follow from one of the guest's.
 */
#include "vmm/board.h"

#include "gen/guest_board.h"
#include "vmm/bits.h"

enum {
    GICD_BYTES = SEL_GUEST_GIC == 3 ? GUEST_GICV3_GICD_BYTES : GUEST_GICV2_GICD_BYTES,
};

static void update_uart_line(struct board *board)
{
    gic_set_line(board->gic, GUEST_UART_INTID, pl011_line(&board->uart));
}

static uint64_t uart_read(struct board *board, uint64_t offset, unsigned size)
{
    uint64_t value = pl011_read(&board->uart, offset, size);
    register_page_after_read(&board->uart_page, &board->uart, offset);
    update_uart_line(board);
    return value;
}

static void uart_write(struct board *board, uint64_t offset, unsigned size, uint64_t value)
{
    pl011_write(&board->uart, offset, size, value);
    register_page_after_write(&board->uart_page, &board->uart, offset, size);
    update_uart_line(board);
}

/* By masks: two instructions, and offsets stay small numbers. */
#define IS_FRAME(base, bytes) (((bytes) & ((bytes) - 1)) == 0 && (base) % (bytes) == 0)
_Static_assert(IS_FRAME(GUEST_UART_BASE, GUEST_UART_BYTES) && IS_FRAME(GUEST_GICD_BASE, GICD_BYTES) &&
                   IS_FRAME(GUEST_GICR_BASE, GUEST_GICR_BYTES),
               "the size of a frame is a power of two and divides its base");

static inline bool is_in(uint64_t base, uint64_t bytes, uint64_t address, uint64_t *offset)
{
    *offset = address & (bytes - 1);
    return (address & ~(bytes - 1)) == base;
}

/* Constants, so that the look-up of what nearly all exits are for costs a few instructions (ADR 0031). Out of line is what would take
 * registers from the loop this is inlined into. */
bool board_own_read(struct board *board, uint64_t address, unsigned size, uint64_t *value)
{
    uint64_t offset;
    if ((address & (size - 1)) != 0) {
        return false;
    }
    if (is_in(GUEST_UART_BASE, GUEST_UART_BYTES, address, &offset)) {
        *value = uart_read(board, offset, size);
        return true;
    }
    if (is_in(GUEST_GICD_BASE, GICD_BYTES, address, &offset)) {
        [[clang::always_inline]] *value = gic_distributor_read(board->gic, offset, size);
        return true;
    }
    if (SEL_GUEST_GIC == 3 && is_in(GUEST_GICR_BASE, GUEST_GICR_BYTES, address, &offset)) {
        [[clang::noinline]] *value = gic_redistributor_read(board->gic, offset, size);
        return true;
    }
    return false;
}

bool board_own_write(struct board *board, uint64_t address, unsigned size, uint64_t value)
{
    uint64_t offset;
    uint64_t low = bits_low_bytes(value, size);
    if ((address & (size - 1)) != 0) {
        return false;
    }
    if (is_in(GUEST_UART_BASE, GUEST_UART_BYTES, address, &offset)) {
        uart_write(board, offset, size, low);
        return true;
    }
    if (is_in(GUEST_GICD_BASE, GICD_BYTES, address, &offset)) {
        [[clang::noinline]] gic_distributor_write(board->gic, offset, size, low);
        return true;
    }
    if (SEL_GUEST_GIC == 3 && is_in(GUEST_GICR_BASE, GUEST_GICR_BYTES, address, &offset)) {
        [[clang::noinline]] gic_redistributor_write(board->gic, offset, size, low);
        return true;
    }
    return false;
}

static bool read_aligned(struct board *board, uint64_t address, unsigned size, uint64_t *value)
{
    if (board_own_read(board, address, size, value)) {
        *value = bits_low_bytes(*value, size);
        return true;
    }
    return spec_devices_read(&board->spec_devices, address, size, value);
}

static bool write_aligned(struct board *board, uint64_t address, unsigned size, uint64_t value)
{
    return board_own_write(board, address, size, value) ||
           spec_devices_write(&board->spec_devices, address, size, value);
}

__attribute__((cold)) static bool read_unaligned(struct board *board, uint64_t address, unsigned size, uint64_t *value)
{
    unsigned skew = (unsigned)(address & (size - 1));
    uint64_t low, high;
    if (!read_aligned(board, address - skew, size, &low) || !read_aligned(board, address - skew + size, size, &high)) {
        return false;
    }
    *value = bits_low_bytes(low >> (8 * skew) | high << (8 * (size - skew)), size);
    return true;
}

bool board_read(struct board *board, uint64_t address, unsigned size, uint64_t *value)
{
    bool is_aligned = (address & (size - 1)) == 0;
    return is_aligned ? read_aligned(board, address, size, value) : read_unaligned(board, address, size, value);
}

__attribute__((cold)) static bool write_bytes(struct board *board, uint64_t address, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++) {
        if (!write_aligned(board, address + i, 1, (value >> (8 * i)) & 0xff)) {
            return false;
        }
    }
    return true;
}

bool board_write(struct board *board, uint64_t address, unsigned size, uint64_t value)
{
    bool is_aligned = (address & (size - 1)) == 0;
    return is_aligned ? write_aligned(board, address, size, value) : write_bytes(board, address, size, value);
}

void board_poll(struct board *board)
{
    pl011_poll(&board->uart);
    register_page_after_poll(&board->uart_page, &board->uart);
    update_uart_line(board);
    spec_devices_poll(&board->spec_devices);
}

void board_reset(struct board *board, const struct sel_guest *guest, struct gic *gic)
{
    board->gic = gic;
    register_page_hide(&board->uart_page);
    pl011_reset(&board->uart);
    spec_devices_reset(&board->spec_devices, guest, gic);
}
