/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can be planned.
 */
#include "test/model/recipes.h"

#include "test/model/choose.h"

#define PLAN_MAX   128
#define ROW_THREAD 3 /* TCB, buffer, context */

static struct step plan[PLAN_MAX];
static unsigned int plan_at;
static unsigned int plan_count;

void recipe_forget(void)
{
    plan_at = 0;
    plan_count = 0;
}

bool recipe_next(struct step *out)
{
    while (plan_at < plan_count) {
        *out = plan[plan_at++];
        bool would_wait = out->number == SYSCALL_RECV || (out->reply != 0 && out->number <= SYSCALL_SEND);
        if (model.current != 1 || !would_wait || choose_one_in(20)) { /* others count on the first thread */
            return true;
        }
    }
    return false;
}

static struct step *add(uint64_t number, uint64_t cap, uint64_t tag)
{
    struct step *step = &plan[plan_count < PLAN_MAX ? plan_count++ : PLAN_MAX - 1];
    *step = (struct step){.kind = STEP_SYSCALL, .number = (uint8_t)number, .cap = cap, .tag = tag};
    return step;
}

#define WORDS(...)              (sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))
#define INVOKE(cap, label, ...) add_words(cap, label, (const uint64_t[]){__VA_ARGS__}, WORDS(__VA_ARGS__))

static void add_words(uint64_t cap, uint64_t label, const uint64_t *word, uint64_t count)
{
    struct step *step = add(SYSCALL_CALL, cap, tag_make(label, count, 0));
    for (uint64_t i = 0; i < count; i++) {
        step->word[i] = word[i];
    }
}

/** The step planned last is interrupted at one of its first preemption points. */
static void interrupted(uint64_t points)
{
    plan[plan_count - 1].preempt_after = (uint8_t)choose(points);
    plan[plan_count - 1].preempt_irq = MODEL_IRQ_EDGE;
}

static void retype(uint64_t type, uint64_t bits, uint64_t slot, uint64_t count)
{
    INVOKE(SLOT_UNTYPED, METHOD_UNTYPED_RETYPE, type, bits, SLOT_CNODE, slot, count);
}

/** One of that type, or a new one in an empty slot. */
static uint64_t some(uint32_t type)
{
    uint64_t slot = choose_cap(type);
    if (slot == 0 || choose_one_in(5)) {
        slot = choose_row(1);
        retype(type, 0, slot, 1);
    }
    return slot;
}

static void configure_context(uint64_t context)
{
    uint64_t period = CHOOSE(40, 100, 500, 2000, 10000) * 1000;
    uint64_t budget = choose_one_in(2) ? period : period / (2 + choose(3));
    INVOKE(SLOT_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, context, budget < 10000 ? 10000 : budget, period,
           choose_one_in(2) ? 0 : 2 + choose(3), context);
}

/** A thread in `vspace`, up to its resumption. Returns the slot of its TCB; its context's is two further. */
static uint64_t thread_in(uint64_t vspace)
{
    uint64_t slot = choose_row(ROW_THREAD);
    uint64_t priority = WORLD_INIT_PRIORITY - 2 + choose(7);
    retype(OBJECT_TYPE_TCB, 0, slot, 1);
    retype(OBJECT_TYPE_FRAME, 12, slot + 1, 1);
    retype(OBJECT_TYPE_SCHED_CONTEXT, 0, slot + 2, 1);
    INVOKE(slot, METHOD_TCB_CONFIGURE, SLOT_CNODE, vspace, choose_one_in(6) ? 0 : slot + 1, 0);
    INVOKE(slot, METHOD_TCB_SET_PRIORITY, SLOT_TCB, priority, 255);
    configure_context(slot + 2);
    INVOKE(slot + 2, METHOD_SCHED_CONTEXT_BIND, slot);
    return slot;
}

static void plan_thread(void)
{
    uint64_t slot = thread_in(SLOT_VSPACE);
    if (choose_one_in(2)) {
        INVOKE(slot, METHOD_TCB_SET_FAULT_HANDLER, some(CAP_TYPE_ENDPOINT));
    }
    if (choose_one_in(2)) {
        INVOKE(slot, METHOD_TCB_SET_TIMEOUT_HANDLER, some(CAP_TYPE_ENDPOINT));
    }
    if (choose_one_in(3)) {
        INVOKE(slot, METHOD_TCB_BIND_NOTIFICATION, some(CAP_TYPE_NOTIFICATION));
    }
    add(SYSCALL_CALL, slot, tag_make(METHOD_TCB_RESUME, 0, 0));
}

static void guest_of(uint64_t handler)
{
    uint64_t things = choose_row(2);
    retype(OBJECT_TYPE_VSPACE_GUEST, 14, things, 1);
    retype(OBJECT_TYPE_VCPU, 0, things + 1, 1);
    uint64_t slot = thread_in(things);
    INVOKE(slot, METHOD_TCB_BIND_VCPU, things + 1);
    INVOKE(slot, METHOD_TCB_SET_FAULT_HANDLER, handler);
    add(SYSCALL_CALL, slot, tag_make(METHOD_TCB_RESUME, 0, 0));
}

static void plan_guest(void)
{
    guest_of(some(CAP_TYPE_ENDPOINT));
}

static void ipc(uint64_t number, uint64_t endpoint, uint64_t reply)
{
    struct step *step = add(number, endpoint, tag_make(1, choose(9), 0));
    step->reply = reply;
    step->second = endpoint;
}

/** A thread above the others, which acts as soon as it is resumed. */
static uint64_t resumed(uint64_t priority)
{
    uint64_t slot = thread_in(SLOT_VSPACE);
    plan[plan_count - 3].word[1] = priority; /* three steps ago (thread_in) */
    add(SYSCALL_CALL, slot, tag_make(METHOD_TCB_RESUME, 0, 0));
    return slot;
}

/** Now that it waits, its time is taken from it; mostly. */
static void becomes_passive(uint64_t slot)
{
    if (!choose_one_in(5)) {
        add(SYSCALL_CALL, slot + 2, tag_make(METHOD_SCHED_CONTEXT_UNBIND, 0, 0));
    }
}

/** A guest and who answers its exits. */
static void plan_exits(void)
{
    uint64_t endpoint = choose_row(2);
    uint64_t reply = endpoint + 1;
    retype(OBJECT_TYPE_ENDPOINT, 0, endpoint, 1);
    retype(OBJECT_TYPE_REPLY, 0, reply, 1);
    (void)resumed(150);
    ipc(SYSCALL_RECV, endpoint, reply);
    guest_of(endpoint);
    for (unsigned int i = 0; i < 3; i++) {
        struct step *step = add(FAULT_VM_EXIT, 0, 0);
        step->kind = STEP_FAULT;
        ipc(SYSCALL_REPLY_RECV, endpoint, reply);
    }
}

struct chain {
    uint64_t count;
    uint64_t endpoints; /* their slots; the Replies' are four further */
    uint64_t server[4]; /* slots as of thread_in; 0 is the last that is called */
};

/** Passive servers one behind the other, each above its client: everybody acts as soon as it is resumed or called. */
static struct chain chain_of(uint64_t count)
{
    struct chain chain = {.count = count, .endpoints = choose_row(8)};
    retype(OBJECT_TYPE_ENDPOINT, 0, chain.endpoints, count);
    retype(OBJECT_TYPE_REPLY, 0, chain.endpoints + 4, count);
    for (uint64_t i = 0; i < count; i++) {
        chain.server[i] = resumed(150 - i);
        ipc(SYSCALL_RECV, chain.endpoints + i, chain.endpoints + 4 + i);
        becomes_passive(chain.server[i]);
    }
    uint64_t client = thread_in(SLOT_VSPACE);
    add(SYSCALL_CALL, client, tag_make(METHOD_TCB_RESUME, 0, 0));
    for (uint64_t i = count; i > 0; i--) {
        ipc(SYSCALL_CALL, chain.endpoints + i - 1, chain.endpoints);
    }
    return chain;
}

static void plan_chain(void)
{
    (void)chain_of(2 + choose(3));
}

static void chain_answer(const struct chain *chain, uint64_t server)
{
    ipc(SYSCALL_REPLY_RECV, chain->endpoints + server, chain->endpoints + 4 + server);
}

static void chain_bind(const struct chain *chain, uint64_t server)
{
    INVOKE(chain->server[server] + 2, METHOD_SCHED_CONTEXT_BIND, chain->server[server]);
}

static void chain_unbind(const struct chain *chain, uint64_t server)
{
    add(SYSCALL_CALL, chain->server[server] + 2, tag_make(METHOD_SCHED_CONTEXT_UNBIND, 0, 0));
}

/** A chain is cut while its middle servers owe answers, and one of them is given time along the same call once more (H10). */
static void plan_cut_chain(void)
{
    struct chain chain = chain_of(3);
    chain_bind(&chain, 1);
    chain_answer(&chain, 0);
    chain_bind(&chain, 2);
    chain_unbind(&chain, 1);
    if (choose_one_in(2)) {
        INVOKE(SLOT_CNODE, METHOD_CNODE_DELETE, chain.endpoints + 4 + choose(3));
    }
    chain_answer(&chain, 1);
    chain_answer(&chain, 2);
}

/** Time that a Notification lends to a waiter, who hands it on to a server. */
static void plan_lent_call(void)
{
    uint64_t notification = choose_row(4);
    uint64_t endpoint = notification + 1;
    uint64_t reply = notification + 2;
    uint64_t context = notification + 3;
    retype(OBJECT_TYPE_NOTIFICATION, 0, notification, 1);
    retype(OBJECT_TYPE_ENDPOINT, 0, endpoint, 1);
    retype(OBJECT_TYPE_REPLY, 0, reply, 1);
    retype(OBJECT_TYPE_SCHED_CONTEXT, 0, context, 1);
    configure_context(context);
    uint64_t server = resumed(150);
    ipc(SYSCALL_RECV, endpoint, reply);
    becomes_passive(server);
    uint64_t waiter = resumed(149);
    add(SYSCALL_WAIT, notification, 0);
    becomes_passive(waiter);
    INVOKE(context, METHOD_SCHED_CONTEXT_BIND, notification);
    add(SYSCALL_SIGNAL, notification, 0);
    ipc(SYSCALL_CALL, endpoint, reply);
    ipc(SYSCALL_REPLY_RECV, endpoint, reply);
}

/** Several who wait to send with the same badge, and somebody who takes that back. */
static void plan_senders(void)
{
    uint64_t slots = choose_row(2);
    retype(OBJECT_TYPE_ENDPOINT, 0, slots, 1);
    INVOKE(SLOT_CNODE, METHOD_CNODE_MINT, slots + 1, SLOT_CNODE, slots, SEL_RIGHT_ALL, 1 + choose(3));
    for (uint64_t i = 0; i < 3; i++) {
        (void)resumed(140 + choose(2));
        ipc(choose_one_in(3) ? SYSCALL_CALL : SYSCALL_SEND, slots + choose(5) / 2, slots);
    }
    INVOKE(SLOT_CNODE, choose_one_in(3) ? METHOD_CNODE_REVOKE : METHOD_CNODE_CANCEL_BADGED_SENDS,
           slots + choose(4) / 2);
    interrupted(3);
}

/** CNodes within a CNode, all of which die at once; or, as one of them holds the outer one too, only after it was emptied. */
static void plan_nested(void)
{
    uint64_t slots = choose_row(3);
    retype(OBJECT_TYPE_CNODE, 7, slots, 3);
    INVOKE(slots, METHOD_CNODE_MOVE, 1, SLOT_CNODE, slots + 1);
    INVOKE(slots, METHOD_CNODE_MOVE, 3, SLOT_CNODE, slots + 2);
    if (choose_one_in(2)) {
        INVOKE(slots, METHOD_CNODE_COPY, 2, SLOT_CNODE, slots, SEL_RIGHT_ALL);
        INVOKE(slots, METHOD_CNODE_DELETE, 1 + choose(3));
        interrupted(7);
    }
    INVOKE(SLOT_CNODE, METHOD_CNODE_DELETE, slots);
    interrupted(10);
}

static void plan_objects(void)
{
    uint64_t type = CHOOSE(OBJECT_TYPE_ENDPOINT, OBJECT_TYPE_NOTIFICATION, OBJECT_TYPE_REPLY);
    retype(type, 0, choose_row(3), 3);
}

static void plan_timer(void)
{
    uint64_t slot = choose_row(1);
    uint64_t notification = some(CAP_TYPE_NOTIFICATION);
    retype(OBJECT_TYPE_TIMER, 0, slot, 1);
    INVOKE(slot, METHOD_TIMER_BIND, notification);
    INVOKE(slot, METHOD_TIMER_SET, choose(100000));
    plan[plan_count - 1].flags = STEP_FROM_NOW;
}

static void plan_device(void)
{
    uint64_t slot = choose_row(1);
    uint64_t irq = MODEL_IRQ_FREE + choose(6);
    INVOKE(SLOT_IRQ_CONTROL, METHOD_IRQ_CONTROL_GET, irq, choose(2), SLOT_CNODE, slot);
    INVOKE(slot, METHOD_IRQ_HANDLER_SET_NOTIFICATION, some(CAP_TYPE_NOTIFICATION));
    add(SYSCALL_CALL, slot, tag_make(METHOD_IRQ_HANDLER_ACKNOWLEDGE, 0, 0));
    struct step *step = add(0, 0, 0);
    step->kind = STEP_IRQ;
    step->number = (uint8_t)irq;
}

/** A CNode with capabilities in it, perhaps its own, that dies at once or later. */
static void plan_cnode(void)
{
    uint64_t slot = choose_row(1);
    retype(OBJECT_TYPE_CNODE, 7 + choose(3), slot, 1);
    for (uint64_t i = 1; i < 4; i++) {
        uint64_t source = choose_one_in(3) ? slot : choose_full(choose_cspace());
        INVOKE(slot, METHOD_CNODE_COPY, i, SLOT_CNODE, source, SEL_RIGHT_ALL);
    }
    if (choose_one_in(3)) {
        INVOKE(slot, METHOD_CNODE_MOVE, 3, SLOT_CNODE, choose_cap(choose_one_in(2) ? CAP_TYPE_TCB : CAP_TYPE_CNODE));
    }
    if (choose_one_in(2)) {
        INVOKE(SLOT_CNODE, METHOD_CNODE_DELETE, slot);
        interrupted(4);
    }
}

static void plan_badges(void)
{
    uint64_t source = some(choose_one_in(3) ? CAP_TYPE_NOTIFICATION : CAP_TYPE_ENDPOINT);
    uint64_t slot = choose_row(2);
    INVOKE(SLOT_CNODE, METHOD_CNODE_MINT, slot, SLOT_CNODE, source, SEL_RIGHT_ALL, 1 + choose(3));
    INVOKE(SLOT_CNODE, METHOD_CNODE_COPY, slot + 1, SLOT_CNODE, slot, SEL_RIGHT_ALL);
}

/** A Notification with time of its own, and who takes its signals in Recv. */
static void plan_lending(void)
{
    uint64_t context = choose_row(1);
    uint64_t notification = some(CAP_TYPE_NOTIFICATION);
    retype(OBJECT_TYPE_SCHED_CONTEXT, 0, context, 1);
    configure_context(context);
    INVOKE(context, METHOD_SCHED_CONTEXT_BIND, notification);
    INVOKE(choose_cap(CAP_TYPE_TCB), METHOD_TCB_BIND_NOTIFICATION, notification);
}

/** Who waits in Recv loses its time: a passive server. */
static void plan_passive(void)
{
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        const struct model_thread *thread = &model.thread[id];
        bool is_waiting = thread->state == MODEL_RECV || thread->state == MODEL_WAIT;
        uint64_t slot = choose_cap_of(CAP_TYPE_SCHED_CONTEXT, thread->home_context);
        if (is_waiting && slot != 0) {
            add(SYSCALL_CALL, slot, tag_make(METHOD_SCHED_CONTEXT_UNBIND, 0, 0));
        }
    }
}

static void plan_memory(void)
{
    uint64_t slot = choose_row(3);
    INVOKE(choose_one_in(3) ? SLOT_PRELOADED : SLOT_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_UNTYPED, 13, SLOT_CNODE,
           slot, 1);
    INVOKE(slot, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_FRAME, 12, SLOT_CNODE, slot + 1, 2);
    INVOKE(slot + 1, METHOD_FRAME_MAP, SLOT_VSPACE, 4096 * choose(4), 3, 0);
    INVOKE(SLOT_CNODE, METHOD_CNODE_REVOKE, slot);
}

/** An address space that dies with things mapped in it. */
static void plan_space(void)
{
    uint64_t slot = choose_row(3);
    uint64_t spare = choose_row(1);
    retype(choose_one_in(2) ? OBJECT_TYPE_VSPACE : OBJECT_TYPE_VSPACE_GUEST, 14, slot, 1);
    retype(OBJECT_TYPE_FRAME, 12, slot + 1, 2);
    INVOKE(slot + 1, METHOD_FRAME_MAP, slot, 4096 * choose(4), 3, choose(3));
    INVOKE(slot + 2, METHOD_FRAME_MAP, slot, 4096 * (4 + choose(4)), 3, 0);
    INVOKE(slot + 1, METHOD_FRAME_PROTECT, CHOOSE(1, 3, 9));
    INVOKE(SLOT_CNODE, METHOD_CNODE_MUTATE, spare, SLOT_CNODE, slot + 2, 1, 0);
    INVOKE(spare, METHOD_FRAME_MAP, slot, 4096 * 9, 1, 0);
    INVOKE(spare, METHOD_FRAME_PROTECT, CHOOSE(1, 3));
    INVOKE(slot, METHOD_VSPACE_INSPECT, choose(8) * 4096);
    if (choose_one_in(2)) {
        INVOKE(SLOT_CNODE, METHOD_CNODE_DELETE, slot);
        INVOKE(SLOT_CNODE, METHOD_CNODE_INSPECT, slot + 1);
    }
}

/** A thread without a context of its own gets one, wherever it is. */
static void plan_home(void)
{
    uint64_t context = choose_cap(CAP_TYPE_SCHED_CONTEXT);
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        uint64_t slot = choose_cap_of(CAP_TYPE_TCB, id);
        if (model.thread[id].exists && model.thread[id].home_context == 0 && slot != 0) {
            add(SYSCALL_CALL, context, tag_make(METHOD_SCHED_CONTEXT_UNBIND, 0, 0));
            INVOKE(context, METHOD_SCHED_CONTEXT_BIND, slot);
            return;
        }
    }
}

static unsigned int threads_count(void)
{
    unsigned int count = 0;
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        count += model.thread[id].exists;
    }
    return count;
}

uint64_t recipe_wish(void)
{
    return threads_count() < 5 ? 60 : 10;
}

void recipe_plan_thread(void)
{
    recipe_forget();
    plan_thread();
}

void recipe_plan(void)
{
    typedef void planner(void);
    static planner *const planners[] = {
        plan_thread, plan_thread,    plan_chain,     plan_guest,   plan_objects, plan_objects, plan_timer,
        plan_device, plan_cnode,     plan_badges,    plan_lending, plan_passive, plan_passive, plan_memory,
        plan_space,  plan_home,      plan_passive,   plan_lending, plan_cnode,   plan_chain,   plan_senders,
        plan_nested, plan_cut_chain, plan_lent_call, plan_exits,
    };
    recipe_forget();
    choose_forget_rows();
    uint64_t kind = threads_count() < 5 ? choose(6) : choose(sizeof(planners) / sizeof(planners[0]));
    planners[kind]();
}
