/* SPDX-License-Identifier: BSD-2-Clause */
/* The debugger as the VMM's loop meets it, in the order in which it does: start, reset with and without somebody attached, end. */
#include "test/unit/vmm/gdb/fake_debugger.h"
#include "vmm/debugger.h"

static const uint32_t program[] = {0xd503201f, 0xd503201f};

static struct vmm vmm;
static struct session other; /* the fake's; the debugger has its own */

/* One packet, and all that it makes the debugger say is new. */
static void type(const char *text)
{
    const char *packet = framed(text);
    fake_debugger.input_count = strlen(packet);
    fake_debugger.input_taken = 0;
    memcpy(fake_debugger.input, packet, fake_debugger.input_count);
    fake_debugger.output_count = 0;
    fake_debugger.output[0] = '\0';
    debugger_poll(&vmm);
}

static void a_guest_from_start_to_end(void **state)
{
    (void)state;
    debugged_guest(&vmm, &other, program, 2);
    assert_true(debugger_holds_start(&vmm));
    type("D");
    assert_non_null(strstr(fake_debugger.output, framed("OK")));
    assert_true(fake_debugger.is_running);
    assert_false(debugger_holds_start(&vmm)); /* nobody is there: it restarts and runs */

    type("?");
    type("c");
    assert_true(fake_debugger.is_running);
    fake_debugger.is_running = false; /* its exit, the reset, is being answered */
    assert_true(debugger_holds_start(&vmm));
    assert_non_null(strstr(fake_debugger.output, "+$O746865206775657374")); /* "the guest" */
    assert_non_null(strstr(fake_debugger.output, framed("T05thread:1;")));

    type("Z0,100004,4");
    type("c");
    uint64_t words[8] = {exit_set_register(exit_set_reason(0, EXIT_SYSREG), 31)};
    words[FAULT_VM_EXIT_WORD_ADDRESS] = 0x20c002;
    words[FAULT_VM_EXIT_WORD_PC] = fake.thread[THREAD_REG_PC] = 0x100004;
    assert_true(debugger_takes_exit(&vmm, words));
    assert_int_equal(words[0], 0);
    assert_non_null(strstr(fake_debugger.output, framed("T05thread:1;")));
    words[0] = exit_set_reason(0, EXIT_HVC);
    assert_false(debugger_takes_exit(&vmm, words));

    fake_debugger.is_running = false;
    type("z0,100004,4");
    type("c");
    debugger_tell_end(&vmm, GUEST_POWERED_OFF);
    assert_non_null(strstr(fake_debugger.output, framed("W00")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_from_start_to_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
