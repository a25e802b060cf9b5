/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The groups of rows, one file each. A row's names, sentences and repetitions are in rows.yaml.
 */
#pragma once

/** Messages, signals, faults, yielding. */
void run_ipc_rows(void);

/** Mappings, slots, new objects, few descendants. */
void run_object_rows(void);

/** Device interrupts and timers. */
void run_interrupt_rows(void);

/** Exits, waiting, virtual interrupts, two guests. */
void run_guest_rows(void);

/** Many descendants, much memory. */
void run_long_rows(void);
