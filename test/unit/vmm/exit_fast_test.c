/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits answered in registers (exit_fast.c) beside the same ones by the common path: the same verbs, the same words that these use, and the
 * same VMM afterwards. Once each with every precondition true and violated alone, then whole rows of random exits.
 */
#include "test/unit/vmm/fake_services.h"
#include "vmm/bits.h"
#include "vmm/vmm.h"

enum {
    UART = 0x09000000,
    UART_IMSC = UART + 0x38,
    GICD = 0x08000000,
    GICR_SGI = 0x080b0000,
    RAM_BYTES = 0x2000,
    PSTATE_EL1H = 0x5,
    RANDOM_ROWS = 2000,
    RANDOM_EXITS = 24,
};

static struct vmm vmm;
static uint8_t ram[RAM_BYTES] __attribute__((aligned(4096)));
static struct sel_guest guest;
static uint32_t seed;

/* All that an exit can change: the VMM, what it asked of others, and what it was answered with. */
struct outcome {
    struct vmm vmm;
    struct fake_services services;
    enum exit_result result;
    uint64_t words[8];
};

static struct outcome fast, common;
static unsigned common_count;

/* The linker puts this in the place of the real one (CMakeLists.txt). */
enum exit_result __real_vmm_exit_common(struct vmm *vmm, uint64_t words[8]);
enum exit_result __wrap_vmm_exit_common(struct vmm *vmm, uint64_t words[8]);

enum exit_result __wrap_vmm_exit_common(struct vmm *vmm, uint64_t words[8])
{
    common_count++;
    return __real_vmm_exit_common(vmm, words);
}

static uint32_t random_number(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static void restart(void)
{
    fake_reset(4);
    memset(&vmm, 0, sizeof(vmm));
    guest = (struct sel_guest){.name = "test"};
    fake_ram(&guest, (uintptr_t)ram, RAM_BYTES);
    vmm.guest = &guest;
    ram_start(&vmm.ram, &guest);
    vmm_reset(&vmm);
}

static uint64_t word_of(bool is_write, unsigned size_log2)
{
    uint64_t word = exit_set_is_write(exit_set_reason(0, EXIT_MMIO), is_write);
    return exit_set_has_syndrome(exit_set_register(exit_set_size_log2(word, size_log2), 9), 1);
}

/* Verbs use words 1 (register, result), 5 and 6 (list registers), 7 (syndrome); the rest of a reply is nobody's. */
static void keep_used(struct outcome *outcome)
{
    uint64_t verbs = outcome->words[0];
    bool is_reply = outcome->result == EXIT_RESULT_REPLY;
    uint64_t one = VERB_WRITE_REGISTER | VERB_WRITE_RESULTS | VERB_INJECT_SYNC;
    bool is_used[8] = {true};
    is_used[1] = verbs & one;
    for (unsigned i = 2; i <= 4; i++) {
        is_used[i] = verbs & VERB_WRITE_RESULTS;
    }
    is_used[5] = is_used[6] = verbs & VERB_SET_INTERRUPTS;
    is_used[7] = verbs & (VERB_INJECT_SYNC | VERB_INJECT_SERROR);
    for (unsigned i = 0; i < 8; i++) {
        outcome->words[i] = is_reply && is_used[i] ? outcome->words[i] : 0;
    }
    if (verbs & VERB_WRITE_REGISTER) { /* the kernel takes as much as was loaded */
        outcome->words[1] = bits_low_bytes(outcome->words[1], 1u << exit_size_log2(verbs));
    }
}

static void keep(struct outcome *outcome, enum exit_result result)
{
    outcome->result = result;
    outcome->vmm = vmm;
    outcome->services = fake;
    keep_used(outcome);
}

/* One exit both ways from the state there is; goes on with the common path's. Whether the first was answered in registers. */
static bool compare(const uint64_t in[8])
{
    common_count = 0;
    struct vmm before = vmm;
    struct fake_services services_before = fake;
    memcpy(fast.words, in, sizeof(fast.words));
    keep(&fast, vmm_exit(&vmm, fast.words));
    bool is_fast = common_count == 0;
    vmm = before;
    fake = services_before;
    memcpy(common.words, in, sizeof(common.words));
    keep(&common, vmm_exit_common(&vmm, common.words));
    assert_int_equal(fast.result, common.result);
    assert_memory_equal(fast.words, common.words, sizeof(fast.words));
    assert_memory_equal(&fast.vmm, &common.vmm, sizeof(fast.vmm));
    assert_memory_equal(&fast.services, &common.services, sizeof(fast.services));
    return is_fast;
}

static bool compare_access(uint64_t word, uint64_t address, uint64_t value)
{
    uint64_t in[8] = {word};
    in[FAULT_VM_EXIT_WORD_ADDRESS] = address;
    in[FAULT_VM_EXIT_WORD_VALUE] = value;
    in[FAULT_VM_EXIT_WORD_PSTATE] = PSTATE_EL1H;
    return compare(in);
}

static bool compare_call(uint64_t reason, uint16_t immediate, uint64_t function, uint64_t first)
{
    uint64_t in[8] = {exit_set_immediate(exit_set_reason(0, reason), immediate), function, first, 2, 3, 4, 5, 6};
    return compare(in);
}

static int setup(void **state)
{
    (void)state;
    restart();
    return 0;
}

static void fast_exits_of_the_boards_own_devices(void **state)
{
    (void)state;
    for (unsigned size = 0; size <= 3; size++) {
        assert_true(compare_access(word_of(false, size), UART + 0xfe0, 0));
        assert_true(compare_access(word_of(true, size), UART_IMSC, 0x70));
        assert_true(compare_access(word_of(false, size), GICD + 0x400, 0));
        assert_true(compare_access(word_of(true, size), GICD + 0x420, 0xa0a0a0a0));
        assert_true(compare_access(word_of(false, size), GICD + 0x6108, 0));
        assert_true(compare_access(word_of(false, size), GICD + 8, 0));
        assert_true(compare_access(word_of(false, size), GICR_SGI + 0x100, 0));
        assert_true(compare_access(word_of(true, size), GICR_SGI + 0x100, ~0ull));
    }
    assert_true(exit_register(common.words[0]) == 9);
}

static void fast_exits_of_firmware(void **state)
{
    (void)state;
    assert_true(compare_call(EXIT_HVC, 0, 0x84000000, 0));
    assert_int_equal(fast.words[1], 0x10001);
    assert_true(compare_call(EXIT_HVC, 0, 0xc4000001, 0));
    assert_true(fast.words[0] & VERB_BLOCK);
    assert_true(compare_call(EXIT_HVC, 1, 0x84000000, 0));
    assert_int_equal((int64_t)fast.words[1], -1);
    assert_true(compare_call(EXIT_HVC, 0, 0x12345678, 0));
    assert_int_equal((int64_t)fast.words[1], -1);
}

/* X1: the guest has ended the interrupt that a list register held; the register that is read then says so. */
static void fast_exits_know_what_the_guest_did(void **state)
{
    (void)state;
    compare_access(word_of(true, 2), GICD, 2);
    compare_access(word_of(true, 2), GICD + 0x104, 2);
    compare_access(word_of(true, 2), GICD + 0x84, ~0ull);
    compare_access(word_of(true, 2), UART_IMSC, 0x20);
    compare_access(word_of(true, 0), UART, 'x');
    assert_true(common.words[0] & VERB_SET_INTERRUPTS);
    for (uint64_t lr_state = 0; lr_state < 4; lr_state++) {
        uint64_t word = exit_set_lr_state(word_of(false, 2), lr_state);
        bool is_known = lr_state == vmm.gic.synced_state;
        assert_int_equal(compare_access(word, GICD + 0x304, 0), is_known);
        assert_int_equal(common.words[1], lr_state & INTERRUPT_STATE_ACTIVE ? 2 : 0);
    }
}

/* X2, X3, each violated alone. */
static void fast_exits_leave_all_others_alone(void **state)
{
    (void)state;
    assert_false(compare_access(word_of(false, 2), UART + 0x3a, 0));                           /* not aligned */
    assert_false(compare_access(word_of(true, 3), GICD + 0x424, 0x1122334455667788));          /* not aligned */
    assert_false(compare_access(word_of(false, 2), UART + 0x1000, 0));                         /* nobody's */
    assert_false(compare_access(word_of(true, 2), GICD + 0x10000, 0));                         /* nobody's */
    assert_false(compare_access(exit_set_is_table_walk(word_of(false, 2), 1), UART, 0));       /* of a walk */
    assert_false(compare_access(exit_set_reason(word_of(false, 2), EXIT_UNDECODED), UART, 0)); /* without syndrome */
    assert_int_equal(common.result, EXIT_RESULT_REPLY);
    assert_false(compare_call(EXIT_SMC, 0, 0x84000000, 0));
    assert_true(common.words[0] & VERB_STEP);
    assert_false(compare_call(EXIT_HVC, 0, 0x84000008, 0));
    assert_int_equal(common.result, EXIT_RESULT_POWER_OFF);
    assert_false(compare_call(EXIT_HVC, 0, 0x84000009, 0));
    assert_int_equal(common.result, EXIT_RESULT_RESTART);
}

static uint64_t random_address(void)
{
    static const uint64_t frames[] = {UART, GICD, GICD + 0x6000, 0x080a0000, GICR_SGI, UART + 0xff0, 0x0c000000};
    uint64_t frame = frames[random_number() % (sizeof(frames) / sizeof(frames[0]))];
    uint64_t offset = random_number() % 4 == 0 ? random_number() % 0x1000 : (random_number() % 0x140) * 4;
    return frame + offset;
}

static void fast_exits_of_random_guests(void **state)
{
    (void)state;
    seed = 7;
    for (unsigned row = 0; row < RANDOM_ROWS; row++) {
        restart();
        for (unsigned i = 0; i < RANDOM_EXITS; i++) {
            uint64_t lr_state = random_number() % 3 == 0 ? random_number() % 0x100 : vmm.gic.synced_state & 0xffff;
            if (random_number() % 8 == 0) {
                compare_call(random_number() % 4 == 0 ? EXIT_SMC : EXIT_HVC, random_number() % 8 == 0,
                             0x84000000 + random_number() % 12 + (random_number() % 2 ? 0x40000000 : 0), 0);
            } else {
                uint64_t word = exit_set_lr_state(word_of(random_number() % 2, random_number() % 4), lr_state);
                compare_access(word, random_address(), (uint64_t)random_number() << 20 | random_number());
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(fast_exits_of_the_boards_own_devices, setup),
        cmocka_unit_test_setup(fast_exits_of_firmware, setup),
        cmocka_unit_test_setup(fast_exits_know_what_the_guest_did, setup),
        cmocka_unit_test_setup(fast_exits_leave_all_others_alone, setup),
        cmocka_unit_test_setup(fast_exits_of_random_guests, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
