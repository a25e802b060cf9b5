/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chooses the architecture's own types: struct arch_context (saved registers), struct arch_fpu_state,
 * struct arch_vspace, struct arch_vcpu (registers of a guest). The only place that asks which architecture it is.
 */
#pragma once

#ifdef SEL_ARCH_FAKE
#include "kernel/arch/fake/context.h"
#else
#include "kernel/arch/aarch64/context.h"
#endif
