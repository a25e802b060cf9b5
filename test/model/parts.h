/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the model use of each other, in reading order. Not for those who use the model: model.h is.
 */
#pragma once

#include "test/model/model.h"

/* A bug planted on purpose, to see it found: -DMODEL_BUG=n. */
#ifndef MODEL_BUG
#define MODEL_BUG 0
#endif

/* A system call that stops at a preemption point; like a status, but nobody sees it. */
#define MODEL_PREEMPTED 1000

/** A system call on its way. Refusals leave three words that say what was wrong (errors.yaml). */
struct model_call {
    uint32_t thread;
    uint64_t argument;
    uint64_t given;
    uint64_t bound;
    /* of an invocation: */
    struct model_place place; /* of the invoked capability */
    struct model_cap cap;     /* its value when the call began */
    uint64_t label;
    uint64_t arg[8];
    uint64_t arg_count;
    uint64_t result[8]; /* words 8.. go to the IPC buffer at once */
    uint64_t result_count;
};

uint64_t model_refuse(struct model_call *call, uint64_t error, uint64_t argument, uint64_t given, uint64_t bound);

/* --- machine.c --- */
/** A long operation looks whether it must stop here: a preemption point. */
bool model_must_stop(void);
void model_line_deactivate(uint64_t irq);
/** Remember that `length` bytes from `address` on are zero now. */
void model_zero(uint64_t address, uint64_t length);

/* --- derivation.c --- */
bool model_has_children(struct model_place place);
bool model_is_last(struct model_place place);
/** A capability into the empty `to`, directly behind the one at `behind`. */
void model_cap_insert(struct model_place to, struct model_cap cap, struct model_place behind);
void model_cap_insert_root(struct model_place to, struct model_cap cap);
void model_cap_move(struct model_place to, struct model_place from);
void model_cap_remove(struct model_place place);
bool model_is_copyable(const struct model_cap *cap);
struct model_cap model_cap_copy(const struct model_cap *cap);
uint64_t model_cap_badge(const struct model_cap *cap);
/** Slot `index` of CNode `cnode`; its number of slots. */
struct model_place model_slot(uint32_t cnode, uint64_t index);
uint64_t model_slot_count(uint32_t cnode);
struct model_place model_thread_place(uint32_t thread, enum model_thread_place index);
/** What capability address `cptr` of a thread means; holder is MODEL_IN_NOTHING if nothing is there. */
struct model_place model_lookup(uint32_t thread, uint64_t cptr);

/* --- destruction.c --- */
uint64_t model_destroy(struct model_place place);
uint64_t model_destroy_children(struct model_place place);
uint64_t model_destroy_dying(void);

/* --- scheduling.c --- */
void model_make_ready(uint32_t thread);
void model_block(uint32_t thread);
void model_wake(uint32_t thread, uint64_t status);
/** The system call it waits in ends with `status`; one that failed with an empty message. */
void model_end_call(uint32_t thread, uint64_t status);
void model_set_priority(uint32_t thread, uint32_t priority);
void model_give_up_time(uint32_t thread);
void model_pick(void);
void model_tick(void);
void model_forget_thread(uint32_t thread);
void model_forget_context(uint32_t context);
void model_restart_context(uint32_t context);
uint64_t model_ticks(uint64_t time_ns);
uint64_t model_ns(uint64_t ticks);
uint64_t model_consumed(uint32_t context);

/* --- refills.c: the first refill of a context is the one in use --- */
void model_refill_start(struct model_context *context, uint64_t now);
void model_refill_begin_use(struct model_context *context, uint64_t now);
/** Whether the context must stop. */
bool model_refill_use(struct model_context *context, uint64_t used, uint64_t now);
bool model_refill_drop(struct model_context *context, uint64_t now);

/* --- sched_context.c --- */
void model_give(uint32_t context, uint32_t thread);
void model_take(uint32_t context);
/** The context whose home the thread is, if nobody uses it, or 0. */
uint32_t model_idle_home(uint32_t thread);
void model_lend(uint32_t context, uint32_t thread);
void model_unlend(uint32_t thread);
void model_return_home(uint32_t context);
bool model_is_stray(uint32_t thread);
void model_context_unbind(uint32_t context);
void model_context_destroy(uint32_t context);

/* --- waiting.c: who waits where --- */
void model_wait_at(uint32_t thread, uint32_t object);
void model_leave(uint32_t thread);
/** The first in state `state` (RECV, SEND, WAIT; those without time apart) at `object`, or 0. */
uint32_t model_first_waiter(enum model_state state, uint32_t object, bool is_passive);
/** The one served after `thread`, or 0. */
uint32_t model_next_waiter(uint32_t thread);

/* --- replies.c --- */
void model_offer(uint32_t reply, uint32_t server);
void model_withdraw(uint32_t server);
void model_reply_push(uint32_t reply, uint32_t caller, uint32_t server);
void model_donate(uint32_t server);
uint32_t model_reply_pop(uint32_t reply);
void model_undonate(uint32_t reply);
void model_forget_caller(uint32_t reply);
/** It waits or is stopped: a context that is not its own need not stay with it. */
bool model_has_no_use_for_time(uint32_t thread);
void model_reply_break(uint32_t reply);
void model_reply_destroy(uint32_t reply);
bool model_keeps_time(uint32_t thread, uint32_t answered);
void model_settle(uint32_t thread, bool waits);
/** What every system call ends with: its status, and zero in the registers that nothing is said of. */
void model_set_status(uint32_t thread, uint64_t status);
/** The Reply that the thread owes an answer and took last, or 0. */
uint32_t model_serving(uint32_t thread);

/* --- messages.c --- */
void model_transfer(uint32_t from, uint32_t to, uint64_t badge, bool can_grant);
void model_transfer_bits(uint32_t to, uint64_t bits);
void model_transfer_kernel(uint32_t to, const uint64_t *word, uint64_t count);
uint64_t model_message_word(uint32_t thread, uint64_t index);

/* --- faults.c --- */
void model_fault_raise(uint32_t thread, uint64_t label, const uint64_t *word, uint64_t length);
bool model_fault_timeout(uint32_t thread, uint64_t badge, uint64_t consumed_ns);
enum model_state model_fault_complete(uint32_t thread, uint32_t server);
void model_fault_wake(uint32_t thread, uint64_t status);

/* --- ipc.c --- */
struct model_send {
    uint32_t endpoint;
    uint64_t badge;
    bool is_call;
    bool is_blocking;
    bool can_grant;
};
uint64_t model_ipc_send(uint32_t thread, const struct model_send *send);
uint64_t model_ipc_refuse(uint32_t endpoint, uint32_t thread, uint32_t reply, uint32_t answered);
uint64_t model_ipc_receive(uint32_t thread, uint32_t endpoint, uint32_t reply, bool is_blocking);
uint64_t model_ipc_answer(uint32_t server, uint32_t reply, bool can_grant);
uint64_t model_endpoint_destroy(uint32_t endpoint);
uint64_t model_cancel_badged(uint32_t endpoint, uint64_t badge);

/* --- notifications.c --- */
void model_notify(uint32_t notification, uint64_t badge);
void model_recheck(uint32_t notification);
bool model_can_take(uint32_t notification, uint32_t thread, bool would_wait);
uint64_t model_take_bits(uint32_t notification, uint32_t thread);
void model_wait_for(uint32_t notification, uint32_t thread);
uint64_t model_notification_destroy(uint32_t notification);
/** The thread got time or lost it while it waits. */
void model_time_changed(uint32_t thread);

/* --- tcb.c --- */
void model_thread_fill(uint32_t thread, enum model_thread_place index, struct model_place source);
void model_thread_set_buffer(uint32_t thread, struct model_place source, uint64_t offset);
void model_thread_cleared(struct model_place place);
void model_thread_stop(uint32_t thread);
uint64_t model_thread_destroy(uint32_t thread);
uint32_t model_thread_vspace(uint32_t thread);

/* --- timer.c, irq_handler.c, vcpu.c, vspace.c, untyped.c --- */
void model_timer_unbind_now(uint32_t timer);
uint64_t model_timers_forget(uint32_t notification);
void model_timers_expire(uint64_t now);
void model_irq_acknowledge(uint64_t number);
void model_irq_deliver(uint64_t number);
uint64_t model_irqs_forget(uint32_t notification);
void model_irq_destroy(uint64_t number);
void model_vcpu_destroy(uint32_t vcpu);
void model_vcpu_unbind(uint32_t vcpu);
void model_vcpu_expired(uint32_t vcpu);
/** The VSpace that a Frame capability is mapped in, or 0. */
uint32_t model_mapped_in(const struct model_cap *frame);
uint64_t model_mapped_address(const struct model_cap *frame);
/** Whether something is mapped there already; how many tables a mapping there takes. */
bool model_is_taken(uint32_t vspace, uint64_t address, uint64_t size_bits);
uint64_t model_tables_needed(uint32_t vspace, uint64_t address, uint64_t size_bits);
void model_vspace_destroy(uint32_t vspace);
/** One object in memory; its capability is not in any slot yet. */
struct model_cap model_make(uint64_t object_type, uint64_t address, uint64_t size_bits, uint64_t kind);

/* --- checks.c: what every invocation's arguments are looked at for, in order (objects.yaml, top) --- */
uint64_t model_check_rights(struct model_call *call, uint64_t needed);
/** Argument `index` (from 0) is a capability of one of `types` (mask); `expected` is told if not. 0 may mean none. */
uint64_t model_check_cap_of(struct model_call *call, uint32_t index, uint64_t types, uint64_t expected,
                            uint64_t rights);
uint64_t model_check_cap(struct model_call *call, uint32_t index, uint64_t type, uint64_t rights);
uint64_t model_check_optional_cap(struct model_call *call, uint32_t index, uint64_t type, uint64_t rights);
enum model_must {
    MODEL_ANY,
    MODEL_EMPTY,
    MODEL_FULL,
};
uint64_t model_check_slot(struct model_call *call, uint32_t index, uint32_t cnode, enum model_must must);
uint64_t model_check_range(struct model_call *call, uint32_t index, uint64_t min, uint64_t max);
uint64_t model_check_mask(struct model_call *call, uint32_t index, uint64_t mask);
uint64_t model_check_bound(struct model_call *call, bool is_bound, bool wanted);
uint64_t model_check_registers(struct model_call *call, uint64_t available, uint64_t words);
uint64_t model_check_written_registers(struct model_call *call, uint64_t available);
void model_result(struct model_call *call, uint64_t word);
uint64_t model_argument_word(const struct model_call *call, uint64_t index);
/** The object that capability argument `index` names; the place of the capability. */
uint32_t model_argument_object(const struct model_call *call, uint32_t index);
struct model_place model_argument_place(const struct model_call *call, uint32_t index);

/* --- operations: one function each, named by the ABI (tools/abigen writes their names into the reference) --- */
/* clang-format off */
/* Type of the capability, method, function model_x, arguments that it needs, rights that the capability needs. */
#define MODEL_METHODS(DO) \
    DO(UNTYPED, UNTYPED_RETYPE, untyped_retype, 5, 0) \
    DO(CNODE, CNODE_COPY, cnode_copy, 4, 0) \
    DO(CNODE, CNODE_MINT, cnode_mint, 5, 0) \
    DO(CNODE, CNODE_MOVE, cnode_move, 3, 0) \
    DO(CNODE, CNODE_MUTATE, cnode_mutate, 5, 0) \
    DO(CNODE, CNODE_DELETE, cnode_delete, 1, 0) \
    DO(CNODE, CNODE_REVOKE, cnode_revoke, 1, 0) \
    DO(CNODE, CNODE_CANCEL_BADGED_SENDS, cnode_cancel_badged_sends, 1, 0) \
    DO(CNODE, CNODE_INSPECT, cnode_inspect, 1, SEL_RIGHT_INSPECT) \
    DO(TCB, TCB_CONFIGURE, tcb_configure, 4, 0) \
    DO(TCB, TCB_SET_PRIORITY, tcb_set_priority, 3, 0) \
    DO(TCB, TCB_SET_FAULT_HANDLER, tcb_set_fault_handler, 1, 0) \
    DO(TCB, TCB_SET_TIMEOUT_HANDLER, tcb_set_timeout_handler, 1, 0) \
    DO(TCB, TCB_READ_REGISTERS, tcb_read_registers, 2, 0) \
    DO(TCB, TCB_WRITE_REGISTERS, tcb_write_registers, 2, 0) \
    DO(TCB, TCB_SUSPEND, tcb_suspend, 0, 0) \
    DO(TCB, TCB_RESUME, tcb_resume, 0, 0) \
    DO(TCB, TCB_BIND_NOTIFICATION, tcb_bind_notification, 1, 0) \
    DO(TCB, TCB_UNBIND_NOTIFICATION, tcb_unbind_notification, 0, 0) \
    DO(TCB, TCB_BIND_VCPU, tcb_bind_vcpu, 1, 0) \
    DO(TCB, TCB_SET_FEATURES, tcb_set_features, 1, 0) \
    DO(SCHED_CONTROL, SCHED_CONTROL_CONFIGURE, sched_control_configure, 5, 0) \
    DO(SCHED_CONTEXT, SCHED_CONTEXT_BIND, sched_context_bind, 1, 0) \
    DO(SCHED_CONTEXT, SCHED_CONTEXT_UNBIND, sched_context_unbind, 0, 0) \
    DO(SCHED_CONTEXT, SCHED_CONTEXT_CONSUMED, sched_context_consumed, 0, 0) \
    DO(TIMER, TIMER_BIND, timer_bind, 1, 0) \
    DO(TIMER, TIMER_UNBIND, timer_unbind, 0, 0) \
    DO(TIMER, TIMER_SET, timer_set, 1, 0) \
    DO(TIMER, TIMER_CANCEL, timer_cancel, 0, 0) \
    DO(VSPACE, VSPACE_INSPECT, vspace_inspect, 1, SEL_RIGHT_INSPECT) \
    DO(VSPACE, VSPACE_STATUS, vspace_status, 0, 0) \
    DO(FRAME, FRAME_MAP, frame_map, 4, 0) \
    DO(FRAME, FRAME_UNMAP, frame_unmap, 0, 0) \
    DO(FRAME, FRAME_PROTECT, frame_protect, 1, 0) \
    DO(FRAME, FRAME_CACHE, frame_cache, 3, 0) \
    DO(FRAME, FRAME_ADDRESS, frame_address, 0, 0) \
    DO(VCPU, VCPU_READ_REGISTERS, vcpu_read_registers, 2, 0) \
    DO(VCPU, VCPU_WRITE_REGISTERS, vcpu_write_registers, 2, 0) \
    DO(VCPU, VCPU_SET_INTERRUPTS, vcpu_set_interrupts, 3, 0) \
    DO(VCPU, VCPU_CONFIGURE_TIMER, vcpu_configure_timer, 4, 0) \
    DO(VCPU, VCPU_SET_OFFSET, vcpu_set_offset, 1, 0) \
    DO(VCPU, VCPU_TRANSLATE, vcpu_translate, 2, 0) \
    DO(VCPU, VCPU_INJECT, vcpu_inject, 3, 0) \
    DO(VCPU, VCPU_INFO, vcpu_info, 0, 0) \
    DO(VCPU, VCPU_RESET, vcpu_reset, 0, 0) \
    DO(IRQ_CONTROL, IRQ_CONTROL_GET, irq_control_get, 4, 0) \
    DO(IRQ_HANDLER, IRQ_HANDLER_SET_NOTIFICATION, irq_handler_set_notification, 1, 0) \
    DO(IRQ_HANDLER, IRQ_HANDLER_ACKNOWLEDGE, irq_handler_acknowledge, 0, 0) \
    DO(IRQ_HANDLER, IRQ_HANDLER_CLEAR, irq_handler_clear, 0, 0) \
    DO(SMC, SMC_CALL, smc_call, 8, 0) \
    DO(CONSOLE, CONSOLE_WRITE, console_write, 1, 0)
/* clang-format on */
#define MODEL_METHOD_DECLARE(type, method, function, count, rights) uint64_t model_##function(struct model_call *call);
MODEL_METHODS(MODEL_METHOD_DECLARE)

/** What a system call or a method is; returns a status. */
typedef uint64_t model_method(struct model_call *call);
/** An invocation: a Call on the capability at `place`. */
uint64_t model_invoke(struct model_call *call, struct model_place place);
