/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole exits: message in, reply out, against a guest whose RAM is an array here. Ends with a random guest: whatever arrives, the VMM
 * answers with verbs the ABI knows (ASan and UBSan watch).
 */
#include "test/unit/vmm/fake_services.h"
#include "vmm/load.h"
#include "vmm/vmm.h"

enum {
    UART = 0x09000000,
    GICD = 0x08000000,
    RAM_BYTES = 0x4000,
    PSTATE_EL1H = 0x5,
};

static struct vmm vmm;
static uint8_t ram[RAM_BYTES] __attribute__((aligned(4096)));
static struct sel_guest guest;
static uint64_t in[8], out[8];

static uint64_t ram_base(void)
{
    return (uint64_t)(uintptr_t)ram;
}

static int setup(void **state)
{
    (void)state;
    fake_reset(2);
    memset(&vmm, 0, sizeof(vmm));
    memset(ram, 0, sizeof(ram));
    guest = (struct sel_guest){.name = "test"};
    fake_ram(&guest, ram_base(), RAM_BYTES);
    vmm.guest = &guest;
    ram_start(&vmm.ram, &guest);
    vmm_reset(&vmm);
    memset(in, 0, sizeof(in));
    in[FAULT_VM_EXIT_WORD_PSTATE] = PSTATE_EL1H;
    return 0;
}

static enum exit_result handle(void)
{
    memcpy(out, in, sizeof(out));
    return vmm_exit(&vmm, out);
}

static void access(bool is_write, uint64_t address, unsigned size_log2, uint64_t value)
{
    uint64_t word = exit_set_reason(0, EXIT_MMIO);
    word = exit_set_is_write(word, is_write);
    word = exit_set_size_log2(word, size_log2);
    word = exit_set_register(word, 7);
    in[0] = exit_set_has_syndrome(word, 1);
    in[FAULT_VM_EXIT_WORD_ADDRESS] = address;
    in[FAULT_VM_EXIT_WORD_VALUE] = value;
    in[FAULT_VM_EXIT_WORD_FAR] = address;
}

static void exit_load_writes_the_register_and_steps(void **state)
{
    (void)state;
    access(false, UART + 0xfe4, 2, 0);
    assert_int_equal(handle(), EXIT_RESULT_REPLY);
    assert_int_equal(out[0] & (VERB_RESUME | VERB_STEP | VERB_WRITE_REGISTER),
                     VERB_RESUME | VERB_STEP | VERB_WRITE_REGISTER);
    assert_int_equal(exit_register(out[0]), 7);
    assert_int_equal(exit_size_log2(out[0]), 2);
    assert_int_equal(out[1], 0x10);
}

static void exit_store_reaches_the_device(void **state)
{
    (void)state;
    access(true, UART, 0, 'k');
    handle();
    assert_int_equal(out[0] & (VERB_RESUME | VERB_STEP | VERB_WRITE_REGISTER), VERB_RESUME | VERB_STEP);
    assert_int_equal(fake.output[0], 'k');
}

static void exit_access_to_nothing_is_an_external_abort(void **state)
{
    (void)state;
    access(false, 0x0c000000, 3, 0);
    handle();
    assert_int_equal(out[0] & (VERB_RESUME | VERB_STEP | VERB_INJECT_SYNC), VERB_RESUME | VERB_INJECT_SYNC);
    assert_int_equal(out[1], 0x0c000000);
    assert_int_equal(out[7], 0x96000010);
    access(true, 0x0c000000, 3, 0);
    in[FAULT_VM_EXIT_WORD_PSTATE] = 0; /* EL0 */
    handle();
    assert_int_equal(out[7], 0x92000050);
}

static void exit_access_across_the_end_of_a_device(void **state)
{
    (void)state;
    access(false, UART + 0xffe, 2, 0);
    handle();
    assert_true(out[0] & VERB_INJECT_SYNC);
    access(false, ~0ull - 1, 3, 0);
    handle();
    assert_true(out[0] & VERB_INJECT_SYNC);
}

static void exit_fetch_from_nothing(void **state)
{
    (void)state;
    in[0] = exit_set_reason(0, EXIT_FETCH);
    in[FAULT_VM_EXIT_WORD_PC] = 0x0c000000;
    in[FAULT_VM_EXIT_WORD_FAR] = 0x0c000000;
    handle();
    assert_int_equal(out[7], 0x86000010);
}

/* Nothing a guest without vectors could be given would let it go on. */
static void exit_lost_vectors_stop_the_guest(void **state)
{
    (void)state;
    fake.vcpu[VCPU_REG_VBAR_EL1] = 0x0c000000;
    in[0] = exit_set_reason(0, EXIT_FETCH);
    in[FAULT_VM_EXIT_WORD_PC] = 0x0c000200;
    assert_int_equal(handle(), EXIT_RESULT_STOP);
    assert_non_null(vmm.stop.cause);
    assert_int_equal(vmm.stop.pc, 0x0c000200);
    in[FAULT_VM_EXIT_WORD_PSTATE] = 0; /* EL0 at that address is an ordinary fault */
    assert_int_equal(handle(), EXIT_RESULT_REPLY);
}

/* The same where the vectors are translated by a table that is not there: the walk faults instead of the fetch. */
static void exit_vectors_behind_a_lost_table_stop_the_guest(void **state)
{
    (void)state;
    fake.vcpu[VCPU_REG_VBAR_EL1] = 0x40000000;
    in[0] = exit_set_is_table_walk(exit_set_reason(0, EXIT_FETCH), 1);
    in[FAULT_VM_EXIT_WORD_ESR] = 0x20ull << 26;
    in[FAULT_VM_EXIT_WORD_PC] = 0x40000200;
    in[FAULT_VM_EXIT_WORD_FAR] = 0x40000200;
    in[FAULT_VM_EXIT_WORD_ADDRESS] = 0x0c000000;
    assert_int_equal(handle(), EXIT_RESULT_STOP);
    assert_non_null(vmm.stop.cause);
    assert_int_equal(vmm.stop.address, 0x0c000000);
    in[0] = exit_set_is_table_walk(exit_set_reason(0, EXIT_UNDECODED), 1);
    in[FAULT_VM_EXIT_WORD_ESR] = 0x24ull << 26; /* a load by the handler itself: it was fetched */
    assert_int_equal(handle(), EXIT_RESULT_REPLY);
    assert_true(out[0] & VERB_INJECT_SYNC);
}

static void exit_uart_interrupt_is_loaded_with_the_reply(void **state)
{
    (void)state;
    access(true, GICD, 2, 3);
    handle();
    access(true, GICD + 0x84, 2, 0xffffffff);
    handle();
    access(true, GICD + 0x104, 2, 2);
    handle();
    access(true, UART + 0x38, 2, 0x20);
    handle();
    assert_false(out[0] & VERB_SET_INTERRUPTS);
    access(true, UART, 2, 'x');
    handle();
    assert_true(out[0] & VERB_SET_INTERRUPTS);
    assert_int_equal(list_register_intid(out[5]), 33);
    assert_int_equal(list_register_level(out[5]), 1);
    access(true, UART + 0x44, 2, 0x20);
    in[0] = exit_set_lr_state(in[0], INTERRUPT_STATE_PENDING);
    handle();
    assert_true(out[0] & VERB_SET_INTERRUPTS);
    assert_int_equal(out[5], 0);
}

static void exit_console_input_interrupts_a_running_guest(void **state)
{
    (void)state;
    access(true, GICD, 2, 3);
    handle();
    access(true, GICD + 0x104, 2, 2);
    handle();
    access(true, UART + 0x38, 2, 0x10);
    handle();
    fake_type("a");
    vmm_poll_devices(&vmm);
    assert_int_equal(fake.set_count, 1);
    assert_int_equal(list_register_intid(fake.set_words[0]), 33);
    vmm_poll_devices(&vmm);
    assert_int_equal(fake.set_count, 1);
}

/* Between asking and setting the guest ran and took the interrupt that was pending before: it must come out as active. */
static void exit_set_interrupts_lost_race(void **state)
{
    (void)state;
    access(true, GICD, 2, 3);
    handle();
    access(true, GICD + 0xc0c, 2, 0xaaaaaaaa);
    handle();
    access(true, GICD + 0x104, 2, 1u << 20 | 2);
    handle();
    access(true, GICD + 0x204, 2, 1u << 20);
    handle();
    access(true, UART + 0x38, 2, 0x10);
    in[0] = exit_set_lr_state(in[0], INTERRUPT_STATE_PENDING);
    handle();
    fake_type("a");
    fake.info.lr_state = INTERRUPT_STATE_PENDING;
    fake.found_state = INTERRUPT_STATE_ACTIVE;
    vmm_poll_devices(&vmm);
    assert_int_equal(fake.set_count, 2);
    assert_int_equal(list_register_intid(fake.set_words[0]), 33);
    assert_int_equal(list_register_intid(fake.set_words[0] >> 32), 52);
    assert_int_equal(list_register_state(fake.set_words[0] >> 32), INTERRUPT_STATE_ACTIVE);
}

static void call(uint64_t reason, uint64_t x0, uint64_t x1)
{
    in[0] = exit_set_reason(0, reason);
    for (unsigned i = 1; i < 8; i++) {
        in[i] = 0x1000 + i;
    }
    in[1] = x0;
    in[2] = x1;
}

static void exit_firmware_calls(void **state)
{
    (void)state;
    call(EXIT_HVC, 0x84000000, 0);
    assert_int_equal(handle(), EXIT_RESULT_REPLY);
    assert_int_equal(out[0] & (VERB_RESUME | VERB_STEP | VERB_WRITE_RESULTS), VERB_RESUME | VERB_WRITE_RESULTS);
    assert_int_equal(out[1], 0x10001);
    assert_int_equal(out[3], 0x1003);
    assert_int_equal(out[4], 0x1004);
    call(EXIT_SMC, 0x84000000, 0);
    handle();
    assert_true(out[0] & VERB_STEP);
    call(EXIT_HVC, 0xc4000001, 0);
    handle();
    assert_true(out[0] & VERB_BLOCK);
    call(EXIT_HVC, 0x84000009, 0);
    assert_int_equal(handle(), EXIT_RESULT_RESTART);
    call(EXIT_HVC, 0x84000008, 0);
    assert_int_equal(handle(), EXIT_RESULT_POWER_OFF);
}

static void sysreg(bool is_write, uint64_t encoding, uint64_t value)
{
    in[0] = exit_set_size_log2(exit_set_is_write(exit_set_reason(0, EXIT_SYSREG), is_write), 3);
    in[FAULT_VM_EXIT_WORD_ADDRESS] = encoding;
    in[FAULT_VM_EXIT_WORD_VALUE] = value;
}

static uint64_t encoding(uint64_t op0, uint64_t op1, uint64_t crn, uint64_t crm, uint64_t op2)
{
    return op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | crm << 1;
}

static void exit_id_registers_hide_what_guests_do_not_get(void **state)
{
    (void)state;
    sysreg(false, encoding(3, 0, 0, 4, 0), 0x1101001101012222);
    handle();
    assert_int_equal(out[1], 0x1101000001010022 & ~0xff0000000000ull);
    sysreg(false, encoding(3, 0, 0, 5, 0), 0x10305106);
    handle();
    assert_int_equal(out[1], 0x10305006);
    sysreg(false, encoding(3, 0, 0, 6, 1), ~0ull);
    handle();
    assert_int_equal(out[1] & 0xff000ff0, 0);
    sysreg(false, encoding(3, 0, 0, 4, 1), 0xf00);
    handle();
    assert_int_equal(out[1], 0);
    sysreg(false, encoding(3, 0, 0, 7, 7), 0);
    handle();
    assert_true(out[0] & VERB_WRITE_REGISTER);
}

/* A feature nobody has looked at yet is hidden: registers that are not listed read as zero, fields that are not named, too. */
static void exit_id_registers_give_what_is_listed(void **state)
{
    (void)state;
    static const struct {
        uint64_t crm, op2, given;
    } cases[] = {
        {4, 0, 0xf10f00000fff00ff}, /* CSV3, CSV2, DIT, GIC, AdvSIMD, FP, EL1, EL0 */
        {6, 0, 0xfffffffff0fffff0}, /* not TME */
        {6, 1, 0x00ffffff00fff00f}, /* not LS64, XS, pointer authentication */
        {6, 2, 0x00ff0000f0f000f0}, /* not WFxT, MOPS, pointer authentication */
        {7, 0, 0x0000f000ffffffff}, /* not ECV, FGT, granules of stage 2 */
        {7, 1, 0xf00ff0f0fff0f0f2}, /* not HCX, CMOW, TWED, VH, LO */
        {7, 2, 0xf0ff00ff00ff0fff}, /* not EVT, FWB, ST, NV, IESB */
        {1, 0, 0x0f0fffff},
        {2, 0, 0xffffffff},
        {3, 2, 0xffffffff},
        {1, 3, 0},
        {3, 7, 0},
        {4, 2, 0},
        {4, 7, 0},
        {5, 4, 0},
        {6, 3, 0},
        {7, 3, 0},
        {7, 4, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sysreg(false, encoding(3, 0, 0, cases[i].crm, cases[i].op2), ~0ull);
        handle();
        assert_true(out[0] & VERB_WRITE_REGISTER);
        assert_int_equal(out[1], cases[i].given);
    }
}

static void exit_unknown_registers_are_undefined(void **state)
{
    (void)state;
    const uint64_t unknown[] = {encoding(3, 4, 1, 1, 0), encoding(3, 0, 15, 0, 0), encoding(2, 1, 0, 0, 1),
                                encoding(2, 0, 0, 6, 4), encoding(2, 0, 0, 4, 7),  encoding(3, 0, 0, 0, 1)};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        for (unsigned is_write = 0; is_write < 2; is_write++) {
            sysreg(is_write, unknown[i], 5);
            handle();
            assert_int_equal(out[0] & (VERB_RESUME | VERB_STEP | VERB_INJECT_SYNC), VERB_RESUME | VERB_INJECT_SYNC);
            assert_int_equal(out[7], 1 << 25);
        }
    }
    sysreg(true, encoding(3, 0, 0, 4, 0), 0);
    handle();
    assert_true(out[0] & VERB_INJECT_SYNC);
}

static void exit_sgi_register_is_write_only(void **state)
{
    (void)state;
    sysreg(false, encoding(3, 0, 12, 11, 5), 0);
    handle();
    assert_true(out[0] & VERB_INJECT_SYNC);
    access(true, GICD, 2, 3);
    handle();
    access(true, 0x080b0080, 2, 0xffff);
    handle();
    access(true, 0x080b0100, 2, 0xffff);
    handle();
    sysreg(true, encoding(3, 0, 12, 11, 5), 4ull << 24 | 1);
    handle();
    assert_true(out[0] & VERB_SET_INTERRUPTS);
    assert_int_equal(list_register_intid(out[5]), 4);
}

static void exit_debug_registers(void **state)
{
    (void)state;
    sysreg(true, encoding(2, 0, 0, 2, 2), 0xffffffff);
    handle();
    assert_int_equal(fake.vcpu[VCPU_REG_MDSCR_EL1], 0xb001);
    sysreg(false, encoding(2, 0, 1, 1, 4), 0);
    handle();
    assert_int_equal(out[1], 0xa);
    sysreg(true, encoding(2, 0, 1, 0, 4), 0);
    handle();
    sysreg(false, encoding(2, 0, 1, 1, 4), 0);
    handle();
    assert_int_equal(out[1], 0x8);
    sysreg(true, encoding(2, 0, 0, 3, 4), 0x1234000);
    handle();
    sysreg(false, encoding(2, 0, 0, 3, 4), 0);
    handle();
    assert_int_equal(out[1], 0x1234000);
}

static void undecoded(uint32_t instruction, uint64_t base)
{
    in[0] = exit_set_has_instruction(exit_set_reason(0, EXIT_UNDECODED), 1);
    in[FAULT_VM_EXIT_WORD_INSTRUCTION] = instruction;
    in[FAULT_VM_EXIT_WORD_FAR] = base;
    fake.thread[0] = base;
}

static void exit_undecoded_pair(void **state)
{
    (void)state;
    undecoded(0x28c20c02, UART + 0xfe0); /* ldp w2, w3, [x0], #16 */
    handle();
    assert_int_equal(out[0] & (VERB_RESUME | VERB_STEP), VERB_RESUME | VERB_STEP);
    assert_int_equal(fake.thread[2], 0x11);
    assert_int_equal(fake.thread[3], 0x10);
    assert_int_equal(fake.thread[0], UART + 0xff0);
}

/* The address of a literal is told from the instruction's own. */
static void exit_undecoded_literal(void **state)
{
    (void)state;
    in[FAULT_VM_EXIT_WORD_PC] = UART + 0xff0;
    undecoded(0x18ffff81, 0); /* ldr w1, . - 16 */
    handle();
    assert_int_equal(fake.thread[1], 0x11);
    in[FAULT_VM_EXIT_WORD_PC] = UART + 0xfd4;
    undecoded(0x18000081, 0); /* ldr w1, . + 16 */
    handle();
    assert_int_equal(fake.thread[1], 0x10);
}

static void exit_undecoded_across_ram_and_device(void **state)
{
    (void)state;
    memcpy(&ram[16], "ABCDEFGH", 8);
    undecoded(0xf8408401 | 8u << 12, 0); /* ldr x1, [x0], #... decoded below by its own offset */
    fake.thread[0] = ram_base() + 16;
    handle();
    assert_memory_equal(&fake.thread[1], "ABCDEFGH", 8);
}

/* Neighbours in the guest's own address space need not be neighbours in its memory. */
static void exit_undecoded_across_two_pages(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11};
    fake.translate_break = ram_base() + 0x1000;
    fake.translate_offset_above = 0x1000;
    memset(ram, 0xee, sizeof(ram));
    fake.thread[1] = 0x1122334455667788;
    undecoded(0xf8008401, ram_base() + 0xffd); /* str x1, [x0], #8 */
    handle();
    assert_memory_equal(&ram[0xffd], bytes, 3);
    assert_int_equal(ram[0x1000], 0xee);
    assert_memory_equal(&ram[0x2000], &bytes[3], 5);
    assert_int_equal(ram[0x2005], 0xee);

    fake.thread[1] = 0;
    undecoded(0xf8408401, ram_base() + 0xffd); /* ldr x1, [x0], #8 */
    handle();
    assert_int_equal(fake.thread[1], 0x1122334455667788);
    assert_int_equal(fake.thread[0], ram_base() + 0xffd + 8);
}

/* An instruction that the kernel could not read is looked for where the guest has it. */
static void exit_undecoded_is_fetched(void **state)
{
    (void)state;
    static const uint32_t pairs[] = {0x29400c02, 0x29401404}; /* ldp w2, w3, [x0]; ldp w4, w5, [x0] */
    memcpy(&ram[0x100], pairs, sizeof(pairs));
    for (unsigned i = 0; i < 2; i++) {
        undecoded(0, UART + 0xfe0);
        in[0] = exit_set_reason(0, EXIT_UNDECODED);
        in[FAULT_VM_EXIT_WORD_PC] = ram_base() + 0x100 + 4 * i;
        handle();
        assert_int_equal(out[0] & (VERB_RESUME | VERB_STEP), VERB_RESUME | VERB_STEP);
        assert_int_equal(fake.thread[2 + 2 * i], 0x11);
        assert_int_equal(fake.thread[3 + 2 * i], 0x10);
    }
    in[FAULT_VM_EXIT_WORD_PC] = 0x0c000000; /* not memory */
    handle();
    assert_int_equal(out[7], 0x96000010);
}

/* The access is the guest's: with the rights of the level it came from, and as a store if it is one. */
static void exit_undecoded_has_the_guests_own_rights(void **state)
{
    (void)state;
    for (unsigned is_el1 = 0; is_el1 < 2; is_el1++) {
        in[FAULT_VM_EXIT_WORD_PSTATE] = is_el1 ? PSTATE_EL1H : 0;
        undecoded(0x28c20c02, UART + 0xfe0); /* ldp w2, w3, [x0], #16 */
        handle();
        assert_int_equal(fake.is_el0_asked, !is_el1);
        assert_false(fake.is_write_asked);
        undecoded(0xb8004401, UART + 0x24); /* str w1, [x0], #4 */
        handle();
        assert_int_equal(fake.is_el0_asked, !is_el1);
        assert_true(fake.is_write_asked);
    }
}

/* Bytes of memory are the guest's up to the last one, and none behind it. */
static void exit_undecoded_ends_with_ram(void **state)
{
    (void)state;
    memset(ram, 0x5a, sizeof(ram));
    undecoded(0xf8408401, ram_base() + RAM_BYTES - 8); /* ldr x1, [x0], #8 */
    handle();
    assert_int_equal(fake.thread[1], 0x5a5a5a5a5a5a5a5a);
    undecoded(0xb8404401, ram_base() + RAM_BYTES - 3); /* ldr w1, [x0], #4: its last byte is behind */
    handle();
    assert_true(out[0] & VERB_INJECT_SYNC);
}

/* A load as wide as its register, and no wider: LDRSB W clears the upper half (DDI 0487, C6.2). */
static void exit_undecoded_extends_as_the_load_says(void **state)
{
    (void)state;
    ram[0] = 0x80;
    undecoded(0x38c01401, ram_base()); /* ldrsb w1, [x0], #1 */
    handle();
    assert_int_equal(fake.thread[1], 0xffffff80);
    undecoded(0x38801401, ram_base()); /* ldrsb x1, [x0], #1 */
    handle();
    assert_int_equal(fake.thread[1], 0xffffffffffffff80);
}

/* The index register is cut, extended and scaled as the instruction says. */
static void exit_undecoded_register_offset(void **state)
{
    (void)state;
    memset(ram, 0, sizeof(ram));
    ram[8] = 0x11;
    ram[24] = 0x22;
    undecoded(0xf862d801, ram_base() + 16); /* ldr x1, [x0, w2, sxtw #3] */
    fake.thread[2] = 0xdead0000ffffffff;
    handle();
    assert_int_equal(fake.thread[1], 0x11);
    undecoded(0xf8625801, ram_base() + 16); /* ldr x1, [x0, w2, uxtw #3] */
    fake.thread[2] = 0xdead000000000001;
    handle();
    assert_int_equal(fake.thread[1], 0x22);
    undecoded(0xf8624801, ram_base() + 16); /* ldr x1, [x0, w2, uxtw] */
    fake.thread[2] = 0xdead000000000008;
    handle();
    assert_int_equal(fake.thread[1], 0x22);
}

/* A32 and T32 have encodings of their own: nothing of them is carried out. */
static void exit_undecoded_of_aarch32(void **state)
{
    (void)state;
    in[FAULT_VM_EXIT_WORD_PSTATE] = 0x10;
    undecoded(0x28c20c02, UART + 0xfe0);
    fake.thread[2] = 0x1111;
    handle();
    assert_true(out[0] & VERB_INJECT_SYNC);
    assert_int_equal(fake.thread[2], 0x1111);
}

static void exit_undecoded_stack_pointer(void **state)
{
    (void)state;
    undecoded(0xb81fcfe1, 0); /* str w1, [sp, #-4]! */
    fake.vcpu[VCPU_REG_SP_EL1] = GICD + 0x424;
    fake.thread[1] = 0x40302010;
    handle();
    assert_int_equal(fake.vcpu[VCPU_REG_SP_EL1], GICD + 0x420);
    assert_int_equal(gic_distributor_read(&vmm.gic, 0x420, 4), 0x40302010);
}

static void exit_undecoded_that_cannot_be_carried_out(void **state)
{
    (void)state;
    undecoded(0x3dc00000, UART); /* ldr q0, [x0] */
    handle();
    assert_int_equal(out[7] & ~0x40ull, 0x96000010);
    undecoded(0xa9400c02, 0x0c000000);
    handle();
    assert_int_equal(out[7], 0x96000010);
    undecoded(0xa9400c02, UART);
    fake.translate_fault = 0x80d; /* PAR: F, level 2 translation fault */
    handle();
    assert_int_equal(out[7], 0x96000006);
    undecoded(0xa9400c02, UART);
    fake.translate_fault = 0x863; /* a status of six bits: 0b110001, section entry of the TLB conflicting */
    handle();
    assert_int_equal(out[7], 0x96000031);
    assert_int_equal(fake.thread[2], 0);
}

/* DC by address on a device does nothing, as on hardware: no abort, nothing read or written. */
static void exit_undecoded_cache_maintenance_is_skipped(void **state)
{
    (void)state;
    undecoded(0xd50b7e20, UART); /* dc civac, x0 */
    in[FAULT_VM_EXIT_WORD_ESR] = 0x92000147;
    handle();
    assert_int_equal(out[0] & (VERB_RESUME | VERB_STEP | VERB_INJECT_SYNC | VERB_WRITE_REGISTER),
                     VERB_RESUME | VERB_STEP);
}

/* The second half of a pair lies behind the UART: nothing is written, FAR names the half that failed. */
static void exit_undecoded_pair_half_outside(void **state)
{
    (void)state;
    undecoded(0x28c20c02, UART + 0xffc);
    fake.thread[2] = 0x1111;
    fake.thread[3] = 0x2222;
    handle();
    assert_int_equal(out[1], UART + 0x1000);
    assert_int_equal(fake.thread[2], 0x1111);
    assert_int_equal(fake.thread[3], 0x2222);
    assert_int_equal(fake.thread[0], UART + 0xffc);
}

static void exit_load_fills_a_range_as_new(void **state)
{
    (void)state;
    static const char image[] = "IMAGE";
    const struct sel_guest_piece piece = {ram_base() + 0x1000, image, sizeof(image)};
    guest.pieces = &piece;
    guest.piece_count = 1;
    guest.entry = ram_base() + 0x1000;
    guest.x[0] = 0x4444;
    assert_null(load_check(&guest));
    memset(ram, 0xee, sizeof(ram));
    load_range(&guest, ram_base(), RAM_BYTES, false);
    load_registers(&guest);
    for (unsigned i = 0; i < RAM_BYTES; i++) {
        uint8_t expected = i - 0x1000 < sizeof(image) ? (uint8_t)image[i - 0x1000] : 0;
        assert_int_equal(ram[i], expected);
    }
    assert_int_equal(fake.thread[THREAD_REG_PC], ram_base() + 0x1000);
    assert_int_equal(fake.thread[THREAD_REG_PSTATE], 0x3c5);
    assert_int_equal(fake.thread[0], 0x4444);
}

static void exit_load_refuses_pieces_outside_ram(void **state)
{
    (void)state;
    struct sel_guest_piece pieces[2] = {{ram_base(), ram, 0x2000}, {ram_base() + 0x1000, ram, 0x1000}};
    guest.pieces = pieces;
    guest.piece_count = 2;
    assert_non_null(load_check(&guest));
    pieces[1].guest_address = ram_base() + RAM_BYTES - 0xfff;
    assert_non_null(load_check(&guest));
    pieces[1].guest_address = ~0ull;
    assert_non_null(load_check(&guest));
    pieces[1].guest_address = ram_base() + RAM_BYTES - 0x1000;
    assert_null(load_check(&guest));
}

static const uint64_t known_verbs = VERB_RESUME | VERB_STEP | VERB_WRITE_REGISTER | VERB_WRITE_RESULTS |
                                    VERB_SET_INTERRUPTS | VERB_INJECT_SYNC | VERB_INJECT_SERROR | VERB_BLOCK |
                                    VERB_NOTIFY_EMPTY;

static void exit_any_message(void **state)
{
    (void)state;
    static const uint64_t places[] = {UART, GICD, 0x080a0000, 0x080b0000, 0, 0x40000000, ~0ull - 7};
    const uint64_t echoed = EXIT_WORD_REGISTER | EXIT_WORD_SIZE_LOG2 | EXIT_WORD_SIGN_EXTEND | EXIT_WORD_IS_64BIT;
    uint64_t random = 88172645463325252ull;
    for (unsigned i = 0; i < 300000; i++) {
        for (unsigned w = 0; w < 8; w++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            in[w] = random;
        }
        in[0] = exit_set_reason(in[0], in[0] % 12);
        if (in[7] & 1) {
            in[1] = places[(in[7] >> 1) % 7] + (in[1] & 0xffff);
        }
        fake.thread[random % 31] = places[random % 7] + (random >> 50);
        fake.translate_fault = (random >> 20) & 7 ? 0 : random | 1;
        fake.output_room = 1;
        enum exit_result result = handle();
        if (result == EXIT_RESULT_REPLY) {
            assert_int_equal(out[0] & ~known_verbs & ~echoed, 0);
            assert_true(out[0] & VERB_RESUME);
        }
        assert_true(result != EXIT_RESULT_STOP || vmm.stop.cause != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(exit_load_writes_the_register_and_steps, setup),
        cmocka_unit_test_setup(exit_store_reaches_the_device, setup),
        cmocka_unit_test_setup(exit_access_to_nothing_is_an_external_abort, setup),
        cmocka_unit_test_setup(exit_access_across_the_end_of_a_device, setup),
        cmocka_unit_test_setup(exit_fetch_from_nothing, setup),
        cmocka_unit_test_setup(exit_lost_vectors_stop_the_guest, setup),
        cmocka_unit_test_setup(exit_vectors_behind_a_lost_table_stop_the_guest, setup),
        cmocka_unit_test_setup(exit_uart_interrupt_is_loaded_with_the_reply, setup),
        cmocka_unit_test_setup(exit_console_input_interrupts_a_running_guest, setup),
        cmocka_unit_test_setup(exit_set_interrupts_lost_race, setup),
        cmocka_unit_test_setup(exit_firmware_calls, setup),
        cmocka_unit_test_setup(exit_id_registers_hide_what_guests_do_not_get, setup),
        cmocka_unit_test_setup(exit_id_registers_give_what_is_listed, setup),
        cmocka_unit_test_setup(exit_unknown_registers_are_undefined, setup),
        cmocka_unit_test_setup(exit_sgi_register_is_write_only, setup),
        cmocka_unit_test_setup(exit_debug_registers, setup),
        cmocka_unit_test_setup(exit_undecoded_pair, setup),
        cmocka_unit_test_setup(exit_undecoded_literal, setup),
        cmocka_unit_test_setup(exit_undecoded_is_fetched, setup),
        cmocka_unit_test_setup(exit_undecoded_cache_maintenance_is_skipped, setup),
        cmocka_unit_test_setup(exit_undecoded_across_ram_and_device, setup),
        cmocka_unit_test_setup(exit_undecoded_across_two_pages, setup),
        cmocka_unit_test_setup(exit_undecoded_has_the_guests_own_rights, setup),
        cmocka_unit_test_setup(exit_undecoded_ends_with_ram, setup),
        cmocka_unit_test_setup(exit_undecoded_extends_as_the_load_says, setup),
        cmocka_unit_test_setup(exit_undecoded_register_offset, setup),
        cmocka_unit_test_setup(exit_undecoded_of_aarch32, setup),
        cmocka_unit_test_setup(exit_undecoded_stack_pointer, setup),
        cmocka_unit_test_setup(exit_undecoded_that_cannot_be_carried_out, setup),
        cmocka_unit_test_setup(exit_undecoded_pair_half_outside, setup),
        cmocka_unit_test_setup(exit_load_fills_a_range_as_new, setup),
        cmocka_unit_test_setup(exit_load_refuses_pieces_outside_ram, setup),
        cmocka_unit_test_setup(exit_any_message, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
