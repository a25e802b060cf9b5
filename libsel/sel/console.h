/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process's console, of the kind the spec gave it: none, the kernel's, or a pair of rings to the console server.
 * stdout and stdin of the C library sit on top of this (stdio.c); these functions need neither it nor the FPU.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * Write all bytes. With a full ring: waits for room if the console server can tell, else what does not fit is lost
 * and a note says how much as soon as there is room again.
 */
void sel_console_output(const void *bytes, size_t size);

/** The same for a string. */
void sel_console_print(const char *string);

/** Have the console server, which collects text for a moment, show at once what was written. */
void sel_console_flush(void);

/** Take up to `size` bytes of input that are there; returns how many. */
size_t sel_console_input(void *bytes, size_t size);

/** The bit of the own Notification by which input (and room for output) is told; 0 = none. */
uint64_t sel_console_bit(void);
