/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small world in any state that keeps the kernel's invariants, for the harnesses of ipc/fastpath.c: who runs, the thread it would call or answer,
 * one behind that one in its queue, one further out in the call chain, two that are ready, their contexts, Replies, one Endpoint. A system
 * call goes through it on both ways, each from the same state, and one function compares all that is left behind, word by word. Of what
 * the fastpath leaves E2 and R4 are proved, too: its conditions count on them.
 *
 * What is no difference: `badge`, `is_call` and `can_grant` of a thread that is not in SEND (tcb.h: each send writes them first), and whether who is
 * ready before all others lies in percpu.ready_first or at the head of its queue (Q4).
 */
#pragma once

#include "kernel/object/objects.h"
#include "kernel/sched/refill.h"
#include "test/proof/lib/proof.h"

/* The entry of a system call, with its own door to the common way: refused() instead of kernel_syscall(). */
#include "kernel/api/entry.h"
static struct tcb *refused(void);
#define _STDLIB_H /* has types that CBMC does not read */
_Noreturn void abort(void);
#define kernel_syscall refused
#include "kernel/arch/fake/fake.c"
#undef kernel_syscall
struct tcb *kernel_syscall(void);

#define CSPACE_COUNT 4
#define LENGTH_MAX   12 /* of a message; the words up to the longest repeat the same steps (transfer.c) */
#define LEVEL_COUNT  4  /* priorities; they are only compared, and four threads have one each */
#define BUFFER_WORDS (IPC_BUFFER_BYTES / 8)

struct page {
    uint64_t word[BUFFER_WORDS];
};

struct cspace {
    struct slot slot[CSPACE_COUNT];
};

static struct tcb running; /* makes the system call */
static struct tcb waiting; /* at the Endpoint, or for the answer */
static struct tcb behind;  /* waits at the Endpoint, too */
static struct tcb outer;   /* waits for the answer through `below` */
static struct tcb first;   /* ready before all others */
static struct tcb queued;  /* ready */
static struct endpoint endpoint;
static struct notification notification;
static struct reply reply;  /* offered by `waiting`, or holds it */
static struct reply below;  /* under `reply` in the chain, holds `outer` */
static struct reply lowest; /* and what else there is */
static struct sched_context in_use;
static struct sched_context spare;
static struct sched_context first_time;
static struct sched_context queued_time;
static struct vspace running_space;
static struct vspace waiting_space;
static struct cspace cspace;
static struct page running_page;
static struct page waiting_page;
static struct tcb *queue_0;
static struct tcb *queue_1;
static struct tcb *queue_2;
static struct tcb *queue_3;
static struct heap_node release;
static struct heap_node timer;

/** What the refills were told. */
static struct {
    uint64_t charge_count;
    uint64_t charged;
    struct sched_context *activated;
} refills_told;

static bool was_refused;

/** The queues are objects of their own: a pointer into an array, to any of its elements, is a hard formula. */
struct tcb **proof_queue(uint64_t priority)
{
    PROVE(priority < LEVEL_COUNT, "only queues of priorities that threads have are used");
    return priority == 0 ? &queue_0 : priority == 1 ? &queue_1 : priority == 2 ? &queue_2 : &queue_3;
}

static struct tcb *refused(void)
{
    was_refused = true;
    return NULL;
}

/* --- what the common way does not come to where the fastpath did it --- */

void proof_never(void)
{
    PROVE(0, "the common way does nothing that the fastpath has no place for");
    ASSUME(0);
}

/* A Call of a kernel object goes one way, whoever tries a fastpath: that it is one, and asked for as it came, and there it ends. */
static inline void prove_door(const struct slot *slot, uint64_t tag, const struct tcb *caller)
{
    PROVE(caller == &running && tag == arch_syscall_tag(&running.registers) &&
              slot == &cspace.slot[arch_syscall_cap(&running.registers)] && is_invoked(cap_type(slot->cap)),
          "the kernel's own door is for a Call of an object of its own");
    ASSUME(0);
}

err_t invoke(struct tcb *caller, struct slot *slot, uint64_t tag, struct err_info *info, enum progress *progress)
{
    (void)info;
    (void)progress;
    prove_door(slot, tag, caller);
    return ERR_OK;
}

void slot_insert(struct slot *slot, struct cap cap, struct slot *parent)
{
    (void)slot;
    (void)cap;
    (void)parent;
    proof_never();
}

bool fault_deliver_timeout(struct tcb *tcb, uint64_t badge, uint64_t consumed_ns)
{
    (void)tcb;
    (void)badge;
    (void)consumed_ns;
    proof_never();
    return false;
}

/* --- copies of everything --- */

#define OBJECTS(of)                                                                                                    \
    of(running) of(waiting) of(behind) of(outer) of(first) of(queued) of(endpoint) of(notification) of(reply)          \
        of(below) of(lowest) of(in_use) of(spare) of(first_time) of(queued_time) of(running_space) of(waiting_space)   \
            of(cspace) of(running_page) of(waiting_page) of(queue_0) of(queue_1) of(queue_2) of(queue_3) of(release)   \
                of(timer) of(percpu_area) of(refills_told)

#define COPIES(object)                                                                                                 \
    static __typeof__(object) object##_start;                                                                          \
    static __typeof__(object) object##_fast;                                                                           \
    static bool is_same_##object(const __typeof__(object) *old)                                                        \
    {                                                                                                                  \
        const uint64_t *now = (const uint64_t *)&(object);                                                             \
        const uint64_t *before = (const uint64_t *)old;                                                                \
        bool is_same = true;                                                                                           \
        for (uint64_t i = 0; i < sizeof(object) / sizeof(*now); i++) {                                                 \
            is_same = is_same && now[i] == before[i];                                                                  \
        }                                                                                                              \
        return is_same;                                                                                                \
    }
OBJECTS(COPIES)

static void keep_start(void)
{
#define KEEP_START(object) object##_start = (object);
    OBJECTS(KEEP_START)
}

static void back_to_start(void)
{
#define BACK_TO_START(object) (object) = object##_start;
    OBJECTS(BACK_TO_START)
}

static void keep_fast(void)
{
#define KEEP_FAST(object) object##_fast = (object);
    OBJECTS(KEEP_FAST)
}

/** The fast way has refused. */
static inline void prove_unchanged(void)
{
#define PROVE_UNCHANGED(object) PROVE(is_same_##object(&object##_start), "a refusal writes nothing: " #object);
    OBJECTS(PROVE_UNCHANGED)
}

static inline void prove_same(void)
{
#define PROVE_SAME(object) PROVE(is_same_##object(&object##_fast), "both ways leave the same: " #object);
    OBJECTS(PROVE_SAME)
}

/* --- the same in other words --- */

static void forget_send(struct tcb *tcb)
{
    if (tcb->state != THREAD_SEND) {
        tcb->badge = 0;
        tcb->is_call = false;
        tcb->can_grant = false;
    }
}

/** Who lies in percpu.ready_first goes to the head of its queue. */
static void forget_first(void)
{
    struct percpu *cpu = percpu();
    struct tcb *tcb = cpu->ready_first;
    if (tcb == NULL) {
        return;
    }
    struct tcb **queue = proof_queue(tcb->priority);
    PROVE(tcb->peer_next == tcb && tcb->peer_prev == tcb && tcb->priority + 1ul >= cpu->array_end,
          "who is in ready_first is in no queue and comes before them (Q4)");
    if (*queue != NULL) {
        tcb->peer_next = *queue;
        tcb->peer_prev = (*queue)->peer_prev;
        tcb->peer_prev->peer_next = tcb;
        (*queue)->peer_prev = tcb;
    }
    *queue = tcb;
    cpu->ready_bitmap[0] |= 1ul << tcb->priority;
    cpu->array_end = tcb->priority + 1ul;
    cpu->ready_first = NULL;
}

static void forget_differences(void)
{
    forget_send(&running);
    forget_send(&waiting);
    forget_first();
}

/* --- any state that keeps the invariants --- */

#define MAYBE(object) (any_bool() ? &(object) : NULL)

/** W1: in no queue. */
static void be_alone(struct tcb *tcb)
{
    tcb->peer_next = tcb;
    tcb->peer_prev = tcb;
    tcb->queue_next = NULL;
    tcb->queue_prev = NULL;
    tcb->is_leader = true;
}

static void any_thread(struct tcb *tcb)
{
    HAVOC(*tcb);
    be_alone(tcb);
    ASSUME(tcb->priority < LEVEL_COUNT);
    tcb->is_queued = false;
    tcb->is_call = any_bool();
    tcb->can_grant = any_bool();
    tcb->has_fpu = any_bool();
    tcb->is_passive_waiter = false;
    tcb->context = NULL;
    tcb->reply = NULL;
    tcb->serving = NULL;
    tcb->plain_reply = NULL;
    tcb->blocked_on = NULL;
    tcb->home_context = any_bool() ? NULL : any_bool() ? &in_use : &spare;
    tcb->lent_context = any_bool() ? NULL : any_bool() ? &in_use : &spare;
    tcb->bound_notification = MAYBE(notification);
    tcb->vspace = &waiting_space;
    tcb->vcpu = NULL;
}

static void any_context(struct sched_context *context)
{
    HAVOC(*context);
    ASSUME(context->refill_head < SEL_LIMIT_REFILL_COUNT_MAX);
    context->is_released = false;
    context->thread = NULL;
    context->home_thread = any_bool() ? NULL : any_bool() ? &running : any_bool() ? &waiting : &outer;
    context->home_notification = MAYBE(notification);
    context->lent_to = any_bool() ? NULL : any_bool() ? &running : any_bool() ? &waiting : &outer;
    context->reply_top = NULL;
}

/** B3, T1 */
static bool is_context_kept(const struct sched_context *context)
{
    bool is_home = context->home_thread == NULL || context->home_thread->home_context == context;
    bool is_lent =
        context->lent_to == NULL || (context->lent_to->lent_context == context && context->home_notification != NULL);
    bool is_one_home = context->home_thread == NULL || context->home_notification == NULL;
    bool is_used = context->thread == NULL || context->thread->context == context;
    return is_home && is_lent && is_one_home && is_used &&
           (context->home_notification == NULL || notification.context == context);
}

static bool is_thread_kept(const struct tcb *tcb)
{
    bool is_home = tcb->home_context == NULL || tcb->home_context->home_thread == tcb;
    bool is_lent = tcb->lent_context == NULL || tcb->lent_context->lent_to == tcb;
    bool is_used = tcb->context == NULL || tcb->context->thread == tcb;
    bool is_bound = tcb->bound_notification == NULL || notification.bound == tcb;
    return is_home && is_lent && is_used && is_bound;
}

/** E2; who waits to receive has given back what it was lent (tcb.h). */
static bool is_endpoint_kept(void)
{
    const struct tcb *server = endpoint.queue.head;
    bool is_passive = endpoint.state == ENDPOINT_PASSIVE_RECEIVER;
    bool is_idle = endpoint.state == ENDPOINT_IDLE;
    return is_idle == (server == NULL) &&
           (server == NULL || server->state != THREAD_RECV || server->lent_context == NULL) &&
           (!is_passive || (server->state == THREAD_RECV && server->peer_next == server && server->queue_next == NULL &&
                            server->context == NULL && server->home_context == NULL && server->reply != NULL &&
                            server->serving == NULL));
}

/** R4 */
static bool is_plain_reply_kept(const struct tcb *tcb)
{
    const struct reply *plain = tcb->plain_reply;
    return plain == NULL || (tcb->serving == plain && plain->serving_next == NULL && plain->caller->context == NULL &&
                             tcb->home_context == NULL && tcb->lent_context == NULL &&
                             (tcb->context == NULL || tcb->context == plain->context));
}

/** R4: it may be NULL although all that holds. */
static void any_plain_reply(struct tcb *tcb)
{
    tcb->plain_reply = any_bool() ? tcb->serving : NULL;
    ASSUME(is_plain_reply_kept(tcb));
}

/** A Reply that holds nobody is linked nowhere (chain.c). */
static void any_reply(struct reply *of)
{
    *of = (struct reply){.server = any_bool() ? NULL : &first};
}

/** `tcb`, in whose place anybody may be, waits for the answer through `of`; R1, R3. */
static void hold(struct reply *of, struct tcb *tcb, struct tcb *server)
{
    of->caller = tcb;
    of->server = server;
    tcb->state = THREAD_REPLY;
    tcb->reply = of;
}

static void any_cap_at(struct slot *slot)
{
    struct cap cap = any_cap();
    uint64_t type = cap_type(cap);
    if (type == CAP_TYPE_ENDPOINT) {
        cap = cap_set_object(cap, (uint64_t)&endpoint);
    } else if (type == CAP_TYPE_REPLY) {
        cap = cap_set_object(cap, any_bool() ? (uint64_t)&reply : (uint64_t)&lowest);
    }
    *slot = (struct slot){.cap = cap};
}

struct endpoint *proof_endpoint(struct cap cap)
{
    PROVE(cap_type(cap) != CAP_TYPE_ENDPOINT || cap_object(cap) == (uint64_t)&endpoint, "the hint is the Endpoint");
    return &endpoint;
}

struct reply *proof_reply(struct cap cap)
{
    struct reply *of = cap_object(cap) == (uint64_t)&reply ? &reply : &lowest;
    PROVE(cap_type(cap) != CAP_TYPE_REPLY || cap_object(cap) == (uint64_t)of, "the hint is the Reply");
    return of;
}

static void any_queue(uint64_t priority, bool has_queued)
{
    *proof_queue(priority) = has_queued && queued.priority == priority ? &queued : NULL;
}

/** One thread outside of the queues, one in them, or less. */
static void any_ready(void)
{
    struct percpu *cpu = percpu();
    bool has_first = any_bool();
    bool has_queued = any_bool();
    first.state = THREAD_READY;
    first.is_queued = has_first;
    first.context = &first_time;
    first_time.thread = &first;
    queued.state = THREAD_READY;
    queued.is_queued = has_queued;
    queued.context = &queued_time;
    queued_time.thread = &queued;
    any_queue(0, has_queued);
    any_queue(1, has_queued);
    any_queue(2, has_queued);
    any_queue(3, has_queued);
    cpu->ready_bitmap[0] = has_queued ? 1ul << queued.priority : 0;
    cpu->array_end = has_queued ? queued.priority + 1ul : 0;
    cpu->ready_first = has_first ? &first : NULL;
    cpu->ready_end = has_first ? first.priority + 1ul : cpu->array_end;
    ASSUME(!(has_first && has_queued) || first.priority >= queued.priority); /* Q4 */
}

static struct heap_node *any_root(struct heap_node *node)
{
    *node = (struct heap_node){.key = any_u64(), .rank = 1};
    return any_bool() ? node : NULL;
}

/** Of a core on which `running` goes on (Q3): chosen, on the time in use, with the deadline set. */
static void any_core(void)
{
    struct percpu *cpu = percpu();
    cpu->current = &running;
    cpu->context = &in_use;
    cpu->context_since = any_u64();
    cpu->must_choose = false;
    cpu->fpu_owner = NULL;
    cpu->vcpu_loaded = NULL;
    cpu->vcpu_active = NULL;
    cpu->releases.root = any_root(&release);
    cpu->timers.root = any_root(&timer);
    any_ready();
    sched_program_timer(cpu);
    fake.clock = any_u64();
    ASSUME(refill_release(&in_use) <= cpu->context_since); /* it is in use */
}

static void any_world(void)
{
    any_thread(&running);
    any_thread(&waiting);
    any_thread(&behind);
    any_thread(&outer);
    any_thread(&first);
    any_thread(&queued);
    any_context(&in_use);
    any_context(&spare);
    HAVOC(first_time);
    HAVOC(queued_time);
    ASSUME(first_time.refill_head < SEL_LIMIT_REFILL_COUNT_MAX && queued_time.refill_head < SEL_LIMIT_REFILL_COUNT_MAX);
    any_reply(&reply);
    any_reply(&below);
    any_reply(&lowest);
    HAVOC(notification);
    notification.bound = any_bool() ? NULL : any_bool() ? &running : &waiting;
    notification.context = any_bool() ? NULL : any_bool() ? &in_use : &spare;
    notification.queue.head = NULL;
    notification.passive.head = NULL;
    HAVOC(running_space);
    running_space.arch.has_id = any_bool();
    HAVOC(waiting_space);
    waiting_space.arch.has_id = any_bool();
    for (uint64_t i = 0; i < CSPACE_COUNT; i++) {
        any_cap_at(&cspace.slot[i]);
    }
    cspace.slot[0] = (struct slot){.cap = null_cap_make()};
    HAVOC(running_page);
    HAVOC(waiting_page);
    running.buffer = any_bool() ? running_page.word : NULL;
    waiting.buffer = any_bool() ? waiting_page.word : NULL;
    running.cspace_slots = cspace.slot;
    running.cspace_count = any_below(CSPACE_COUNT + 1);
    running.vspace = any_bool() ? &running_space : &waiting_space;
    running.state = THREAD_READY;
    running.fault_label = 0; /* F1 */
    running.context = &in_use;
    in_use.thread = &running;
    any_core();
    ASSUME(sched_is_chosen()); /* Q3 */
}

static void assume_kept(void)
{
    any_plain_reply(&running);
    any_plain_reply(&waiting);
    ASSUME(is_endpoint_kept());
    ASSUME(is_context_kept(&in_use) && is_context_kept(&spare));
    ASSUME(is_thread_kept(&running) && is_thread_kept(&waiting) && is_thread_kept(&outer));
}

/** The message is of few words, or of more than any may have. */
static void any_message(void)
{
    uint64_t length = tag_length(arch_syscall_tag(&running.registers));
    ASSUME(length <= LENGTH_MAX || length > MESSAGE_WORDS_MAX);
}

/* --- both ways --- */

/** Whether a fastpath did it. */
static bool go_fast(void)
{
    was_refused = false;
    fake.is_fast_off = false;
    fake_syscall();
    return !was_refused;
}

/** What the timer was told. */
struct told {
    uint64_t deadline;
    uint64_t count;
};

static struct told timer_told(void)
{
    return (struct told){fake.timer_deadline, fake.timer_set_count};
}

/** The fastpath refuses the system call `number`, and has changed nothing. */
static void go_nowhere(uint64_t number)
{
    arch_registers(&running.registers)[THREAD_REG_X8] = number;
    keep_start();
    ASSUME(!go_fast());
    prove_unchanged();
}

static bool is_long(const struct tcb *tcb)
{
    return tag_length(arch_syscall_tag(&tcb->registers)) > MESSAGE_REGISTER_WORDS;
}

/** By the system call `number`, which is a constant to CBMC on both ways. */
static void go_both_ways(uint64_t number)
{
    arch_registers(&running.registers)[THREAD_REG_X8] = number;
    struct told start = timer_told();
    keep_start();
    ASSUME(go_fast());
    PROVE(percpu()->must_choose || sched_is_chosen(), "who goes on at once would be chosen (Q3)");
    PROVE(is_endpoint_kept(), "who is said to wait alone and without time does (E2)");
    PROVE(is_plain_reply_kept(&running) && is_plain_reply_kept(&waiting),
          "whose answer gives the time back is owed that alone (R4)");
    PROVE(running.plain_reply == NULL || running.state != THREAD_REPLY || running.reply->below == running.plain_reply,
          "and who calls on with it waits on a Reply right above (R4)");
    struct tcb *next = sched_pick();
    struct told fast = timer_told();
    forget_differences();
    keep_fast();

    back_to_start();
    fake.timer_deadline = start.deadline;
    fake.timer_set_count = start.count;
    arch_registers(&running.registers)[THREAD_REG_X8] = number;
    percpu()->current = &running;
    kernel_syscall();
    PROVE(sched_pick() == next, "both ways go on with the same thread");
    struct told slow = timer_told();
    PROVE(slow.deadline == fast.deadline && slow.count == fast.count, "both ways set the timer alike");
    forget_differences();
    prove_same();
}
