/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Save and load the FPU/SIMD state (struct arch_fpu_state): 32 registers of 128 bits, FPCR, FPSR. When: switch.c.
 */
    .arch_extension simd
    .text

/* Four registers at x0, which moves on. */
.macro move_vectors operation
    .irp group, "v0.2d-v3.2d", "v4.2d-v7.2d", "v8.2d-v11.2d", "v12.2d-v15.2d", "v16.2d-v19.2d", "v20.2d-v23.2d", "v24.2d-v27.2d", "v28.2d-v31.2d"
    \operation {\group}, [x0], #64
    .endr
.endm

    .global fpu_save, fpu_load
fpu_save:
    move_vectors st1
    mrs x1, fpcr
    mrs x2, fpsr
    stp x1, x2, [x0]
    ret

fpu_load:
    move_vectors ld1
    ldp x1, x2, [x0]
    msr fpcr, x1
    msr fpsr, x2
    ret
