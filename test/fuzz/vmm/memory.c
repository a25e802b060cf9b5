/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Target vmm_memory: exits for which the VMM reads guest memory (instructions, operands, page tables), each handled twice from the same state:
 * once with memory that keeps still, once by a guest that rewrites every byte that was read before it is read again. Both must come to the
 * same, or the VMM has decided by one value and acted on another; and it reads nothing that the guest has not been given. And the loader:
 * whatever pieces pass its check fill RAM exactly, Frame by Frame, in whatever order the guest touches them.
 */
#include "test/fuzz/vmm/machine.h"
#include "test/fuzz/vmm/watch.h"
#include "vmm/load.h"

#undef memcpy

#define RECORD_BYTES 40
#define STEPS_MAX    16
#define ENTRY_COUNT  2
#define CODE_BYTES   0x1000 /* instructions below, operands above: an access to its own instruction may read it twice */
#define PIECES_MAX   4

const size_t fuzz_record_bytes = RECORD_BYTES;

/* --- the guest that rewrites --- */

static bool is_rewriting;
static uint8_t pattern;
static bool was_read[MACHINE_RAM_BYTES];
static unsigned rewritten_count;

void watch_read(uintptr_t address, size_t size)
{
    for (size_t i = 0; is_rewriting && i < size; i++) {
        uintptr_t offset = address + i - MACHINE_RAM_BASE;
        fuzz_check(offset >= MACHINE_RAM_BYTES || machine_has_frame(address + i),
                   "byte %lx of a Frame that the guest does not have is read", offset);
        if (offset < MACHINE_RAM_BYTES && was_read[offset]) {
            machine_ram()[offset] ^= pattern;
            rewritten_count++;
        } else if (offset < MACHINE_RAM_BYTES) {
            was_read[offset] = true;
        }
    }
}

/* --- the same exit twice --- */

struct outcome {
    enum exit_result result;
    uint64_t words[8];
    struct machine machine;
    struct fake_services services;
    uint8_t ram[MACHINE_RAM_BYTES];
};

static struct outcome before, still, moving;

static void save(struct outcome *outcome)
{
    outcome->machine = machine;
    outcome->services = fake;
    memcpy(outcome->ram, machine_ram(), sizeof(outcome->ram));
}

static void restore(const struct outcome *outcome)
{
    machine = outcome->machine;
    fake = outcome->services;
    memcpy(machine_ram(), outcome->ram, sizeof(outcome->ram));
}

static void handle(const uint64_t in[8], struct outcome *outcome)
{
    memcpy(outcome->words, in, sizeof(outcome->words));
    outcome->result = vmm_exit(&machine.vmm, outcome->words);
    save(outcome);
}

/** A walk may read a table twice: one that points to itself. Then only its end and its bounds are checked. */
static void handle_twice(const uint64_t in[8])
{
    save(&before);
    handle(in, &still);
    restore(&before);
    memset(was_read, 0, sizeof(was_read));
    rewritten_count = 0;
    is_rewriting = true;
    handle(in, &moving);
    is_rewriting = false;
    /* NOLINTBEGIN(bugprone-suspicious-memory-comparison): both began as copies of one, padding too */
    bool is_same = still.result == moving.result && memcmp(still.words, moving.words, sizeof(still.words)) == 0 &&
                   memcmp(&still.machine.vmm, &moving.machine.vmm, sizeof(struct vmm)) == 0 &&
                   memcmp(&still.services, &moving.services, sizeof(still.services)) == 0;
    /* NOLINTEND(bugprone-suspicious-memory-comparison) */
    fuzz_check(is_same || exit_is_table_walk(in[0]),
               "%u bytes of guest memory were read twice in one exit, and it matters", rewritten_count);
    restore(&still);
}

static uint64_t pick_operand(struct fuzz_input *input)
{
    uint64_t value = fuzz_number(input, 2);
    uint8_t class = fuzz_u8(input);
    uint64_t end = MACHINE_RAM_BASE + MACHINE_RAM_BYTES;
    return class < 200   ? MACHINE_RAM_BASE + CODE_BYTES + 0x100 + value % (MACHINE_RAM_BYTES - CODE_BYTES - 0x100)
           : class < 240 ? end - value % 32
                         : 0x09000000 + value % 0x1000;
}

static void step_instruction(struct fuzz_input *input)
{
    static const uint32_t classes[] = {0x28000000, 0xa8000000, 0x38000000, 0x39000000,
                                       0xb8000000, 0xf8000000, 0x78000000};
    uint64_t in[8] = {exit_set_reason(0, EXIT_UNDECODED)};
    uint32_t instruction = (uint32_t)fuzz_number(input, 4) & 0x03ffffff;
    instruction |= classes[fuzz_u8(input) % 7];
    uint64_t at = MACHINE_RAM_BASE + fuzz_number(input, 2) % (CODE_BYTES - 4);
    uint64_t operand = pick_operand(input);
    memcpy((void *)(uintptr_t)at, &instruction, sizeof(instruction));
    in[FAULT_VM_EXIT_WORD_PC] = at;
    in[FAULT_VM_EXIT_WORD_PSTATE] = 5;
    in[FAULT_VM_EXIT_WORD_FAR] = operand;
    for (unsigned i = 0; i < 31; i++) {
        fake.thread[i] = operand;
    }
    fake.thread[fuzz_u8(input) % 31] = fuzz_u8(input);
    fake.vcpu[VCPU_REG_SP_EL1] = operand;
    handle_twice(in);
}

static void step_walk(struct fuzz_input *input)
{
    uint64_t in[8] = {exit_set_is_table_walk(exit_set_reason(0, EXIT_MMIO), 1)};
    fake.vcpu[VCPU_REG_TCR_EL1] = fuzz_number(input, 4);
    fake.vcpu[VCPU_REG_TTBR0_EL1] = pick_operand(input);
    fake.vcpu[VCPU_REG_TTBR1_EL1] = pick_operand(input);
    uint64_t descriptor = (pick_operand(input) & ~0xffful) | fuzz_u8(input) % 4;
    for (uint64_t at = CODE_BYTES; at < MACHINE_RAM_BYTES; at += sizeof(descriptor)) {
        memcpy(machine_ram() + at, &descriptor, sizeof(descriptor));
    }
    in[FAULT_VM_EXIT_WORD_FAR] = fuzz_word(input);
    in[FAULT_VM_EXIT_WORD_ADDRESS] = pick_operand(input);
    (void)ram_give(&machine.vmm.ram, in[FAULT_VM_EXIT_WORD_ADDRESS]); /* or the exit would only do that */
    handle_twice(in);
}

/* --- loading --- */

/** The guest runs and writes, is reset, and touches its Frames from `first` on round to it; or it has not run yet. */
static void touch_all(const struct sel_guest *guest, unsigned first, bool is_reset)
{
    static struct ram ram;
    uint64_t frames = MACHINE_RAM_BYTES / FAKE_FRAME_BYTES;
    memset(fake.is_given, 0, sizeof(fake.is_given));
    memset(machine_ram(), 0, MACHINE_RAM_BYTES);
    ram_start(&ram, guest);
    for (uint64_t i = 0; i < frames && is_reset; i += first % 3 + 1) {
        (void)ram_give(&ram, MACHINE_RAM_BASE + i * FAKE_FRAME_BYTES);
        memset(machine_ram() + i * FAKE_FRAME_BYTES, 0xee, FAKE_FRAME_BYTES);
    }
    if (is_reset) {
        ram_take_back(&ram);
    }
    for (uint64_t i = 0; i < frames; i++) {
        uint64_t frame = (first + i * 3) % frames;
        bool is_given = ram_give(&ram, MACHINE_RAM_BASE + frame * FAKE_FRAME_BYTES + first % FAKE_FRAME_BYTES);
        fuzz_check(is_given && !ram_give(&ram, MACHINE_RAM_BASE + frame * FAKE_FRAME_BYTES),
                   "Frame %lu is not given once", frame);
    }
    machine.vmm.ram = ram;
}

static void check_loaded(const struct sel_guest *guest)
{
    static uint8_t expected[MACHINE_RAM_BYTES];
    memset(expected, 0, sizeof(expected));
    for (uint32_t i = 0; i < guest->piece_count; i++) {
        const struct sel_guest_piece *piece = &guest->pieces[i];
        uint64_t offset = piece->guest_address - MACHINE_RAM_BASE;
        bool is_inside = offset <= MACHINE_RAM_BYTES && piece->size <= MACHINE_RAM_BYTES - offset;
        fuzz_check(is_inside, "piece %u at %lx passed the check", i, piece->guest_address);
        memcpy(expected + offset, piece->source, piece->size);
    }
    fuzz_check(memcmp(expected, machine_ram(), sizeof(expected)) == 0, "RAM is not what its pieces say");
}

static void step_load(struct fuzz_input *input)
{
    static uint8_t source[MACHINE_RAM_BYTES];
    struct sel_guest_piece pieces[PIECES_MAX];
    struct sel_guest guest = machine.guest;
    guest.piece_count = fuzz_u8(input) % (PIECES_MAX + 1);
    guest.pieces = pieces;
    uint64_t at = MACHINE_RAM_BASE;
    for (uint32_t i = 0; i < guest.piece_count; i++) {
        uint8_t class = fuzz_u8(input);
        uint64_t value = fuzz_number(input, 2) % (MACHINE_RAM_BYTES + 64);
        uint64_t size = class < 230 ? value / (class & 2 ? 1 : PIECES_MAX) : fuzz_word(input);
        at = class % 16 == 0 ? fuzz_word(input) : at + (class & 1 ? 0 : value % 64);
        pieces[i] = (struct sel_guest_piece){.guest_address = at, .source = source, .size = size};
        at += size;
    }
    memset(source, 0x5a, sizeof(source));
    if (load_check(&guest) == NULL) {
        uint8_t order = fuzz_u8(input);
        touch_all(&guest, order / 2, order & 1);
        check_loaded(&guest);
        machine.vmm.ram.guest = &machine.guest;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    machine_start(ENTRY_COUNT);
    for (size_t i = 0; (i + 1) * RECORD_BYTES <= size && i < STEPS_MAX; i++) {
        struct fuzz_input input = {.at = data + i * RECORD_BYTES, .left = RECORD_BYTES};
        uint8_t kind = fuzz_u8(&input);
        pattern = fuzz_u8(&input) | 1;
        if (kind < 160) {
            step_instruction(&input);
        } else if (kind < 210) {
            step_walk(&input);
        } else {
            step_load(&input);
        }
    }
    return 0;
}
