/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replies that resume the guest, and the exceptions the VMM may make it take. The syndromes are those a core without a hypervisor
 * would show at EL1 (Arm ARM DDI 0487, D17.2.37 ESR_ELx).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** Where an external abort happened. */
struct abort_site {
    uint64_t pstate;  /* of the access: decides between "same" and "lower" exception level */
    uint64_t address; /* virtual address, for FAR_EL1 */
    bool is_write;
    bool is_fetch;
};

/** RESUME and more verbs, the exit's register, size, sign and width echoed for WRITE_REGISTER. */
void reply_resume(uint64_t out[8], uint64_t exit_word, uint64_t verbs);

/** The exit's destination register := value; step. */
void reply_register(uint64_t out[8], uint64_t exit_word, uint64_t value);

/** x0 := result. x1 to x3 stay as they are: the message has them where the reply does, in the same words. */
void reply_firmware(uint64_t out[8], uint64_t exit_word, uint64_t verbs, uint64_t result);

/** Exception of unknown reason (EC 0) at the trapped instruction. */
void reply_undefined(uint64_t out[8]);

/** Synchronous external abort (DFSC or IFSC 0x10). */
void reply_external_abort(uint64_t out[8], const struct abort_site *site);

/** Synchronous external abort on a stage 1 table walk, at level 0..3. */
void reply_walk_abort(uint64_t out[8], const struct abort_site *site, int level);

/** A stage 1 fault that the guest's own tables gave, seen when the VMM translated for it: `fault` is PAR_EL1. */
void reply_translation_abort(uint64_t out[8], const struct abort_site *site, uint64_t fault);
