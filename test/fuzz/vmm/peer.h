/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console server of target vmm_rings, as a ring's other side: a hostile one stores any position at any time (rings.c); an honest one keeps to
 * the protocol and is a second view of the same memory (link.c).
 */
#pragma once

#include "sel/ring.h"
#include "test/fuzz/lib/fuzz.h"

/** From now on the positions of these rings (or NULL) change before single reads, as `input` says. */
void peer_watch(struct fuzz_input *input, struct sel_ring_shared *first, struct sel_ring_shared *second);

/** The guest's wire (vmm/console_link.h): the rest of an input, `bytes`, is what its UART and the console server do. */
void link_run(struct fuzz_input *bytes, bool is_honest);
