/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The abstraction function: the kernel's state in the model's terms. The only file that knows both. An object's id is the one that the
 * model has for its type and address; a pointer to anything else becomes UNKNOWN, which equals nothing.
 */
#include <string.h>

#include "kernel/arch/fake/fake.h"
#include "kernel/object/objects.h"
#include "test/model/lockstep.h"
#include "test/unit/kernel/harness/world.h"

#define UNKNOWN   0xffff
#define UNIT_BITS 6 /* no object is smaller */
#define UNITS     (WORLD_BYTES >> UNIT_BITS)
#define WALK_MAX  1000

/* --- names --- */

struct name {
    uint16_t id;
    uint8_t type; /* CAP_TYPE_x */
};

static struct name names[UNITS];

static bool is_in_world(uint64_t address)
{
    return address >= WORLD_BASE && address < WORLD_BASE + WORLD_BYTES;
}

/** The objects that the model's capabilities name. */
static void name_all(bool is_named)
{
    for (uint32_t i = 0; i < model.cap_count; i++) {
        const struct model_cap *cap = &model.cap[i];
        if (cap->object != 0 && is_in_world(cap->address)) {
            struct name *name = &names[(cap->address - WORLD_BASE) >> UNIT_BITS];
            uint8_t type = cap->type == CAP_TYPE_ZOMBIE ? CAP_TYPE_CNODE : (uint8_t)cap->type;
            *name = is_named ? (struct name){.id = (uint16_t)cap->object, .type = type} : (struct name){0};
        }
    }
}

static uint32_t id_of(const void *object, uint8_t type)
{
    uint64_t address = (uint64_t)object;
    if (object == NULL) {
        return 0;
    }
    if (!is_in_world(address) || address % (1u << UNIT_BITS) != 0) {
        return UNKNOWN;
    }
    struct name name = names[(address - WORLD_BASE) >> UNIT_BITS];
    return name.type == type && name.id != 0 ? name.id : UNKNOWN;
}

static uint32_t thread_id(const struct tcb *tcb)
{
    return id_of(tcb, CAP_TYPE_TCB);
}

static uint32_t reply_id(const struct reply *reply)
{
    return id_of(reply, CAP_TYPE_REPLY);
}

static uint32_t context_id(const struct sched_context *context)
{
    return id_of(context, CAP_TYPE_SCHED_CONTEXT);
}

static uint32_t notification_id(const struct notification *notification)
{
    return id_of(notification, CAP_TYPE_NOTIFICATION);
}

/* --- capabilities --- */

struct slot *lockstep_slot(struct model_place place)
{
    if (place.holder == MODEL_IN_CNODE) {
        return (struct slot *)model.cnode[place.id].address + place.index;
    }
    return &((struct tcb *)model.thread[place.id].address)->slot[place.index];
}

static struct model_place place_of(const struct slot *slot)
{
    uint64_t address = (uint64_t)slot;
    for (uint32_t id = 1; id < MODEL_CNODES; id++) {
        const struct model_cnode *cnode = &model.cnode[id];
        uint64_t size = (1ul << cnode->slot_bits) * sizeof(struct slot);
        if (cnode->exists && address >= cnode->address && address - cnode->address < size) {
            uint64_t index = (address - cnode->address) / sizeof(struct slot);
            return (struct model_place){MODEL_IN_CNODE, id, (uint32_t)index};
        }
    }
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        const struct tcb *tcb = (const struct tcb *)model.thread[id].address;
        if (model.thread[id].exists && slot >= tcb->slot && slot < tcb->slot + TCB_SLOT_COUNT) {
            return (struct model_place){MODEL_IN_THREAD, id, (uint32_t)(slot - tcb->slot)};
        }
    }
    return (struct model_place){MODEL_IN_NOTHING, UNKNOWN, 0};
}

static void view_frame(struct cap cap, struct model_cap *out)
{
    out->kind = (uint32_t)frame_cap_device(cap);
    out->is_mapped = (uint32_t)frame_cap_mapped(cap);
    out->space_id = (uint32_t)frame_cap_space_id(cap);
    out->space_generation = (uint32_t)frame_cap_space_gen(cap);
    out->page = frame_cap_page(cap);
    const struct vspace *vspace = out->is_mapped ? lockstep_space(out->space_id, out->space_generation) : NULL;
    struct arch_mapping mapping = {0};
    uint64_t address = out->page << PAGE_BITS;
    if (vspace == NULL) {
        return;
    }
    bool is_there = arch_vspace_find(vspace, address, &mapping) && mapping.address == address &&
                    mapping.physical == out->address && mapping.size_bits == out->size_bits;
    out->map_rights = is_there ? (uint32_t)mapping.rights : UNKNOWN;
    out->map_attribute = is_there ? (uint32_t)mapping.attribute : UNKNOWN;
}

static void view_untyped(struct cap cap, struct model_cap *out)
{
    out->rights = 0;
    out->is_original = false;
    out->kind = (uint32_t)untyped_cap_kind(cap);
    out->free = untyped_cap_free(cap) * UNTYPED_UNIT_BYTES;
    out->zeroed = untyped_cap_zeroed(cap) * UNTYPED_UNIT_BYTES;
}

static bool is_object(uint64_t type)
{
    const uint32_t others = 1u << CAP_TYPE_UNTYPED | 1u << CAP_TYPE_SCHED_CONTROL | 1u << CAP_TYPE_FRAME |
                            1u << CAP_TYPE_IRQ_CONTROL | 1u << CAP_TYPE_IRQ_HANDLER | 1u << CAP_TYPE_SMC |
                            1u << CAP_TYPE_CONSOLE;
    return (others >> type & 1) == 0;
}

static void view_cap(const struct slot *slot, uint32_t root, struct model_cap *out)
{
    struct cap cap = slot->cap;
    *out = (struct model_cap){
        .place = place_of(slot),
        .root = root,
        .type = (uint32_t)cap_type(cap),
        .rights = (uint32_t)cap_rights(cap),
        .is_original = (uint32_t)cap_original(cap),
        .address = cap_object(cap),
        .badge = cap_badge(cap),
    };
    uint8_t type = out->type == CAP_TYPE_ZOMBIE ? CAP_TYPE_CNODE : (uint8_t)out->type;
    out->object = is_object(type) ? id_of(slot_object(slot), type) : 0;
    bool is_readable = type != CAP_TYPE_VSPACE || out->object != UNKNOWN;
    out->size_bits = is_readable && type < CAP_TYPE_COUNT ? (uint32_t)cap_size_bits(cap) : UNKNOWN;
    if (type == CAP_TYPE_UNTYPED) {
        view_untyped(cap, out);
    } else if (type == CAP_TYPE_FRAME) {
        view_frame(cap, out);
    } else if (type == CAP_TYPE_IRQ_HANDLER) {
        out->badge = irq_handler_cap_irq(cap);
    } else if (out->type == CAP_TYPE_ZOMBIE && out->object < MODEL_CNODES) {
        out->size_bits = model.cnode[out->object].slot_bits + CAP_SLOT_SIZE_BITS;
    }
    bool is_bound = type != CAP_TYPE_UNTYPED && cap_bound(cap) != 0;
    if (is_bound != (out->place.holder == MODEL_IN_THREAD)) {
        out->place.holder = UNKNOWN;
    }
}

/** The list that begins in `slot`, as the kernel links it. */
static void view_list(struct model *out, const struct slot *slot, uint32_t root)
{
    if (slot->prev != NULL) {
        root = UNKNOWN;
    }
    for (; slot != NULL && out->cap_count < MODEL_CAPS; slot = slot->next) {
        if (!is_in_world((uint64_t)slot)) {
            out->cap_count = UNKNOWN;
            return;
        }
        if (slot_is_empty(slot)) {
            return;
        }
        view_cap(slot, root, &out->cap[out->cap_count]);
        out->cap_count++;
    }
}

static void view_caps(struct model *out)
{
    uint32_t root = 0;
    for (uint32_t i = 0; i < model.cap_count; i++) {
        if (model.cap[i].root != root) {
            root = model.cap[i].root;
            view_list(out, lockstep_slot(model.cap[i].place), root);
        }
    }
}

/* --- threads --- */

static uint32_t view_state(uint8_t state)
{
    static const uint8_t states[] = {
        [THREAD_INACTIVE] = MODEL_INACTIVE, [THREAD_READY] = MODEL_READY, [THREAD_RECV] = MODEL_RECV,
        [THREAD_SEND] = MODEL_SEND,         [THREAD_REPLY] = MODEL_REPLY, [THREAD_WAIT] = MODEL_WAIT,
        [THREAD_WFI] = MODEL_WFI,
    };
    return state < sizeof(states) ? states[state] : UNKNOWN;
}

static void view_thread(struct model *out, uint32_t id)
{
    const struct tcb *tcb = (const struct tcb *)model.thread[id].address;
    struct model_thread *thread = &out->thread[id];
    memcpy(thread->reg, tcb->registers.reg, sizeof(thread->reg));
    memcpy(thread->fault_word, tcb->fault_word, sizeof(thread->fault_word));
    thread->address = (uint64_t)tcb;
    thread->buffer = (uint64_t)tcb->buffer;
    thread->exists = true;
    thread->state = view_state(tcb->state);
    thread->priority = tcb->priority;
    thread->max_priority = tcb->max_priority;
    thread->features = tcb->features;
    thread->context = context_id(tcb->context);
    thread->home_context = context_id(tcb->home_context);
    thread->lent_context = context_id(tcb->lent_context);
    thread->notification = notification_id(tcb->bound_notification);
    thread->vcpu = id_of(tcb->vcpu, CAP_TYPE_VCPU);
    thread->reply = reply_id(tcb->reply);
    bool is_at_notification = tcb->state == THREAD_WAIT;
    thread->waits_at = id_of(tcb->blocked_on, is_at_notification ? CAP_TYPE_NOTIFICATION : CAP_TYPE_ENDPOINT);
    thread->is_passive_waiter = tcb->is_passive_waiter;
    thread->fault_label = (uint32_t)tcb->fault_label;
    thread->fault_length = (uint32_t)tcb->fault_length;
    thread->repeats = model.thread[id].repeats;
    thread->badge = tcb->badge;
    thread->is_call = tcb->is_call;
    thread->can_grant = tcb->can_grant;
    if (tcb->state != THREAD_SEND) { /* its message has arrived or there is none: the kernel need not keep it */
        thread->badge = model.thread[id].badge;
        thread->is_call = model.thread[id].is_call;
        thread->can_grant = model.thread[id].can_grant;
        memcpy(thread->fault_word, model.thread[id].fault_word, sizeof(thread->fault_word));
        thread->fault_length = model.thread[id].fault_length;
    }
    uint32_t turn = 1;
    for (const struct reply *reply = tcb->serving; reply != NULL && turn < WALK_MAX; reply = reply->serving_next) {
        uint32_t number = reply_id(reply);
        if (number < MODEL_REPLIES) {
            out->reply[number].serve_turn = turn;
        }
        turn++;
    }
}

/** T3: what mirrors the CSpace's and the VSpace's capability. */
static bool is_mirrored(const struct tcb *tcb)
{
    const struct slot *cspace = &tcb->slot[TCB_SLOT_CSPACE];
    const struct slot *vspace = &tcb->slot[TCB_SLOT_VSPACE];
    bool is_cspace = slot_is_empty(cspace) ? tcb->cspace_slots == NULL && tcb->cspace_count == 0
                                           : (void *)tcb->cspace_slots == slot_object(cspace) &&
                                                 tcb->cspace_count == 1ul << cnode_cap_slot_bits(cspace->cap);
    bool is_vspace = slot_is_empty(vspace) ? tcb->vspace == NULL : (void *)tcb->vspace == slot_object(vspace);
    return is_cspace && is_vspace;
}

/** Turns of those who wait in one queue. */
static void view_queue(struct model *out, const struct thread_queue *queue)
{
    uint32_t turn = 0;
    uint32_t count = 0;
    const struct tcb *before = NULL;
    for (const struct tcb *tcb = queue->head; tcb != NULL && count < WALK_MAX; tcb = thread_queue_next(tcb)) {
        uint32_t id = thread_id(tcb);
        turn = before != NULL && before->priority == tcb->priority ? turn + 1 : 1;
        if (id >= MODEL_THREADS) {
            return;
        }
        out->thread[id].wait_turn = turn;
        before = tcb;
        count++;
    }
}

static const struct tcb *next_in_ring(const struct tcb *tcb, const struct tcb *head)
{
    return tcb->peer_next != head ? tcb->peer_next : NULL;
}

static void view_ready(struct model *out)
{
    const struct tcb *first = percpu()->ready_first;
    if (first != NULL && thread_id(first) < MODEL_THREADS) {
        out->thread[thread_id(first)].ready_turn = 1;
    }
    for (unsigned int priority = 0; priority < PRIORITY_COUNT; priority++) {
        uint32_t turn = first != NULL && first->priority == priority ? 1 : 0;
        const struct tcb *head = percpu()->ready[priority];
        for (const struct tcb *tcb = head; tcb != NULL && turn < WALK_MAX; tcb = next_in_ring(tcb, head)) {
            uint32_t id = thread_id(tcb);
            if (id < MODEL_THREADS) {
                out->thread[id].ready_turn = ++turn;
            }
        }
    }
}

/* --- other objects --- */

static void view_endpoint(struct model *out, uint32_t id)
{
    const struct endpoint *endpoint = (const struct endpoint *)model.endpoint[id].address;
    out->endpoint[id] = (struct model_endpoint){
        .address = (uint64_t)endpoint,
        .exists = true,
        .cancel_badge = endpoint->cancel_badge,
        .cancel_next = thread_id(endpoint->cancel_next),
    };
    view_queue(out, &endpoint->queue);
}

static void view_notification(struct model *out, uint32_t id)
{
    const struct notification *self = (const struct notification *)model.notification[id].address;
    out->notification[id] = (struct model_notification){
        .address = (uint64_t)self,
        .exists = true,
        .pending = self->pending,
        .bound = thread_id(self->bound),
        .context = context_id(self->context),
    };
    view_queue(out, &self->queue);
    view_queue(out, &self->passive);
    uint32_t turn = 1;
    for (const struct timer *timer = self->timers; timer != NULL && turn < WALK_MAX; timer = timer->next) {
        uint32_t number = id_of(timer, CAP_TYPE_TIMER);
        if (number < MODEL_TIMERS) {
            out->timer[number].bind_turn = turn;
        }
        turn++;
    }
}

static void view_reply(struct model *out, uint32_t id)
{
    const struct reply *reply = (const struct reply *)model.reply[id].address;
    out->reply[id].address = (uint64_t)reply;
    out->reply[id].exists = true;
    out->reply[id].caller = thread_id(reply->caller);
    out->reply[id].server = thread_id(reply->server);
}

/** From the top down; the model's begins at the bottom. */
static void view_chain(const struct sched_context *context, struct model_context *out)
{
    const struct reply *reply = context->reply_top;
    for (; reply != NULL && out->chain_count < MODEL_CHAIN; reply = reply->below) {
        out->chain[out->chain_count++] = reply_id(reply);
    }
    for (uint32_t i = 0; i < out->chain_count / 2; i++) {
        uint32_t other = out->chain[out->chain_count - 1 - i];
        out->chain[out->chain_count - 1 - i] = out->chain[i];
        out->chain[i] = other;
    }
}

static void view_context(struct model *out, uint32_t id)
{
    const struct sched_context *context = (const struct sched_context *)model.context[id].address;
    struct model_context *self = &out->context[id];
    *self = (struct model_context){
        .address = (uint64_t)context,
        .budget = context->budget,
        .period = context->period,
        .consumed = context->consumed,
        .badge = context->badge,
        .refill_min = context->refill_min,
        .refill_count = context->refill_count,
        .refill_max = context->refill_max,
        .exists = true,
        .thread = thread_id(context->thread),
        .home_thread = thread_id(context->home_thread),
        .home_notification = notification_id(context->home_notification),
        .lent_to = thread_id(context->lent_to),
        .is_released = context->is_released,
    };
    for (uint32_t i = 0; i < context->refill_count; i++) {
        const struct refill *refill = &context->refill[(context->refill_head + i) % SEL_LIMIT_REFILL_COUNT_MAX];
        self->refill[i] = (struct model_refill){.release = refill->release, .amount = refill->amount};
    }
    view_chain(context, self);
}

static void view_timer(struct model *out, uint32_t id)
{
    const struct timer *timer = (const struct timer *)model.timer[id].address;
    struct model_timer *self = &out->timer[id];
    self->address = (uint64_t)timer;
    self->exists = true;
    self->is_set = timer->event.is_set;
    self->deadline = timer->event.node.key;
    self->badge = timer->badge;
    self->notification = notification_id(timer->notification);
}

static void view_vspace(struct model *out, uint32_t id)
{
    const struct vspace *vspace = (const struct vspace *)model.vspace[id].address;
    out->vspace[id] = (struct model_vspace){
        .address = (uint64_t)vspace,
        .exists = true,
        .is_guest = vspace->is_guest,
        .space_id = vspace->space_id,
        .space_generation = vspace->space_gen,
    };
    while ((1ul << out->vspace[id].size_bits) < (vspace->table_count + VSPACE_OWN_PAGES) << PAGE_BITS) {
        out->vspace[id].size_bits++;
    }
}

static void view_vcpu(struct model *out, uint32_t id)
{
    const struct vcpu *vcpu = (const struct vcpu *)model.vcpu[id].address;
    struct model_vcpu *self = &out->vcpu[id];
    const struct arch_vcpu *arch = &vcpu->arch;
    *self = (struct model_vcpu){
        .address = (uint64_t)vcpu,
        .deadline = vcpu->event.node.key,
        .entries = {arch->entries[0], arch->entries[1]},
        .lr_state = arch->lr_state,
        .offset = arch->offset,
        .injected_syndrome = arch->injected_syndrome,
        .injected_address = arch->injected_address,
        .is_injected_sync = arch->is_injected_sync,
        .is_pending = arch->is_pending,
        .is_notified_empty = arch->is_notified_empty,
        .is_set = vcpu->event.is_set,
        .exists = true,
        .thread = thread_id(vcpu->tcb),
    };
    memcpy(self->reg, arch->reg, sizeof(self->reg));
    for (unsigned int i = 0; i < 2; i++) {
        self->timer_intid[i] = arch->timer[i].intid;
        self->timer_priority[i] = arch->timer[i].priority;
        self->timer_is_enabled[i] = arch->timer[i].is_enabled;
        self->timer_is_group1[i] = arch->timer[i].is_group1;
    }
}

static void view_cnode(struct model *out, uint32_t id, const struct model_cap *cap)
{
    out->cnode[id].address = model.cnode[id].address;
    out->cnode[id].exists = true;
    out->cnode[id].slot_bits = cap->size_bits - CAP_SLOT_SIZE_BITS;
}

static void view_dying(struct model *out)
{
    uint32_t turn = 1;
    const struct slot *zombie = lockstep_dying_first();
    for (; zombie != NULL && turn < WALK_MAX; turn++) {
        uint32_t id = id_of(zombie, CAP_TYPE_CNODE);
        if (id >= MODEL_CNODES) {
            return;
        }
        out->cnode[id].dying_turn = turn;
        out->cnode[id].remaining = (uint32_t)zombie_cap_remaining(zombie->cap);
        zombie = (const struct slot *)(zombie_cap_next(zombie->cap) << OBJECT_BITS_CNODE_MIN);
    }
}

static void view_object(struct model *out, const struct model_cap *cap)
{
    switch (cap->type) {
    case CAP_TYPE_CNODE:
    case CAP_TYPE_ZOMBIE:
        view_cnode(out, cap->object, cap);
        break;
    case CAP_TYPE_TCB:
        view_thread(out, cap->object);
        if (!is_mirrored((const struct tcb *)cap->address)) {
            out->thread[cap->object].exists = UNKNOWN;
        }
        break;
    case CAP_TYPE_ENDPOINT:
        view_endpoint(out, cap->object);
        break;
    case CAP_TYPE_NOTIFICATION:
        view_notification(out, cap->object);
        break;
    case CAP_TYPE_REPLY:
        view_reply(out, cap->object);
        break;
    case CAP_TYPE_SCHED_CONTEXT:
        view_context(out, cap->object);
        break;
    case CAP_TYPE_TIMER:
        view_timer(out, cap->object);
        break;
    case CAP_TYPE_VSPACE:
        view_vspace(out, cap->object);
        break;
    case CAP_TYPE_VCPU:
        view_vcpu(out, cap->object);
        break;
    default:
        break;
    }
}

/** Each once: an object's capabilities are neighbours. Order matters: threads' queues are told by where they wait. */
static void view_objects(struct model *out)
{
    for (unsigned int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < out->cap_count; i++) {
            const struct model_cap *cap = &out->cap[i];
            bool is_first = cap->type == CAP_TYPE_TCB || cap->type == CAP_TYPE_REPLY || cap->type == CAP_TYPE_TIMER;
            bool is_repeated = i > 0 && out->cap[i - 1].type == cap->type && out->cap[i - 1].object == cap->object;
            if (cap->object != 0 && cap->object != UNKNOWN && !is_repeated && is_first == (pass == 0)) {
                view_object(out, cap);
            }
        }
    }
}

/* --- the machine --- */

static void view_irqs(struct model *out)
{
    for (uint64_t irq = 0; irq < MODEL_IRQS; irq++) {
        struct model_irq *self = &out->irq[irq];
        const void *notification;
        lockstep_irq(irq, self, &notification);
        self->notification = notification_id(notification);
        self->line = irq == FAKE_IRQ_TIMER ? MODEL_LINE_INACTIVE : fake.irq[irq].state;
        self->is_unmasked = fake.irq[irq].is_unmasked;
        self->is_edge = irq >= FAKE_IRQ_FIRST_FREE && fake.irq[irq].is_edge;
    }
}

static void view_machine(struct model *out)
{
    struct model_machine *machine = &out->machine;
    machine->clock = fake.clock;
    machine->clock_hz = fake.clock_hz;
    machine->timer_deadline = fake.timer_deadline;
    machine->preempt_after = fake.preempt_after;
    machine->preempt_irq = fake.preempt_irq;
    machine->exit_state = view_state(fake.vcpu_next_state);
    machine->cache_count = fake.cache_count;
    machine->cache_operation = fake.cache_operation;
    machine->cache_address = fake.cache_address;
    machine->cache_length = fake.cache_length;
    machine->smc_count = fake.smc_count;
    memcpy(machine->smc_in, fake.smc_in, sizeof(machine->smc_in));
    memcpy(machine->smc_out, fake.smc_out, sizeof(machine->smc_out));
    memcpy(machine->exit_reply, fake.vcpu_reply, sizeof(machine->exit_reply));
    machine->console_length = lockstep_host.console_length;
    memcpy(machine->console, lockstep_host.console, sizeof(machine->console));
    machine->stopped_count = lockstep_host.stopped_count;
    machine->stopped_thread = lockstep_host.stopped_thread;
    machine->stopped_fault = lockstep_host.stopped_fault;
    memcpy(machine->stopped_word, lockstep_host.stopped_word, sizeof(machine->stopped_word));
}

static void view_buffers(struct model *out)
{
    out->buffer_count = model.buffer_count;
    for (uint32_t i = 0; i < model.buffer_count; i++) {
        out->buffer[i].address = model.buffer[i].address;
        if (is_in_world(model.buffer[i].address)) {
            memcpy(out->buffer[i].word, (const void *)model.buffer[i].address, sizeof(out->buffer[i].word));
        }
    }
}

/** What the kernel keeps otherwise, or not at all. */
static void view_rest(struct model *out)
{
    out->preloaded_start = model.preloaded_start;
    out->preloaded_end = model.preloaded_end;
    out->preloaded_word = model.preloaded_word;
    out->space_used = model.space_used;
    out->space_free_count = model.space_free_count;
    memcpy(out->space_free, model.space_free, sizeof(out->space_free));
    memcpy(out->space_generation, model.space_generation, sizeof(out->space_generation));
    out->is_full = model.is_full;
    out->is_ambiguous = model.is_ambiguous;
}

void lockstep_view(struct model *out)
{
    memset(out, 0, sizeof(*out));
    view_rest(out);
    name_all(true);
    view_machine(out);
    view_irqs(out);
    view_caps(out);
    view_objects(out);
    view_dying(out);
    view_ready(out);
    view_buffers(out);
    out->current = thread_id(percpu()->current);
    out->charged = context_id(percpu()->context);
    out->charged_since = percpu()->context_since;
    if (fake.running != percpu()->current) {
        out->current = UNKNOWN;
    }
    name_all(false);
}
