/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own words: the console's protocol, numbers, and the dump of a panic, with everything a reader needs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/arch/fake/fake.h"
#include "kernel/object/objects.h"
#include "test/unit/kernel/boot/board.h"

#define board_test(function) cmocka_unit_test_setup_teardown(function, board_new, board_delete)

static void says(const char *text)
{
    assert_non_null(strstr(outcome->console, text));
}

/* --- the console --- */

static void print(void)
{
    fake.clock = 62500000; /* a second */
    console_printf("%s %u %x %lu %lx 100%%", "text", 4294967295u, 0xabcu, 18446744073709551615ul, 0x123456789abcul);
}

static void numbers_and_texts_are_printed(void **state)
{
    (void)state;
    board_run(print);
    assert_string_equal(outcome->console,
                        "\x1e[0@1000000]text 4294967295 abc 18446744073709551615 123456789abc 100%\x1e[<]");
}

static void print_lines(void)
{
    fake.clock_hz = 0; /* not known yet */
    console_write("one\ntwo\n", 8);
}

static void every_line_has_its_time(void **state)
{
    (void)state;
    board_run(print_lines);
    assert_string_equal(outcome->console, "\x1e[0@0]one\r\n\x1e[0@0]two\r\n\x1e[<]");
}

static void print_separator(void)
{
    console_write("a\x1e[1]b", 6);
}

/** docs/design/system.md: what a process has printed cannot pass for a marker. */
static void a_separator_in_a_text_is_no_marker(void **state)
{
    (void)state;
    board_run(print_separator);
    says("]a\x1e\x1e\x1e[0][1]b\x1e[<]");
}

static void print_long(void)
{
    static char text[400];
    memset(text, 'x', sizeof(text) - 1);
    console_printf("%s|", text);
}

static void a_line_has_an_end(void **state)
{
    (void)state;
    board_run(print_long);
    assert_int_equal(strspn(strchr(outcome->console, ']') + 1, "x"), 256);
}

/* --- panics --- */

static void panic_at_boot(void)
{
    panic("something is wrong", "kernel/some/file.c", 77);
}

static void a_panic_says_what_and_where(void **state)
{
    (void)state;
    board_run(panic_at_boot);
    assert_int_equal(outcome->end, BOARD_HALTED);
    says("kernel bug: something is wrong (kernel/some/file.c:77)");
    says("current thread: none (idle or boot)");
    says("sel: kernel panic");
}

static void panic_in_syscall(void)
{
    static struct tcb tcb;
    static struct slot slots[2];
    slots[1].cap = (struct cap){.word0 = 0x1234, .word1 = 0x5678};
    tcb.priority = 99;
    tcb.state = THREAD_READY;
    tcb.cspace_slots = slots;
    tcb.cspace_count = 2;
    tcb.registers.reg[0] = 1; /* capability */
    tcb.registers.reg[1] = 0xabcd;
    tcb.registers.reg[8] = 3; /* number */
    percpu()->current = &tcb;
    for (uint64_t i = 0; i < 40; i++) {
        trace_add(i % 7, i, 0xf00 + i);
    }
    kassert(slots[0].cap.word0 == 1);
}

static void a_panic_shows_thread_object_and_events(void **state)
{
    (void)state;
    board_run(panic_in_syscall);
    assert_int_equal(outcome->end, BOARD_HALTED);
    says("kernel bug: slots[0].cap.word0 == 1 (");
    says("priority 99 ");
    says(" native");
    says("system call 3 on cap 1 tag abcd");
    says("object: 1234 5678");
    says("user register 0..: 1 abcd ");
    assert_null(strstr(outcome->console, " 7 f07")); /* the last 32 events */
    says("fault 8 f08");
    says("vm-exit 9 f09");
    says("switch 27 f27");
}

static void panic_of_a_guest(void)
{
    static struct tcb tcb;
    static struct vcpu vcpu;
    tcb.vcpu = &vcpu;
    tcb.registers.reg[0] = 5; /* no slot of its CSpace */
    percpu()->current = &tcb;
    panic("first", "a.c", 1);
}

static void a_panic_in_the_panic_ends_all_the_same(void **state)
{
    (void)state;
    board.dump_panics = true;
    board_run(panic_of_a_guest);
    assert_int_equal(outcome->end, BOARD_HALTED);
    says("kernel bug: first (a.c:1)");
    says("panic in the panic: second");
    says("sel: kernel panic");
}

static void a_guests_thread_is_called_so(void **state)
{
    (void)state;
    board_run(panic_of_a_guest);
    assert_int_equal(outcome->end, BOARD_HALTED);
    says(" guest");
    says("system call 0 on cap 5 tag 0");
    assert_null(strstr(outcome->console, "object:"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        board_test(numbers_and_texts_are_printed),
        board_test(every_line_has_its_time),
        board_test(a_separator_in_a_text_is_no_marker),
        board_test(a_line_has_an_end),
        board_test(a_panic_says_what_and_where),
        board_test(a_panic_shows_thread_object_and_events),
        board_test(a_panic_in_the_panic_ends_all_the_same),
        board_test(a_guests_thread_is_called_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
