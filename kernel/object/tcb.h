/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCB: a thread. Its register context, its capability slots, its place in queues.
 *
 * Invariant T1: `context` (of time) and sched_context.thread point at each other or are both NULL.
 * Invariant T2: the thread is in at most one queue, the one its state names.
 * Invariant T3: cspace_slots/cspace_count mirror the capability in slot[TCB_SLOT_CSPACE] (0 slots if empty).
 * Invariant T4: a thread that waits in a system call (RECV, SEND, WAIT; REPLY, but for a fault) is native and has a VSpace, as no machine runs another (arch/fake asks
 *               for no VSpace, so its threads may).
 */
#pragma once

#include "kernel/arch/arch.h"
#include "kernel/object/slot.h"
#include "kernel/object/thread_queue.h"

enum thread_state {
    THREAD_READY,
    THREAD_INACTIVE,
    THREAD_RECV,  /* blocked_on endpoint, reply given in `reply` */
    THREAD_SEND,  /* blocked_on endpoint; is_call, badge, can_grant saved */
    THREAD_REPLY, /* waits for an answer through `reply` */
    THREAD_WAIT,  /* blocked_on notification */
    THREAD_WFI,   /* a guest waiting for a virtual interrupt */
};

enum tcb_slot {
    TCB_SLOT_CSPACE,
    TCB_SLOT_VSPACE,
    TCB_SLOT_BUFFER,
    TCB_SLOT_FAULT,
    TCB_SLOT_TIMEOUT,
    TCB_SLOT_COUNT,
};

struct tcb {
    struct arch_context registers; /* first: entry code finds it at the TCB's address */

    /* What the fastpaths use: in reach of pairs of loads and stores. */
    struct slot *cspace_slots; /* T3 */
    uint64_t cspace_count;
    struct vspace *vspace;              /* mirrors slot[TCB_SLOT_VSPACE] */
    struct sched_context *lent_context; /* lent by a Notification until this thread waits again, or NULL */
    struct sched_context *home_context; /* whose home this thread is, or NULL */
    struct sched_context *context;      /* time it runs on now, or NULL: passive */
    struct reply *reply;                /* RECV: the Reply it offers; REPLY: the one it waits on; else NULL */
    struct reply *serving;              /* head of the list of Reply objects whose callers this thread owes an answer */
    struct reply *plain_reply; /* `serving`, if that is all, and its answer gives the context back: R4; or NULL */
    void *blocked_on;          /* endpoint or notification by state */
    struct notification *bound_notification;
    uint64_t fault_label;   /* SEND/REPLY on behalf of a fault: FAULT_x, else 0 */
    uint64_t fault_word[8]; /* the message while it is queued; handed over at once, the first, and an exit's others */

    uint8_t state; /* enum thread_state */
    uint8_t priority;
    uint8_t max_priority;
    uint8_t features;       /* bit 0: FPU */
    bool has_fpu;           /* its state is in the FPU: percpu.fpu_owner */
    bool is_queued;         /* in its ready queue */
    bool is_call;           /* SEND: wants a reply */
    bool can_grant;         /* SEND: capabilities may travel */
    bool is_leader;         /* first of its priority in a thread_queue */
    bool is_passive_waiter; /* WAIT: in notification.passive */

    uint64_t *buffer; /* IPC buffer's words by physical address, or NULL */
    struct vcpu *vcpu;

    struct tcb *queue_next; /* leaders of an endpoint's/notification's queue (thread_queue.h) */
    struct tcb *queue_prev;
    struct tcb *peer_next; /* waiting or queued: ring of those with the same priority */
    struct tcb *peer_prev;

    uint64_t badge; /* SEND: of the capability used */
    uint64_t fault_length;

    struct slot slot[TCB_SLOT_COUNT];
    struct arch_fpu_state fpu;
};

/** A server that waits or is stopped has no use for a stray context; one that runs or calls on keeps it until it waits (H6). */
static inline bool tcb_is_waiting(const struct tcb *tcb)
{
    return tcb->state == THREAD_RECV || tcb->state == THREAD_WAIT || tcb->state == THREAD_INACTIVE;
}

/** Retype made it: inactive, in no queue, without a VSpace. */
void tcb_create(struct tcb *tcb);

/** Fill one of the TCB's own, empty slots with a copy of the capability in `source`. */
void tcb_slot_set(struct tcb *tcb, enum tcb_slot index, struct slot *source) LOCKED;

/** The same for the IPC buffer, `offset` bytes into the Frame. */
void tcb_set_buffer(struct tcb *tcb, struct slot *source, uint64_t offset) LOCKED;

/** Slot `slot` (bound) is about to be emptied: forget what mirrors it; a thread without CSpace or VSpace stops. */
void tcb_slot_cleared(struct slot *slot) LOCKED;

/** It may wait, and gets time or loses it, or does not offer its Reply any more: what the fastpaths count on (E2, R4). */
void tcb_renew(const struct tcb *tcb) LOCKED;

/** A blocked thread got a context or lost it outside of IPC: it may be able to take pending signals now. */
void tcb_time_changed(struct tcb *tcb) LOCKED;

/** Stop the thread: out of every queue, its own pending IPC cancelled (status CANCELLED). Callers go on waiting for its answer. */
void tcb_stop(struct tcb *tcb) LOCKED;

/** The object that threads wait for in `queue` dies: all wake with PEER_DIED (H5). PREEMPTED: call again. */
enum progress tcb_cancel_all(struct thread_queue *queue) LOCKED;

/** Stop it for good: callers it owes an answer get PEER_DIED too (H10). PREEMPTED: call again. */
enum progress tcb_suspend(struct tcb *tcb) LOCKED;

/** The handler in slot `index` becomes `endpoint`, NULL: none. PREEMPTED: call again. */
enum progress tcb_set_handler(struct tcb *tcb, struct slot *endpoint, enum tcb_slot index) LOCKED;

/** Destroy: suspend and undo every binding. Its slots are emptied by destroy.c. PREEMPTED: call again. */
enum progress tcb_destroy(struct tcb *tcb) LOCKED;
