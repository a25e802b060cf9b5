/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All invariants of the kernel's state (kernel/README.md names them), over every object that a capability of the world names.
 * Each check cites its invariant; what it reports is the first broken one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "kernel/object/vcpu.h"
#include "kernel/object/vspace.h"
#include "test/unit/kernel/harness/spoil.h"
#include "test/unit/kernel/harness/world.h"

#define QUEUE_MAX 100000

struct tally {
    uint64_t queued_count;  /* threads that say they are in a ready queue */
    uint64_t release_count; /* contexts that say they are in the release heap */
    uint64_t timer_count;   /* Timers and guests' deadlines that say they are set */
};

/* --- threads --- */

static bool is_on_list(const struct reply *reply)
{
    for (const struct reply *at = reply->server->serving; at != NULL; at = at->serving_next) {
        if (at == reply) {
            return true;
        }
    }
    return false;
}

/** Q1, and T2 for the ready queue. */
static void check_ready(const struct tcb *tcb, struct tally *tally)
{
    bool is_current = percpu()->current == tcb;
    bool is_waiting = tcb->context != NULL && tcb->context->is_released;
    if (tcb->state == THREAD_READY && tcb->context != NULL) {
        assert_int_equal(tcb->is_queued + (is_current && !tcb->is_queued && !is_waiting) + is_waiting, 1);
    } else {
        assert_false(tcb->is_queued);
        assert_false(is_waiting);
    }
    tally->queued_count += tcb->is_queued;
}

static void check_waiting(const struct tcb *tcb)
{
    bool is_linked = tcb->state == THREAD_RECV || tcb->state == THREAD_SEND || tcb->state == THREAD_WAIT;
    assert_int_equal(tcb->blocked_on != NULL, is_linked);
    switch (tcb->state) {
    case THREAD_RECV:
        assert_false(sched_context_is_stray(tcb)); /* H6 */
        assert_int_equal(((struct endpoint *)tcb->blocked_on)->state >= ENDPOINT_RECEIVERS, 1);
        assert_true(tcb->reply == NULL || (tcb->reply->server == tcb && tcb->reply->caller == NULL));
        break;
    case THREAD_SEND:
        assert_int_equal(((struct endpoint *)tcb->blocked_on)->state, ENDPOINT_SENDERS);
        assert_null(tcb->reply);
        break;
    case THREAD_REPLY:
        assert_non_null(tcb->reply);
        assert_ptr_equal(tcb->reply->caller, tcb);
        break;
    case THREAD_WAIT:
        assert_false(sched_context_is_stray(tcb)); /* H6 */
        assert_int_equal(tcb->is_passive_waiter, tcb->context == NULL);
        break;
    default:
        assert_null(tcb->reply);
    }
}

/** R4. */
static void check_plain_reply(const struct tcb *tcb)
{
    const struct reply *reply = tcb->plain_reply;
    if (reply == NULL) {
        return;
    }
    assert_true(tcb->serving == reply && reply->serving_next == NULL);
    assert_null(reply->caller->context);
    assert_true(tcb->home_context == NULL && tcb->lent_context == NULL);
    assert_true(tcb->context == NULL || tcb->context == reply->context);
    assert_true(tcb->state != THREAD_REPLY || tcb->reply->context == NULL || tcb->reply->below == reply);
}

/** W1: out of a queue no link into it is left. */
static void check_links(const struct tcb *tcb)
{
    if (tcb->blocked_on == NULL) {
        assert_true(tcb->is_queued || (tcb->peer_next == tcb && tcb->peer_prev == tcb));
        assert_true(tcb->is_leader);
        assert_false(tcb->is_passive_waiter);
    } else {
        assert_ptr_equal(tcb->peer_next->peer_prev, tcb);
        assert_ptr_equal(tcb->peer_prev->peer_next, tcb);
    }
    if (!tcb->is_leader || tcb->blocked_on == NULL) {
        assert_null(tcb->queue_next);
        assert_null(tcb->queue_prev);
    }
    assert_true(tcb->queue_next == NULL || tcb->queue_next->queue_prev == tcb);
}

/** What mirrors the TCB's own slots (T3), whose capabilities say that they lie in a TCB. */
static void check_slots(const struct tcb *tcb)
{
    assert_int_equal(tcb->has_fpu, percpu()->fpu_owner == tcb);
    struct cap vspace = tcb->slot[TCB_SLOT_VSPACE].cap;
    struct cap buffer = tcb->slot[TCB_SLOT_BUFFER].cap;
    assert_ptr_equal(tcb->vspace, cap_type(vspace) == CAP_TYPE_NULL ? NULL : (void *)cap_object(vspace));
    if (cap_type(buffer) == CAP_TYPE_NULL) {
        assert_null(tcb->buffer);
    } else {
        assert_true((uint64_t)tcb->buffer - cap_object(buffer) < UINT64_C(1) << cap_size_bits(buffer));
    }
    for (enum tcb_slot i = 0; i < TCB_SLOT_COUNT; i++) {
        assert_true(slot_is_empty(&tcb->slot[i]) || cap_bound(tcb->slot[i].cap) == 1);
    }
}

/** Nobody who runs, or waits for something else, is on behalf of a fault. */
static void check_fault(const struct tcb *tcb)
{
    bool may_be = tcb->state == THREAD_SEND || tcb->state == THREAD_REPLY || tcb->state == THREAD_INACTIVE;
    assert_true(may_be || tcb->fault_label == 0);
}

static void check_tcb(const struct tcb *tcb, struct tally *tally)
{
    struct cap cspace = tcb->slot[TCB_SLOT_CSPACE].cap;
    assert_true(tcb->context == NULL || tcb->context->thread == tcb);                /* T1 */
    assert_true(tcb->home_context == NULL || tcb->home_context->home_thread == tcb); /* B3 */
    assert_true(tcb->lent_context == NULL || tcb->lent_context->lent_to == tcb);
    assert_true(tcb->bound_notification == NULL || tcb->bound_notification->bound == tcb);
    if (cap_type(cspace) == CAP_TYPE_CNODE) { /* T3 */
        assert_int_equal((uint64_t)tcb->cspace_slots, cap_object(cspace));
        assert_int_equal(tcb->cspace_count, 1ul << cnode_cap_slot_bits(cspace));
    } else {
        assert_int_equal(tcb->cspace_count, 0);
        assert_null(tcb->cspace_slots);
    }
    const struct reply *prev = NULL;
    for (const struct reply *reply = tcb->serving; reply != NULL; reply = reply->serving_next) { /* R3 */
        assert_ptr_equal(reply->server, tcb);
        assert_ptr_equal(reply->serving_prev, prev);
        assert_non_null(reply->caller);
        prev = reply;
    }
    check_ready(tcb, tally);
    check_waiting(tcb);
    check_links(tcb);
    check_slots(tcb);
    check_fault(tcb);
    check_plain_reply(tcb);
    assert_false(spoil_shows(tcb));
}

/* --- contexts and timers --- */

static void check_refills(const struct sched_context *context)
{
    uint64_t sum = 0;
    const struct refill *before = NULL;
    for (uint64_t i = 0; i < context->refill_count; i++) {
        const struct refill *refill = &context->refill[(context->refill_head + i) % SEL_LIMIT_REFILL_COUNT_MAX];
        sum += refill->amount;
        assert_true(refill->amount > 0);
        if (before != NULL) {
            assert_true(before->release + before->amount <= refill->release); /* B2 */
        }
        before = refill;
    }
    if (context->budget != context->period) {
        assert_int_equal(sum, context->budget); /* B1 */
    } else {
        assert_true(context->refill_count == 1 && sum <= context->budget);
    }
    assert_true(context->refill_count <= context->refill_max);
    assert_true(context->refill_head < SEL_LIMIT_REFILL_COUNT_MAX);
    assert_true(!context->is_released || context->release_node.key == context->refill[context->refill_head].release);
}

static void check_chain(const struct sched_context *context)
{
    const struct reply *top = context->reply_top;
    if (top == NULL) {
        return;
    }
    assert_ptr_equal(top->context, context); /* R2 */
    assert_null(top->above);
    unsigned int depth = 0;
    for (const struct reply *reply = top; reply != NULL; reply = reply->below) {
        assert_true(reply == top || reply->context == NULL);
        assert_true(reply->below == NULL || reply->below->above == reply);
        assert_non_null(reply->caller);
        assert_true(depth++ < QUEUE_MAX);
    }
}

static void check_context(const struct sched_context *context, struct tally *tally)
{
    assert_true(context->thread == NULL || context->thread->context == context);     /* T1 */
    assert_true(context->home_thread == NULL || context->home_notification == NULL); /* B3 */
    assert_true(context->home_thread == NULL || context->home_thread->home_context == context);
    assert_true(context->home_notification == NULL || context->home_notification->context == context);
    assert_true(context->lent_to == NULL || context->lent_to->lent_context == context);
    assert_true(context->lent_to == NULL || context->home_notification != NULL);
    assert_false(context->is_released && percpu()->context == context); /* Q2 */
    tally->release_count += context->is_released;
    if (context->budget != 0) {
        check_refills(context);
    }
    check_chain(context);
}

static void check_timer(const struct timer *timer, struct tally *tally)
{
    bool is_listed = false;
    assert_true(timer->notification != NULL || !timer->event.is_set); /* M2 */
    assert_true(timer->notification == NULL || timer->notification->timers->link == &timer->notification->timers);
    for (const struct timer *at = timer->notification == NULL ? NULL : timer->notification->timers; at != NULL;
         at = at->next) {
        is_listed = is_listed || at == timer;
        assert_true(at->next == NULL || at->next->link == &at->next);
    }
    assert_int_equal(is_listed, timer->notification != NULL);
    tally->timer_count += timer->event.is_set;
}

/** C1, C2. */
static void check_vcpu(const struct vcpu *vcpu, struct tally *tally)
{
    assert_true(vcpu->tcb == NULL || vcpu->tcb->vcpu == vcpu);
    assert_true(!vcpu->event.is_set || (vcpu->tcb != NULL && vcpu->tcb->state == THREAD_WFI));
    tally->timer_count += vcpu->event.is_set;
}

/* --- where threads meet --- */

/** E1, N2, W1: order, state and back pointers of a queue. Returns whether it is empty. */
static bool check_queue(const struct thread_queue *queue, const void *object, uint8_t first_state, uint8_t other_state)
{
    const struct tcb *before = NULL;
    unsigned int count = 0;
    for (const struct tcb *tcb = queue->head; tcb != NULL; tcb = thread_queue_next(tcb)) {
        assert_ptr_equal(tcb->blocked_on, object);
        assert_true(tcb->state == first_state || tcb->state == other_state);
        assert_true(before == NULL || before->priority >= tcb->priority);
        assert_int_equal(tcb->is_leader, before == NULL || before->priority != tcb->priority);
        assert_true(count++ < QUEUE_MAX);
        before = tcb;
    }
    return count == 0;
}

static void check_endpoint(const struct endpoint *endpoint)
{
    uint8_t state = endpoint->state == ENDPOINT_SENDERS ? THREAD_SEND : THREAD_RECV;
    bool is_empty = check_queue(&endpoint->queue, endpoint, state, state);
    assert_int_equal(endpoint->state == ENDPOINT_IDLE, is_empty); /* E2 */
    if (endpoint->state == ENDPOINT_PASSIVE_RECEIVER) {
        const struct tcb *server = endpoint->queue.head;
        assert_null(thread_queue_next(server));
        assert_true(server->context == NULL && server->home_context == NULL && server->lent_context == NULL);
        assert_true(server->reply != NULL && server->serving == NULL);
    }
    assert_true(endpoint->cancel_next == NULL || endpoint->cancel_next->blocked_on == endpoint);
}

static void check_notification(const struct notification *notification)
{
    bool is_empty = check_queue(&notification->queue, notification, THREAD_WAIT, THREAD_WAIT);
    check_queue(&notification->passive, notification, THREAD_WAIT, THREAD_WAIT);
    assert_true(notification->pending == 0 || is_empty); /* N1 */
    assert_true(notification->bound == NULL || notification->bound->bound_notification == notification);
    assert_true(notification->context == NULL || notification->context->home_notification == notification);
    bool can_lend = notification->context != NULL && notification->context->thread == NULL &&
                    notification->context->lent_to == NULL;
    assert_true(notification->pending == 0 || !can_lend ||
                notification->passive.head == NULL); /* H2 is no excuse then */
}

static void check_reply(const struct reply *reply)
{
    assert_true(reply->above == NULL || reply->above->below == reply); /* R2 */
    assert_true(reply->below == NULL || reply->below->above == reply);
    if (reply->caller != NULL) {
        assert_int_equal(reply->caller->state, THREAD_REPLY); /* R1 */
        assert_ptr_equal(reply->caller->reply, reply);
        assert_non_null(reply->server);
        assert_true(is_on_list(reply)); /* R3 */
    } else {
        assert_null(reply->context);
        assert_null(reply->below);
        assert_null(reply->above);
        assert_null(reply->serving_next);
        assert_null(reply->serving_prev);
        assert_true(reply->server == NULL || (reply->server->state == THREAD_RECV && reply->server->reply == reply));
    }
    assert_true(reply->context == NULL || reply->context->reply_top == reply); /* R2 */
}

/** V1: what is free is on the list, once. */
static void check_vspace(const struct vspace *vspace)
{
    uint64_t count = 0;
    for (uint64_t table = vspace->free_tables; table != 0; table = *(const uint64_t *)table) {
        assert_true(count++ < vspace->table_count);
    }
    assert_int_equal(count, vspace->free_count);
}

/* --- the core --- */

static void check_ready_queues(const struct tally *tally)
{
    uint64_t count = 0;
    uint64_t end = 0;
    for (unsigned int priority = 0; priority < PRIORITY_COUNT; priority++) {
        const struct tcb *head = percpu()->ready[priority];
        bool is_marked = (percpu()->ready_bitmap[priority / 64] >> (priority % 64) & 1) != 0;
        assert_int_equal(is_marked, head != NULL);
        const struct tcb *before = head != NULL ? head->peer_prev : NULL;
        for (const struct tcb *tcb = head; tcb != NULL; tcb = tcb->peer_next != head ? tcb->peer_next : NULL) {
            assert_true(tcb->is_queued && tcb->state == THREAD_READY && tcb->priority == priority);
            assert_ptr_equal(tcb->peer_prev, before);
            before = tcb;
            count++;
        }
        end = head != NULL ? priority + 1 : end;
    }
    assert_int_equal(percpu()->array_end, end);
    const struct tcb *first = percpu()->ready_first;
    if (first != NULL) { /* Q4 */
        assert_true(first->is_queued && first->state == THREAD_READY && first->priority + 1u >= end);
        assert_ptr_equal(first->peer_next, first);
        count++;
        end = first->priority + 1u;
    }
    assert_int_equal(count, tally->queued_count);
    assert_int_equal(percpu()->ready_end, end);
}

static uint64_t rank_of(const struct heap_node *node)
{
    return node == NULL ? 0 : node->rank;
}

/** How many nodes a heap has, each linked, ordered, and with the shorter path on the right. */
static uint64_t check_heap(const struct heap *heap)
{
    uint64_t count = 0;
    const struct heap_node *from = NULL;
    for (const struct heap_node *node = heap->root; node != NULL;) {
        const struct heap_node *next = node->parent;
        if (from == node->parent) {
            count++;
            assert_true(node->parent == NULL || node->parent->key <= node->key);
            assert_true(rank_of(node->left) >= rank_of(node->right));
            assert_int_equal(node->rank, rank_of(node->right) + 1);
            next = node->left != NULL ? node->left : node->right != NULL ? node->right : node->parent;
        } else if (from == node->left && node->right != NULL) {
            next = node->right;
        }
        from = node;
        node = next;
    }
    return count;
}

/** The thread that runs is the right one, its time is charged, and the timer fires at the earliest of all deadlines. */
static void check_choice(void)
{
    const struct percpu *cpu = percpu();
    const struct tcb *current = cpu->current;
    bool runs = current != NULL && current->state == THREAD_READY && current->context != NULL;
    assert_ptr_equal(cpu->context, runs ? current->context : NULL);
    assert_true(cpu->ready_first == NULL || (runs && cpu->ready_first->priority <= current->priority));
    for (unsigned int priority = runs ? current->priority + 1u : 0; priority < PRIORITY_COUNT; priority++) {
        assert_null(cpu->ready[priority]);
    }
    uint64_t deadline = UINT64_MAX;
    if (cpu->context != NULL) {
        deadline = cpu->context_since + cpu->context->refill[cpu->context->refill_head].amount;
    }
    for (const struct heap *heap = &cpu->releases; heap != NULL; heap = heap == &cpu->releases ? &cpu->timers : NULL) {
        deadline = heap->root != NULL && heap->root->key < deadline ? heap->root->key : deadline;
    }
    assert_int_equal(cpu->timer_deadline, deadline);
    assert_int_equal(fake.timer_deadline, deadline);
}

static void check_capability(const struct slot *slot, struct tally *tally)
{
    void *object = (void *)cap_object(slot->cap);
    switch (cap_type(slot->cap)) {
    case CAP_TYPE_TCB:
        check_tcb(object, tally);
        break;
    case CAP_TYPE_ENDPOINT:
        check_endpoint(object);
        break;
    case CAP_TYPE_NOTIFICATION:
        check_notification(object);
        break;
    case CAP_TYPE_REPLY:
        check_reply(object);
        break;
    case CAP_TYPE_SCHED_CONTEXT:
        check_context(object, tally);
        break;
    case CAP_TYPE_TIMER:
        check_timer(object, tally);
        break;
    case CAP_TYPE_VCPU:
        check_vcpu(object, tally);
        break;
    case CAP_TYPE_VSPACE:
        check_vspace(object);
        break;
    default:
        break;
    }
}

/** S1, and the objects of one derivation list, each once (the capabilities of an object are neighbours). */
static void check_list(const struct slot *first, struct tally *tally)
{
    for (const struct slot *slot = first; slot != NULL; slot = slot->next) {
        assert_false(slot_is_empty(slot));
        assert_true(slot->next == NULL || slot->next->prev == slot);
        if (slot->prev == NULL || !cap_is_same_object(slot->prev->cap, slot->cap)) {
            check_capability(slot, tally);
        }
    }
}

void world_check_lists(struct slot *const *first, unsigned int count)
{
    struct tally tally = {0};
    for (unsigned int i = 0; i < count; i++) {
        check_list(first[i], &tally);
    }
    check_choice();
    check_ready_queues(&tally);
    assert_int_equal(check_heap(&percpu()->releases), tally.release_count);
    assert_int_equal(check_heap(&percpu()->timers), tally.timer_count);
}

void world_check(void)
{
    struct slot *first[WORLD_LIST_MAX];
    for (unsigned int i = 0; i < world.list_count; i++) {
        first[i] = world.anchor[i].next;
    }
    world_check_lists(first, world.list_count);
}
