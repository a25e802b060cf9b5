/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included before everything else where both ways of a system call are compared (lib/fastpath.h): which objects a pointer can mean, said to CBMC by
 * the places where the kernel makes the pointer. Without it an address that comes out of a capability, or into an array, might be any object
 * at any offset, and the formula grows with all of them.
 *
 * hint: kernel/smp/percpu.h: '#define PRIORITY_COUNT 256' -> '#define PRIORITY_COUNT 64'
 * hint: kernel/smp/percpu.h: '    struct tcb *ready[PRIORITY_COUNT]; ' -> '    '
 * hint: kernel/sched/sched.c: '**first = &cpu->ready[tcb->priority];\n    if' -> '**first = proof_queue(tcb->priority);\n    if'
 * hint: kernel/sched/sched.c: '**first = &cpu->ready[tcb->priority];\n    struct' -> '**first = proof_queue(tcb->priority);\n    struct'
 * hint: kernel/sched/sched.c: 'cpu->ready[cpu->ready_end - 1]' -> '*proof_queue(cpu->ready_end - 1)'
 * hint: kernel/sched/sched.c: '*next = cpu->ready[tcb->priority];' -> '*next = *proof_queue(tcb->priority);'
 * hint: kernel/sched/sched.c: 'cpu->ready[tcb->priority] = next->peer_next' -> '*proof_queue(tcb->priority) = next->peer_next'
 * hint: kernel/ipc/fastpath.c: '(struct endpoint *)cap_object(cap);\n    uint64_t' -> 'proof_endpoint(cap);\n    uint64_t'
 * hint: kernel/ipc/fastpath.c: '(struct endpoint *)cap_object(cap);\n    struct reply *reply = (struct reply *)cap_object(reply_cap)' -> 'proof_endpoint(cap);\n    struct reply *reply = proof_reply(reply_cap)'
 * hint: kernel/ipc/ipc.c: '(struct endpoint *)cap_object(cap)' -> 'proof_endpoint(cap)'
 * hint: kernel/api/syscall.c: '(struct reply *)cap_object(cap)' -> 'proof_reply(cap)'
 * hint: kernel/api/syscall.c: '(const struct reply *)cap_object(cap)' -> 'proof_reply(cap)'
 * hint: kernel/api/syscall.c: '.endpoint = slot_object(slot)' -> '.endpoint = proof_endpoint(slot->cap)'
 * hint: kernel/api/syscall.c: 'out->reply = slot_object(slot)' -> 'out->reply = proof_reply(slot->cap)'
 */
#pragma once

#include <stdint.h>

#include "gen/caps.h"

struct endpoint;
struct percpu;
struct reply;
struct tcb;

/** The Endpoint, or Reply, that the capability names if it is one's; else the pointer must not be looked into. */
struct endpoint *proof_endpoint(struct cap cap);
struct reply *proof_reply(struct cap cap);

/** &percpu.ready[priority] */
struct tcb **proof_queue(uint64_t priority);

/** Proves that it is not reached, and ends there. */
void proof_never(void);
