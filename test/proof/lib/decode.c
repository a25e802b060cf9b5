/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The harness of one invocation; test/proof/generate.py makes a file a method of libsel/abi/objects.yaml that defines METHOD_OF_TYPE,
 * METHOD_LABEL, TYPE, ARGUMENT_COUNT, REACHED_REFUSAL, is_listed() and the stub of what is done after the checks, and includes this.
 *
 * A small world in any state: a caller with a CSpace, one object a type, links between them that may be there or not. The real invoke()
 * runs on it, with the real generated checks and the real decode function; only what comes after an acceptance is a stub.
 */
#include "kernel/object/objects.h"
#include "test/proof/lib/watch.h"

/* The table of VSpaces is only looked up. */
#undef SEL_LIMIT_SPACE_COUNT_MAX
#define SEL_LIMIT_SPACE_COUNT_MAX 4

#include "kernel/object/irq.c"
#include "kernel/object/vspace.c"

#define CSPACE_BITS 2
#define CNODE_BITS  2

static struct tcb caller;
static struct tcb other;
static struct {
    struct slot slot[1u << CSPACE_BITS];
} cspace;
static struct {
    struct slot slot[1u << CNODE_BITS];
} cnode;
static struct {
    uint64_t word[IPC_BUFFER_BYTES / 8];
} buffer;
struct endpoint endpoint; /* twins write to these two by name */
struct reply reply;
static struct notification notification;
static struct sched_context sched_context;
static struct timer timer;
static struct vspace vspace;
static struct vcpu vcpu;

/** Every object of the world: what is not in this list is not watched. */
#define WORLD(DO)                                                                                                      \
    DO(caller)                                                                                                         \
    DO(other)                                                                                                          \
    DO(cspace)                                                                                                         \
    DO(cnode)                                                                                                          \
    DO(buffer)                                                                                                         \
    DO(endpoint)                                                                                                       \
    DO(notification)                                                                                                   \
    DO(reply)                                                                                                          \
    DO(sched_context)                                                                                                  \
    DO(timer)                                                                                                          \
    DO(vspace)                                                                                                         \
    DO(vcpu)

WORLD(COPY_OF)

static uint64_t carried_out_count;
static uint64_t answer_count;

/* --- what is not part of the checks --- */

void transfer_kernel(struct tcb *receiver, const uint64_t *word, uint64_t length)
{
    (void)receiver;
    (void)word;
    (void)length;
    answer_count++;
}

uint64_t arch_irq_count(void)
{
    return any_below(IRQ_COUNT_MAX + 1);
}

bool arch_irq_is_reserved(uint64_t irq)
{
    (void)irq;
    return any_bool();
}

uint64_t arch_vcpu_entry_count(void)
{
    return any_below(SEL_LIMIT_VCPU_ENTRY_MAX + 1);
}

bool arch_vcpu_is_timer_intid(const struct vcpu *vcpu, uint64_t intid)
{
    (void)vcpu;
    (void)intid;
    return any_bool();
}

/* Reads only, by its contract (arch.h); proved in mapping_*.c. */
uint64_t arch_vspace_tables_needed(const struct vspace *of, uint64_t address, uint64_t size_bits)
{
    (void)of;
    (void)address;
    (void)size_bits;
    return any_bool() ? UINT64_MAX : any_below(3);
}

bool arch_vspace_find(const struct vspace *of, uint64_t address, struct arch_mapping *out)
{
    (void)of;
    (void)address;
    struct arch_mapping mapping;
    *out = mapping;
    return any_bool();
}

/* --- a world in any state --- */

static uint64_t object_of_type(uint64_t type, bool is_caller, uint64_t address)
{
    switch (type) {
    case CAP_TYPE_CNODE:
        return (uint64_t)cnode.slot;
    case CAP_TYPE_TCB:
        return is_caller ? (uint64_t)&caller : (uint64_t)&other;
    case CAP_TYPE_ENDPOINT:
        return (uint64_t)&endpoint;
    case CAP_TYPE_NOTIFICATION:
        return (uint64_t)&notification;
    case CAP_TYPE_REPLY:
        return (uint64_t)&reply;
    case CAP_TYPE_SCHED_CONTEXT:
        return (uint64_t)&sched_context;
    case CAP_TYPE_TIMER:
        return (uint64_t)&timer;
    case CAP_TYPE_VSPACE:
        return (uint64_t)&vspace;
    case CAP_TYPE_VCPU:
        return (uint64_t)&vcpu;
    default:
        return address;
    }
}

uint64_t proof_object(struct cap cap)
{
    uint64_t address = cap_object_raw(cap);
    uint64_t object = object_of_type(cap_type(cap), address == (uint64_t)&caller, address);
    PROVE(object == address, "the hint is what the capability says");
    return object;
}

uint64_t proof_cnode(struct cap cap)
{
    PROVE(cap_object_raw(cap) == (uint64_t)cnode.slot, "what is looked into is the CNode");
    return (uint64_t)cnode.slot;
}

/** A capability of a type, of its object in this world; what else is in it, is any. */
static struct cap any_cap_of(uint64_t type)
{
    struct cap cap =
        cap_set_object(cap_set_type(any_cap(), type), object_of_type(type, any_bool(), any_below(UINT64_C(1) << 48)));
    if (type == CAP_TYPE_CNODE) {
        cap = cnode_cap_set_slot_bits(cap, CNODE_BITS);
    }
    if (type == CAP_TYPE_UNTYPED) {
        ASSUME(OBJECT_BITS_UNTYPED_MIN <= untyped_cap_size_bits(cap) &&
               untyped_cap_size_bits(cap) <= OBJECT_BITS_UNTYPED_MAX &&
               untyped_cap_kind(cap) <= UNTYPED_KIND_PRELOADED);
    }
    if (type == CAP_TYPE_FRAME) {
        ASSUME(frame_cap_size(cap) <= FRAME_SIZE_1G && frame_cap_space_id(cap) < SEL_LIMIT_SPACE_COUNT_MAX);
    }
    if (type == CAP_TYPE_IRQ_HANDLER) {
        ASSUME(irq_handler_cap_irq(cap) < IRQ_COUNT_MAX);
    }
    return cap;
}

static struct slot *any_slot(void)
{
    return any_bool() ? NULL : &cspace.slot[any_below(1u << CSPACE_BITS)];
}

static void fill(struct slot *slots, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        slots[i].cap = any_cap_of(any_below(CAP_TYPE_COUNT));
        slots[i].prev = any_slot();
        slots[i].next = any_slot();
    }
}

#define MAYBE(object) (any_bool() ? &(object) : NULL)

static void any_thread(struct tcb *tcb)
{
    HAVOC(*tcb);
    tcb->vspace = MAYBE(vspace);
    tcb->vcpu = MAYBE(vcpu);
    tcb->bound_notification = MAYBE(notification);
    tcb->home_context = MAYBE(sched_context);
    tcb->buffer = any_bool() ? buffer.word : NULL;
}

static void any_world(void)
{
    any_thread(&caller);
    any_thread(&other);
    caller.cspace_slots = cspace.slot;
    caller.cspace_count = 1u << CSPACE_BITS;
    other.cspace_slots = any_bool() ? cnode.slot : NULL;
    fill(cspace.slot, 1u << CSPACE_BITS);
    fill(cnode.slot, 1u << CNODE_BITS);
    HAVOC(buffer);
    HAVOC(endpoint);
    HAVOC(reply);
    HAVOC(notification);
    notification.bound = MAYBE(other);
    notification.context = MAYBE(sched_context);
    HAVOC(sched_context);
    sched_context.home_thread = MAYBE(other);
    sched_context.home_notification = MAYBE(notification);
    HAVOC(timer);
    timer.notification = MAYBE(notification);
    HAVOC(vspace);
    HAVOC(vcpu);
    vcpu.tcb = any_bool() ? MAYBE(caller) : &other;
    space_count = (uint32_t)any_below(SEL_LIMIT_SPACE_COUNT_MAX + 1);
    for (uint64_t id = 0; id < SEL_LIMIT_SPACE_COUNT_MAX; id++) {
        space_table[id].generation = (uint32_t)any_u64();
        space_table[id].vspace = MAYBE(vspace);
    }
    percpu()->current = &caller;
    carried_out_count = 0;
    answer_count = 0;
}

/** The invoked capability; where in the CSpace it lies, makes no difference. */
static struct slot *any_invoked(void)
{
    struct slot *slot = &cspace.slot[1];
    slot->cap = any_cap_of(TYPE);
    return slot;
}

const struct invocation_desc *invocation_find(uint64_t cap_type, uint64_t label)
{
    PROVE(cap_type == TYPE && label == METHOD_LABEL, "the method of the label is asked for");
    PROVE(real_invocation_find(TYPE, METHOD_LABEL) == &METHOD_OF_TYPE, "the table has it");
    return &METHOD_OF_TYPE;
}

/* --- the proof --- */

static void keep(void)
{
    WORLD(KEEP)
}

static bool is_world_same(void)
{
    return true WORLD(AND_SAME);
}

void proof(void)
{
    any_world();
    struct slot *slot = any_invoked();
    ASSUME(tag_label(arch_syscall_tag(&caller.registers)) == METHOD_LABEL);
    ASSUME(tag_length(arch_syscall_tag(&caller.registers)) <= MESSAGE_WORDS_MAX);
    uint64_t id = any_below(SEL_LIMIT_SPACE_COUNT_MAX);
    uint64_t irq = any_below(IRQ_COUNT_MAX);
    uint64_t generation = space_table[id].generation;
    const struct vspace *at_id = space_table[id].vspace;
    struct irq_state irq_before = irq_table[irq];
    uint32_t count_before = space_count;
    keep();
    struct err_info info = {.argument = 0};
    enum progress progress = DONE;

    err_t error = invoke(&caller, slot, arch_syscall_tag(&caller.registers), &info, &progress);

    PROVE(is_world_same(), "the checks change nothing");
    PROVE(space_table[id].generation == generation && space_table[id].vspace == at_id && space_count == count_before &&
              irq_table[irq].notification == irq_before.notification &&
              irq_table[irq].is_issued == irq_before.is_issued && irq_table[irq].is_active == irq_before.is_active &&
              percpu()->current == &caller,
          "the checks change no table of the kernel");
    PROVE(carried_out_count == (error == ERR_OK ? 1 : 0),
          "what is refused is not carried out, what is accepted is, once");
    PROVE(implies(error != ERR_OK, progress == DONE && answer_count == 0), "a refusal is no answer and no preemption");
    PROVE(is_listed(error), "the error is one the ABI lists for this invocation");
    PROVE(implies(error != ERR_OK, info.argument <= ARGUMENT_COUNT), "the refusal names an argument there is");
    if (error == ERR_OK) {
        REACHED("the invocation is accepted");
    } else {
        REACHED_REFUSAL;
    }
}
