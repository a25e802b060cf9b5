/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a VMM reads, writes and injects, and what is left of a guest whose parts go.
 */
#include "guest.h"
#include "tests.h"

SEL_USES_CAP(smc);
SEL_USES_CAP(smc1);

#define PSCI_VERSION   0x84000000
#define PSCI_FEATURES  0x8400000a
#define AFFINITY_INFO  0xc4000004
#define IS_ON          0
#define NO_SUCH_TARGET ((uint64_t)-2)
#define ESR_CLASS(esr) (((esr) >> 26) & 0x3f)
#define CLASS_SERROR   0x2f
#define PSTATE_DIT     (1ull << 24)
#define PSTATE_EL1H    0x5

/* A guest's own tables: Arm ARM DDI 0487, D8.3 (descriptors), D19.2 (TCR_EL1: T0SZ, EPD1; MAIR_EL1; status of PAR_EL1). */
#define GUEST_TABLE         (GUEST_CODE + 0x1000)
#define TCR_25_BITS         (39ull | 1ull << 23)
#define MAIR_NORMAL         0xffull
#define BLOCK_IPA           0x40000000ull
#define BLOCK               (1ull | 1ull << 10)
#define BLOCK_AP(ap)        ((uint64_t)(ap) << 6)
#define STATUS_PERMISSION_2 0x0eull

#define MPIDR_RES1       (1ull << 31)
#define REGISTER_PATTERN 0x0f5a3c96e1d2b478ull

/** SP_EL0 and TPIDR_EL0 are in the thread's context: without one they read as zero and forget what is written. */
void registers_of_a_thread_need_a_thread(void)
{
    static const uint64_t index[] = {VCPU_REG_SP_EL0, VCPU_REG_TPIDR_EL0};
    sel_cap_t vcpu = world_make(OBJECT_TYPE_VCPU, 0);
    uint64_t value = 0x1234;

    for (uint64_t i = 0; i < 2; i++) {
        CHECK_EQUAL(sel_vcpu_write_registers(vcpu, index[i], 1, &value), SEL_ERROR_OK);
        CHECK_EQUAL(sel_vcpu_read_registers(vcpu, index[i], 1, &value), SEL_ERROR_OK);
        CHECK_EQUAL(value, 0);
        value = 0x1234;
    }
    guests_begin();
    struct guest guest = guest_new(1, guest_clock);
    CHECK_EQUAL(sel_vcpu_write_registers(guest.vcpu, VCPU_REG_SP_EL0, 1, &value), SEL_ERROR_OK);
    CHECK_EQUAL(sel_tcb_read_registers(guest.tcb, THREAD_REG_SP, 1, &value), SEL_ERROR_OK);
    CHECK_EQUAL(value, 0x1234);
    CHECK_EQUAL(sel_vcpu_read_registers(guest.vcpu, VCPU_REG_SP_EL0, 1, &value), SEL_ERROR_OK);
    CHECK_EQUAL(value, 0x1234);
}

/** What its VMM writes, a guest runs at EL1 or EL0: other modes become EL1h, bits above 32 do not exist (SPSR_EL2, DDI 0487, C5.2.19). */
void a_guest_gets_no_mode_above_its_own(void)
{
    static const struct {
        uint64_t written, found;
    } modes[] = {
        {0x3c9, 0x3c5},              /* EL2h */
        {0x600003c8, 0x600003c5},    /* EL2t */
        {0x3cd, 0x3c5},              /* EL3h */
        {0x1f, 0x05},                /* AArch32 System */
        {1ull << 32 | 0x3c5, 0x3c5}, /* EL1h */
        {0x3c4, 0x3c4},              /* EL1t */
        {0x40, 0x40},                /* EL0t */
    };
    guests_begin();
    struct guest guest = guest_new(1, guest_clock);

    for (uint64_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        uint64_t pstate = modes[i].written;
        CHECK_EQUAL(sel_tcb_write_registers(guest.tcb, THREAD_REG_PSTATE, 1, &pstate), SEL_ERROR_OK);
        CHECK_EQUAL(sel_tcb_read_registers(guest.tcb, THREAD_REG_PSTATE, 1, &pstate), SEL_ERROR_OK);
        CHECK_EQUAL(pstate, modes[i].found);
    }
}

void without_stage_1_addresses_are_what_they_are(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_clock);

    for (uint64_t flags = 0; flags <= (TRANSLATE_FLAG_WRITE | TRANSLATE_FLAG_EL0); flags++) {
        uint64_t ipa;
        uint64_t fault;
        CHECK_EQUAL(sel_vcpu_translate(guest.vcpu, GUEST_CODE + 0x123, flags, &ipa, &fault), SEL_ERROR_OK);
        CHECK_EQUAL(fault, 0);
        CHECK_EQUAL(ipa, GUEST_CODE + 0x123);
    }
}

static uint64_t pending(uint64_t intid)
{
    return list_register_set_state(list_register_set_intid(0, intid), INTERRUPT_STATE_PENDING);
}

/** No such interrupt, a timer's, one twice: the verb leaves such an entry empty. */
void list_registers_hold_what_hardware_may_have(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_ticked);
    const uint64_t wrong[] = {1020, 1023, GUEST_TIMER_INTID(VCPU_TIMER_VIRTUAL), GUEST_TIMER_INTID(VCPU_TIMER_PHYSICAL),
                              40};

    guest_start(&guest, 0, 0);
    CHECK_EQUAL(guest_wait(), guest.badge);
    for (uint64_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        guest_answer_interrupts(pending(40) | pending(wrong[i]) << 32);
        CHECK_EQUAL(guest_wait(), guest.badge);
        uint64_t state = exit_lr_state(guest_exit.words[0]);
        CHECK_EQUAL(lr_state_entry0(state), INTERRUPT_STATE_PENDING);
        CHECK_EQUAL(lr_state_entry1(state), INTERRUPT_STATE_EMPTY);
    }
    guest_answer_interrupts(pending(1019) << 32);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(lr_state_entry1(exit_lr_state(guest_exit.words[0])), INTERRUPT_STATE_PENDING);
}

/** Data-independent timing is a promise to the program that is interrupted (DDI 0487, D1.4.1: DIT stays). */
void an_injected_exception_keeps_dit(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_clock);
    uint64_t pstate = PSTATE_DIT | PSTATE_EL1H;

    CHECK_EQUAL(sel_tcb_write_registers(guest.tcb, THREAD_REG_PSTATE, 1, &pstate), SEL_ERROR_OK);
    CHECK_EQUAL(sel_vcpu_inject(guest.vcpu, VCPU_INJECT_SYNC, 0x02000000, 0), SEL_ERROR_OK);
    CHECK_EQUAL(sel_tcb_read_registers(guest.tcb, THREAD_REG_PSTATE, 1, &pstate), SEL_ERROR_OK);
    CHECK_EQUAL(pstate & (PSTATE_DIT | 0xf), PSTATE_DIT | PSTATE_EL1H);
}

/** A stage 1 of the guest's of three blocks of 2 MiB, from address 0 on (DDI 0487, D8.3: level 2 first with 25 bits): for EL1 alone, for both, and
 * for both to read. */
static void stage_1_make(const struct guest *guest)
{
    sel_cap_t frame;
    uint64_t *table = (uint64_t *)world_page(&frame);
    uint64_t sctlr;
    uint64_t registers[] = {GUEST_TABLE, TCR_25_BITS, MAIR_NORMAL};

    table[0] = BLOCK_IPA | BLOCK | BLOCK_AP(0);
    table[1] = BLOCK_IPA | BLOCK | BLOCK_AP(1);
    table[2] = BLOCK_IPA | BLOCK | BLOCK_AP(3);
    CHECK_EQUAL(sel_frame_cache(frame, CACHE_OPERATION_CLEAN, 0, 4096), SEL_ERROR_OK);
    CHECK_EQUAL(sel_frame_map(world_mint(frame, SEL_RIGHT_READ, 0), guest->vspace, GUEST_TABLE, SEL_RIGHT_READ,
                              FRAME_ATTRIBUTE_NORMAL),
                SEL_ERROR_OK);
    CHECK_EQUAL(sel_vcpu_write_registers(guest->vcpu, VCPU_REG_TTBR0_EL1, 1, &registers[0]), SEL_ERROR_OK);
    CHECK_EQUAL(sel_vcpu_write_registers(guest->vcpu, VCPU_REG_TCR_EL1, 1, &registers[1]), SEL_ERROR_OK);
    CHECK_EQUAL(sel_vcpu_write_registers(guest->vcpu, VCPU_REG_MAIR_EL1, 1, &registers[2]), SEL_ERROR_OK);
    CHECK_EQUAL(sel_vcpu_read_registers(guest->vcpu, VCPU_REG_SCTLR_EL1, 1, &sctlr), SEL_ERROR_OK);
    sctlr |= 1;
    CHECK_EQUAL(sel_vcpu_write_registers(guest->vcpu, VCPU_REG_SCTLR_EL1, 1, &sctlr), SEL_ERROR_OK);
}

void translations_have_the_rights_of_their_level(void)
{
    static const bool is_allowed[3][4] = {
        /* by flags: EL1 read, EL1 write, EL0 read, EL0 write */
        {true, true, false, false},
        {true, true, true, true},
        {true, false, true, false},
    };
    guests_begin();
    struct guest guest = guest_new(1, guest_clock);

    _Static_assert(TRANSLATE_FLAG_WRITE == 1 && TRANSLATE_FLAG_EL0 == 2, "the order of is_allowed");
    stage_1_make(&guest);
    for (uint64_t i = 0; i < 12; i++) {
        uint64_t ipa;
        uint64_t fault;
        CHECK_EQUAL(sel_vcpu_translate(guest.vcpu, (i / 4 << 21) + 0x1234, i % 4, &ipa, &fault), SEL_ERROR_OK);
        if (is_allowed[i / 4][i % 4]) {
            CHECK_EQUAL(fault, 0);
            CHECK_EQUAL(ipa, BLOCK_IPA + 0x1234);
        } else {
            CHECK_EQUAL((fault >> 1) & 0x3f, STATUS_PERMISSION_2);
        }
    }
}

void an_serror_is_taken_at_its_vector(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_serror);

    guest_start(&guest, 0, GUEST_CODE);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_hvc(), 3);
    guest_answer(VERB_RESUME | VERB_INJECT_SERROR, 0);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_hvc(), 4);
    CHECK_EQUAL(ESR_CLASS(guest_x(0)), CLASS_SERROR);
    guest_answer(VERB_RESUME, 0);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_hvc(), 9); /* it came once */

    struct guest second = guest_new(2, guest_serror); /* the same by invocation, on a guest that runs */
    guest_start(&second, 0, GUEST_CODE);
    CHECK_EQUAL(guest_wait(), second.badge);
    CHECK_EQUAL(guest_hvc(), 3);
    guest_answer(VERB_RESUME, 0);
    world_sleep_ms(1);
    CHECK_EQUAL(sel_vcpu_inject(second.vcpu, VCPU_INJECT_SERROR, 0, 0), SEL_ERROR_OK);
    CHECK_EQUAL(guest_wait(), second.badge);
    CHECK_EQUAL(guest_hvc(), 4);
}

/** WFI ends for it (DDI 0487, D1.6.2), though no list register holds anything. */
void an_serror_wakes_a_sleeping_guest(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_serror);
    uint64_t unused[3];
    uint64_t blocked;

    guest_start(&guest, 1, GUEST_CODE);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_hvc(), 3);
    guest_answer(VERB_RESUME, 0);
    world_sleep_ms(1);
    CHECK_EQUAL(sel_vcpu_info(guest.vcpu, &unused[0], &unused[1], &unused[2], &blocked), SEL_ERROR_OK);
    CHECK_EQUAL(blocked, 1);
    CHECK_EQUAL(sel_vcpu_inject(guest.vcpu, VCPU_INJECT_SERROR, 0, 0), SEL_ERROR_OK);
    CHECK_EQUAL(sel_vcpu_info(guest.vcpu, &unused[0], &unused[1], &unused[2], &blocked), SEL_ERROR_OK);
    CHECK_EQUAL(blocked, 0);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_hvc(), 4);
    CHECK_EQUAL(ESR_CLASS(guest_x(0)), CLASS_SERROR);
}

/** The guest has taken it without an exit: what the kernel gave the hardware is no more what is pending. */
void an_serror_that_was_taken_wakes_nobody(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_serror_sleeper);
    uint64_t unused[3];
    uint64_t blocked;

    guest_start(&guest, 0, GUEST_CODE);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_hvc(), 3);
    guest_answer(VERB_RESUME | VERB_INJECT_SERROR, 0);
    world_sleep_ms(1);
    CHECK(!guest_has_exited());
    CHECK_EQUAL(sel_vcpu_info(guest.vcpu, &unused[0], &unused[1], &unused[2], &blocked), SEL_ERROR_OK);
    CHECK_EQUAL(blocked, 1);
}

/** What hardware does to PSTATE (DDI 0487, D1.4.1): all is masked, the flags stay. */
void an_injected_exception_masks_all_others(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_excepted);

    guest_start(&guest, 0, GUEST_CODE);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_hvc(), 3);
    guest_answer(VERB_RESUME | VERB_INJECT_SYNC, 1u << 25);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_hvc(), 10);
    CHECK_EQUAL(guest_x(0), 0x3c0);
    CHECK_EQUAL(guest_x(1), 0xf0000000);
}

/** By level and stack pointer (DDI 0487, D1.3.1). */
void an_injected_exception_has_the_vector_of_its_level(void)
{
    static const struct {
        uint64_t pstate, vector;
    } rows[] = {
        {0x3c4, 0x000}, /* EL1t */
        {0x3c5, 0x200}, /* EL1h */
        {0x3c0, 0x400}, /* EL0t */
    };
    guests_begin();

    for (uint64_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct guest guest = guest_new(1 + i, guest_vectored);
        guest_start(&guest, rows[i].pstate, GUEST_CODE);
        CHECK_EQUAL(guest_wait(), guest.badge);
        CHECK_EQUAL(exit_reason(guest_exit.words[0]), EXIT_MMIO);
        guest_answer(VERB_RESUME | VERB_INJECT_SYNC, 1u << 25);
        CHECK_EQUAL(guest_wait(), guest.badge);
        CHECK_EQUAL(guest_hvc(), 12);
        CHECK_EQUAL(guest_x(0), rows[i].vector);
    }
}

void an_answer_without_resume_stops_the_guest(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_clock);

    guest_start(&guest, 0, 0);
    CHECK_EQUAL(guest_wait(), guest.badge);
    guest_answer(VERB_INJECT_SYNC, 1u << 25);
    world_sleep_ms(2);
    CHECK(!guest_has_exited());
    CHECK_EQUAL(sel_vcpu_reset(guest.vcpu), SEL_ERROR_OK); /* it does not run */
}

#define SYSREG(op0, op1, crn, crm, op2)                                                                                \
    ((uint64_t)(op0) << 20 | (uint64_t)(op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1)

#ifdef SEL_CYCLES
#define IS_COUNTER_OPEN 1
#else
#define IS_COUNTER_OPEN 0
#endif

/** Faults unless the kernel opens the counter to native processes. */
static uint64_t cycle_count(void)
{
    uint64_t value;

    __asm__ volatile("isb\n\tmrs %0, pmccntr_el0" : "=r"(value)::"memory");
    return value;
}

/**
 * HCR_EL2 and MDCR_EL2: nothing of this is carried out behind the VMM's back. Which register it is does not depend on Rt (messages.yaml, SYSREG).
 * Where native processes may read the cycle counter, they may after a guest that was kept out.
 */
void what_is_the_vmms_to_answer_exits(void)
{
    static const uint64_t encoding[] = {SYSREG(3, 0, 0, 4, 0),  SYSREG(3, 0, 1, 0, 1),  SYSREG(1, 0, 7, 6, 2),
                                        SYSREG(2, 0, 0, 0, 4),  SYSREG(2, 0, 1, 0, 0),  SYSREG(2, 0, 1, 0, 4),
                                        SYSREG(3, 3, 9, 13, 0), SYSREG(3, 3, 9, 12, 0), SYSREG(3, 3, 9, 14, 0),
                                        SYSREG(3, 0, 12, 11, 5)};
    guests_begin();
    struct guest guest = guest_new(1, guest_trapped);

    guest_start(&guest, 0, 0);
    for (uint64_t i = 0; i < sizeof(encoding) / sizeof(encoding[0]); i++) {
        CHECK_EQUAL(guest_wait(), guest.badge);
        CHECK_EQUAL(exit_reason(guest_exit.words[0]), EXIT_SYSREG);
        CHECK_EQUAL(guest_exit.words[FAULT_VM_EXIT_WORD_ADDRESS], encoding[i]);
        guest_answer(VERB_RESUME | VERB_STEP, 0);
    }
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(exit_reason(guest_exit.words[0]), EXIT_SMC);
    guest_answer(VERB_RESUME | VERB_STEP, 0);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_hvc(), 11);
    if (IS_COUNTER_OPEN) {
        CHECK(cycle_count() < cycle_count());
    }
}

/** Two guests leave opposite bits in every register of theirs that the kernel switches, and find them again after each other. */
void a_guest_keeps_its_registers_while_another_runs(void)
{
    guests_begin();
    const struct guest guest[2] = {guest_new(1, guest_keeper), guest_new(2, guest_keeper)};
    sel_cap_t reply[2];

    for (uint64_t i = 0; i < 2; i++) {
        uint64_t mpidr = MPIDR_RES1 | guest[i].badge;
        CHECK_EQUAL(sel_vcpu_write_registers(guest[i].vcpu, VCPU_REG_VMPIDR_EL2, 1, &mpidr), SEL_ERROR_OK);
        guest_start(&guest[i], i == 0 ? REGISTER_PATTERN : ~REGISTER_PATTERN, 0);
        CHECK_EQUAL(guest_wait(), guest[i].badge);
        CHECK_EQUAL(guest_hvc(), 7);
        reply[i] = guest_reply;
    }
    for (uint64_t i = 0; i < 2; i++) {
        guest_reply = reply[i];
        guest_answer(VERB_RESUME, 0);
        CHECK_EQUAL(guest_wait(), guest[i].badge);
        CHECK_EQUAL(guest_hvc(), 8);
        CHECK_EQUAL(guest_x(1), guest_x(2));
        CHECK_EQUAL(guest_x(0), 0);
    }
}

void a_dead_address_space_stops_its_guest_alone(void)
{
    guests_begin();
    struct guest dying = guest_new(1, guest_spinner);
    struct guest other = guest_new(2, guest_clock);

    guest_start(&dying, 0, 0);
    world_sleep_ms(2);
    CHECK_EQUAL(sel_cnode_revoke(sel_cap_cnode, dying.vspace), SEL_ERROR_OK);
    CHECK_EQUAL(sel_cnode_delete(sel_cap_cnode, dying.vspace), SEL_ERROR_OK);
    CHECK_EQUAL(sel_vcpu_reset(dying.vcpu), SEL_ERROR_OK); /* it would be BUSY if it ran */
    CHECK_EQUAL(sel_tcb_resume(dying.tcb), SEL_ERROR_NOT_BOUND);
    guest_start(&other, 0, 0);
    CHECK_EQUAL(guest_wait(), other.badge);
    CHECK_EQUAL(guest_hvc(), 2);
}

/** It stops in its sleep: its deadline, which would come while another guest runs, is nobody's. */
void a_dead_address_space_stops_who_sleeps(void)
{
    guests_begin();
    struct guest dying = guest_new(1, guest_sleeper);
    struct guest other = guest_new(2, guest_spinner);
    uint64_t few_ms = sel_ns_to_ticks(6 * SEL_NS_PER_MS, sel_clock_frequency_hz());
    uint64_t unused[3];
    uint64_t blocked;

    CHECK_EQUAL(sel_tcb_set_priority(other.tcb, sel_cap_tcb, 10, 10), SEL_ERROR_OK);
    guest_start(&other, 0, 0);
    guest_start(&dying, few_ms, VCPU_TIMER_VIRTUAL);
    world_sleep_ms(2);
    CHECK_EQUAL(sel_vcpu_info(dying.vcpu, &unused[0], &unused[1], &unused[2], &blocked), SEL_ERROR_OK);
    CHECK_EQUAL(blocked, 1);
    CHECK_EQUAL(sel_cnode_revoke(sel_cap_cnode, dying.vspace), SEL_ERROR_OK);
    CHECK_EQUAL(sel_cnode_delete(sel_cap_cnode, dying.vspace), SEL_ERROR_OK);
    CHECK_EQUAL(sel_vcpu_info(dying.vcpu, &unused[0], &unused[1], &unused[2], &blocked), SEL_ERROR_OK);
    CHECK_EQUAL(blocked, 0);
    world_sleep_ms(8);
    CHECK_EQUAL(sel_vcpu_reset(dying.vcpu), SEL_ERROR_OK); /* it would be BUSY if it ran */
    CHECK_EQUAL(sel_vcpu_reset(other.vcpu), SEL_ERROR_BUSY);
    CHECK_EQUAL(sel_tcb_suspend(other.tcb), SEL_ERROR_OK);
}

/** Made a guest's thread first, given a native address space then: it stops before it runs. */
void a_guest_does_not_run_in_a_native_space(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_clock);

    CHECK_EQUAL(sel_tcb_configure(guest.tcb, sel_cap_cnode, sel_cap_vspace, 0, 0), SEL_ERROR_OK);
    guest_start(&guest, 0, 0);
    CHECK_EQUAL(sel_vcpu_reset(guest.vcpu), SEL_ERROR_BUSY); /* ready, but main goes first */
    world_sleep_ms(2);
    CHECK_EQUAL(sel_vcpu_reset(guest.vcpu), SEL_ERROR_OK);
    CHECK(!guest_has_exited()); /* as it would have if it had run: there is no code of its own */
}

/** The next of main's equals, alone in the array of queues: who is queued first waits outside of it (Q4), and stops here. */
void who_cannot_run_does_not_by_a_yield_either(void)
{
    guests_begin();
    struct guest first = guest_new(1, guest_spinner);
    struct guest next = guest_new(2, guest_clock);

    CHECK_EQUAL(sel_tcb_set_priority(first.tcb, sel_cap_tcb, WORLD_PRIORITY, WORLD_PRIORITY), SEL_ERROR_OK);
    CHECK_EQUAL(sel_tcb_set_priority(next.tcb, sel_cap_tcb, WORLD_PRIORITY, WORLD_PRIORITY), SEL_ERROR_OK);
    CHECK_EQUAL(sel_tcb_configure(next.tcb, sel_cap_cnode, sel_cap_vspace, 0, 0), SEL_ERROR_OK);
    guest_start(&first, 0, 0);
    guest_start(&next, 0, 0);
    CHECK_EQUAL(sel_tcb_suspend(first.tcb), SEL_ERROR_OK);
    CHECK_EQUAL(sel_vcpu_reset(next.vcpu), SEL_ERROR_BUSY);
    CHECK_EQUAL(sel_yield(), SEL_ERROR_OK);
    CHECK_EQUAL(sel_vcpu_reset(next.vcpu), SEL_ERROR_OK);
    CHECK(!guest_has_exited());
}

/** PSCI's version is 1.0 or later, major number in the upper half (DEN 0022, 5.1.1); other functions are not this process's. */
void firmware_answers_the_one_call_that_is_allowed(void)
{
    uint64_t x[4] = {0, 0x11, 0x22, 0x33};

    CHECK_EQUAL(
        sel_smc_call(sel_cap_smc, PSCI_VERSION, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, &x[0], &x[1], &x[2], &x[3]),
        SEL_ERROR_OK);
    CHECK(x[0] >> 16 >= 1 && x[0] >> 16 < 16);
    CHECK_EQUAL(sel_smc_call(sel_cap_smc, PSCI_FEATURES, PSCI_VERSION, 0, 0, 0, 0, 0, 0, &x[0], &x[1], &x[2], &x[3]),
                SEL_ERROR_DENIED);
}

/** AFFINITY_INFO (DEN 0022, 5.1.5) looks at the target in x1 and the level in x2: nothing of affinity 0 is called 0x123, and all levels above are on. */
void firmware_gets_its_arguments(void)
{
    static const struct {
        uint64_t target, level, answer;
    } rows[] = {{0, 0, IS_ON}, {0x123, 0, NO_SUCH_TARGET}, {0x123, 1, IS_ON}};

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t x[4];
        CHECK_EQUAL(sel_smc_call(sel_cap_smc1, AFFINITY_INFO, rows[i].target, rows[i].level, 3, 4, 5, 6, 7, &x[0],
                                 &x[1], &x[2], &x[3]),
                    SEL_ERROR_OK);
        CHECK_EQUAL(x[0], rows[i].answer);
    }
}
