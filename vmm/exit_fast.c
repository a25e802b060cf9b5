/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What nearly all exits are for, answered while their words are in the registers they came in: nothing here takes a word by address,
 * but for calls that get a copy. The answer and all state after it are those of vmm_exit_common(), which gets every other exit.
 *
 * Preconditions, each tested here; where one does not hold nothing has happened:
 *   X1  Nothing the guest did to its interrupts is unknown (gic_is_synced).
 *   X2  An aligned load or store, with syndrome and of no table walk, that reaches UART or GIC (board_own_read, board_own_write);
 *   X3  or an HVC after which the guest goes on or waits, which asking psci_call() tells: it has no effects.
 */
#include "gen/abi.h"
#include "vmm/arch/inject.h"
#include "vmm/arch/psci.h"
#include "vmm/vmm.h"

/* The words of a reply to an access that no verb uses: whatever registers hold, so that none is kept for them meanwhile. */
/* NOLINTNEXTLINE(readability-non-const-parameter): clang-tidy does not see that assembly writes it. */
static inline void leave_unused(uint64_t words[8])
{
    __asm__ volatile(""
                     : "=r"(words[2]), "=r"(words[3]), "=r"(words[4]), "=r"(words[5]), "=r"(words[6]), "=r"(words[7]));
}

static inline bool load(struct vmm *vmm, uint64_t words[8], unsigned size)
{
    uint64_t value;
    bool is_own;
    [[clang::always_inline]] is_own = board_own_read(&vmm->board, words[FAULT_VM_EXIT_WORD_ADDRESS], size, &value);
    if (is_own) {
        reply_register(words, words[0], value);
    }
    return is_own;
}

static inline bool store(struct vmm *vmm, uint64_t words[8], unsigned size)
{
    bool is_own;
    [[clang::always_inline]] is_own =
        board_own_write(&vmm->board, words[FAULT_VM_EXIT_WORD_ADDRESS], size, words[FAULT_VM_EXIT_WORD_VALUE]);
    if (is_own) {
        reply_resume(words, words[0], VERB_STEP);
    }
    return is_own;
}

static inline bool access(struct vmm *vmm, uint64_t words[8])
{
    unsigned size = 1u << exit_size_log2(words[0]);
    if (!(exit_is_write(words[0]) ? store(vmm, words, size) : load(vmm, words, size))) {
        return false;
    }
    leave_unused(words);
    return true;
}

static inline bool call_firmware(uint64_t words[8])
{
    uint64_t result;
    enum psci_outcome outcome;
    [[clang::always_inline]] outcome = psci_call(&words[1], (uint16_t)exit_immediate(words[0]), &result);
    if (outcome != PSCI_RETURN && outcome != PSCI_STANDBY) {
        return false;
    }
    reply_firmware(words, words[0], outcome == PSCI_STANDBY ? VERB_BLOCK : 0, result);
    return true;
}

static inline bool answer(struct vmm *vmm, uint64_t words[8])
{
    if (!gic_is_synced(&vmm->gic, exit_lr_state(words[0]))) {
        return false;
    }
    if (exit_reason(words[0]) == EXIT_MMIO) {
        return !exit_is_table_walk(words[0]) && access(vmm, words);
    }
    return exit_reason(words[0]) == EXIT_HVC && call_firmware(words);
}

__attribute__((noinline)) static enum exit_result refill(struct vmm *vmm, uint64_t words[8])
{
    vmm_exit_refill(vmm, words);
    return EXIT_RESULT_REPLY;
}

/* The words are in memory for the handler and nowhere else meanwhile. */
static inline enum exit_result in_memory(enum exit_result (*handler)(struct vmm *vmm, uint64_t words[8]),
                                         struct vmm *vmm, uint64_t words[8])
{
    struct {
        uint64_t at[8];
    } copy;
    for (unsigned i = 0; i < 8; i++) {
        copy.at[i] = words[i];
    }
    enum exit_result result = handler(vmm, copy.at);
    __asm__("" : "+m"(copy)); /* read again, whether the handler has changed them or not */
    for (unsigned i = 0; i < 8; i++) {
        words[i] = copy.at[i];
    }
    return result;
}

enum exit_result vmm_exit(struct vmm *vmm, uint64_t words[8])
{
    if (!answer(vmm, words)) {
        return in_memory(vmm_exit_common, vmm, words);
    }
    return vmm->gic.is_dirty ? in_memory(refill, vmm, words) : EXIT_RESULT_REPLY;
}
