/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Target vmm_exit: an input is a row of exits of one guest, with what it does in between: registers and memory it writes, list registers that
 * move on, bytes at its console. Any exit is answered with verbs the ABI knows, in combinations that make sense; nothing the guest
 * chooses stops it but a way of its own.
 */
#include <string.h>

#include "test/fuzz/vmm/machine.h"
#include "vmm/load.h"

#define RECORD_BYTES 40
#define STEPS_MAX    64
#define ENTRY_COUNT  2 /* list registers of the VMM on QEMU */
#define UART_FLAGS   0x09000018
#define POLLS        32 /* so often in a row no row of single exits reads one register */

const size_t fuzz_record_bytes = RECORD_BYTES;

#define VERBS                                                                                                          \
    (VERB_RESUME | VERB_STEP | VERB_WRITE_REGISTER | VERB_WRITE_RESULTS | VERB_SET_INTERRUPTS | VERB_INJECT_SYNC |     \
     VERB_INJECT_SERROR | VERB_BLOCK | VERB_NOTIFY_EMPTY)

/* --- what a reply may be --- */

static void check_reply(uint64_t word)
{
    const uint64_t echoed = EXIT_WORD_REGISTER | EXIT_WORD_SIZE_LOG2 | EXIT_WORD_SIGN_EXTEND | EXIT_WORD_IS_64BIT;
    bool is_sync = word & VERB_INJECT_SYNC;
    bool is_serror = word & VERB_INJECT_SERROR;
    fuzz_check((word & ~(echoed | VERBS)) == 0, "reply %lx has bits that are no verbs", word);
    fuzz_check(word & VERB_RESUME, "reply %lx leaves the guest stopped without a word", word);
    fuzz_check(!is_sync || !(word & (VERB_STEP | VERB_WRITE_REGISTER | VERB_WRITE_RESULTS | VERB_BLOCK)),
               "reply %lx injects an exception and completes the instruction", word);
    fuzz_check(!(is_sync && is_serror), "reply %lx injects two exceptions", word);
    fuzz_check(!((word & VERB_WRITE_REGISTER) && (word & VERB_WRITE_RESULTS)), "reply %lx uses word 1 twice", word);
}

/** Only exits that no instruction leads on from may stop a guest. */
static void check_stop(const uint64_t in[8])
{
    uint64_t reason = exit_reason(in[0]);
    bool is_possible =
        reason == EXIT_FETCH || reason == EXIT_OTHER || reason == 0 || reason > EXIT_OTHER || exit_is_table_walk(in[0]);
    fuzz_check(machine.vmm.stop.cause != NULL && is_possible, "exit of reason %lu stopped the guest: %s", reason,
               machine.vmm.stop.cause != NULL ? machine.vmm.stop.cause : "no cause");
}

/** An access to memory that the guest does not have yet gives it that, and does nothing else. */
static void check_first_touch(const uint64_t in[8], const uint64_t words[8])
{
    bool is_reply_empty = (words[0] & VERBS & ~(VERB_SET_INTERRUPTS | VERB_NOTIFY_EMPTY)) == VERB_RESUME;
    fuzz_check(machine_has_frame(in[FAULT_VM_EXIT_WORD_ADDRESS]) && is_reply_empty,
               "first touch of %lx is answered with %lx", in[FAULT_VM_EXIT_WORD_ADDRESS], words[0]);
}

static bool is_first_touch(const uint64_t in[8])
{
    uint64_t reason = exit_reason(in[0]);
    bool is_access = reason == EXIT_MMIO || reason == EXIT_UNDECODED || reason == EXIT_FETCH;
    uint64_t address = in[FAULT_VM_EXIT_WORD_ADDRESS];
    return is_access && address - MACHINE_RAM_BASE < MACHINE_RAM_BYTES && !machine_has_frame(address);
}

static void restart(void)
{
    ram_take_back(&machine.vmm.ram);
    vmm_reset(&machine.vmm);
    load_registers(&machine.guest);
    machine_load(0, 0);
}

static void answer(const uint64_t in[8])
{
    uint64_t words[8];
    bool is_first = is_first_touch(in);
    memcpy(words, in, sizeof(words));
    switch (vmm_exit(&machine.vmm, words)) {
    case EXIT_RESULT_REPLY:
        check_reply(words[0]);
        if (is_first) {
            check_first_touch(in, words);
        }
        if (words[0] & VERB_SET_INTERRUPTS) {
            machine_load(words[5], words[6]);
        }
        machine_check(true);
        break;
    case EXIT_RESULT_STOP:
        check_stop(in);
        restart();
        break;
    default:
        fuzz_check(exit_reason(in[0]) == EXIT_HVC || exit_reason(in[0]) == EXIT_SMC,
                   "exit of reason %lu ended the guest", exit_reason(in[0]));
        restart();
    }
}

/* --- exits --- */

/** Registers of the distributor or of the redistributor's second frame that decide what the guest is shown. */
static uint64_t pick_gic_register(uint8_t class, uint64_t value)
{
    static const uint16_t rows[] = {0x080, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0xc00};
    uint64_t base = class & 64 ? 0x080b0000 : 0x08000000;
    if (class & 128) {
        return class & 32 ? 0x08000000 : base + 0x400 + value % 0x120;
    }
    return base + rows[value % 8] + value / 8 % 10 * 4;
}

/** An address that leads somewhere: a device's register, RAM or around its ends, or anywhere. */
static uint64_t pick_address(struct fuzz_input *input)
{
    static const uint64_t bases[] = {0x08000000, 0x080a0000, 0x080b0000, 0x09000000, 0x09000000, MACHINE_RAM_BASE};
    uint8_t class = fuzz_u8(input);
    uint64_t value = fuzz_number(input, 2);
    switch (class % 16) {
    case 0:
        return fuzz_word(input);
    case 1:
        return MACHINE_RAM_BASE + MACHINE_RAM_BYTES - 8 + value % 16;
    case 2:
        return MACHINE_RAM_BASE - 8 + value % 16;
    case 3:
        return bases[class / 16 % 6] - 4 + value % 8;
    case 4:
    case 5:
        return bases[class / 16 % 6] + value;
    case 6:
    case 7:
    case 8:
        return bases[class / 16 % 6] + value % 20 * 4;
    case 9:
        return bases[class / 16 % 6] + 0x10000 - 0x40 + value % 0x40;
    default:
        return pick_gic_register(class, value);
    }
}

static void make_mmio(uint64_t in[8], struct fuzz_input *input)
{
    uint8_t bits = fuzz_u8(input);
    unsigned size_log2 = bits & 8 ? 2 : bits & 3;
    in[0] |= exit_set_is_write(exit_set_size_log2(exit_set_register(0, bits >> 3), size_log2), bits >> 2 & 1);
    in[FAULT_VM_EXIT_WORD_ADDRESS] = pick_address(input);
    in[FAULT_VM_EXIT_WORD_VALUE] = fuzz_word(input);
    in[FAULT_VM_EXIT_WORD_FAR] = in[FAULT_VM_EXIT_WORD_ADDRESS];
}

static void make_undecoded(uint64_t in[8], struct fuzz_input *input)
{
    static const uint32_t classes[] = {0x28000000, 0xa8000000, 0x18000000, 0x38000000,
                                       0x39000000, 0xb8000000, 0xf8000000};
    uint8_t class = fuzz_u8(input);
    uint32_t instruction = (uint32_t)fuzz_number(input, 4);
    instruction = class < 224 ? classes[class % 7] | (instruction & 0x03ffffff) : instruction;
    in[0] = exit_set_has_instruction(in[0], class % 8 != 0);
    in[FAULT_VM_EXIT_WORD_INSTRUCTION] = instruction;
    in[FAULT_VM_EXIT_WORD_PC] = pick_address(input);
    in[FAULT_VM_EXIT_WORD_FAR] = pick_address(input);
    for (unsigned i = 0; i < 31; i++) {
        fake.thread[i] = in[FAULT_VM_EXIT_WORD_FAR] + i * (class / 32);
    }
    fake.vcpu[VCPU_REG_SP_EL0] = in[FAULT_VM_EXIT_WORD_FAR];
    fake.vcpu[VCPU_REG_SP_EL1] = in[FAULT_VM_EXIT_WORD_FAR] + 16;
    memcpy(machine_ram(), &instruction, sizeof(instruction));
}

static void make_call(uint64_t in[8], struct fuzz_input *input)
{
    uint8_t class = fuzz_u8(input);
    uint64_t function = 0x84000000 + class % 24 + (class & 64 ? 0x40000000 : 0);
    function = class >= 224 ? 0x80000000 + class % 4 : function;
    in[0] = exit_set_immediate(in[0], class % 16 == 15 ? class : 0);
    in[1] = class == 255 ? fuzz_word(input) : function;
    in[2] = fuzz_word(input);
    in[3] = fuzz_word(input);
    in[4] = fuzz_word(input);
}

/** The ISS encoding of a register: abi, reason SYSREG. */
static uint64_t encode(uint64_t op0, uint64_t op1, uint64_t crn, uint64_t crm, uint64_t op2)
{
    return op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | crm << 1;
}

static void make_sysreg(uint64_t in[8], struct fuzz_input *input)
{
    uint8_t class = fuzz_u8(input);
    uint64_t value = fuzz_number(input, 3);
    uint64_t crm = value & 15;
    uint64_t op2 = value >> 4 & 7;
    uint64_t encoding = value;
    if (class < 32) {
        encoding = encode(3, 0, 12, 11, 5 + op2 % 3); /* SGIs */
    } else if (class < 80) {
        encoding = encode(2, value >> 7 & 4, class & 2 ? 0 : 1, crm, op2); /* debug registers */
    } else if (class < 128) {
        encoding = encode(3, 0, 0, crm & 7, op2); /* ID registers */
    } else if (class < 224) {
        encoding = encode(1 + value % 3, value >> 8 & 3, value >> 10 & 15, crm, op2);
    }
    in[0] = exit_set_is_write(in[0], class & 1);
    in[FAULT_VM_EXIT_WORD_ADDRESS] = encoding;
    in[FAULT_VM_EXIT_WORD_VALUE] = fuzz_word(input);
}

/** The guest's own tables: their registers, and descriptors in RAM. */
static void make_walk(uint64_t in[8], struct fuzz_input *input)
{
    in[0] = exit_set_is_table_walk(in[0], 1);
    fake.vcpu[VCPU_REG_TCR_EL1] = fuzz_number(input, 4);
    fake.vcpu[VCPU_REG_TTBR0_EL1] = pick_address(input);
    fake.vcpu[VCPU_REG_TTBR1_EL1] = fake.vcpu[VCPU_REG_TTBR0_EL1];
    uint64_t descriptor = (pick_address(input) & ~0xffful) | 3;
    for (uint64_t at = 0; at < MACHINE_RAM_BYTES; at += sizeof(descriptor)) {
        memcpy(machine_ram() + at, &descriptor, sizeof(descriptor));
    }
    in[FAULT_VM_EXIT_WORD_FAR] = fuzz_word(input);
    in[FAULT_VM_EXIT_WORD_ADDRESS] = pick_address(input);
}

static void make_raw(uint64_t in[8], struct fuzz_input *input)
{
    for (unsigned i = 0; i < 8; i++) {
        in[i] = fuzz_number(input, 4) << (i % 3 * 16);
    }
    in[0] = exit_set_lr_state(in[0], machine_state());
}

static void make_exit(uint64_t in[8], uint8_t kind, struct fuzz_input *input)
{
    static const uint8_t reasons[] = {EXIT_MMIO,  EXIT_UNDECODED,   EXIT_HVC,    EXIT_SMC,  EXIT_SYSREG,
                                      EXIT_FETCH, EXIT_MAINTENANCE, EXIT_SERROR, EXIT_OTHER};
    static const uint8_t pstates[] = {0x5, 0x4, 0x0, 0x10};
    uint8_t reason = kind % 13 < 9 ? reasons[kind % 13] : EXIT_MMIO;
    in[0] = exit_set_lr_state(exit_set_reason(in[0], reason), machine_state());
    in[FAULT_VM_EXIT_WORD_PSTATE] = pstates[kind / 13 % 4];
    in[FAULT_VM_EXIT_WORD_PC] = fake.vcpu[VCPU_REG_VBAR_EL1] + (kind / 52 == 0 ? 0 : 0x10000);
    in[FAULT_VM_EXIT_WORD_ESR] = fuzz_number(input, 4);
    switch (reason) {
    case EXIT_MMIO:
        make_mmio(in, input);
        break;
    case EXIT_UNDECODED:
        make_undecoded(in, input);
        break;
    case EXIT_HVC:
    case EXIT_SMC:
        make_call(in, input);
        break;
    case EXIT_SYSREG:
        make_sysreg(in, input);
        break;
    default:
        make_walk(in, input);
        in[0] = exit_set_is_table_walk(in[0], kind & 1);
    }
}

/* --- what happens besides --- */

static void type(struct fuzz_input *input)
{
    fake.input_taken = 0;
    fake.input_count = fuzz_u8(input) % FAKE_CONSOLE_BYTES;
    memset(fake.input, fuzz_u8(input), sizeof(fake.input));
    fake.output_room = fuzz_u8(input) % 8 == 0 ? 0 : fuzz_u8(input);
    machine_poll(fuzz_u8(input));
    machine_check(false);
}

/** A guest that waits for its UART: after many exits it may be shown a page of registers instead. */
static void poll_flags(struct fuzz_input *input)
{
    uint64_t reason = exit_set_size_log2(exit_set_reason(0, EXIT_MMIO), 2);
    fake.output_room = fuzz_u8(input) % 8 == 0 ? 0 : FAKE_CONSOLE_BYTES;
    for (unsigned i = 0; i < POLLS && !fake.is_page_shown; i++) {
        uint64_t in[8] = {exit_set_lr_state(reason, machine_state())};
        in[FAULT_VM_EXIT_WORD_ADDRESS] = UART_FLAGS;
        answer(in);
    }
}

/** States that no hardware reports, and EOIs of what was in no list register. */
static void make_wild(uint64_t in[8], struct fuzz_input *input)
{
    machine.is_wild = true;
    in[0] = exit_set_lr_state(in[0], fuzz_number(input, 2));
}

static void set_guest(struct fuzz_input *input)
{
    uint8_t which = fuzz_u8(input);
    fake.vcpu[which % VCPU_REG_COUNT] = fuzz_word(input);
    fake.translate_offset = fuzz_u8(input) < 32 ? fuzz_word(input) : 0;
    fake.translate_fault = fuzz_u8(input) < 32 ? fuzz_word(input) : 0;
    fake.translate_break = fuzz_u8(input) < 128 ? MACHINE_RAM_BASE + 0x1000 * (uint64_t)(which % 8) : 0;
    fake.translate_offset_above = fuzz_u8(input) < 128 ? fuzz_word(input) : 0;
    fake.info.line_high[0] = which & 1;
    fake.info.line_high[1] = which & 2;
}

static void step(struct fuzz_input *input)
{
    uint64_t in[8] = {0};
    uint8_t kind = fuzz_u8(input);
    machine_run(fuzz_u8(input));
    if (kind < 216) {
        make_exit(in, kind, input);
    } else if (kind < 224) {
        make_raw(in, input);
    } else if (kind < 228) {
        make_exit(in, 0, input);
        make_wild(in, input);
    } else if (kind < 240) {
        type(input);
        return;
    } else if (kind < 244) {
        poll_flags(input);
        return;
    } else {
        set_guest(input);
        return;
    }
    answer(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    machine_start(ENTRY_COUNT);
    for (size_t i = 0; (i + 1) * RECORD_BYTES <= size && i < STEPS_MAX; i++) {
        struct fuzz_input input = {.at = data + i * RECORD_BYTES, .left = RECORD_BYTES};
        step(&input);
    }
    return 0;
}
