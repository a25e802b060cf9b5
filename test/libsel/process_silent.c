/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process without the FPU: the machine traps its first use of SIMD. Uses everything of libsel that promises to need none.
 */
#include <string.h>

#include <sel/sel.h>

const int harness_has_fpu = 0;

static char area[4096];
static char copy[4096];

int main(void)
{
    memset(area, 'a', sizeof(area));
    memcpy(copy, area, sizeof(copy));
    memmove(copy + 1, copy, 1000);
    if (memcmp(copy, area, sizeof(copy)) != 0 || strlen("abc") != 3 || strcmp("a", "b") >= 0) {
        return 9;
    }
    struct sel_ring writer;
    struct sel_ring reader;
    static _Alignas(64) char memory[1024];
    bool wake = false;
    if (!sel_ring_open_writer(&writer, memory, sizeof(memory)) ||
        !sel_ring_open_reader(&reader, memory, sizeof(memory)) || sel_ring_write(&writer, area, 300, &wake) != 300 ||
        sel_ring_read(&reader, copy, 300, &wake) != 300) {
        return 8;
    }
    if (sel_timer_set_ns(6, sel_clock_ns()) != SEL_ERROR_OK) {
        sel_perror("timer");
    }
    sel_console_print("no SIMD was needed\n");
    return 0;
}
