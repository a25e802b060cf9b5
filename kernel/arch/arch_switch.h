/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chooses the architecture's switch between two native threads that the fastpaths use, and its ways out for what ends a passage. Both define:
 * arch_percpu(): percpu(), in as few instructions as can be;
 * arch_is_plain_switch(from, to, &space): from `from`, which runs, to `to` only the address space changes, and it can run there; `space` is what
 * to load for that;
 * ARCH_MESSAGE_WORD(context, index): a word of the message in the registers, one of the first five; `context` is who sends it;
 * arch_answer_exit(from, tcb): that message answers the exit of `tcb`, which goes on by arch_leave_to: all it asks for is done, as by
 * arch_vcpu_complete_exit. False, and nothing changed, if that takes more;
 * arch_save_message(from, number): the message out of the registers into its context, and which system call it came with;
 * arch_leave_fast(from, to, space, tag, badge): that switch, and on with `to`, whose system call is done: status OK, its reply status as it was, the
 * message the one that `from` came with. Does not return on a real machine;
 * arch_leave_with(to, tag, badge, first, rest): the same from any thread, which is in its context; the message is `first` and the seven words at `rest`.
 * Nobody has to be chosen (must_choose);
 * arch_vspace_has_id(vspace): whether that is possible with a native thread in `vspace`: asked before anything changes;
 * arch_leave_to(to): on with `to`, whatever it is, from its context;
 * for both `to` is current, and sched_pick would choose it (sched_is_chosen);
 * arch_goes_on(tcb): whether it ran and nobody has to be chosen (Q3): all of it is loaded but its registers;
 * arch_leave_chosen(): out by the common way, for who is in its context with its result. Does not return there either; both return NULL, so that the caller
 * can end with them.
 */
#pragma once

#ifdef SEL_ARCH_FAKE
#include "kernel/arch/fake/switch.h"
#else
#include "kernel/arch/aarch64/switch.h"
#endif
