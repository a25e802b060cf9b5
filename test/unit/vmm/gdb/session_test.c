/* SPDX-License-Identifier: BSD-2-Clause */
/* The debugger of a guest from the wire to memory: what gdb asks, what it is answered, and what the guest finds. */
#include <stdio.h>
#include <stdlib.h>

#include "test/unit/vmm/gdb/fake_debugger.h"
#include "vmm/debugger.h"
#include "vmm/gdb/breakpoints.h"

enum {
    NOP = 0xd503201f,
    ADD = 0x91000400,  /* add x0, x0, #1 */
    BACK = 0x17fffffe, /* b .-8 */
    WFI = 0xd503207f,
    ERET = 0xd69f03e0,
    VECTOR = GUEST_BASE + 0xa00, /* of EL1h: VBAR_EL1 + 0x200 */
};

static const uint32_t program[] = {NOP, ADD, BACK, WFI, ERET, NOP};

static struct vmm vmm;
static struct session session;

static int setup(void **state)
{
    (void)state;
    debugged_guest(&vmm, &session, program, sizeof(program) / sizeof(program[0]));
    return 0;
}

/* The text of the one packet that answers, behind an acknowledgement. */
static void check_said(const char *text, const char *expected)
{
    const char *said = ask(&vmm, &session, text);
    assert_int_equal(said[0], '+');
    assert_string_equal(&said[1], framed(expected));
}

/* Acknowledged, and nothing said until it stops. */
static void check_quiet(const char *text)
{
    assert_string_equal(ask(&vmm, &session, text), "+");
}

/* What was said last ends with this packet. */
static void check_told(const char *expected)
{
    const char *packet = framed(expected);
    assert_true(fake_debugger.output_count >= strlen(packet));
    assert_string_equal(&fake_debugger.output[fake_debugger.output_count - strlen(packet)], packet);
}

static void says_what_it_can(void **state)
{
    (void)state;
    check_said("qSupported:multiprocess+;swbreak+",
               "PacketSize=400;QStartNoAckMode+;qXfer:features:read+;vContSupported+");
    check_said("?", "T05thread:1;");
    check_said("qAttached", "1");
    check_said("qC", "QC1");
    check_said("qCRC:0,1", "");
    check_said("Hg0", "OK");
    check_said("vMustReplyEmpty", "");
    check_said("QStartNoAckMode", "OK");
    assert_string_equal(ask(&vmm, &session, "qfThreadInfo"), framed("m1"));
    assert_string_equal(ask(&vmm, &session, "qsThreadInfo"), framed("l"));
}

static void registers_are_read_and_written(void **state)
{
    (void)state;
    fake.thread[0] = 0x1122334455667788;
    fake.vcpu[VCPU_REG_SP_EL1] = 0xabc;
    fake.vcpu[VCPU_REG_SCTLR_EL1] = 0x30;
    assert_int_equal(strncmp(ask(&vmm, &session, "g"), "+$8877665544332211", 18), 0);
    assert_int_equal(fake_debugger.output_count, 1 + 4 + 2 * (33 * 8 + 4));
    check_said("p1f", "bc0a000000000000"); /* sp: that of EL1h */
    check_said("p21", "c5030000");
    check_said("p22", "3000000000000000");
    check_said("P20=0800100000000000", "OK");
    assert_int_equal(fake.thread[THREAD_REG_PC], 0x100008);
    check_said("P1f=0100000000000000", "OK");
    assert_int_equal(fake.vcpu[VCPU_REG_SP_EL1], 1);
    fake.thread[THREAD_REG_PSTATE] = 0x3c0;
    check_said("P1f=0200000000000000", "OK");
    assert_int_equal(fake.vcpu[VCPU_REG_SP_EL0], 2);
}

static void all_registers_come_back_as_they_were(void **state)
{
    (void)state;
    char packet[2 * PACKET_BYTES_MAX] = "G";
    uint64_t before[THREAD_REG_COUNT];
    for (unsigned i = 0; i < 31; i++) {
        fake.thread[i] = 0x100 + i;
    }
    memcpy(before, fake.thread, sizeof(before));
    const char *said = ask(&vmm, &session, "g");
    memcpy(&packet[1], &said[2], 2 * (33 * 8 + 4));
    memset(fake.thread, 0, 31 * sizeof(uint64_t));
    check_said(packet, "OK");
    assert_memory_equal(fake.thread, before, sizeof(before));
    packet[20] = '\0';
    check_said(packet, "E22");
}

static void memory_is_read_by_the_guest_s_addresses(void **state)
{
    (void)state;
    check_said("m100004,8", "00040091feffff17");
    check_said("m107ffe,10", "0000"); /* up to the end of RAM */
    check_said("m108000,4", "E14");
    check_said("m0,0", "");
    fake.translate_fault = 1; /* not mapped */
    check_said("m100000,4", "E14");
    check_said("M100000,1:00", "E14");
    check_said("Z0,100000,4", "E14");
}

static void memory_is_written_for_all_caches(void **state)
{
    (void)state;
    check_said("M100ffe,4:01020304", "OK"); /* over the end of a page */
    check_said("m100ffc,8", "0000010203040000");
    assert_int_equal(fake_debugger.unified, fake.ram_runs[0].address + 0x1000);
    assert_int_equal(fake.cleaned_address, fake.ram_runs[0].address + 0x1000);
    check_said("M100ffe,4:010203", "E22");
    check_said("M107ffe,4:01020304", "E14");
}

/* Tables in a page that the guest has not touched: it gets them, as for its own walk. */
static void memory_behind_untouched_tables_is_found(void **state)
{
    (void)state;
    const uint64_t table = fake.ram_runs[0].address + 7 * FAKE_FRAME_BYTES;
    fake.translate_table = table;
    fake.vcpu[VCPU_REG_TTBR0_EL1] = table;
    fake.vcpu[VCPU_REG_TCR_EL1] = 25;
    check_said("m100000,4", "1f2003d5");
    assert_true(fake.is_given[7]);
}

static void a_breakpoint_is_in_memory_while_the_guest_runs(void **state)
{
    (void)state;
    enum control_exit found;
    check_said("Z0,100008,4", "OK");
    assert_int_equal(debugged_word(0x100008), BACK);
    check_quiet("c");
    assert_true(fake_debugger.is_running);
    assert_int_equal(debugged_word(0x100008), BREAKPOINT_INSTRUCTION);
    assert_int_equal(hit(&vmm, &session, 0x100008, &found), 0);
    assert_int_equal(found, CONTROL_EXIT_STOP);
    check_told("T05thread:1;");
    assert_int_equal(debugged_word(0x100008), BACK);
    check_said("p20", "0800100000000000");
    check_said("z0,100008,4", "OK");
    check_quiet("vCont;c:1");
    assert_int_equal(debugged_word(0x100008), BACK);
}

/* From a place that has a breakpoint: its instruction is carried out, and then it is there for the next time. */
static void going_on_leaves_a_breakpoint_behind(void **state)
{
    (void)state;
    enum control_exit found;
    check_said("Z0,100000,4", "OK");
    check_quiet("c");
    assert_int_equal(debugged_word(0x100000), NOP);
    assert_int_equal(hit(&vmm, &session, 0x100004, &found), VERB_RESUME);
    assert_int_equal(found, CONTROL_EXIT_GO_ON);
    assert_int_equal(debugged_word(0x100000), BREAKPOINT_INSTRUCTION);
    assert_int_equal(debugged_word(0x100004), ADD);
    assert_string_equal(fake_debugger.output, "+");
}

static void breakpoints_are_limited(void **state)
{
    (void)state;
    char text[32];
    for (unsigned i = 0; i < BREAKPOINT_COUNT_MAX; i++) {
        snprintf(text, sizeof(text), "Z0,%x,4", 0x100000 + 4 * i);
        check_said(text, "OK");
    }
    check_said("Z1,101000,4", "E28");
    check_said("Z1,100000,4", "OK"); /* it is there */
    check_said("z0,100004,4", "OK");
    check_said("Z1,101000,4", "OK");
    check_said("Z0,101002,4", "E14");
    check_said("Z0,101004,2", "E22");
    check_said("Z2,101004,4", "");
}

/* The guest writes over one: what it wrote stays. */
static void what_the_guest_wrote_stays(void **state)
{
    (void)state;
    check_said("Z0,100008,4", "OK");
    check_quiet("c");
    memset((void *)(fake.ram_runs[0].address + 8), 0x11, 4);
    ask_raw(&vmm, &session, "\x03", 1);
    assert_int_equal(debugged_word(0x100008), 0x11111111);
}

/* Two addresses of one place: both are breakpoints, and the instruction survives. */
static void two_breakpoints_at_one_place_are_taken_out_in_order(void **state)
{
    (void)state;
    enum control_exit found;
    fake.translate_break = 0x200000;
    fake.translate_offset_above = fake.translate_offset - 0x100000;
    check_said("Z0,100004,4", "OK");
    check_said("Z0,200004,4", "OK");
    check_quiet("c");
    assert_int_equal(debugged_word(0x100004), BREAKPOINT_INSTRUCTION);
    (void)hit(&vmm, &session, 0x100004, &found);
    assert_int_equal(debugged_word(0x100004), ADD);
}

/* Another process executes the same memory at another address: it goes on, one instruction without the breakpoint. */
static void the_same_memory_elsewhere_is_stepped_over(void **state)
{
    (void)state;
    enum control_exit found;
    uint64_t words[8] = {exit_set_register(exit_set_reason(0, EXIT_SYSREG), 31)};
    check_said("Z0,100004,4", "OK");
    check_quiet("c");
    fake.translate_break = 0x200000;
    fake.translate_offset_above = fake.translate_offset - 0x100000;
    words[FAULT_VM_EXIT_WORD_ADDRESS] = 0x20c002;
    words[FAULT_VM_EXIT_WORD_PC] = fake.thread[THREAD_REG_PC] = 0x200004;
    assert_int_equal(control_take_exit(&session.control, &vmm, words), CONTROL_EXIT_GO_ON);
    assert_int_equal(words[0], VERB_RESUME);
    assert_int_equal(debugged_word(0x100004), ADD);
    assert_int_equal(hit(&vmm, &session, 0x100008, &found), VERB_RESUME);
    assert_int_equal(debugged_word(0x100004), BREAKPOINT_INSTRUCTION);
    assert_string_equal(fake_debugger.output, "+");
}

static void a_step_is_one_instruction(void **state)
{
    (void)state;
    enum control_exit found;
    fake.thread[THREAD_REG_PC] = 0x100008;
    check_quiet("s");
    assert_int_equal(debugged_word(0x100000), BREAKPOINT_INSTRUCTION);
    assert_int_equal(debugged_word(VECTOR), BREAKPOINT_INSTRUCTION);
    assert_int_equal(hit(&vmm, &session, 0x100000, &found), 0);
    check_told("T05thread:1;");
    assert_int_equal(debugged_word(0x100000), NOP);
    assert_int_equal(debugged_word(VECTOR), 0);
}

static void a_step_may_lead_to_a_vector(void **state)
{
    (void)state;
    enum control_exit found;
    check_quiet("vCont;s:1;c");
    (void)hit(&vmm, &session, VECTOR, &found);
    assert_int_equal(found, CONTROL_EXIT_STOP);
    fake.thread[THREAD_REG_PC] = 0x100000;
    fake.thread[THREAD_REG_PSTATE] = 0;
    check_quiet("s");
    assert_int_equal(debugged_word(GUEST_BASE + 0x800 + 0x400), BREAKPOINT_INSTRUCTION);
}

static void a_wait_is_stepped_over_at_once(void **state)
{
    (void)state;
    fake.thread[THREAD_REG_PC] = 0x10000c;
    check_said("s", "T05thread:1;");
    assert_int_equal(fake.thread[THREAD_REG_PC], 0x100010);
    assert_int_equal(fake_debugger.continue_count, 0);
}

static void what_cannot_be_stepped_is_refused(void **state)
{
    (void)state;
    fake.thread[THREAD_REG_PC] = 0x100010;
    fake.vcpu[VCPU_REG_SPSR_EL1] = 0x10; /* returns to AArch32 */
    check_said("s", "E14");
    fake.translate_fault = 1; /* neither it nor its vector is mapped */
    fake.vcpu[VCPU_REG_SPSR_EL1] = 0x3c5;
    check_said("s", "E14");
    assert_int_equal(fake_debugger.continue_count, 0);
    assert_int_equal(session.control.state, CONTROL_STOPPED);
}

/* A pending interrupt waits until the step is over; the timers', too. */
static void a_step_is_free_of_interrupts(void **state)
{
    (void)state;
    enum control_exit found;
    vmm.gic.group_enables = 2;
    vmm.gic.enabled[1] = vmm.gic.is_group1[1] = ~0u;
    vmm.gic.enabled[0] = vmm.gic.is_group1[0] = 1u << GIC_INTID_TIMER_VIRTUAL;
    gic_update_timers(&vmm.gic);
    gic_set_line(&vmm.gic, 40, true);
    vmm_poll_devices(&vmm);
    assert_int_equal(list_register_state(fake.set_words[0]), INTERRUPT_STATE_PENDING);
    fake.found_state = fake.info.lr_state = INTERRUPT_STATE_PENDING;
    check_quiet("s");
    assert_int_equal(fake.set_words[0], 0);
    assert_false(fake.timer[VCPU_TIMER_VIRTUAL].is_enabled);
    fake.found_state = fake.info.lr_state = 0;
    (void)hit(&vmm, &session, 0x100004, &found);
    assert_int_equal(list_register_intid(fake.set_words[0]), 40);
    assert_int_equal(list_register_state(fake.set_words[0]), INTERRUPT_STATE_PENDING);
    assert_true(fake.timer[VCPU_TIMER_VIRTUAL].is_enabled);
}

static void what_is_served_stays_active_in_a_step(void **state)
{
    (void)state;
    vmm.gic.group_enables = 2;
    vmm.gic.enabled[1] = vmm.gic.is_group1[1] = ~0u;
    gic_assign(vmm.gic.active, 41, true);
    gic_assign(vmm.gic.latch, 41, true);
    vmm.gic.is_dirty = true;
    vmm_poll_devices(&vmm);
    assert_int_equal(list_register_state(fake.set_words[0]), INTERRUPT_STATE_PENDING | INTERRUPT_STATE_ACTIVE);
    fake.info.lr_state = INTERRUPT_STATE_PENDING | INTERRUPT_STATE_ACTIVE;
    check_quiet("s");
    assert_int_equal(list_register_intid(fake.set_words[0]), 41);
    assert_int_equal(list_register_state(fake.set_words[0]), INTERRUPT_STATE_ACTIVE);
}

static void ctrl_c_stops_whatever_it_does(void **state)
{
    (void)state;
    check_said("?", "T05thread:1;");
    check_quiet("c");
    assert_string_equal(ask_raw(&vmm, &session, "\x03", 1), framed("T02thread:1;"));
    assert_false(fake_debugger.is_running);
    check_quiet("s");
    assert_string_equal(ask_raw(&vmm, &session, "\x03", 1), framed("T02thread:1;"));
    assert_int_equal(debugged_word(0x100004), ADD);
    assert_string_equal(ask_raw(&vmm, &session, "\x03", 1), ""); /* it stands */
    assert_int_equal(fake_debugger.stop_count, 2);
}

static void the_clock_stands_with_the_guest(void **state)
{
    (void)state;
    fake_debugger.ticks = 1000;
    check_quiet("c");
    assert_int_equal(fake_debugger.time_offset, 1000);
    fake_debugger.ticks = 1500;
    ask_raw(&vmm, &session, "\x03", 1);
    fake_debugger.ticks = 1700;
    check_quiet("c");
    assert_int_equal(fake_debugger.time_offset, 1200);
}

/* Who comes while it runs finds it stopped; who goes leaves it running and without breakpoints. */
static void coming_stops_and_going_lets_run(void **state)
{
    (void)state;
    check_said("Z0,100008,4", "OK");
    check_said("QStartNoAckMode", "OK");
    assert_string_equal(ask(&vmm, &session, "c"), "");
    assert_string_equal(ask(&vmm, &session, "D"), framed("OK")); /* for somebody who left without a word */
    assert_true(fake_debugger.is_running);
    assert_int_equal(debugged_word(0x100008), BACK);
    check_said("D", "OK");
    assert_true(fake_debugger.is_running);
    check_said("qAttached", "1");
    assert_false(fake_debugger.is_running);
    check_quiet("k");
    assert_true(fake_debugger.is_running);
}

static void the_end_is_told(void **state)
{
    (void)state;
    check_quiet("c");
    control_end(&session.control, &vmm);
    session_tell_stop(&session, SESSION_POWERED_OFF);
    check_told("W00");
    check_said("c", "W00");
    check_said("?", "W00");
    check_said("p20", "0000100000000000");
    check_said("D", "OK");
    assert_int_equal(fake_debugger.continue_count, 1);
}

static void a_contained_stop_is_told_with_a_line(void **state)
{
    (void)state;
    check_quiet("s");
    control_end(&session.control, &vmm);
    session_tell_stop(&session, SESSION_FAILED);
    assert_non_null(strstr(fake_debugger.output, "+$O746865206775657374")); /* "the guest" */
    check_told("T06thread:1;");
    assert_int_equal(debugged_word(0x100004), ADD);
}

static void damage_is_told(void **state)
{
    (void)state;
    assert_string_equal(ask_raw(&vmm, &session, "$g#00", 5), "-");
    check_said("qAttached", "1");
    assert_string_equal(ask_raw(&vmm, &session, "-", 1), framed("1")); /* once more */
    check_said("QStartNoAckMode", "OK");
    assert_string_equal(ask_raw(&vmm, &session, "$g#00", 5), framed("E22"));
}

static void nonsense_is_an_error(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "m",
        "mx",
        "m100000",
        "m100000,",
        "m,4",
        "m100000,4x",
        "m10000000000000000,4",
        "M100000,4",
        "M100000,4:",
        "M100000,4:0g000000",
        "Mffffffff,fffffffff:00",
        "p",
        "pzz",
        "p3d",
        "pffffffffffffffff",
        "P",
        "P0",
        "P0=",
        "P0=00",
        "P0=00000000000000000",
        "G",
        "Gxx",
        "Z0,",
        "Z0,100000",
        "Z0,100000,",
        "cx",
        "S",
        "C;",
        "vCont;",
        "vCont;t",
        "vCont;Cx",
        "qXfer:features:read:target.xml:",
        "qXfer:features:read:target.xml:0",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ask(&vmm, &session, texts[i]);
        if (strcmp(&fake_debugger.output[1], framed("E22")) != 0) {
            fail_msg("%s: %s", texts[i], fake_debugger.output);
        }
    }
    assert_int_equal(fake_debugger.continue_count, 0);
}

/* In pieces, whole, and nothing behind its end. */
static void the_description_comes_in_pieces(void **state)
{
    (void)state;
    char text[8192] = "";
    char query[64];
    size_t length = 0;
    for (char more = 'm'; more == 'm'; length = strlen(text)) {
        snprintf(query, sizeof(query), "qXfer:features:read:target.xml:%zx,3fb", length);
        const char *said = ask(&vmm, &session, query);
        more = said[2];
        assert_true(more == 'm' || more == 'l');
        strncat(text, &said[3], (size_t)(strchr(said, '#') - said) - 3);
    }
    assert_non_null(strstr(text, "<reg name=\"x30\" bitsize=\"64\"/>"));
    assert_non_null(strstr(text, "<reg name=\"cntp_cval_el0\" bitsize=\"64\" group=\"system\"/></feature></target>"));
    check_said("qXfer:features:read:target.xml:10000,10", "l");
}

/* The guest's own accesses to debug registers are none of the debugger's; but its processes' reads stay trapped. */
static void other_exits_are_left_alone(void **state)
{
    (void)state;
    const uint64_t read = exit_set_register(exit_set_reason(0, EXIT_SYSREG), 31);
    uint64_t words[8] = {read};
    words[FAULT_VM_EXIT_WORD_ADDRESS] = 0x20c002;
    words[FAULT_VM_EXIT_WORD_PC] = 0x100004;
    check_quiet("c");
    assert_int_equal(control_take_exit(&session.control, &vmm, words), CONTROL_EXIT_OTHER);
    assert_int_equal(words[0], read);
    words[0] = exit_set_is_write(read, 1);
    words[FAULT_VM_EXIT_WORD_ADDRESS] = 0x240004; /* MDSCR_EL1: op0 2, op2 2, CRm 2 */
    words[FAULT_VM_EXIT_WORD_VALUE] = 0xb001;
    assert_int_equal(control_take_exit(&session.control, &vmm, words), CONTROL_EXIT_OTHER);
    assert_int_equal(words[FAULT_VM_EXIT_WORD_VALUE], 0xa001);
}

/* Whatever comes over the wire, an answer is bounded, and a guest that stands finds its memory as it left it. */
static void random_bytes_do_no_harm(void **state)
{
    (void)state;
    static const char letters[] = "$#gGpPmMZzcCsSDk?qQvH,;:=0123456789abcdefx+-\x03";
    const char *seed = getenv("SEL_SEED");
    srand(seed != NULL ? (unsigned)atoi(seed) : 1);
    for (unsigned round = 0; round < 40000; round++) {
        char text[48];
        size_t size = (size_t)rand() % (sizeof(text) - 1);
        for (size_t i = 0; i < size; i++) {
            text[i] = letters[(size_t)rand() % (sizeof(letters) - 1)];
        }
        text[size] = '\0';
        if (round % 4 == 0) {
            ask_raw(&vmm, &session, text, size);
        } else if (round % 4 == 1) {
            static const char *const whole[] = {"Z0,100004,4", "Z1,100008,4", "c", "s",
                                                "z0,100004,4", "D",           "g", "m100000,10"};
            ask(&vmm, &session, whole[(size_t)rand() % 8]);
        } else {
            ask(&vmm, &session, text);
        }
        for (uint64_t at = 0x100000; session.control.state == CONTROL_STOPPED && at < 0x100014; at += 4) {
            assert_int_not_equal(debugged_word(at), BREAKPOINT_INSTRUCTION);
        }
        if (round % 64 == 0) {
            fake.thread[THREAD_REG_PC] = GUEST_BASE + (uint64_t)rand() % 6 * 4;
            fake.thread[THREAD_REG_PSTATE] = 0x3c5;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(says_what_it_can, setup),
        cmocka_unit_test_setup(registers_are_read_and_written, setup),
        cmocka_unit_test_setup(all_registers_come_back_as_they_were, setup),
        cmocka_unit_test_setup(memory_is_read_by_the_guest_s_addresses, setup),
        cmocka_unit_test_setup(memory_is_written_for_all_caches, setup),
        cmocka_unit_test_setup(memory_behind_untouched_tables_is_found, setup),
        cmocka_unit_test_setup(a_breakpoint_is_in_memory_while_the_guest_runs, setup),
        cmocka_unit_test_setup(going_on_leaves_a_breakpoint_behind, setup),
        cmocka_unit_test_setup(breakpoints_are_limited, setup),
        cmocka_unit_test_setup(what_the_guest_wrote_stays, setup),
        cmocka_unit_test_setup(two_breakpoints_at_one_place_are_taken_out_in_order, setup),
        cmocka_unit_test_setup(the_same_memory_elsewhere_is_stepped_over, setup),
        cmocka_unit_test_setup(a_step_is_one_instruction, setup),
        cmocka_unit_test_setup(a_step_may_lead_to_a_vector, setup),
        cmocka_unit_test_setup(a_wait_is_stepped_over_at_once, setup),
        cmocka_unit_test_setup(what_cannot_be_stepped_is_refused, setup),
        cmocka_unit_test_setup(a_step_is_free_of_interrupts, setup),
        cmocka_unit_test_setup(what_is_served_stays_active_in_a_step, setup),
        cmocka_unit_test_setup(ctrl_c_stops_whatever_it_does, setup),
        cmocka_unit_test_setup(the_clock_stands_with_the_guest, setup),
        cmocka_unit_test_setup(coming_stops_and_going_lets_run, setup),
        cmocka_unit_test_setup(the_end_is_told, setup),
        cmocka_unit_test_setup(a_contained_stop_is_told_with_a_line, setup),
        cmocka_unit_test_setup(damage_is_told, setup),
        cmocka_unit_test_setup(nonsense_is_an_error, setup),
        cmocka_unit_test_setup(the_description_comes_in_pieces, setup),
        cmocka_unit_test_setup(other_exits_are_left_alone, setup),
        cmocka_unit_test_setup(random_bytes_do_no_harm, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
