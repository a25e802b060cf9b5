/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Macros for the programs that the rows run (*_programs.S). A file's programs fill whole pages between two labels; stage.c copies the pages and
 * maps them at the address they are linked at, in each address space that runs one: a label is one address in every space.
 * A program keeps its arguments in x19..x28, which system calls preserve, runs for ever, and is stopped by main.
 * The label row_NAME is the head of row NAME; if there is a label row_NAME_end the row ends there, else at its next head.
 */
#pragma once

#include "gen/abi.h"

/* clang-format off */
.macro programs_begin name
    .section .text.\name, "ax"
    .balign 4096
    .global \name
\name:
.endm

.macro programs_end name
    .balign 4096
    .global \name\()_end
\name\()_end:
.endm

.macro label name
    .global \name
\name:
.endm

.macro system_call number
    mov x8, #\number
    svc #0
.endm
    /* clang-format on */
