/* SPDX-License-Identifier: BSD-2-Clause */
/* The report of a stopped guest: its last exception first, then every general register, each with its own value. */
#include "test/unit/vmm/fake_services.h"
#include "vmm/stop_report.h"

static const struct guest_stop stop = {.cause = "a test", .exit_word = 1, .pc = 2, .esr = 3, .address = 4};

static int setup(void **state)
{
    (void)state;
    fake_reset(2);
    return 0;
}

/** The line of that index behind the first, with its end; cut out of what was printed. */
static const char *line(unsigned index)
{
    static char text[STOP_REPORT_LINE_BYTES];
    fake.printed[0] = '\0';
    stop_report_print("box", &stop);
    const char *at = strchr(fake.printed, '\n') + 1;
    for (; index > 0 && *at != '\0'; index--) {
        at = strchr(at, '\n') + 1;
    }
    size_t length = *at == '\0' ? 0 : (size_t)(strchr(at, '\n') + 1 - at);
    assert_true(length < sizeof(text));
    memcpy(text, at, length);
    text[length] = '\0';
    return length == 0 ? NULL : text;
}

static void report_says_why(void **state)
{
    (void)state;
    stop_report_print("box", &stop);
    *(strchr(fake.printed, '\n') + 1) = '\0';
    assert_string_equal(fake.printed, "guest box: stopped: a test, exit 0x1, pc 0x2, esr 0x3, address 0x4\n");
    fake.printed[0] = '\0';
    stop_report_print("box", NULL);
    assert_string_equal(fake.printed, "guest box: powered off\n");
}

static void report_begins_with_the_exception(void **state)
{
    (void)state;
    fake.vcpu[VCPU_REG_ELR_EL1] = 0x40080010;
    fake.vcpu[VCPU_REG_ESR_EL1] = 0xf2000000;
    fake.vcpu[VCPU_REG_FAR_EL1] = 0x1234;
    fake.vcpu[VCPU_REG_SPSR_EL1] = 0x3c5;
    fake.vcpu[VCPU_REG_VBAR_EL1] = 0xc000000;
    fake.vcpu[VCPU_REG_SCTLR_EL1] = 0x30d00800;
    fake.vcpu[VCPU_REG_SP_EL1] = 0x41000000;
    assert_string_equal(line(0),
                        "  its last exception: elr_el1 0x40080010 esr_el1 0xf2000000 far_el1 0x1234 spsr_el1 0x3c5\n");
    assert_string_equal(line(1), "  vbar_el1 0xc000000 sctlr_el1 0x30d00800 sp_el1 0x41000000 sp_el0 0x0\n");
}

static void report_has_all_general_registers(void **state)
{
    (void)state;
    for (unsigned i = 0; i < THREAD_REG_COUNT; i++) {
        fake.thread[i] = 0x100 + i;
    }
    assert_string_equal(line(2), "  x0 0x100 x1 0x101 x2 0x102 x3 0x103\n");
    assert_string_equal(line(9), "  x28 0x11c x29 0x11d x30 0x11e\n");
    assert_null(line(10));
}

/* The longest values there are: no line is cut, each ends. */
static void report_lines_fit(void **state)
{
    (void)state;
    memset(fake.thread, 0xff, sizeof(fake.thread));
    memset(fake.vcpu, 0xff, sizeof(fake.vcpu));
    assert_non_null(line(9));
    assert_null(line(10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(report_says_why, setup),
        cmocka_unit_test_setup(report_begins_with_the_exception, setup),
        cmocka_unit_test_setup(report_has_all_general_registers, setup),
        cmocka_unit_test_setup(report_lines_fit, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
