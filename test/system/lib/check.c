/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Results of tests on the target: see check.h.
 */
#include "test/system/lib/check.h"

#include "sel/format.h"
#include "sel/sel.h"

static char failure[256];

bool check_has_failed(void)
{
    return failure[0] != '\0';
}

static struct sel_text start_failure(const char *file, int line, const char *what)
{
    struct sel_text text = sel_text_start(failure, sizeof(failure));
    const char *name = file;

    for (const char *c = file; *c != '\0'; c++) {
        name = *c == '/' ? c + 1 : name;
    }
    sel_text_string(&text, name);
    sel_text_char(&text, ':');
    sel_text_decimal(&text, (uint64_t)line);
    sel_text_string(&text, ": ");
    sel_text_string(&text, what);
    return text;
}

void check_fail(const char *file, int line, const char *what)
{
    if (!check_has_failed()) {
        (void)start_failure(file, line, what);
    }
}

void check_fail_values(const char *file, int line, const char *what, uint64_t found, uint64_t wanted)
{
    if (!check_has_failed()) {
        struct sel_text text = start_failure(file, line, what);
        sel_text_string(&text, " is ");
        sel_text_hex(&text, found);
        sel_text_string(&text, ", not ");
        sel_text_hex(&text, wanted);
    }
}

static void print_result(const char *name)
{
    char bytes[400];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));

    sel_text_string(&line, "TEST ");
    sel_text_string(&line, name);
    sel_text_string(&line, check_has_failed() ? ": fail " : ": pass");
    sel_text_string(&line, failure);
    sel_text_string(&line, "\n");
    sel_console_print(bytes);
}

void check_run(const struct check_test *tests, uint64_t count, void (*before)(void))
{
    char bytes[64];
    uint64_t failed = 0;

    for (uint64_t i = 0; i < count; i++) {
        failure[0] = '\0';
        if (before != NULL) {
            before();
        }
        if (!check_has_failed()) {
            tests[i].run();
        }
        failed += check_has_failed();
        print_result(tests[i].name);
    }
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));
    sel_text_string(&line, "TESTS ");
    sel_text_decimal(&line, count - failed);
    sel_text_string(&line, " passed, ");
    sel_text_decimal(&line, failed);
    sel_text_string(&line, " failed\n");
    sel_console_print(bytes);
}
