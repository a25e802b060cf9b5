/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board's own devices and the cutting of accesses. An unaligned access is cut as QEMU's memory system cuts it: a load reads the
 * two aligned neighbours, a store goes byte by byte. At most nine device accesses follow from one of the guest's.
 */
#include "vmm/board.h"

#include <stddef.h>

#include "gen/guest_board.h"
#include "vmm/bits.h"

/* Constants, so that the look-up of what nearly all exits are for costs a few instructions (ADR 0031). */
struct board_device {
    uint64_t base;
    uint64_t size;
    uint64_t (*read)(struct board *board, uint64_t offset, unsigned size);
    void (*write)(struct board *board, uint64_t offset, unsigned size, uint64_t value);
};

static uint64_t distributor_read(struct board *board, uint64_t offset, unsigned size)
{
    return gic_distributor_read(board->gic, offset, size);
}

static void distributor_write(struct board *board, uint64_t offset, unsigned size, uint64_t value)
{
    gic_distributor_write(board->gic, offset, size, value);
}

#if SEL_GUEST_GIC == 3
static uint64_t redistributor_read(struct board *board, uint64_t offset, unsigned size)
{
    return gic_redistributor_read(board->gic, offset, size);
}

static void redistributor_write(struct board *board, uint64_t offset, unsigned size, uint64_t value)
{
    gic_redistributor_write(board->gic, offset, size, value);
}
#endif

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

static const struct board_device devices[] = {
    {GUEST_UART_BASE, GUEST_UART_BYTES, uart_read, uart_write},
#if SEL_GUEST_GIC == 3
    {GUEST_GICD_BASE, GUEST_GICV3_GICD_BYTES, distributor_read, distributor_write},
    {GUEST_GICR_BASE, GUEST_GICR_BYTES, redistributor_read, redistributor_write},
#else
    {GUEST_GICD_BASE, GUEST_GICV2_GICD_BYTES, distributor_read, distributor_write},
#endif
};

static const struct board_device *find(uint64_t address)
{
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        if (address - devices[i].base < devices[i].size) {
            return &devices[i];
        }
    }
    return NULL;
}

static bool read_aligned(struct board *board, uint64_t address, unsigned size, uint64_t *value)
{
    const struct board_device *device = find(address);
    if (device == NULL) {
        uint64_t found = 0; /* of its own, so that `value` stays in a register where a device of the board answers */
        bool is_there = spec_devices_read(&board->spec_devices, address, size, &found);
        *value = found;
        return is_there;
    }
    *value = bits_low_bytes(device->read(board, address - device->base, size), size);
    return true;
}

static bool write_aligned(struct board *board, uint64_t address, unsigned size, uint64_t value)
{
    const struct board_device *device = find(address);
    if (device == NULL) {
        return spec_devices_write(&board->spec_devices, address, size, value);
    }
    device->write(board, address - device->base, size, bits_low_bytes(value, size));
    return true;
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
