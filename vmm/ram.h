/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's RAM, given to it Frame by Frame as it first touches each (docs/adr/0027). The VMM has all of RAM mapped from the beginning, at the
 * guest's own addresses; the guest's address space gets a Frame by an exit, after the Frame was filled as a loader would have filled it. Not
 * here: what a loader fills it with (load.h).
 *
 * Invariants: a Frame that the guest has was filled and cleaned before, so that it reads the same with its caches off; the VMM reads and
 * writes RAM for the guest only in Frames that the guest has.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sel/spec.h"

enum {
    RAM_FRAMES_MAX = 16896, /* 32 GiB in Frames of 2 MiB, and less than 2 MiB in Frames of 4 KiB */
};

struct ram {
    const struct sel_guest *guest;
    bool was_taken_back;                 /* Frames may hold what the guest wrote; before that what it has not is zero */
    uint64_t given[RAM_FRAMES_MAX / 64]; /* a bit a Frame, in the order of the runs */
};

/** NULL if the runs of Frames are ascending, cover RAM exactly and are few enough; else a sentence that says what is wrong. */
const char *ram_check(const struct sel_guest *guest);

/** A guest that has nothing yet. Its RAM is zero, as Retype made it. */
void ram_start(struct ram *ram, const struct sel_guest *guest);

/** True: `address` lies in a Frame of RAM that the guest did not have, and has now. At most once for each Frame until it is taken back. */
bool ram_give(struct ram *ram, uint64_t address);

/** The `size` bytes (1 to 8) of RAM at `address` as the guest would find them, for the VMM to read or write; NULL unless all are RAM. */
void *ram_reach(struct ram *ram, uint64_t address, unsigned size);

/** The guest is reset: it has nothing again, and finds each Frame as at its first start. */
void ram_take_back(struct ram *ram);
