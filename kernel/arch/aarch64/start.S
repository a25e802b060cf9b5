/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First instructions: Linux arm64 Image header (Documentation/arm64/booting.rst), so that QEMU's -kernel and U-Boot load us; then a
 * stack, an empty .bss, and boot_main(device tree, CurrentEL). MMU and data cache are off; all memory written here is made visible to both views.
 */
#include "gen/platform.h"

    .section .text.header, "ax"
    .global _start
_start:
    b begin
    .long 0
    .quad PLATFORM_KERNEL_BASE - PLATFORM_RAM_BASE      /* text_offset */
    .quad __kernel_image_size                           /* patched by capdl pack: payload included */
    .quad 2                                             /* little-endian, 4 KiB pages, near the start of RAM */
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .long 0

    .text
begin:
    msr daifset, #0xf
    mov x20, x0
    msr spsel, #1
    adrp x19, __bss_start
    adrp x22, __kernel_end          /* page aligned, both */
    bl purge_bss
    mov x1, x19
1:  stp xzr, xzr, [x1], #16
    cmp x1, x22
    b.lo 1b
    bl purge_bss
    adrp x1, kernel_stack_top
    mov sp, x1
    mov x0, x20
    mrs x1, CurrentEL
    b boot_main

/* Clean and invalidate .bss: neither an earlier owner's dirty lines nor stale ones may show later (DDI 0487, D7.4). */
purge_bss:
    mrs x3, ctr_el0
    ubfx x3, x3, #16, #4
    mov x4, #4
    lsl x4, x4, x3
    mov x1, x19
2:  dc civac, x1
    add x1, x1, x4
    cmp x1, x22
    b.lo 2b
    dsb sy
    ret
