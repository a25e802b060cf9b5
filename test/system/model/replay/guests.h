/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VCPUs of the sequence, which never run: what of their invocations is the same on every machine, and what they hold in the beginning.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "test/model/step.h"

/** A new sequence. */
void guests_begin(void);
/** An invocation of a VCPU (`label`): whether it can be followed; its numbers are changed to what is. */
bool guests_follow(uint32_t vcpu, uint64_t label, struct step *step);
/** Whether the thread may be bound to one: it must not run as a guest. */
bool guests_may_bind(uint32_t thread);
/** VCPUs that are new, or as new by `step`, hold in the model what this machine's do. */
void guests_adopt(const struct step *step);
/** Words of the answer that are the machine's own, as bits. */
uint64_t guests_excuse(uint64_t label, const struct step *step);
