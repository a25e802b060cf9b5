/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's console: channel 0 of the UART (docs/design/system.md, "Console protocol"). Each piece of text is wrapped in one go, since
 * a process may be in the middle of its own text; a line starts with its time.
 */
#include <stdarg.h>

#include "kernel/debug/panic.h"
#include "kernel/sched/ticks.h"

#define RECORD_SEPARATOR '\x1e'
#define LINE_MAX         256

struct line {
    char text[LINE_MAX];
    uint64_t length;
};

static void put_text(const char *text)
{
    for (; *text != '\0'; text++) { /* bound: 5 */
        arch_console_putc(*text);
    }
}

static void line_add(struct line *line, char c)
{
    if (line->length < LINE_MAX) {
        line->text[line->length++] = c;
    }
}

static void line_add_number(struct line *line, uint64_t value, uint64_t base)
{
    char digits[20];
    uint64_t count = 0;
    do { /* bound: 20 */
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count > 0) { /* bound: 20 */
        line_add(line, digits[--count]);
    }
}

/** `RS [ 0 @ time ]`, in microseconds since reset. */
static void marker_begin(void)
{
    struct line marker = {.length = 0};
    line_add_number(&marker, arch_clock_hz() == 0 ? 0 : ns_of_ticks(arch_clock()) / 1000, 10);
    put_text("\x1e[0@");
    for (uint64_t i = 0; i < marker.length; i++) { /* bound: 20 */
        arch_console_putc(marker.text[i]);
    }
    arch_console_putc(']');
}

void console_write(const char *text, uint64_t length)
{
    marker_begin();
    /* bound: LINE_MAX; in run_console_write: SEL_LIMIT_CONSOLE_WRITE_MAX */
    for (uint64_t i = 0; i < length; i++) {
        if (text[i] == '\n') {
            arch_console_putc('\r');
        }
        arch_console_putc(text[i]);
        if (text[i] == RECORD_SEPARATOR) {
            /* A literal RS is doubled, and the channel named again behind it so that no marker can be read into what follows. */
            put_text("\x1e\x1e[0]");
        } else if (text[i] == '\n' && i + 1 < length) {
            marker_begin();
        }
    }
    put_text("\x1e[<]");
}

void console_printf(const char *format, ...)
{
    struct line line = {.length = 0};
    va_list arguments;
    va_start(arguments, format);
    for (const char *at = format; *at != '\0'; at++) { /* bound: LINE_MAX */
        if (*at != '%' || at[1] == '\0') {
            line_add(&line, *at);
            continue;
        }
        at++;
        bool is_long = *at == 'l';
        at += is_long;
        if (*at == 'u' || *at == 'x') {
            uint64_t value = is_long ? va_arg(arguments, uint64_t) : va_arg(arguments, unsigned int);
            line_add_number(&line, value, *at == 'u' ? 10 : 16);
        } else if (*at == 's') {
            /* bound: 64; assumed: names are short */
            for (const char *text = va_arg(arguments, const char *); *text != '\0'; text++) {
                line_add(&line, *text);
            }
        } else {
            line_add(&line, *at);
        }
    }
    va_end(arguments);
    console_write(line.text, line.length);
}
