/* SPDX-License-Identifier: BSD-2-Clause */
/* Where instructions lead: branches of every kind, taken and not; words are what an assembler makes of the text beside them. */
#include "test/unit/vmm/fake_services.h"
#include "vmm/gdb/step.h"

enum {
    PC = 0x40000,
    EL1H = 0x3c5,
};

#define N (1ull << 31)
#define Z (1ull << 30)
#define C (1ull << 29)
#define V (1ull << 28)

struct row {
    uint32_t word;
    uint64_t flags;
    uint64_t next;
};

static const struct row rows[] = {
    {0x17fffffe, 0, PC - 8},         /* b .-8 */
    {0x94000040, 0, PC + 0x100},     /* bl .+0x100 */
    {0xd61f0060, 0, 0x3333},         /* br x3 */
    {0xd63f0080, 0, 0x4444},         /* blr x4 */
    {0xd65f03c0, 0, 0x3030},         /* ret */
    {0xd65f00e0, 0, 0x7777},         /* ret x7 */
    {0xd61f03e0, 0, 0},              /* br xzr */
    {0x54000100, Z, PC + 0x20},      /* b.eq .+0x20 */
    {0x54000100, N | C | V, PC + 4}, /* b.eq */
    {0x54000101, 0, PC + 0x20},      /* b.ne */
    {0x54000101, Z, PC + 4},         /* b.ne */
    {0x54000102, C, PC + 0x20},      /* b.hs */
    {0x54000102, N | Z | V, PC + 4}, /* b.hs */
    {0x54000104, N, PC + 0x20},      /* b.mi */
    {0x54000106, V, PC + 0x20},      /* b.vs */
    {0x54000108, C, PC + 0x20},      /* b.hi */
    {0x54000108, C | Z, PC + 4},     /* b.hi */
    {0x54000109, C | Z, PC + 0x20},  /* b.ls */
    {0x54000109, C, PC + 4},         /* b.ls */
    {0x5400010b, N, PC + 0x20},      /* b.lt */
    {0x5400010b, N | V, PC + 4},     /* b.lt */
    {0x5400010c, N | V, PC + 0x20},  /* b.gt */
    {0x5400010c, N | V | Z, PC + 4}, /* b.gt */
    {0x5400010d, Z, PC + 0x20},      /* b.le */
    {0x5400010d, 0, PC + 4},         /* b.le */
    {0x5400010e, 0, PC + 0x20},      /* b.al */
    {0x5400010f, 0, PC + 0x20},      /* b.nv, which is taken, too */
    {0x34ffffe5, 0, PC - 4},         /* cbz w5, .-4: the low half of x5 is 0 */
    {0xb4ffffe5, 0, PC + 4},         /* cbz x5, .-4 */
    {0xb5000205, 0, PC + 0x40},      /* cbnz x5, .+0x40 */
    {0xb4ffffff, 0, PC - 4},         /* cbz xzr, .-4 */
    {0xb6080086, 0, PC + 4},         /* tbz x6, #33, .+0x10: bit 33 is set */
    {0xb7080086, 0, PC + 0x10},      /* tbnz x6, #33, .+0x10 */
    {0x370fff86, 0, PC + 4},         /* tbnz w6, #1, .-0x10: bit 1 is clear */
    {0x360fff86, 0, PC - 0x10},      /* tbz w6, #1, .-0x10 */
    {0xd69f03e0, 0, 0xe1e1},         /* eret */
    {0xd4000001, 0, PC + 4},         /* svc #0 */
    {0xd503201f, 0, PC + 4},         /* nop */
    {0xf94000a0, 0, PC + 4},         /* ldr x0, [x5] */
};

static struct step_state state_at(uint64_t pstate)
{
    struct step_state state = {.pc = PC, .pstate = pstate, .elr = 0xe1e1};
    state.x[3] = 0x3333;
    state.x[4] = 0x4444;
    state.x[5] = 1ull << 40;
    state.x[6] = 1ull << 33;
    state.x[7] = 0x7777;
    state.x[30] = 0x3030;
    return state;
}

static void instructions_lead_on(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct step_state state = state_at(EL1H | rows[i].flags);
        if (step_next(&state, rows[i].word) != rows[i].next) {
            fail_msg("%08x with %llx leads to %llx", rows[i].word, (unsigned long long)rows[i].flags,
                     (unsigned long long)step_next(&state, rows[i].word));
        }
    }
}

/* Undefined there: it leads to an exception. */
static void at_el0_nothing_is_returned_from(void **unused)
{
    (void)unused;
    struct step_state state = state_at(0);
    assert_int_equal(step_next(&state, 0xd69f03e0), PC + 4);
}

static void waits_are_known(void **unused)
{
    (void)unused;
    assert_true(step_is_wait(0xd503207f));
    assert_false(step_is_wait(0xd503205f)); /* wfe */
    assert_false(step_is_wait(0xd503201f));
}

static void returns_to_aarch32_are_known(void **unused)
{
    (void)unused;
    struct step_state state = state_at(EL1H);
    assert_false(step_leaves_aarch64(&state, 0xd69f03e0));
    state.spsr = 0x10;
    assert_true(step_leaves_aarch64(&state, 0xd69f03e0));
    assert_false(step_leaves_aarch64(&state, 0xd503201f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions_lead_on),
        cmocka_unit_test(at_el0_nothing_is_returned_from),
        cmocka_unit_test(waits_are_known),
        cmocka_unit_test(returns_to_aarch32_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
