/* SPDX-License-Identifier: BSD-2-Clause */
/* Exclusive loads and stores: alone, cleared by CLREX and by an exception return, pairs, acquire and release. */
#include "guest.h"

static uint64_t cell[2] __attribute__((aligned(16)));

#define ATTEMPT(between)                                                                                               \
    do {                                                                                                               \
        uint32_t status_;                                                                                              \
        uint64_t value_;                                                                                               \
        __asm__ volatile("ldxr %1, [%2]\n" between "\n add %1, %1, #1\n stxr %w0, %1, [%2]"                            \
                         : "=&r"(status_), "=&r"(value_)                                                               \
                         : "r"(cell)                                                                                   \
                         : "memory", "x0", "x1", "x2", "x3");                                                          \
        put(between);                                                                                                  \
        trace(" status", status_);                                                                                     \
        trace("  cell", cell[0]);                                                                                      \
    } while (0)

int main(void)
{
    ATTEMPT("nop");
    ATTEMPT("clrex");
    ATTEMPT("svc #1");
    trap_clear();
    uint32_t status;
    uint64_t low, high;
    __asm__ volatile("ldaxp %1, %2, [%3]\n stlxp %w0, %2, %1, [%3]"
                     : "=&r"(status), "=&r"(low), "=&r"(high)
                     : "r"(cell)
                     : "memory");
    trace("pair status", status);
    trace("low", cell[0]);
    trace("high", cell[1]);
    __asm__ volatile("stxr %w0, %1, [%2]" : "=&r"(status) : "r"(low), "r"(cell) : "memory");
    trace("without a load", status);
    for (unsigned i = 0; i < 1000; i++) {
        do {
            __asm__ volatile("ldxr %1, [%2]\n add %1, %1, #1\n stlxr %w0, %1, [%2]"
                             : "=&r"(status), "=&r"(low)
                             : "r"(cell)
                             : "memory");
        } while (status != 0);
    }
    trace("counted", cell[0]);
    return 0;
}
