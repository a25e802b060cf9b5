/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's board: which device answers at which address, and the wires to the GIC. Addresses, sizes and interrupts are QEMU's
 * `virt` board's (hw/arm/virt.c, its device tree). A device is one file under devices/ and one row of the table in board.c.
 * What no row claims is not there: an access is an external abort.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "vmm/arch/gic.h"
#include "vmm/devices/pl011.h"
#include "vmm/register_page.h"

struct board {
    struct gic *gic;
    struct pl011 uart;
    struct register_page uart_page;
};

/** Reset values of all devices; `gic` outlives the board. */
void board_reset(struct board *board, struct gic *gic);

/** Access of 1, 2, 4 or 8 bytes at any alignment. False: some byte of it belongs to no device. */
bool board_read(struct board *board, uint64_t address, unsigned size, uint64_t *value);
bool board_write(struct board *board, uint64_t address, unsigned size, uint64_t value);

/** Look at the outside (console bytes, room in the console's ring). */
void board_poll(struct board *board);
