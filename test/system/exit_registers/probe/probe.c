/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes a VMM's place: its guest fills every register and makes hypervisor calls. The VMM must find nothing of that in its own registers but
 * the exit's words, and the guest must find its registers as they were. The guest is written here, into its RAM.
 */
#include "sel/sel.h"
#include "test/system/lib/check.h"
#include "test/system/registers/registers/capture.h"

#define GUEST_ENTRY        0x40080000ull
#define HVC_NUMBER         0x55
#define PSTATE_EL1H_MASKED 0x3c5
#define THEIRS             0x7777
#define MINE               0x1111000000000000ull
#define OWNER(value)       ((value) >> 48)

/* Encodings by Arm ARM DDI 0487, C6.2 (MOVZ, MOVK, HVC, B). */
#define MOVZ_TOP(register_, value) (0xd2e00000u | (uint32_t)(value) << 5 | (register_))
#define MOVK_LOW(register_, value) (0xf2800000u | (uint32_t)(value) << 5 | (register_))
#define HVC(number)                (0xd4000002u | (uint32_t)(number) << 5)
#define BRANCH_BACK(words)         (0x14000000u | (0x3ffffffu & -(uint32_t)(words)))

static struct capture found;
static struct capture mine;

static void write_guest(void)
{
    volatile uint32_t *code = (volatile uint32_t *)GUEST_ENTRY;

    for (uint32_t i = 0; i < 31; i++) {
        *code++ = MOVZ_TOP(i, THEIRS);
        *code++ = MOVK_LOW(i, i);
    }
    *code++ = HVC(HVC_NUMBER);
    *code++ = BRANCH_BACK(1);
    for (uintptr_t line = GUEST_ENTRY; line < (uintptr_t)code; line += 64) {
        __asm__ volatile("dc cvac, %0" : : "r"(line) : "memory"); /* the guest runs with its caches off */
    }
    __asm__ volatile("dsb sy" : : : "memory");
}

/** The Frame of its code, which is all that it touches. */
static sel_err_t give_code(void)
{
    const struct sel_ram_run *run = sel_guest.ram_runs;
    uint64_t index = (GUEST_ENTRY - run->address) >> run->size_bits;

    return sel_frame_map(run->first_cap + index, sel_guest.vspace_cap, run->address + (index << run->size_bits),
                         SEL_RIGHT_READ | SEL_RIGHT_EXECUTE, FRAME_ATTRIBUTE_NORMAL);
}

static bool start_guest(void)
{
    uint64_t state[2] = {GUEST_ENTRY, PSTATE_EL1H_MASKED};

    _Static_assert(THREAD_REG_PSTATE == THREAD_REG_PC + 1, "pc and pstate are written together");
    return give_code() == SEL_ERROR_OK && sel_vcpu_reset(sel_guest.vcpu_cap) == SEL_ERROR_OK &&
           sel_tcb_write_registers(sel_guest.tcb_cap, THREAD_REG_PC, 2, state) == SEL_ERROR_OK &&
           sel_tcb_resume(sel_guest.tcb_cap) == SEL_ERROR_OK;
}

/** Enter the kernel with poisoned registers to receive an exit; `number` says how, `word0` is the answer to the last one. */
static void receive_exit(uint64_t number, uint64_t tag, uint64_t word0)
{
    mine = (struct capture){.nzcv = 0};
    for (uint64_t i = 0; i < 31; i++) {
        mine.x[i] = MINE | i;
    }
    mine.x[0] = sel_guest.exit_endpoint_cap;
    mine.x[1] = tag;
    mine.x[2] = sel_spec.reply_cap;
    mine.x[8] = number;
    mine.x[9] = word0;
    capture_system_call(&mine, &found);
}

/** x0..x6 travel in words 1..7 of this exit (x10..x15, x18); nothing else of the guest's may be anywhere. */
static void expect_exit_only(void)
{
    CHECK_EQUAL(found.x[0], SEL_ERROR_OK);
    CHECK_EQUAL(tag_label(found.x[1]), FAULT_VM_EXIT);
    CHECK_EQUAL(exit_reason(found.x[9]), EXIT_HVC);
    CHECK_EQUAL(exit_immediate(found.x[9]), HVC_NUMBER);
    for (uint64_t i = 0; i < 6; i++) {
        CHECK_EQUAL(found.x[10 + i], (uint64_t)THEIRS << 48 | i);
    }
    CHECK_EQUAL(found.x[18], (uint64_t)THEIRS << 48 | 6);
    for (uint64_t i = 0; i < 31; i++) {
        if (i >= 19) {
            CHECK_EQUAL(found.x[i], mine.x[i]);
        } else if (i < 9 || i == 16 || i == 17) {
            CHECK(OWNER(found.x[i]) != THEIRS);
        }
    }
}

static void an_exit_shows_its_words_and_nothing_else(void)
{
    write_guest();
    CHECK(start_guest());
    receive_exit(SYSCALL_RECV, 0, 0);
    expect_exit_only();
}

static void a_resumed_guest_finds_its_registers(void)
{
    uint64_t registers[31];

    for (uint64_t round = 0; round < 3; round++) {
        receive_exit(SYSCALL_REPLY_RECV, tag_make(0, 8, 0), VERB_RESUME);
        expect_exit_only();
        CHECK_EQUAL(sel_tcb_read_registers(sel_guest.tcb_cap, 0, 31, registers), SEL_ERROR_OK);
        for (uint64_t i = 0; i < 31; i++) {
            CHECK_EQUAL(registers[i], (uint64_t)THEIRS << 48 | i);
        }
    }
}

int main(void)
{
    static const struct check_test tests[] = {
        CHECK_TEST(an_exit_shows_its_words_and_nothing_else),
        CHECK_TEST(a_resumed_guest_finds_its_registers),
    };

    check_run(tests, sizeof(tests) / sizeof(tests[0]), NULL);
    return 0;
}
