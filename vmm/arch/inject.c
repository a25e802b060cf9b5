/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See inject.h. Only EC, IL, WnR and the fault status are set: an abort taken to EL1 carries no instruction syndrome (ISV = 0).
 */
#include "vmm/arch/inject.h"

#include "gen/abi.h"
#include "vmm/bits.h"

enum {
    EC_FETCH_ABORT_LOWER = 0x20,
    EC_DATA_ABORT_LOWER = 0x24,
    EC_FROM_SAME_EL = 1, /* added to either */
    STATUS_EXTERNAL_ABORT = 0x10,
    STATUS_EXTERNAL_ABORT_ON_WALK = 0x14,
};

static const uint64_t esr_il = 1ull << 25;
static const uint64_t esr_wnr = 1ull << 6;

/* Of the reply word: what WRITE_REGISTER needs to know of the exit. */
static const uint64_t echo_mask = EXIT_WORD_REGISTER | EXIT_WORD_SIZE_LOG2 | EXIT_WORD_SIGN_EXTEND | EXIT_WORD_IS_64BIT;

void reply_resume(uint64_t out[8], uint64_t exit_word, uint64_t verbs)
{
    out[0] = (exit_word & echo_mask) | VERB_RESUME | verbs;
}

void reply_register(uint64_t out[8], uint64_t exit_word, uint64_t value)
{
    reply_resume(out, exit_word, VERB_STEP | VERB_WRITE_REGISTER);
    out[1] = value;
}

void reply_firmware(uint64_t out[8], uint64_t exit_word, uint64_t verbs, uint64_t result)
{
    reply_resume(out, exit_word, VERB_WRITE_RESULTS | verbs);
    out[1] = result;
}

void reply_undefined(uint64_t out[8])
{
    out[0] = VERB_RESUME | VERB_INJECT_SYNC;
    out[1] = 0;
    out[7] = esr_il;
}

static void reply_abort(uint64_t out[8], const struct abort_site *site, uint64_t status)
{
    /* PSTATE.M[4] is AArch32, M[3:2] the exception level. */
    bool is_from_el1 = bits_get(site->pstate, 2, 3) == 1;
    uint64_t class =
        (site->is_fetch ? EC_FETCH_ABORT_LOWER : EC_DATA_ABORT_LOWER) + (is_from_el1 ? EC_FROM_SAME_EL : 0);
    out[0] = VERB_RESUME | VERB_INJECT_SYNC;
    out[1] = site->address;
    out[7] = class << 26 | esr_il | (site->is_write && !site->is_fetch ? esr_wnr : 0) | status;
}

void reply_external_abort(uint64_t out[8], const struct abort_site *site)
{
    reply_abort(out, site, STATUS_EXTERNAL_ABORT);
}

void reply_walk_abort(uint64_t out[8], const struct abort_site *site, int level)
{
    reply_abort(out, site, STATUS_EXTERNAL_ABORT_ON_WALK + (uint64_t)level);
}

void reply_translation_abort(uint64_t out[8], const struct abort_site *site, uint64_t fault)
{
    reply_abort(out, site, bits_get(fault, 1, 6)); /* PAR_EL1.FST, D17.2.115 */
}
