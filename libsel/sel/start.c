/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the first instruction to main. Thread-local storage follows variant 1 of the ELF TLS ABI for AArch64: tpidr_el0 points at
 * a head of 16 bytes, the variables follow at the next multiple of their alignment (symbols: process.ld).
 */
#include <stdlib.h>
#include <string.h>

#include "sel/ipc.h"
#include "sel/process.h"

#define TLS_OFFSET                                                                                                     \
    64u /* process.ld aligns the variables to 64 bytes, so they begin at the first multiple of it behind the head */

extern char sel_tls_image[];
extern char sel_tls_image_end[];
extern char sel_tls_end[];
extern char sel_tls_first_block[];
extern void (*const sel_init_array_start[])(void);
extern void (*const sel_init_array_end[])(void);

int main(void);
_Noreturn void sel_process_start(struct sel_ipc_buffer *buffer);

size_t sel_thread_local_size(void)
{
    return TLS_OFFSET + (size_t)(sel_tls_end - sel_tls_image);
}

/* Apart, because a compiler takes tpidr_el0 as constant within a function and may read it before it is set. */
__attribute__((noinline)) static void set_buffer(struct sel_ipc_buffer *buffer)
{
    sel_ipc_buffer = buffer;
}

void sel_thread_start(void *block, struct sel_ipc_buffer *buffer)
{
    char *variables = (char *)block + TLS_OFFSET;
    const size_t image_size = (size_t)(sel_tls_image_end - sel_tls_image);
    memcpy(variables, sel_tls_image, image_size);
    memset(variables + image_size, 0, (size_t)(sel_tls_end - sel_tls_image) - image_size);
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(block) : "memory");
    set_buffer(buffer);
}

_Noreturn void sel_process_start(struct sel_ipc_buffer *buffer)
{
    sel_thread_start(sel_tls_first_block, buffer);
    for (void (*const *constructor)(void) = sel_init_array_start; constructor < sel_init_array_end; constructor++) {
        (*constructor)();
    }
    exit(main());
}
