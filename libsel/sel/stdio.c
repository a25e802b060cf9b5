/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stdin, stdout and stderr of picolibc over the process's console. Output is gathered to lines: one wake-up of the console server a line.
 * picolibc's printf saves SIMD registers on entry: a process that prints this way needs `fpu: true` in its spec.
 */
#include <stdio.h>

#include "sel/console.h"

#define LINE_BYTES 128

static char line[LINE_BYTES];
static size_t line_length;

void sel_stdio_flush(void);

void sel_stdio_flush(void)
{
    const size_t length = line_length;
    line_length = 0;
    if (length > 0) {
        sel_console_output(line, length);
    }
}

static int put_char(char c, FILE *file)
{
    (void)file;
    line[line_length++] = c;
    if (c == '\n' || line_length == LINE_BYTES) {
        sel_stdio_flush();
    }
    return (unsigned char)c;
}

static int flush(FILE *file)
{
    (void)file;
    sel_stdio_flush();
    return 0;
}

/* Input that is there; none is end of file (clearerr() to go on). A program that waits for input sleeps in sel_event_wait(). */
static int get_char(FILE *file)
{
    (void)file;
    unsigned char c;
    sel_stdio_flush();
    return sel_console_input(&c, 1) == 1 ? c : _FDEV_EOF;
}

static FILE console_file = FDEV_SETUP_STREAM(put_char, get_char, flush, _FDEV_SETUP_RW);

FILE *const stdin = &console_file;
FILE *const stdout = &console_file;
FILE *const stderr = &console_file;
