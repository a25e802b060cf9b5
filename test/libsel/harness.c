/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one-page kernel: Call on the console capability writes to the UART, Timer set is refused, BRK ends the run with a report.
 * Every register that a system call may clobber comes back poisoned, so that a stub that forgets one is found.
 */
#include <stdint.h>

#include "gen/abi.h"

#define UART_DATA (*(volatile uint32_t *)0x09000000)

#define EC_SHIFT 26
#define EC_FPU   0x07
#define EC_SVC64 0x15
#define EC_BRK64 0x3c

/* x0..x18, then x30. */
void harness_exception(uint64_t *x, uint64_t esr, uint64_t elr);

static void put(const char *text)
{
    for (; *text != '\0'; text++) {
        UART_DATA = (unsigned char)*text;
    }
}

static void put_number(uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4) {
        if (value >> shift != 0 || shift == 0) {
            UART_DATA = "0123456789abcdef"[value >> shift & 15];
        }
    }
}

static void finish(const char *what, uint64_t a, uint64_t b)
{
    put("\nharness: ");
    put(what);
    put(" ");
    put_number(a);
    put(" ");
    put_number(b);
    put("\n");
    /* Semihosting SYS_EXIT, ADP_Stopped_ApplicationExit: QEMU ends. */
    static const uint64_t block[2] = {0x20026, 0};
    register uint64_t x0 __asm__("x0") = 0x18;
    register const uint64_t *x1 __asm__("x1") = block;
    __asm__ volatile("hlt #0xf000" : : "r"(x0), "r"(x1) : "memory");
}

static void system_call(uint64_t *x)
{
    const uint64_t word[MESSAGE_REGISTER_WORDS] = {x[9], x[10], x[11], x[12], x[13], x[14], x[15], x[18]};
    const uint64_t label = tag_label(x[1]);
    const uint64_t cap = x[0];
    for (int i = 0; i < 19; i++) {
        x[i] = 0xdead0000dead0000 + (uint64_t)i;
    }
    x[0] = SEL_ERROR_OK;
    x[1] = 0;
    if (cap == 5 && label == METHOD_CONSOLE_WRITE) {
        for (uint64_t i = 0; i < word[0]; i++) {
            UART_DATA = word[1 + i / 8] >> (i % 8 * 8) & 0xff;
        }
    } else { /* a Timer that nothing is bound to */
        x[0] = SEL_ERROR_NOT_BOUND;
        x[9] = 0;
    }
}

void harness_exception(uint64_t *x, uint64_t esr, uint64_t elr)
{
    switch (esr >> EC_SHIFT) {
    case EC_SVC64:
        system_call(x);
        break;
    case EC_BRK64:
        finish("brk", esr & 0xffff, x[0]);
        break;
    case EC_FPU:
        finish("fpu trap at", elr, 0);
        break;
    default:
        finish("exception", esr, elr);
    }
}
