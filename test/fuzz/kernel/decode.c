/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Target kernel_decode: an input is a row of records, each a system call of some thread, a fault, passing time or an interrupt, on the
 * real kernel over arch/fake. Arguments are picked so that they mostly fit (gen/fuzz_grammar.c), so that every decode function is passed as
 * well as refused. After each step all of the harness's invariants hold, at the end nothing is left.
 * SEL_FUZZ_REPORT in the environment: which invocations got past their checks is printed at the end.
 */
#include <stdlib.h>

#include "kernel/object/cap.h"
#include "kernel/object/vcpu.h"
#include "kernel/object/vspace.h"
#include "test/fuzz/kernel/kernel.h"

#define STEPS_MAX    48
#define LABEL_WRONG  31
#define PREEMPT_MAX  3
#define RECORD_BYTES 40

const size_t fuzz_record_bytes = RECORD_BYTES;

static const struct grammar_method unknown_method = {.name = "an unknown label",
                                                     .errors = 1u << SEL_ERROR_INVALID_METHOD};

/* A record's flags. */
enum {
    FLAG_PREEMPT_MASK = 7, /* 1..PREEMPT_MAX: an interrupt at that preemption point */
    FLAG_NATURAL = 8,      /* whoever runs acts, else the chosen thread */
    FLAG_ABANDON = 16,     /* a preempted call is not repeated */
    FLAG_BUFFER = 32,      /* the IPC buffer is filled first */
    FLAG_CHECKS_MASK = 192,
};

/* Values of an invocation's extra byte, from which on it is made badly. */
enum {
    EXTRA_WRONG = 236, /* a label that does not exist */
    EXTRA_SHORT = 240, /* fewer words than the invocation needs */
    EXTRA_CAPS = 252,  /* capabilities travel along */
};

static struct tcb *pick_thread(uint8_t choice)
{
    struct tcb *found[64];
    unsigned count = 0;
    for (unsigned i = 0; i < world.list_count; i++) {
        for (const struct slot *slot = world.anchor[i].next; slot != NULL && count < 64; slot = slot->next) {
            struct tcb *tcb = slot_object(slot);
            if (cap_type(slot->cap) == CAP_TYPE_TCB && !cap_is_same_object(slot->prev->cap, slot->cap) &&
                world_is_runnable(tcb)) {
                found[count++] = tcb;
            }
        }
    }
    return count != 0 ? found[choice % count] : NULL;
}

/* --- steps --- */

static void step_invoke(struct tcb *actor, uint8_t flags, struct fuzz_input *input)
{
    const struct grammar_method *method = &grammar_methods[fuzz_u8(input) % grammar_method_count];
    struct act act = {.number = SYSCALL_CALL};
    uint8_t extra = fuzz_u8(input);
    uint64_t count = method->argument_count;
    act.call.cap = pick_cap(actor, 1u << method->type, fuzz_u8(input));
    act.is_abandoned_when_preempted = (flags & FLAG_ABANDON) != 0;
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
        act.call.word[i] = i < count ? pick_argument(actor, &method->argument[i], act.call.word, act.call.cap, input)
                                     : fuzz_number(input, 2);
    }
    count = method->has_words ? count + extra % 64 : count;
    count = extra >= EXTRA_SHORT && extra < EXTRA_CAPS && count > 0 ? extra % count : count;
    bool is_wrong = extra >= EXTRA_WRONG && extra < EXTRA_SHORT;
    act.method = is_wrong ? &unknown_method : method;
    act.call.tag = tag_make(is_wrong ? LABEL_WRONG : method->label, count, extra >= EXTRA_CAPS ? 1 : 0);
    if (act.call.cap != 0) {
        act_execute(&act);
    }
}

static void step_message(struct tcb *actor, uint8_t flags, struct fuzz_input *input)
{
    uint32_t endpoints = 1u << CAP_TYPE_ENDPOINT;
    uint64_t number = 1 + fuzz_u8(input) % SYSCALL_YIELD;
    bool is_signal = number == SYSCALL_SIGNAL || number == SYSCALL_WAIT || number == SYSCALL_POLL;
    bool is_receive = number == SYSCALL_RECV || number == SYSCALL_NB_RECV || number == SYSCALL_REPLY_RECV;
    uint8_t kind = fuzz_u8(input);
    uint32_t types = is_signal                  ? 1u << CAP_TYPE_NOTIFICATION
                     : kind < 64 && !is_receive ? 1u << CAP_TYPE_REPLY
                     : kind == 255              ? ~1u
                                                : endpoints;
    types = number == SYSCALL_CALL && kind != 255 ? endpoints : types;
    struct act act = {.number = number, .is_abandoned_when_preempted = (flags & FLAG_ABANDON) != 0};
    act.call.cap = pick_cap(actor, types, fuzz_u8(input));
    act.call.reply = pick_cap(actor, 1u << CAP_TYPE_REPLY, fuzz_u8(input));
    act.call.second = pick_cap(actor, endpoints, fuzz_u8(input));
    act.call.reply = kind % 8 == 7 ? 0 : act.call.reply;
    uint8_t length = fuzz_u8(input);
    uint8_t caps = fuzz_u8(input);
    act.call.tag = tag_make(fuzz_u8(input), length < 160 ? length % 9 : length % 128, caps < 128 ? caps / 24 : 0);
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
        act.call.word[i] = fuzz_number(input, 3);
    }
    bool is_invocation = number == SYSCALL_CALL && act.call.cap != 0 &&
                         (1u << cap_type(actor->cspace_slots[act.call.cap].cap) & endpoints) == 0;
    if (!is_invocation) {
        act_execute(&act);
    }
}

/** Registers as they come: any number, any tag; a system call that exists is left to the other steps. */
static void step_raw(struct fuzz_input *input)
{
    struct act act = {.number = SYSCALL_YIELD + 1 + fuzz_word(input)};
    act.number = act.number <= SYSCALL_YIELD ? SYSCALL_YIELD + 1 : act.number;
    act.call.cap = fuzz_word(input);
    act.call.tag = fuzz_word(input);
    act_execute(&act);
}

/** A tag and capability addresses of all 64 bits in a system call that exists. */
static void step_wild(struct fuzz_input *input)
{
    struct act act = {.number = SYSCALL_REPLY_RECV + fuzz_u8(input) % (SYSCALL_YIELD - 1)};
    act.call.cap = fuzz_word(input);
    act.call.tag = fuzz_word(input);
    act.call.reply = fuzz_word(input);
    act.call.second = fuzz_word(input);
    act_execute(&act);
}

static void step_fault(struct fuzz_input *input)
{
    struct tcb *tcb = percpu()->current;
    bool is_guest = tcb->vcpu != NULL && tcb->vspace != NULL && tcb->vspace->is_guest;
    uint64_t label = is_guest ? FAULT_VM_EXIT : FAULT_MEMORY + fuzz_u8(input) % 3;
    uint64_t length = is_guest ? FAULT_VM_EXIT_LENGTH : FAULT_MEMORY_LENGTH;
    uint64_t word[MESSAGE_REGISTER_WORDS] = {0};
    for (unsigned i = 0; i < length; i++) {
        word[i] = fuzz_number(input, 3);
    }
    kernel_fault(tag_make(label, length, 0) | TAG_KERNEL, word[0], &word[1]);
    world_exit();
}

static void step_time(struct fuzz_input *input)
{
    uint8_t scale = fuzz_u8(input);
    world_advance(fuzz_number(input, 2) << scale % 8);
}

static void step_interrupt(struct fuzz_input *input)
{
    uint64_t irq = FAKE_IRQ_FIRST_FREE + fuzz_u8(input) % 4;
    if (fuzz_u8(input) % 2 == 0) {
        world_irq(irq);
    } else {
        fake_irq_lower(irq);
    }
}

/**
 * What the architecture answers when an exit is completed: the guest runs, waits, or stays stopped; a guest that waits may have a
 * deadline of its own.
 */
static void step_machine(struct fuzz_input *input)
{
    static const uint8_t states[] = {THREAD_READY, THREAD_WFI, THREAD_INACTIVE};
    fake.vcpu_next_state = states[fuzz_u8(input) % sizeof(states)];
    for (const struct slot *slot = world.anchor[WORLD_UNTYPED - 1].next; slot != NULL; slot = slot->next) {
        struct vcpu *vcpu = slot_object(slot);
        bool is_waiting = cap_type(slot->cap) == CAP_TYPE_VCPU && vcpu->tcb != NULL && vcpu->tcb->state == THREAD_WFI;
        if (is_waiting && !vcpu->event.is_set) {
            timer_event_set(&vcpu->event, fake.clock + fuzz_number(input, 2));
        }
    }
}

static void step_act(struct fuzz_input *input, uint8_t kind, uint8_t flags)
{
    struct tcb *chosen = pick_thread(fuzz_u8(input));
    struct tcb *actor = act_switch((flags & FLAG_NATURAL) != 0 && percpu()->current != NULL ? NULL : chosen);
    if (actor == NULL) {
        step_time(input);
        return;
    }
    if ((flags & FLAG_BUFFER) != 0) {
        fill_buffer(actor, input);
    }
    unsigned preempt = flags & FLAG_PREEMPT_MASK;
    fake.preempt_after = preempt <= PREEMPT_MAX ? preempt : 0;
    if (kind < 140) {
        step_invoke(actor, flags, input);
    } else if (kind < 220) {
        step_message(actor, flags, input);
    } else if (kind < 226) {
        step_raw(input);
    } else if (kind < 232) {
        step_wild(input);
    } else {
        step_fault(input);
    }
    fake.preempt_after = 0;
}

static void step(struct fuzz_input *input)
{
    uint8_t kind = fuzz_u8(input);
    uint8_t flags = fuzz_u8(input);
    if (kind < 240) {
        step_act(input, kind, flags);
    } else if (kind < 248) {
        step_time(input);
    } else if (kind < 252) {
        step_interrupt(input);
    } else {
        step_machine(input);
    }
    if ((flags & FLAG_CHECKS_MASK) == FLAG_CHECKS_MASK) {
        check_more();
    }
}

static void report_at_end(void)
{
    static bool is_registered;
    if (!is_registered && getenv("SEL_FUZZ_REPORT") != NULL) {
        is_registered = true;
        atexit(act_report);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    report_at_end();
    world_setup(NULL);
    world.is_checked = false;
    setting_make();
    world.is_checked = true;
    for (size_t i = 0; (i + 1) * RECORD_BYTES <= size && i < STEPS_MAX; i++) {
        struct fuzz_input input = {.at = data + i * RECORD_BYTES, .left = RECORD_BYTES};
        step(&input);
    }
    check_more();
    world_end();
    world_teardown(NULL);
    return 0;
}
