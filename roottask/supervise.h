/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the roottask does after it has started the system: it waits for faults and for the messages of its
 * processes (ready, exited, a guest's end, power off), reports them, and never polls.
 */
#pragma once

#include "roottask/spec.h"

/** Serve the fault endpoint; returns when the machine is to be powered off. */
void supervise(const struct spec *spec);

/** Handle one message; what supervise does for each. False: the machine is to be powered off. */
bool supervise_message(const struct spec *spec, uint64_t badge, uint64_t tag, const uint64_t *words);
