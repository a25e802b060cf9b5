/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler of one core. Time is charged when the context in use changes or the timer fires, so that a system call that
 * goes back to a thread on the same context reads no clock. Not here: how refills are kept (refill.c), who owns a context
 * (object/sched_context.c).
 */
#include "kernel/arch/arch_switch.h"
#include "kernel/object/objects.h"
#include "kernel/sched/refill.h"

/* --- ready queues --- */

static uint64_t find_array_end(const struct percpu *cpu)
{
    for (unsigned int i = PRIORITY_COUNT / 64; i > 0; i--) { /* bound: PRIORITY_COUNT / 64 */
        if (cpu->ready_bitmap[i - 1] != 0) {
            return i * 64ul - (uint64_t)__builtin_clzl(cpu->ready_bitmap[i - 1]);
        }
    }
    return 0;
}

static inline ALWAYS_INLINE void array_insert(struct percpu *cpu, struct tcb *tcb, bool at_head)
{
    struct tcb **first = &cpu->ready[tcb->priority];
    if (*first != NULL) {
        thread_ring_insert(tcb, *first);
    } else {
        cpu->ready_bitmap[tcb->priority / 64] |= 1ul << (tcb->priority % 64);
        cpu->array_end = tcb->priority >= cpu->array_end ? tcb->priority + 1ul : cpu->array_end;
    }
    *first = *first == NULL || at_head ? tcb : *first;
}

static inline ALWAYS_INLINE void array_remove(struct percpu *cpu, struct tcb *tcb)
{
    struct tcb **first = &cpu->ready[tcb->priority];
    struct tcb *heir = tcb->peer_next;
    if (heir == tcb) {
        *first = NULL;
        cpu->ready_bitmap[tcb->priority / 64] &= ~(1ul << (tcb->priority % 64));
        cpu->array_end = find_array_end(cpu);
        return;
    }
    *first = *first == tcb ? heir : *first;
    thread_ring_remove(tcb);
}

/** Before all others. */
static void queue_put_first(struct percpu *cpu, struct tcb *tcb)
{
    tcb->is_queued = true;
    if (cpu->ready_first != NULL) {
        array_insert(cpu, cpu->ready_first, true);
    }
    cpu->ready_first = tcb;
    cpu->ready_end = tcb->priority + 1ul;
}

/** Behind its equals, or before them. */
static void queue_insert(struct percpu *cpu, struct tcb *tcb, bool at_head)
{
    if (tcb->priority + (uint64_t)at_head >= cpu->ready_end) {
        queue_put_first(cpu, tcb);
        return;
    }
    tcb->is_queued = true;
    array_insert(cpu, tcb, at_head);
}

static void queue_remove(struct percpu *cpu, struct tcb *tcb)
{
    tcb->is_queued = false;
    if (cpu->ready_first == tcb) {
        cpu->ready_first = NULL;
    } else {
        array_remove(cpu, tcb);
    }
    if (cpu->ready_first == NULL) {
        cpu->ready_end = cpu->array_end;
    }
}

static struct tcb *queue_first(const struct percpu *cpu)
{
    return cpu->ready_first != NULL || cpu->ready_end == 0 ? cpu->ready_first : cpu->ready[cpu->ready_end - 1];
}

/* --- contexts waiting for release --- */

static void release_insert(struct percpu *cpu, struct sched_context *context)
{
    heap_insert(&cpu->releases, &context->release_node, refill_release(context));
    context->is_released = true;
}

static void release_remove(struct percpu *cpu, struct sched_context *context)
{
    heap_remove(&cpu->releases, &context->release_node);
    context->is_released = false;
}

/** Whether the head refill is released; mostly known without reading the clock. */
static bool context_has_time(const struct percpu *cpu, const struct sched_context *context)
{
    uint64_t release = refill_release(context);
    return release <= cpu->context_since || release <= arch_clock();
}

/** Q1 for a READY thread. */
static void thread_enqueue(struct percpu *cpu, struct tcb *tcb)
{
    struct sched_context *context = tcb->context;
    if (context == NULL) {
        return;
    }
    kassert(!context->is_released && !tcb->is_queued);
    if (!context_has_time(cpu, context)) {
        release_insert(cpu, context);
    } else if (tcb != cpu->current) {
        queue_insert(cpu, tcb, false);
    }
}

void sched_make_ready(struct tcb *tcb)
{
    tcb->state = THREAD_READY;
    percpu()->must_choose = true;
    thread_enqueue(percpu(), tcb);
}

void sched_block(struct tcb *tcb)
{
    if (tcb->state != THREAD_READY) {
        return;
    }
    percpu()->must_choose = true;
    if (tcb->is_queued) {
        queue_remove(percpu(), tcb);
    } else if (tcb->context != NULL && tcb->context->is_released) {
        release_remove(percpu(), tcb->context);
    }
}

void sched_wake(struct tcb *tcb)
{
    arch_set_status(&tcb->registers, ERR_OK);
    sched_make_ready(tcb);
}

void sched_forget(struct tcb *tcb)
{
    kassert(tcb->context == NULL);
    if (percpu()->current == tcb) {
        percpu()->current = NULL; /* must_choose since it was stopped */
    }
}

void sched_set_priority(struct tcb *tcb, uint8_t priority)
{
    void *object = tcb->blocked_on;

    percpu()->must_choose = true;
    if (tcb->is_queued) {
        queue_remove(percpu(), tcb);
        tcb->priority = priority;
        queue_insert(percpu(), tcb, false);
    } else if (tcb->state == THREAD_RECV || tcb->state == THREAD_SEND) {
        endpoint_dequeue(object, tcb);
        tcb->priority = priority;
        endpoint_enqueue(object, tcb);
    } else if (tcb->state == THREAD_WAIT) {
        notification_dequeue(object, tcb);
        tcb->priority = priority;
        notification_enqueue(object, tcb);
    } else {
        tcb->priority = priority;
    }
}

/* --- charging --- */

/** Charge the context in use up to `now`. Whether it must stop. */
static inline ALWAYS_INLINE bool charge(struct percpu *cpu, uint64_t now)
{
    uint64_t used = now - cpu->context_since;
    cpu->context_since = now;
    if (cpu->context == NULL) {
        return false;
    }
    cpu->context->consumed += used;
    return refill_charge(cpu->context, used, now);
}

/** Slice or budget is over: its thread goes behind its equals, to its timeout handler, or waits for the release. */
static void context_stop(struct percpu *cpu, bool is_told) LOCKED
{
    struct sched_context *context = cpu->context;
    struct tcb *tcb = context->thread;
    cpu->context = NULL;
    if (tcb == NULL || tcb->state != THREAD_READY) {
        return;
    }
    sched_block(tcb);
    if (refill_release(context) <= cpu->context_since) {
        queue_insert(cpu, tcb, false);
        /* without: reply_donate; a context that is used up is not handed on */
    } else if (!is_told || !fault_deliver_timeout(tcb, context->badge, ns_of_ticks(context->consumed))) {
        release_insert(cpu, context);
    }
}

void sched_forget_context(struct sched_context *context)
{
    if (percpu()->context == context) {
        percpu()->context = NULL;
    }
}

void sched_restart_context(struct sched_context *context)
{
    struct tcb *tcb = context->thread;
    sched_forget_context(context);
    percpu()->must_choose = true;
    if (tcb != NULL) {
        sched_block(tcb);
    }
    refill_init(context, arch_clock());
    if (tcb != NULL && tcb->state == THREAD_READY) {
        sched_make_ready(tcb);
    }
}

/* --- the timer --- */

static void release_due(struct percpu *cpu, uint64_t now)
{
    struct heap_node *first;
    while ((first = heap_first(&cpu->releases)) != NULL && first->key <= now) {
        cpu->must_choose = true;
        struct sched_context *context = (struct sched_context *)first;
        release_remove(cpu, context);
        thread_enqueue(cpu, context->thread);
        if (preemption_point()) {
            return;
        }
    }
}

/* Not inlined: the guests' timers' interrupts would save registers for it. */
NOINLINE void sched_timer_tick(void)
{
    struct percpu *cpu = percpu();
    uint64_t now = arch_clock();
    trace(TRACE_TIMER, now, cpu->timer_deadline);
    /* The line is a level: off until sched_pick, or who takes over, programs the next deadline, or the interrupt would never end. */
    cpu->timer_deadline = UINT64_MAX;
    arch_timer_set(UINT64_MAX);
    if (charge(cpu, now)) {
        context_stop(cpu, true);
    }
    release_due(cpu, now);
    timer_expire(now);
    if (cpu->timer_deadline <= now || cpu->timer_deadline == UINT64_MAX) { /* nobody has taken over, or too early */
        cpu->must_choose = true;
    }
}

static uint64_t earlier_key(const struct heap *heap, uint64_t deadline)
{
    const struct heap_node *first = heap_first(heap);
    return first != NULL && first->key < deadline ? first->key : deadline;
}

void sched_program_timer(struct percpu *cpu)
{
    uint64_t deadline = UINT64_MAX;
    if (cpu->context != NULL) {
        deadline = cpu->context_since + refill_amount(cpu->context);
    }
    deadline = earlier_key(&cpu->releases, deadline);
    deadline = earlier_key(&cpu->timers, deadline);
    if (deadline != cpu->timer_deadline) {
        cpu->timer_deadline = deadline;
        arch_timer_set(deadline);
    }
}

/* --- choosing --- */

/** Whether `tcb`, who runs, if anybody, could go on: it neither waits for anything nor has gone behind its equals. */
static bool is_runnable(const struct tcb *tcb)
{
    return tcb != NULL && (tcb->state | tcb->is_queued) == THREAD_READY && tcb->context != NULL &&
           !tcb->context->is_released;
}

static struct sched_context *context_of(const struct tcb *tcb)
{
    return tcb != NULL ? tcb->context : NULL;
}

/** The thread to run; it stays where it is. Among equals the current one goes on. */
static struct tcb *choose(const struct percpu *cpu)
{
    struct tcb *current = cpu->current;
    if (is_runnable(current) && current->priority + 1ul >= cpu->ready_end) {
        return current;
    }
    return queue_first(cpu);
}

/** `next`, out of the queue, takes the place of who ran, whose context is charged and whose own place is settled; its own, if another, is active. */
static inline ALWAYS_INLINE void run(struct percpu *cpu, struct tcb *next, struct sched_context *context) LOCKED
{
    if (cpu->current != next) {
        trace(TRACE_SWITCH, (uint64_t)cpu->current, (uint64_t)next);
    }
    cpu->current = next;
    cpu->context = context;
    sched_program_timer(cpu);
}

/** Whether `tcb`, which ran, could change places with the first of its equals, who waits in the array. */
static bool rotate(struct percpu *cpu, struct tcb *tcb) LOCKED
{
    struct tcb *next = cpu->ready[tcb->priority];
    if (cpu->must_choose || cpu->ready_first != NULL || next == NULL || !arch_can_run(next)) {
        return false;
    }
    thread_ring_insert(tcb, next);
    cpu->ready[tcb->priority] = next->peer_next;
    thread_ring_remove(next);
    tcb->is_queued = true;
    next->is_queued = false;
    refill_activate(next->context, cpu->context_since);
    run(cpu, next, next->context);
    return true;
}

void sched_yield_thread(struct tcb *tcb)
{
    struct percpu *cpu = arch_percpu();
    struct sched_context *context = tcb->context;
    kassert(context != NULL && context == cpu->context); /* who makes a system call runs (Q3) */
    if (charge(cpu, arch_clock()) || refill_give_up(context, cpu->context_since)) {
        if (refill_release(context) <= cpu->context_since && rotate(cpu, tcb)) {
            return;
        }
        context_stop(cpu, false);
    }
    cpu->must_choose = true;
}

/* What sched_pick would do after sched_make_ready, where that is told by few looks. */
ALWAYS_INLINE bool sched_run_now(struct tcb *tcb, bool is_charged)
{
    struct percpu *cpu = arch_percpu();
    if (cpu->must_choose || tcb->priority <= cpu->current->priority ||
        refill_release(tcb->context) > cpu->context_since) {
        return false;
    }
    kassert(tcb->priority >= cpu->ready_end); /* Q3: nobody is queued above who runs */
    uint64_t now = is_charged ? cpu->context_since : arch_clock();
    if (now - cpu->context_since + cpu->context->refill_min > refill_amount(cpu->context)) {
        return false;
    }
    if (!is_charged) {
        (void)charge(cpu, now);
    }
    tcb->state = THREAD_READY;
    queue_put_first(cpu, cpu->current);
    refill_activate(tcb->context, cpu->context_since);
    run(cpu, tcb, tcb->context);
    return true;
}

/* What sched_block and sched_pick would do, where that is told by few looks. Time that is used up has nobody to stop: `tcb` goes. */
void sched_block_now(struct tcb *tcb)
{
    struct percpu *cpu = arch_percpu();
    struct tcb *next = cpu->ready_first;
    if (cpu->must_choose || next == NULL || !arch_can_run(next)) {
        sched_block(tcb);
        return;
    }
    queue_remove(cpu, next);
    (void)charge(cpu, arch_clock());
    refill_activate(next->context, cpu->context_since);
    run(cpu, next, next->context);
}

bool sched_is_chosen(void)
{
    const struct percpu *cpu = percpu();
    const struct tcb *next = choose(cpu);
    return next == cpu->current && cpu->context == context_of(next);
}

NOINLINE struct tcb *sched_pick(void)
{
    struct percpu *cpu = arch_percpu();
    struct tcb *next = choose(cpu);
    if (context_of(next) != cpu->context && charge(cpu, arch_clock())) {
        context_stop(cpu, true);
        next = choose(cpu);
    }
    if (next != NULL && next->is_queued) {
        queue_remove(cpu, next);
    }
    if (cpu->current != next && is_runnable(cpu->current)) {
        queue_insert(cpu, cpu->current, true);
    }
    struct sched_context *context = context_of(next);
    if (context != NULL && context != cpu->context) {
        refill_activate(context, cpu->context_since);
    }
    run(cpu, next, context);
    cpu->must_choose = next == NULL;
    return next;
}
