/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's board: which device answers at which address, and the wires to the GIC. UART and GIC, which every guest has, are where
 * QEMU's `virt` board has them; capdl says so (gen/guest_board.h) for the guest's device tree and for the table in board.c at once.
 * All other devices are the spec's (spec_devices.h). What nobody claims is not there: an access is an external abort.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "vmm/arch/gic.h"
#include "vmm/devices/pl011.h"
#include "vmm/register_page.h"
#include "vmm/spec_devices.h"

struct board {
    struct gic *gic;
    struct pl011 uart;
    struct register_page uart_page;
    struct spec_devices spec_devices;
};

/** Reset values of all devices; `guest` and `gic` outlive the board. */
void board_reset(struct board *board, const struct sel_guest *guest, struct gic *gic);

/** Access of 1, 2, 4 or 8 bytes at any alignment. False: some byte of it belongs to no device, or to one that refuses. */
bool board_read(struct board *board, uint64_t address, unsigned size, uint64_t *value);
bool board_write(struct board *board, uint64_t address, unsigned size, uint64_t value);

/** Those of UART and GIC, aligned: what nearly all are. False: it is another one. Of `*value` only `size` bytes are the register's. */
bool board_own_read(struct board *board, uint64_t address, unsigned size, uint64_t *value);
bool board_own_write(struct board *board, uint64_t address, unsigned size, uint64_t value);

/** Look at the outside (console bytes, room in the console's ring, the time). */
void board_poll(struct board *board);
