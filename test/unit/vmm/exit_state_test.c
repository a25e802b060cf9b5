/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits and what they leave behind: list registers taken back and given, the UART's line, a reset, registers that are stored or hidden.
 * Each exit by itself: exit_test.c.
 */
#include "test/unit/vmm/fake_services.h"
#include "vmm/load.h"
#include "vmm/vmm.h"

enum {
    UART = 0x09000000,
    UART_IFLS = 0x34,
    UART_IMSC = 0x38,
    GICD = 0x08000000,
    GICR_SGI = 0x080b0000,
    RAM_BYTES = 0x2000,
    PSTATE_EL1H = 0x5,
    INTID_UART = 33,
};

static struct vmm vmm;
static uint8_t ram[RAM_BYTES] __attribute__((aligned(4096)));
static struct sel_guest guest;
static uint64_t in[8], out[8];

static int setup(void **state)
{
    (void)state;
    fake_reset(4);
    memset(&vmm, 0, sizeof(vmm));
    guest = (struct sel_guest){.name = "test"};
    fake_ram(&guest, (uintptr_t)ram, RAM_BYTES);
    vmm.guest = &guest;
    ram_start(&vmm.ram, &guest);
    vmm_reset(&vmm);
    memset(in, 0, sizeof(in));
    in[FAULT_VM_EXIT_WORD_PSTATE] = PSTATE_EL1H;
    return 0;
}

static enum exit_result handle(uint64_t lr_state)
{
    memcpy(out, in, sizeof(out));
    out[0] = exit_set_lr_state(out[0], lr_state);
    return vmm_exit(&vmm, out);
}

static void access(bool is_write, uint64_t address, unsigned size_log2, uint64_t value)
{
    uint64_t word = exit_set_size_log2(exit_set_is_write(exit_set_reason(0, EXIT_MMIO), is_write), size_log2);
    in[0] = exit_set_has_syndrome(word, 1);
    in[FAULT_VM_EXIT_WORD_ADDRESS] = address;
    in[FAULT_VM_EXIT_WORD_VALUE] = value;
}

static void store(uint64_t address, uint32_t value)
{
    access(true, address, 2, value);
    handle(0);
}

static uint64_t load(uint64_t address, unsigned size_log2)
{
    access(false, address, size_log2, 0);
    handle(0);
    return out[1];
}

static uint64_t encoding(uint64_t op0, uint64_t op1, uint64_t crn, uint64_t crm, uint64_t op2)
{
    return op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | crm << 1;
}

static uint64_t sysreg(bool is_write, uint64_t which, uint64_t value)
{
    in[0] = exit_set_size_log2(exit_set_is_write(exit_set_reason(0, EXIT_SYSREG), is_write), 3);
    in[FAULT_VM_EXIT_WORD_ADDRESS] = which;
    in[FAULT_VM_EXIT_WORD_VALUE] = value;
    handle(0);
    return out[1];
}

/* Edge-triggered SPIs 40.. of falling priority, all enabled and pending, the last written by the exit that is answered. */
static void pend_edges(unsigned count)
{
    store(GICD, 3);
    store(GICD + 0xc08, 0xaaaaaaaa);
    for (unsigned i = 0; i < count; i++) {
        access(true, GICD + 0x400 + 40 + i, 0, 0x80 + 8 * i);
        handle(0);
    }
    store(GICD + 0x104, ((1u << count) - 1) << 8);
    store(GICD + 0x204, ((1u << count) - 1) << 8);
}

static uint64_t intid_of(const uint64_t words[2], unsigned index)
{
    return list_register_intid(words[index / 2] >> 32 * (index % 2) & 0xffffffff);
}

static void all_four_list_registers_are_used(void **state)
{
    (void)state;
    pend_edges(4);
    assert_true(out[0] & VERB_SET_INTERRUPTS);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(intid_of(&out[5], i), 40 + i);
    }
}

/* Disabled ones wait for nothing: they take no list register from others. */
static void disabled_interrupts_take_no_room(void **state)
{
    (void)state;
    pend_edges(5);
    store(GICD + 0x184, 0xf << 8);
    assert_int_equal(intid_of(&out[5], 0), 44);
    assert_int_equal(out[5] >> 32 | out[6], 0);
}

/* The exit that told it may be of any kind; what the guest has taken is not pending any more. */
static void every_exit_takes_the_list_registers_back(void **state)
{
    (void)state;
    pend_edges(1);
    access(false, GICD + 0x204, 2, 0);
    handle(INTERRUPT_STATE_ACTIVE);
    assert_int_equal(out[1], 0);
    access(false, GICD + 0x304, 2, 0);
    handle(INTERRUPT_STATE_ACTIVE);
    assert_int_equal(out[1], 1 << 8);
    access(false, GICD + 0x304, 2, 0);
    handle(0);
    assert_int_equal(out[1], 0);
}

/* Taken and ended between two exits: all list registers are empty as before, and yet something has happened. */
static void an_interrupt_may_come_and_go_unseen(void **state)
{
    (void)state;
    pend_edges(1);
    assert_int_equal(load(GICD + 0x204, 2), 0);
}

/* An active level interrupt whose line is high is not pending a second time: the kernel pends it at its end. */
static void an_active_level_interrupt_is_only_active(void **state)
{
    (void)state;
    store(GICD, 3);
    store(GICD + 0x104, 1u << (INTID_UART - 32));
    store(UART + UART_IMSC, 0x20);
    store(UART, 'x');
    assert_int_equal(list_register_state(out[5]), INTERRUPT_STATE_PENDING);
    access(true, GICD + 0x400 + INTID_UART, 0, 0x40);
    handle(INTERRUPT_STATE_ACTIVE);
    assert_int_equal(list_register_priority(out[5]), 0x40);
    assert_int_equal(list_register_state(out[5]), INTERRUPT_STATE_ACTIVE);
    assert_int_equal(list_register_level(out[5]), 1);
}

/* A device's signal finds the guest running: what it has taken since its last exit stays taken. */
static void a_signal_takes_the_list_registers_back(void **state)
{
    (void)state;
    pend_edges(1);
    access(true, GICD + 0x104, 2, 1u << (INTID_UART - 32));
    handle(INTERRUPT_STATE_PENDING);
    access(true, UART + UART_IMSC, 2, 0x10);
    handle(INTERRUPT_STATE_PENDING);
    fake_type("a");
    fake.info.lr_state = INTERRUPT_STATE_ACTIVE;
    fake.found_state = INTERRUPT_STATE_ACTIVE;
    vmm_poll_devices(&vmm);
    assert_int_equal(fake.set_count, 1);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t entry = fake.set_words[0] >> 32 * i & 0xffffffff;
        bool is_taken = list_register_intid(entry) == 40;
        assert_int_equal(list_register_state(entry), is_taken ? INTERRUPT_STATE_ACTIVE : INTERRUPT_STATE_PENDING);
    }
}

/* The last of four list registers changed while the VMM chose: it must choose again. */
static void a_race_in_the_last_list_register_is_seen(void **state)
{
    (void)state;
    const uint64_t all_pending = 0x55;
    pend_edges(4);
    access(true, GICD + 0x104, 2, 1u << (INTID_UART - 32));
    handle(all_pending);
    access(true, UART + UART_IMSC, 2, 0x10);
    handle(all_pending);
    fake_type("a");
    fake.info.lr_state = all_pending;
    fake.found_state = 0x95; /* the fourth is active */
    vmm_poll_devices(&vmm);
    assert_int_equal(fake.set_count, 2);
    assert_int_equal(load(GICD + 0x304, 2), 1u << 11); /* 43, for which there is no room beside the UART's */
}

/* The UART's interrupt by edge: 'a' has come and been read, its interrupt is active, its line low. */
static void take_an_edge_of_the_uart(void)
{
    store(GICD, 3);
    store(GICD + 0xc08, 2u << (2 * (INTID_UART - 32)));
    store(GICD + 0x104, 1u << (INTID_UART - 32));
    store(UART + UART_IMSC, 0x10);
    fake_type("a");
    vmm_poll_devices(&vmm);
    access(false, UART, 2, 0);
    handle(INTERRUPT_STATE_ACTIVE);
    assert_int_equal(out[1], 'a');
    assert_int_equal(fake.set_count, 1);
}

/* 'b' comes by an edge while the list registers are as `known`, then as `found`: it is shown as pending, by the last of `sets` sets. */
static void show_the_next_edge(uint64_t known, uint64_t found, unsigned sets)
{
    fake.info.lr_state = known;
    fake.found_state = found;
    fake_type("b");
    vmm_poll_devices(&vmm);
    assert_int_equal(fake.set_count, sets);
    assert_int_equal(intid_of(fake.set_words, 0), INTID_UART);
    assert_int_equal(list_register_state(fake.set_words[0]), INTERRUPT_STATE_PENDING);
}

/* The guest has ended the one before without an exit: the VMM learns of that after the new edge, which is none that the guest has taken. */
static void an_edge_after_an_end_that_nobody_saw_comes(void **state)
{
    (void)state;
    take_an_edge_of_the_uart();
    show_the_next_edge(0, 0, 2);
}

/* The same, and the guest ends it while the VMM chooses. */
static void an_edge_comes_although_the_guest_ran_meanwhile(void **state)
{
    (void)state;
    take_an_edge_of_the_uart();
    show_the_next_edge(INTERRUPT_STATE_ACTIVE, 0, 3);
    access(false, UART, 2, 0);
    handle(INTERRUPT_STATE_ACTIVE);
    assert_int_equal(load(GICD + 0x204, 2), 0); /* taken once */
}

/* An end that was counted while the VMM chose is of an interrupt outside the list registers, which are as they were. */
static void an_end_counted_while_the_vmm_chose_is_not_lost(void **state)
{
    (void)state;
    const uint64_t all_pending = 0x55;
    pend_edges(5);
    access(true, GICD + 0x304, 2, 1u << 12); /* 44, for which there is no room, is active */
    handle(all_pending);
    access(true, GICD + 0x104, 2, 1u << (INTID_UART - 32));
    handle(all_pending);
    access(true, UART + UART_IMSC, 2, 0x10);
    handle(all_pending);
    fake_type("a");
    fake.info.lr_state = all_pending;
    fake.found_state = lr_state_set_eoi_count(all_pending, 1);
    vmm_poll_devices(&vmm);
    access(false, GICD + 0x304, 2, 0);
    handle(all_pending);
    assert_int_equal(out[1], 0);
}

static void the_uart_line_follows_its_registers(void **state)
{
    (void)state;
    store(UART + UART_IMSC, 0x10);
    fake_type("a");
    vmm_poll_devices(&vmm);
    assert_int_equal(load(GICD + 0x204, 2), 1u << (INTID_UART - 32));
    assert_int_equal(load(UART, 2), 'a');
    assert_int_equal(load(GICD + 0x204, 2), 0);
}

/* Cut as QEMU's memory system cuts them (board.c): a load of the two neighbours, a store of bytes. */
static void unaligned_accesses_are_cut(void **state)
{
    (void)state;
    assert_int_equal(load(UART + 0xfe1, 2), 0x10000000);
    assert_int_equal(load(UART + 0xfe3, 2), 0x1000);
    store(UART + UART_IFLS + 1, 0x04332211);
    assert_int_equal(load(UART + UART_IFLS, 2), 0x33);
    assert_int_equal(load(UART + UART_IMSC, 2), 0x04);
}

/* The kernel cuts and extends what it writes by what the reply says of the exit. */
static void a_load_tells_how_it_is_extended(void **state)
{
    (void)state;
    for (unsigned form = 0; form < 16; form++) {
        unsigned size_log2 = form & 3;
        uint64_t is_signed = form >> 2 & 1;
        uint64_t is_64bit = form >> 3;
        access(false, UART + 0xfe0, size_log2, 0);
        in[0] = exit_set_is_64bit(exit_set_sign_extend(in[0], is_signed), is_64bit);
        in[0] = exit_set_register(in[0], 16 + form);
        handle(0);
        assert_int_equal(exit_size_log2(out[0]), size_log2);
        assert_int_equal(exit_sign_extend(out[0]), is_signed);
        assert_int_equal(exit_is_64bit(out[0]), is_64bit);
        assert_int_equal(exit_register(out[0]), 16 + form);
    }
}

static void traps_and_errors_without_a_reason(void **state)
{
    (void)state;
    in[0] = exit_set_reason(0, EXIT_OTHER);
    in[FAULT_VM_EXIT_WORD_ESR] = 0x1full << 26; /* the last class of trapped instructions */
    assert_int_equal(handle(0), EXIT_RESULT_REPLY);
    assert_int_equal(out[7], 1 << 25);
    in[0] = exit_set_reason(0, EXIT_SERROR);
    in[FAULT_VM_EXIT_WORD_ESR] = 0x2full << 26 | 1 << 25 | 0x1000011;
    handle(0);
    assert_true(out[0] & VERB_INJECT_SERROR);
    assert_int_equal(out[7], 0x1000011);
}

/* The word of the address has another meaning there, or none: whatever it holds, no memory is given for it. */
static void what_is_no_access_gives_no_memory(void **state)
{
    (void)state;
    static const uint64_t reasons[] = {EXIT_HVC, EXIT_SMC, EXIT_SYSREG, EXIT_MAINTENANCE, EXIT_SERROR, EXIT_OTHER};
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        in[0] = exit_set_reason(0, reasons[i]);
        in[FAULT_VM_EXIT_WORD_ADDRESS] = guest.ram_base;
        assert_int_equal(handle(0), EXIT_RESULT_REPLY);
        assert_int_equal(fake.give_count, 0);
    }
    assert_true(out[0] & VERB_INJECT_SYNC);
}

/* A walk from TTBR0 that finds no memory for its level 1 table: the guest is told the level (DDI 0487, DFSC 0b010101). */
static void a_walk_outside_ram_tells_its_level(void **state)
{
    (void)state;
    fake.vcpu[VCPU_REG_TCR_EL1] = 25; /* 39 bits, 4 KiB: level 1 first */
    fake.vcpu[VCPU_REG_TTBR0_EL1] = 0x0c000000;
    in[0] = exit_set_is_table_walk(exit_set_reason(0, EXIT_UNDECODED), 1);
    in[FAULT_VM_EXIT_WORD_ESR] = 0x24ull << 26;
    in[FAULT_VM_EXIT_WORD_ADDRESS] = 0x0c000000;
    in[FAULT_VM_EXIT_WORD_FAR] = 0x1234;
    handle(0);
    assert_int_equal(out[7], 0x96000015);
    in[0] = exit_set_has_syndrome(exit_set_is_table_walk(exit_set_reason(0, EXIT_MMIO), 1), 1);
    handle(0);
    assert_int_equal(out[7], 0x96000015);
    assert_int_equal(out[1], 0x1234);
}

/* Fields by DDI 0487, D19.2: what is there on the hardware and not for guests. */
static void id_registers_hide_by_field(void **state)
{
    (void)state;
    static const struct {
        uint8_t crm, op2;
        uint64_t hidden;
    } id[] = {
        {1, 1, 0x0000f0f0},         /* ID_PFR1: Security, Virtualization */
        {1, 2, 0x0f0000f0},         /* ID_DFR0: CopSDbg, PerfMon */
        {4, 0, 0x00f0fffff000ff00}, /* ID_AA64PFR0: EL2, EL3, RAS, SVE, SEL2, MPAM, AMU, RME */
        {5, 0, 0x00000ff0},         /* ID_AA64DFR0: TraceVer, PMUVer */
        {6, 1, 0xff000ff0},         /* ID_AA64ISAR1: APA, API, GPA, GPI */
        {6, 2, 0x0000ff00},         /* ID_AA64ISAR2: GPA3, APA3 */
        {7, 1, 0x000f0f00},         /* ID_AA64MMFR1: VH, LO */
        {7, 2, 0xff000000},         /* ID_AA64MMFR2: ST (table_walk.c knows no TnSZ above 39), NV */
    };
    for (unsigned i = 0; i < sizeof(id) / sizeof(id[0]); i++) {
        assert_int_equal(sysreg(false, encoding(3, 0, 0, id[i].crm, id[i].op2), ~0ull) & id[i].hidden, 0);
    }
}

static void stored_registers_keep_their_bits_only(void **state)
{
    (void)state;
    (void)sysreg(true, encoding(2, 0, 1, 3, 4), ~0ull); /* OSDLR_EL1: DLK */
    assert_int_equal(sysreg(false, encoding(2, 0, 1, 3, 4), 0), 1);
}

/* Six breakpoints, four watchpoints, and the monitor's register, which reads as it was written. */
static void debug_registers_are_kept(void **state)
{
    (void)state;
    static const uint8_t op2[] = {4, 5, 6, 7};
    for (unsigned i = 0; i < sizeof(op2); i++) {
        uint64_t last = op2[i] < 6 ? SYSREG_BREAKPOINT_COUNT - 1 : SYSREG_WATCHPOINT_COUNT - 1;
        (void)sysreg(true, encoding(2, 0, 0, last, op2[i]), 0x1000 + i);
        assert_int_equal(sysreg(false, encoding(2, 0, 0, last, op2[i]), 0), 0x1000 + i);
        (void)sysreg(false, encoding(2, 0, 0, last + 1, op2[i]), 0);
        assert_true(out[0] & VERB_INJECT_SYNC);
    }
    (void)sysreg(true, encoding(2, 0, 0, 2, 2), 0x1001);
    assert_int_equal(sysreg(false, encoding(2, 0, 0, 2, 2), 0), 0x1001);
    assert_true(out[0] & VERB_WRITE_REGISTER);
}

/* Set/way maintenance is done with, what only tells is not written (DDI 0487, D17.3). */
static void registers_without_a_state(void **state)
{
    (void)state;
    (void)sysreg(true, encoding(1, 0, 7, 6, 2), 0x10);
    assert_true(out[0] & VERB_STEP);
    assert_int_equal(sysreg(false, encoding(2, 0, 1, 0, 0), 5), 0); /* MDRAR_EL1 */
    assert_true(out[0] & VERB_WRITE_REGISTER);
    (void)sysreg(true, encoding(2, 0, 1, 0, 0), 5);
    assert_true(out[0] & VERB_INJECT_SYNC);
}

/* All five fields name a register, op1 too, which is 0 for most; other bits of the syndrome (direction, Rt) name none. */
static void a_register_is_named_by_five_fields(void **state)
{
    (void)state;
    const uint64_t others = 0x1f << 5 | 1;
    (void)sysreg(true, encoding(2, 4, 0, 7, 0), 0x1234); /* DBGVCR32_EL2 */
    for (uint64_t op1 = 0; op1 < 8; op1++) {
        (void)sysreg(false, encoding(2, op1, 0, 7, 0), 0);
        assert_int_equal(out[0] & VERB_INJECT_SYNC, op1 == 4 ? 0 : VERB_INJECT_SYNC);
    }
    for (uint64_t op1 = 0; op1 < 8; op1++) {
        (void)sysreg(false, encoding(3, op1, 9, 13, 0), 0); /* PMCCNTR_EL0 */
        assert_int_equal(out[0] & VERB_INJECT_SYNC, op1 == 3 ? 0 : VERB_INJECT_SYNC);
    }
    assert_int_equal(sysreg(false, encoding(2, 4, 0, 7, 0) | others, 0), 0x1234);
    (void)sysreg(true, encoding(2, 4, 0, 7, 0) | others, 0x5678);
    assert_int_equal(sysreg(false, encoding(2, 4, 0, 7, 0), 0), 0x5678);
}

static void an_sgi_is_of_its_registers_group(void **state)
{
    (void)state;
    const uint64_t sgi0r = encoding(3, 0, 12, 11, 7);
    store(GICD, 3);
    store(GICR_SGI + 0x80, 1u << 4);
    store(GICR_SGI + 0x100, 0xffff);
    (void)sysreg(true, sgi0r, 4ull << 24 | 1); /* group 1: not its own */
    assert_false(out[0] & VERB_SET_INTERRUPTS);
    (void)sysreg(true, sgi0r, 5ull << 24 | 1);
    assert_int_equal(list_register_intid(out[5]), 5);
}

static void a_reset_leaves_nothing(void **state)
{
    (void)state;
    pend_edges(2);
    store(UART + UART_IMSC, 0x7ff);
    (void)sysreg(true, encoding(2, 0, 1, 3, 4), 1);
    vmm_reset(&vmm);
    assert_int_equal(fake.vcpu[VCPU_REG_VMPIDR_EL2], 1ull << 31);
    assert_int_equal(load(UART + UART_IMSC, 2), 0);
    assert_int_equal(load(GICD + 0x204, 2), 0);
    assert_int_equal(load(GICD, 2), 0x50);
    assert_int_equal(sysreg(false, encoding(2, 0, 1, 3, 4), 0), 0);
    assert_false(out[0] & VERB_SET_INTERRUPTS);
}

static void loading_cleans_all_memory_and_sets_all_arguments(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        guest.x[i] = 0x1000 + i;
    }
    load_range(&guest, guest.ram_base, RAM_BYTES, true);
    load_registers(&guest);
    assert_int_equal(fake.cleaned_address, guest.ram_base);
    assert_int_equal(fake.cleaned_size, RAM_BYTES);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(fake.thread[THREAD_REG_X0 + i], 0x1000 + i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_four_list_registers_are_used, setup),
        cmocka_unit_test_setup(disabled_interrupts_take_no_room, setup),
        cmocka_unit_test_setup(every_exit_takes_the_list_registers_back, setup),
        cmocka_unit_test_setup(an_interrupt_may_come_and_go_unseen, setup),
        cmocka_unit_test_setup(an_active_level_interrupt_is_only_active, setup),
        cmocka_unit_test_setup(a_signal_takes_the_list_registers_back, setup),
        cmocka_unit_test_setup(a_race_in_the_last_list_register_is_seen, setup),
        cmocka_unit_test_setup(an_edge_after_an_end_that_nobody_saw_comes, setup),
        cmocka_unit_test_setup(an_edge_comes_although_the_guest_ran_meanwhile, setup),
        cmocka_unit_test_setup(an_end_counted_while_the_vmm_chose_is_not_lost, setup),
        cmocka_unit_test_setup(the_uart_line_follows_its_registers, setup),
        cmocka_unit_test_setup(unaligned_accesses_are_cut, setup),
        cmocka_unit_test_setup(a_load_tells_how_it_is_extended, setup),
        cmocka_unit_test_setup(traps_and_errors_without_a_reason, setup),
        cmocka_unit_test_setup(what_is_no_access_gives_no_memory, setup),
        cmocka_unit_test_setup(debug_registers_are_kept, setup),
        cmocka_unit_test_setup(a_walk_outside_ram_tells_its_level, setup),
        cmocka_unit_test_setup(id_registers_hide_by_field, setup),
        cmocka_unit_test_setup(stored_registers_keep_their_bits_only, setup),
        cmocka_unit_test_setup(registers_without_a_state, setup),
        cmocka_unit_test_setup(a_register_is_named_by_five_fields, setup),
        cmocka_unit_test_setup(an_sgi_is_of_its_registers_group, setup),
        cmocka_unit_test_setup(a_reset_leaves_nothing, setup),
        cmocka_unit_test_setup(loading_cleans_all_memory_and_sets_all_arguments, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
