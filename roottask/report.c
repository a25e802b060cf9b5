/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines on the kernel's console: see report.h.
 */
#include "roottask/report.h"

#include "gen/abi.h"
#include "sel/error.h"

void report_line(const struct sel_text *line)
{
    const char *bytes = line->buffer;
    size_t left = line->length;

    while (left > 0) {
        size_t piece = left < SEL_LIMIT_CONSOLE_WRITE_MAX ? left : SEL_LIMIT_CONSOLE_WRITE_MAX;
        if (sel_console_write(INITIAL_SLOT_CONSOLE, piece, bytes) != SEL_ERROR_OK) {
            return; /* nowhere left to say it */
        }
        bytes += piece;
        left -= piece;
    }
}

void report_string(const char *string)
{
    char bytes[REPORT_LINE_MAX];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));
    sel_text_string(&line, string);
    sel_text_string(&line, "\n");
    report_line(&line);
}

void report_refusal(const char *action, const char *object, const char *reason)
{
    char bytes[REPORT_LINE_MAX];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));
    sel_text_string(&line, "roottask: cannot ");
    sel_text_string(&line, action);
    sel_text_string(&line, " ");
    sel_text_string(&line, object);
    sel_text_string(&line, ": ");
    sel_text_string(&line, reason);
    sel_text_string(&line, "\n");
    report_line(&line);
}

bool report_unless_ok(sel_err_t error, const char *action, const char *object)
{
    char sentence[160];

    if (error == SEL_ERROR_OK) {
        return true;
    }
    sel_error_sentence(sentence, sizeof(sentence));
    report_refusal(action, object, sentence);
    return false;
}

void report_problem(const struct spec_problem *problem)
{
    char bytes[REPORT_LINE_MAX];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));
    sel_text_string(&line, "roottask: spec.bin: ");
    sel_text_string(&line, spec_table_name(problem->table));
    if (problem->table < SPEC_TABLE_COUNT) {
        sel_text_string(&line, " ");
        sel_text_decimal(&line, problem->row);
    }
    sel_text_string(&line, ": ");
    sel_text_string(&line, problem->field);
    sel_text_string(&line, ": ");
    sel_text_string(&line, problem->sentence);
    sel_text_string(&line, " (found ");
    sel_text_hex(&line, problem->given);
    sel_text_string(&line, ", bound ");
    sel_text_hex(&line, problem->bound);
    sel_text_string(&line, "); build the image again\n");
    report_line(&line);
}
