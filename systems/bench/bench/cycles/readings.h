/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of readings: what the programs of a row write down (readings.inc), one number a repetition, in a Frame that every address space of the
 * row has at one place. Two lists, for rows that take turns in one loop. A null module in builds that are counted from outside.
 *
 * All readings are kept and sorted at the end, so that percentiles are of repetitions that happened: nothing is rounded into classes, and a
 * program's own bookkeeping is one store behind the other.
 */
#pragma once

#define READINGS_AT         0x1000000000 /* the roottask's place, free in every other address space */
#define READINGS_FRAME_BITS 21
#define READINGS_LIST_PAGES 256
#define READINGS_LISTS      2
#define READINGS_MAX        10000
/* Of a list. */
#define READINGS_NAME       0  /* address of the row's name */
#define READINGS_START      8  /* the counter at the row's beginning */
#define READINGS_COUNT      16 /* numbers so far */
#define READINGS_VALUES     64 /* of 32 bits: a repetition of 2^32 cycles takes more than a second */

#ifndef __ASSEMBLER__
#include <stdint.h>

#include "sel/sel.h"

#ifdef SEL_CYCLES
/** Make the lists, once. Not of the stage's Untyped: what lies in it, and takes time there, is as in the rows that are counted from outside. */
void readings_open(void);
/** The lists in another address space as well. */
void readings_map(sel_cap_t space);
/** Print and forget what the stage's rows have left, if anything. The first row is the reading itself: its median is taken off all others. */
void readings_tell(void);
#else
static inline void readings_map(sel_cap_t space)
{
    (void)space;
}

static inline void readings_tell(void)
{
}
#endif
#endif
