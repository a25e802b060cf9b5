/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Assembly that fills all registers, enters the kernel in a chosen way, and stores all registers again.
 */
#pragma once

#include <stdint.h>

/** x0..x30 and NZCV, in the layout that capture.S knows. */
struct capture {
    uint64_t x[31];
    uint64_t nzcv;
};

/** q0..q31, FPCR, FPSR. */
struct capture_simd {
    uint64_t q[64];
    uint64_t fpcr;
    uint64_t fpsr;
};

/** Load x0..x30 and NZCV from `in` (x18 and x29 too, not sp), SVC #0, store all to `out`. */
void capture_system_call(const struct capture *in, struct capture *out);

/** The same, but instead of a system call: run until *counter is not 0. x28 holds its address, x27 is used to look. */
void capture_until(const struct capture *in, struct capture *out, const volatile uint64_t *counter);

void capture_simd_load(const struct capture_simd *in);
void capture_simd_store(struct capture_simd *out);
