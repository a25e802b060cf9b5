/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registry of devices and the cutting of accesses. An unaligned access is cut as QEMU's memory system cuts it: a load reads the
 * two aligned neighbours, a store goes byte by byte. At most nine device accesses follow from one of the guest's.
 */
#include "vmm/board.h"

#include <stddef.h>

#include "vmm/bits.h"

struct device_model {
    const char *compatible; /* of the device tree node that tells the guest about it */
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

enum {
    UART_INTID = 32 + 1,
};

static void update_uart_line(struct board *board)
{
    gic_set_line(board->gic, UART_INTID, pl011_line(&board->uart));
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

static const struct device_model devices[] = {
    {"arm,pl011", 0x09000000, 0x1000, uart_read, uart_write},
#if SEL_GUEST_GIC == 3
    {"arm,gic-v3", 0x08000000, 0x10000, distributor_read, distributor_write},
    {"arm,gic-v3", 0x080a0000, 0x20000, redistributor_read, redistributor_write},
#else
    {"arm,cortex-a15-gic", 0x08000000, 0x1000, distributor_read, distributor_write},
#endif
};

static const struct device_model *find(uint64_t address)
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
    const struct device_model *device = find(address);
    if (device == NULL) {
        return false;
    }
    *value = bits_low_bytes(device->read(board, address - device->base, size), size);
    return true;
}

static bool write_aligned(struct board *board, uint64_t address, unsigned size, uint64_t value)
{
    const struct device_model *device = find(address);
    if (device == NULL) {
        return false;
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
}

void board_reset(struct board *board, struct gic *gic)
{
    board->gic = gic;
    register_page_hide(&board->uart_page);
    pl011_reset(&board->uart);
}
