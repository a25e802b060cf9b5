/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers that assembly shares with C: offsets in arch_context (checked in context.h) and sizes of stacks.
 */
#pragma once

#define CONTEXT_X30   240
#define CONTEXT_PC    256
#define CONTEXT_TPIDR 272

#define KERNEL_STACK_BYTES 8192
