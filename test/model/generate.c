/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making sequences: the next step, chosen by what the model's state offers, so that most calls are valid or nearly so and deep states
 * are reached. What a method's arguments are is one letter each in METHODS. Planned series of steps are in recipes.c.
 */
#include "test/model/choose.h"
#include "test/model/recipes.h"

#define ALL_RIGHTS SEL_RIGHT_ALL
#define NS_PER_US  1000

/* --- arguments --- */

struct method {
    uint8_t type;
    uint8_t label;
    uint8_t weight;
    const char *args;
};

/*
 * t object type, z its size, C CNode, e empty and f full slot of it (of the invoked one, before any C), n count, r rights, b badge,
 * V VSpace, F Frame or none, o offset of a buffer, T TCB, p priority, E Endpoint or none, N Notification, H TCB or Notification,
 * X SchedContext, B budget, P period, R refills, U VCPU, a address, m map rights, A attribute, c cache operation, O offset, L length,
 * d deadline, w word, g G registers of a thread, v G of a VCPU, q interrupt, 1 3 masks, l list registers, i intid, y firmware id,
 * s text length, k slot of a badged Endpoint.
 */
static const struct method METHODS[] = {
    {CAP_TYPE_UNTYPED, METHOD_UNTYPED_RETYPE, 30, "tzCen"},
    {CAP_TYPE_CNODE, METHOD_CNODE_COPY, 20, "eCfr"},
    {CAP_TYPE_CNODE, METHOD_CNODE_MINT, 30, "eCfrb"},
    {CAP_TYPE_CNODE, METHOD_CNODE_MOVE, 10, "eCf"},
    {CAP_TYPE_CNODE, METHOD_CNODE_MUTATE, 10, "eCfrb"},
    {CAP_TYPE_CNODE, METHOD_CNODE_DELETE, 14, "f"},
    {CAP_TYPE_CNODE, METHOD_CNODE_REVOKE, 8, "f"},
    {CAP_TYPE_CNODE, METHOD_CNODE_CANCEL_BADGED_SENDS, 8, "k"},
    {CAP_TYPE_CNODE, METHOD_CNODE_INSPECT, 6, "f"},
    {CAP_TYPE_TCB, METHOD_TCB_CONFIGURE, 10, "CVFo"},
    {CAP_TYPE_TCB, METHOD_TCB_SET_PRIORITY, 14, "Tpp"},
    {CAP_TYPE_TCB, METHOD_TCB_SET_FAULT_HANDLER, 10, "E"},
    {CAP_TYPE_TCB, METHOD_TCB_SET_TIMEOUT_HANDLER, 10, "E"},
    {CAP_TYPE_TCB, METHOD_TCB_READ_REGISTERS, 6, "gG"},
    {CAP_TYPE_TCB, METHOD_TCB_WRITE_REGISTERS, 5, "gGwwwwww"},
    {CAP_TYPE_TCB, METHOD_TCB_SUSPEND, 12, ""},
    {CAP_TYPE_TCB, METHOD_TCB_RESUME, 24, ""},
    {CAP_TYPE_TCB, METHOD_TCB_BIND_NOTIFICATION, 8, "N"},
    {CAP_TYPE_TCB, METHOD_TCB_UNBIND_NOTIFICATION, 4, ""},
    {CAP_TYPE_TCB, METHOD_TCB_BIND_VCPU, 6, "U"},
    {CAP_TYPE_TCB, METHOD_TCB_SET_FEATURES, 3, "1"},
    {CAP_TYPE_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, 16, "XBPRb"},
    {CAP_TYPE_SCHED_CONTEXT, METHOD_SCHED_CONTEXT_BIND, 20, "H"},
    {CAP_TYPE_SCHED_CONTEXT, METHOD_SCHED_CONTEXT_UNBIND, 16, ""},
    {CAP_TYPE_SCHED_CONTEXT, METHOD_SCHED_CONTEXT_CONSUMED, 4, ""},
    {CAP_TYPE_TIMER, METHOD_TIMER_BIND, 8, "N"},
    {CAP_TYPE_TIMER, METHOD_TIMER_UNBIND, 3, ""},
    {CAP_TYPE_TIMER, METHOD_TIMER_SET, 12, "d"},
    {CAP_TYPE_TIMER, METHOD_TIMER_CANCEL, 3, ""},
    {CAP_TYPE_VSPACE, METHOD_VSPACE_INSPECT, 5, "a"},
    {CAP_TYPE_VSPACE, METHOD_VSPACE_STATUS, 3, ""},
    {CAP_TYPE_FRAME, METHOD_FRAME_MAP, 20, "VamA"},
    {CAP_TYPE_FRAME, METHOD_FRAME_UNMAP, 6, ""},
    {CAP_TYPE_FRAME, METHOD_FRAME_PROTECT, 6, "m"},
    {CAP_TYPE_FRAME, METHOD_FRAME_CACHE, 5, "cOL"},
    {CAP_TYPE_FRAME, METHOD_FRAME_ADDRESS, 2, ""},
    {CAP_TYPE_VCPU, METHOD_VCPU_READ_REGISTERS, 3, "vG"},
    {CAP_TYPE_VCPU, METHOD_VCPU_WRITE_REGISTERS, 3, "vGwwwwww"},
    {CAP_TYPE_VCPU, METHOD_VCPU_SET_INTERRUPTS, 6, "l01"},
    {CAP_TYPE_VCPU, METHOD_VCPU_CONFIGURE_TIMER, 4, "1i33"},
    {CAP_TYPE_VCPU, METHOD_VCPU_SET_OFFSET, 2, "w"},
    {CAP_TYPE_VCPU, METHOD_VCPU_TRANSLATE, 3, "w3"},
    {CAP_TYPE_VCPU, METHOD_VCPU_INJECT, 4, "3ww"},
    {CAP_TYPE_VCPU, METHOD_VCPU_INFO, 3, ""},
    {CAP_TYPE_VCPU, METHOD_VCPU_RESET, 4, ""},
    {CAP_TYPE_IRQ_CONTROL, METHOD_IRQ_CONTROL_GET, 8, "q1Ce"},
    {CAP_TYPE_IRQ_HANDLER, METHOD_IRQ_HANDLER_SET_NOTIFICATION, 8, "N"},
    {CAP_TYPE_IRQ_HANDLER, METHOD_IRQ_HANDLER_ACKNOWLEDGE, 10, ""},
    {CAP_TYPE_IRQ_HANDLER, METHOD_IRQ_HANDLER_CLEAR, 3, ""},
    {CAP_TYPE_SMC, METHOD_SMC_CALL, 3, "ywwwwwww"},
    {CAP_TYPE_CONSOLE, METHOD_CONSOLE_WRITE, 2, "swwwwwww"},
};

#define METHOD_COUNT (sizeof(METHODS) / sizeof(METHODS[0]))

static uint64_t object_type(void)
{
    return CHOOSE(OBJECT_TYPE_TCB, OBJECT_TYPE_ENDPOINT, OBJECT_TYPE_ENDPOINT, OBJECT_TYPE_NOTIFICATION,
                  OBJECT_TYPE_REPLY, OBJECT_TYPE_REPLY, OBJECT_TYPE_SCHED_CONTEXT, OBJECT_TYPE_TIMER, OBJECT_TYPE_FRAME,
                  OBJECT_TYPE_FRAME, OBJECT_TYPE_UNTYPED, OBJECT_TYPE_CNODE, OBJECT_TYPE_VSPACE,
                  OBJECT_TYPE_VSPACE_GUEST, OBJECT_TYPE_VCPU);
}

static uint64_t object_size(uint64_t type)
{
    switch (type) {
    case OBJECT_TYPE_UNTYPED:
        return CHOOSE(6, 7, 10, 12, 13, 14, 15, 16);
    case OBJECT_TYPE_CNODE:
        return CHOOSE(7, 7, 8, 9, 10, 13);
    case OBJECT_TYPE_FRAME:
        return CHOOSE(12, 12, 12, 12, 12, 21, 30);
    case OBJECT_TYPE_VSPACE:
    case OBJECT_TYPE_VSPACE_GUEST:
        return CHOOSE(14, 14, 15);
    default:
        return 0;
    }
}

static uint64_t slot_of(uint32_t cnode, bool is_full)
{
    if (choose_one_in(25)) {
        is_full = !is_full;
    }
    return is_full ? choose_full(cnode) : choose_empty(cnode);
}

static uint64_t time_argument(char letter)
{
    uint64_t us = CHOOSE(10, 12, 20, 50, 100, 300, 1000, 5000) + choose(3);
    if (letter == 'P') {
        return us * NS_PER_US * CHOOSE(1, 1, 2, 4, 10);
    }
    return us * NS_PER_US;
}

/** Of a list register: mostly a device's, sometimes one that a timer may have, or none. */
static uint64_t list_intid(void)
{
    return CHOOSE(33, 1019, choose(256), choose(256), 15 + choose(18), 1020);
}

/** Numbers. */
static uint64_t number_argument(char letter)
{
    switch (letter) {
    case 'n':
        return choose_one_in(5) ? 1 + choose(6) : 1;
    case 'r':
        return choose_one_in(3) ? choose(16) : ALL_RIGHTS;
    case 'b':
        return choose_one_in(3) ? 0 : 1 + choose(3);
    case 'o':
        return choose_one_in(4) ? 1024 * choose(5) : 0;
    case 'p':
        return WORLD_INIT_PRIORITY - 3 + choose(8);
    case 'B':
    case 'P':
        return time_argument(letter);
    case 'R':
        return choose_one_in(2) ? 0 : 2 + choose(4);
    case 'a':
        return CHOOSE(0, 1, 2, 511, 512, 513, 1024) * 4096 * CHOOSE(1, 1, 1, 512, 262144);
    case 'm':
        return CHOOSE(1, 3, 3, 9, 11, 2, 5);
    case 'A':
        return CHOOSE(0, 0, 0, 1, 2, 3);
    case 'c':
        return choose(5);
    case 'O':
        return CHOOSE(0, 64, 4032, 4096, 8192);
    case 'L':
        return CHOOSE(0, 64, 4096, 65536, 65537);
    case 'd':
        return choose(3 * 62500);
    case 'g':
        return choose(36);
    case 'v':
        return choose(32);
    case 'G':
        return choose_one_in(2) ? choose(12) : choose(4);
    case 'q':
        return MODEL_IRQ_FREE - 1 + choose(6);
    case '0':
        return choose_one_in(10);
    case '1':
        return choose(2);
    case '3':
        return choose(4);
    case 'l':
        return choose(16) << 24 | choose(16) << 56 | list_intid() | list_intid() << 32;
    case 'i':
        return 15 + choose(18);
    case 'y':
        return 1 + choose(4);
    case 's':
        return choose(58);
    default:
        return choose_odd();
    }
}

/** What an argument of this letter is; `before` are the words before it. */
static uint64_t argument(char letter, uint32_t cnode, const uint64_t *before)
{
    switch (letter) {
    case 't':
        return object_type();
    case 'z':
        return object_size(before[0]);
    case 'C':
        return choose_one_in(6) ? choose_cap(CAP_TYPE_CNODE) : SLOT_CNODE;
    case 'e':
        return slot_of(cnode, false);
    case 'f':
        return slot_of(cnode, true);
    case 'k':
        return choose_one_in(6) ? choose_full(cnode) : choose_badged(CAP_TYPE_ENDPOINT);
    case 'V':
        return choose_one_in(4) ? choose_cap(CAP_TYPE_VSPACE) : SLOT_VSPACE;
    case 'F':
        return choose_one_in(4) ? 0 : choose_cap(CAP_TYPE_FRAME);
    case 'T':
        return choose_one_in(3) ? choose_cap(CAP_TYPE_TCB) : SLOT_TCB;
    case 'E':
        return choose_one_in(5) ? 0 : choose_cap(CAP_TYPE_ENDPOINT);
    case 'N':
        return choose_cap(CAP_TYPE_NOTIFICATION);
    case 'H':
        return choose_cap(choose_one_in(3) ? CAP_TYPE_NOTIFICATION : CAP_TYPE_TCB);
    case 'X':
        return choose_cap(CAP_TYPE_SCHED_CONTEXT);
    case 'U':
        return choose_cap(CAP_TYPE_VCPU);
    default:
        return number_argument(letter);
    }
}

static const struct method *pick_method(void)
{
    uint64_t total = 0;
    for (unsigned int i = 0; i < METHOD_COUNT; i++) {
        total += METHODS[i].weight;
    }
    uint64_t at = choose(total);
    unsigned int i = 0;
    for (; at >= METHODS[i].weight; i++) {
        at -= METHODS[i].weight;
    }
    return &METHODS[i];
}

/** Deleting or revoking what boot made ends most of the world: seldom. */
static void spare_the_world(const struct method *method, struct step *step)
{
    bool is_ending = method->type == CAP_TYPE_CNODE &&
                     (method->label == METHOD_CNODE_DELETE || method->label == METHOD_CNODE_REVOKE ||
                      method->label == METHOD_CNODE_MOVE || method->label == METHOD_CNODE_MUTATE);
    unsigned int index = method->label == METHOD_CNODE_MOVE || method->label == METHOD_CNODE_MUTATE ? 2 : 0;
    if (is_ending && step->word[index] < SLOT_FIRST_FREE && !choose_one_in(40)) {
        step->word[index] = choose_cap((uint32_t)CHOOSE(CAP_TYPE_ENDPOINT, CAP_TYPE_NOTIFICATION, CAP_TYPE_REPLY,
                                                        CAP_TYPE_TIMER, CAP_TYPE_FRAME, CAP_TYPE_TCB,
                                                        CAP_TYPE_SCHED_CONTEXT, CAP_TYPE_UNTYPED, CAP_TYPE_CNODE));
        if (step->word[index] == SLOT_CNODE || step->word[index] == SLOT_UNTYPED) {
            step->word[index] = choose_empty(choose_cspace());
        }
    }
}

static uint32_t cnode_in(uint64_t slot)
{
    const struct model_cap *cap = model_cap_at((struct model_place){MODEL_IN_CNODE, choose_cspace(), (uint32_t)slot});
    return slot < 4096 && cap != NULL && cap->type == CAP_TYPE_CNODE ? cap->object : choose_cspace();
}

void generate_invocation(struct step *step)
{
    const struct method *method = pick_method();
    uint64_t count = 0;
    step->kind = STEP_SYSCALL;
    step->number = SYSCALL_CALL;
    bool is_world = method->type == CAP_TYPE_CNODE || method->type == CAP_TYPE_UNTYPED;
    step->cap = is_world && !choose_one_in(6) ? (method->type == CAP_TYPE_CNODE ? SLOT_CNODE : SLOT_UNTYPED)
                                              : choose_cap(method->type);
    uint32_t cnode = cnode_in(step->cap);
    for (; method->args[count] != '\0'; count++) {
        step->word[count] = argument(method->args[count], cnode, step->word);
        cnode = method->args[count] == 'C' ? cnode_in(step->word[count]) : cnode;
        if (choose_one_in(60)) {
            step->word[count] = choose_one_in(2) ? choose_odd() : choose_full(choose_cspace());
        }
    }
    step->flags |= method->args[0] == 'd' && !choose_one_in(10) ? STEP_FROM_NOW : 0;
    spare_the_world(method, step);
    uint64_t length = choose_one_in(50) ? choose(9) : count;
    uint64_t label = choose_one_in(80) ? choose(16) : method->label;
    bool is_open = method->args[0] == 'g' || method->args[0] == 'v';
    step->tag = tag_make(label, is_open ? choose(24) : length, choose_one_in(80) ? choose(6) : 0);
}

/* --- messages --- */

static void generate_message(struct step *step)
{
    uint64_t length = choose_one_in(6) ? CHOOSE(9, 12, 119, 120, 121) : choose(9);
    uint64_t caps = choose_one_in(6) ? 1 + choose(4) : 0;
    step->tag = tag_make(choose(9), length, caps);
    for (unsigned int i = 0; i < 8; i++) {
        step->word[i] = choose_one_in(3) ? choose_odd() : choose(4);
    }
    if (choose_one_in(3)) {
        step->word[0] = CHOOSE(FAULT_REPLY_RESUME, FAULT_REPLY_RESUME | FAULT_REPLY_SKIP, 0, FAULT_REPLY_SKIP);
    }
    if (caps != 0 || choose_one_in(4)) {
        step->buffer_count = 4;
        for (unsigned int i = 0; i < 3; i++) {
            step->buffer_index[i] = IPC_BUFFER_CAPS + i;
            step->buffer_word[i] = choose_one_in(8) ? choose_odd() : choose_full(choose_cspace());
        }
        step->buffer_index[3] = IPC_BUFFER_RECEIVE_INDEX;
        step->buffer_word[3] = choose_one_in(3) ? choose_odd() : choose_row(2);
    }
    if (length > 8) {
        step->buffer_count = 6;
        step->buffer_index[4] = 8;
        step->buffer_word[4] = choose_odd();
        step->buffer_index[5] = length < 121 ? length - 1 : 119;
        step->buffer_word[5] = choose_odd();
    }
}

/** A Reply that nobody uses, or now and then any, or none. */
static uint64_t free_reply(void)
{
    uint64_t slot = choose_one_in(12) ? 0 : choose_cap(CAP_TYPE_REPLY);
    for (unsigned int tries = 0; tries < 6 && slot != 0; tries++) {
        const struct model_cap *cap =
            model_cap_at((struct model_place){MODEL_IN_CNODE, choose_cspace(), (uint32_t)slot});
        if (cap->type == CAP_TYPE_REPLY && model.reply[cap->object].server == 0) {
            return slot;
        }
        slot = choose_cap(CAP_TYPE_REPLY);
    }
    return slot;
}

static uint64_t owed_reply(void)
{
    for (uint32_t id = 1; id < MODEL_REPLIES; id++) {
        if (model.reply[id].caller != 0 && model.reply[id].server == model.current && !choose_one_in(4)) {
            return choose_cap_of(CAP_TYPE_REPLY, id);
        }
    }
    return 0;
}

/** Roles keep calls going: some threads serve, some call, some wait for signals. */
static uint64_t role_number(uint64_t owed)
{
    switch (model.current % 4) {
    case 1:
        return model.current == 1
                   ? CHOOSE(SYSCALL_SIGNAL, SYSCALL_NB_SEND, SYSCALL_POLL, SYSCALL_YIELD, SYSCALL_NB_RECV)
                   : CHOOSE(SYSCALL_SIGNAL, SYSCALL_SEND, SYSCALL_WAIT, SYSCALL_YIELD, SYSCALL_CALL);
    case 2:
        return owed != 0
                   ? CHOOSE(SYSCALL_REPLY_RECV, SYSCALL_REPLY_RECV, SYSCALL_SEND, SYSCALL_CALL, SYSCALL_NB_SEND_RECV)
                   : CHOOSE(SYSCALL_RECV, SYSCALL_RECV, SYSCALL_RECV, SYSCALL_NB_RECV);
    case 3:
        return owed != 0 ? CHOOSE(SYSCALL_REPLY_RECV, SYSCALL_SEND)
                         : CHOOSE(SYSCALL_CALL, SYSCALL_CALL, SYSCALL_SEND, SYSCALL_RECV);
    default:
        return CHOOSE(SYSCALL_WAIT, SYSCALL_POLL, SYSCALL_SIGNAL, SYSCALL_CALL, SYSCALL_SEND, SYSCALL_RECV);
    }
}

/** Calls go where a server waits, sends where several come together; receivers mostly go where they are not expected yet. */
static uint64_t endpoint_for(uint64_t number)
{
    uint64_t slot = 0;
    if (number == SYSCALL_CALL && !choose_one_in(3)) {
        slot = choose_meeting(MODEL_RECV);
    } else if (number == SYSCALL_SEND && choose_one_in(3)) {
        slot = choose_one_in(2) ? choose_meeting(MODEL_SEND) : choose_badged(CAP_TYPE_ENDPOINT);
    } else if (number == SYSCALL_RECV && choose_one_in(5)) {
        slot = choose_meeting(MODEL_SEND);
    }
    return slot != 0 ? slot : choose_cap(CAP_TYPE_ENDPOINT);
}

/** What a Wait acknowledges: mostly nothing, sometimes what it cannot. */
static uint64_t handler(void)
{
    return choose_one_in(20) ? choose_full(choose_cspace()) : choose_one_in(3) ? choose_cap(CAP_TYPE_IRQ_HANDLER) : 0;
}

void generate_ipc(struct step *step)
{
    uint64_t owed = owed_reply();
    bool is_first = model.current == 1; /* should it stop, nobody may be left to wake the others */
    uint64_t number = choose_one_in(is_first ? 50 : 3) ? 1 + choose(11) : role_number(owed);
    number = choose_one_in(is_first ? 2000 : 200) ? choose_odd() % 256 : number;
    bool is_signal = number == SYSCALL_SIGNAL || number == SYSCALL_WAIT || number == SYSCALL_POLL;
    bool is_answer =
        owed != 0 && (number == SYSCALL_SEND || number == SYSCALL_NB_SEND || number == SYSCALL_NB_SEND_RECV);
    step->kind = STEP_SYSCALL;
    step->number = (uint8_t)number;
    generate_message(step);
    step->cap = is_answer ? owed : is_signal ? choose_cap(CAP_TYPE_NOTIFICATION) : endpoint_for(number);
    step->reply = number == SYSCALL_REPLY_RECV && owed != 0 ? owed : number == SYSCALL_WAIT ? handler() : free_reply();
    step->second = choose_cap(CAP_TYPE_ENDPOINT);
    if (choose_one_in(40)) {
        step->cap = choose_one_in(2) ? choose_full(choose_cspace()) : choose_odd();
    }
}

/* --- faults, time, interrupts --- */

static void generate_fault(struct step *step)
{
    bool is_guest = model.current != 0 && model.thread[model.current].vcpu != 0;
    step->kind = STEP_FAULT;
    step->number = is_guest && !choose_one_in(8) ? FAULT_VM_EXIT : CHOOSE(FAULT_MEMORY, FAULT_EXCEPTION);
    for (unsigned int i = 0; i < 8; i++) {
        step->word[i] = choose_odd();
    }
}

static void generate_time(struct step *step)
{
    uint64_t now = model.machine.clock;
    uint64_t deadline = model.machine.timer_deadline;
    step->kind = STEP_TIME;
    step->ticks = (uint32_t)CHOOSE(1, 100, 5000, 62500, 625000);
    if (deadline != MODEL_NO_DEADLINE && deadline - now < 4 * 62500000ul && !choose_one_in(4)) {
        step->ticks = (uint32_t)(deadline - now + choose(3) - (deadline > now));
    }
}

static uint8_t interrupt_number(void)
{
    for (unsigned int tries = 0; tries < 12; tries++) {
        uint64_t irq = MODEL_IRQ_FREE + choose(MODEL_IRQS - MODEL_IRQ_FREE);
        if (model.irq[irq].notification != 0) {
            return (uint8_t)irq;
        }
    }
    return (uint8_t)(choose_one_in(4) ? MODEL_IRQ_FREE + choose(5) : MODEL_IRQ_EDGE);
}

static bool is_guest_waiting(void)
{
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        if (model.thread[id].state == MODEL_WFI) {
            return true;
        }
    }
    return false;
}

static bool is_interrupt_bound(void)
{
    for (uint32_t irq = MODEL_IRQ_FREE; irq < MODEL_IRQS; irq++) {
        if (model.irq[irq].notification != 0 && model.irq[irq].is_unmasked && !model.irq[irq].is_active) {
            return true;
        }
    }
    return false;
}

/** Nobody runs: time passes, or something from outside comes; if there is nothing to come, the sequence ends. */
static void generate_idle(struct step *step)
{
    if (model.machine.timer_deadline == MODEL_NO_DEADLINE && !is_guest_waiting() && !is_interrupt_bound()) {
        step->kind = STEP_END;
        return;
    }
    if (is_guest_waiting() && choose_one_in(3)) {
        step->kind = STEP_DEADLINE;
        step->word[0] = choose(10000);
    } else if (choose_one_in(4)) {
        step->kind = STEP_IRQ;
        step->number = interrupt_number();
    } else {
        generate_time(step);
    }
}

/** Whether it is a call that has preemption points. */
static bool is_long(const struct step *step)
{
    const struct model_cap *cap =
        model_cap_at((struct model_place){MODEL_IN_CNODE, choose_cspace(), (uint32_t)step->cap});
    bool is_invocation = step->number == SYSCALL_CALL && step->cap < UINT32_MAX && cap != NULL;
    return is_invocation && (cap->type == CAP_TYPE_CNODE || cap->type == CAP_TYPE_UNTYPED || cap->type == CAP_TYPE_TCB);
}

/** What may happen around any step. */
static void surround(struct step *step)
{
    step->exit_state = (uint8_t)CHOOSE(MODEL_READY, MODEL_READY, MODEL_WFI, MODEL_INACTIVE);
    if (step->kind == STEP_TIME) {
        step->flags |= choose_one_in(6) ? STEP_LATE : 0;
        return;
    }
    step->ticks = (uint32_t)(choose_one_in(12) ? 1 + choose(20000) : 1 + choose(200));
    step->flags |= choose_one_in(30) ? STEP_LATE : 0;
    bool has_fastpath = step->number == SYSCALL_CALL || step->number == SYSCALL_REPLY_RECV ||
                        step->number == SYSCALL_SIGNAL || step->number == SYSCALL_WAIT;
    step->flags |= step->kind == STEP_SYSCALL && has_fastpath && choose_one_in(3) ? STEP_LONG_WAY : 0;
    if (step->kind == STEP_SYSCALL && step->preempt_after == 0 && choose_one_in(is_long(step) ? 2 : 8)) {
        step->preempt_after = (uint8_t)(1 + choose(choose_one_in(4) ? 12 : 3));
        step->preempt_irq = interrupt_number();
    }
}

void lockstep_generate_begin(void)
{
    recipe_forget();
}

void lockstep_generate(uint64_t *random, struct step *out)
{
    choose_state = *random;
    *out = (struct step){.kind = STEP_TIME};
    uint64_t choice = choose(100);
    bool is_first = model.current == 1;
    if (model.current == 0) {
        generate_idle(out);
    } else if (step_is_repeated()) {
        out->kind = STEP_SYSCALL;
    } else if (recipe_next(out)) {
        /* planned */
    } else if (choice < 3 || (is_first && choice < recipe_wish())) {
        recipe_plan();
        (void)recipe_next(out);
    } else if (choice < (is_first ? 30 : owed_reply() != 0 ? 80 : 66)) {
        generate_ipc(out);
    } else if (choice < 88) {
        generate_invocation(out);
    } else if (!is_first && (choice < 91 || (model.thread[model.current].vcpu != 0 && choice < 97))) {
        generate_fault(out);
    } else if (choice < 97) {
        generate_time(out);
    } else {
        out->kind = STEP_IRQ;
        out->number = interrupt_number();
    }
    surround(out);
    *random = choose_state;
}
