/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program of the sequence's threads, and the area that each shares with the supervisor: the thread's sp points at it always, no
 * other register is needed, so that all of them can be loaded before a step and stored behind it. The assembler reads this file too.
 */
#pragma once

#define AREA_BYTES 1024

#define AREA_IN      0   /* x0..x30, NZCV, TPIDR_EL0 before the step */
#define AREA_OUT     272 /* the same behind it */
#define AREA_GO      544 /* number of the step granted */
#define AREA_TOOK    552 /* number of the step begun */
#define AREA_DONE    560 /* number of the step ended */
#define AREA_KIND    568 /* AREA_KIND_x */
#define AREA_WITNESS 576 /* where the running thread says who it is */

#define AREA_KIND_SYSCALL   0
#define AREA_KIND_UNDEFINED 1
#define AREA_KIND_LOAD      2 /* of the word at x1 into x0 */
#define AREA_KIND_STORE     3 /* of x0 there */

#define AREA_REGISTERS 33
#define AREA_NZCV      31
#define AREA_TPIDR     32

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

struct area {
    uint64_t in[AREA_REGISTERS];
    uint64_t padding;
    uint64_t out[AREA_REGISTERS];
    uint64_t padding2;
    uint64_t go;
    uint64_t took;
    uint64_t done;
    uint64_t kind;
    uint64_t witness;
    uint64_t rest[55];
};

_Static_assert(sizeof(struct area) == AREA_BYTES, "trampoline.S");
_Static_assert(offsetof(struct area, out) == AREA_OUT && offsetof(struct area, go) == AREA_GO, "trampoline.S");
_Static_assert(offsetof(struct area, kind) == AREA_KIND && offsetof(struct area, witness) == AREA_WITNESS,
               "trampoline.S");

/* The program, which runs at another address, and places in it. */
extern const uint8_t trampoline_start[];
extern const uint8_t trampoline_svc[];
extern const uint8_t trampoline_undefined[];
extern const uint8_t trampoline_load[];
extern const uint8_t trampoline_store[];
extern const uint8_t trampoline_end[];

#endif
