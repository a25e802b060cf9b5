/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world: how it is born (as boot does it, from the kernel's own functions) and how it ends (everything is deleted, and nothing
 * may be left behind in queues and heaps). What happens in between is in act.c.
 */
#include "test/unit/kernel/harness/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gen/invocations.h"
#include "kernel/object/destroy.h"
#include "kernel/object/untyped.h"

#define ARENA_BYTES   (1ul << WORLD_ARENA_BITS)
#define UNTYPED_BITS  (WORLD_ARENA_BITS - 1) /* the upper half; what boot makes is in the lower */
#define FRAME_BITS    12
#define SLICE_NS      10000000ul
#define INIT_PRIORITY 100
#define DESTROY_MAX   1000000

struct world world;

/** Memory for one object of the boot area. */
static uint64_t boot_take(uint64_t size_bits)
{
    uint64_t size = 1ul << size_bits;
    uint64_t address = (world.boot_next + size - 1) & ~(size - 1);
    world.boot_next = address + size;
    assert_true(world.boot_next <= (uint64_t)world.arena + ARENA_BYTES / 2);
    return address;
}

static struct cap boot_make(uint64_t object_type, uint64_t size_bits)
{
    return untyped_make_object(object_type, boot_take(size_bits), size_bits, UNTYPED_KIND_RAM);
}

void world_root(uint64_t slot, struct cap cap)
{
    assert_true(world.list_count < WORLD_LIST_MAX);
    struct slot *anchor = &world.anchor[world.list_count++];
    slot_insert_root(&world.slots[slot], cap);
    anchor->next = &world.slots[slot];
    world.slots[slot].prev = anchor;
}

static void boot_capabilities(void)
{
    struct cap cnode = boot_make(OBJECT_TYPE_CNODE, WORLD_CNODE_BITS + 5);
    world.slots = (struct slot *)cap_object(cnode);
    world_root(WORLD_CNODE, cnode);
    world_root(WORLD_VSPACE, boot_make(OBJECT_TYPE_VSPACE, WORLD_VSPACE_BITS));
    world_root(WORLD_UNTYPED,
               untyped_cap_make((uint64_t)world.arena + ARENA_BYTES / 2, UNTYPED_BITS, UNTYPED_KIND_RAM, 0, 0));
    world_root(WORLD_DEVICE, untyped_cap_make(WORLD_DEVICE_BASE, WORLD_DEVICE_BITS, UNTYPED_KIND_DEVICE, 0, 0));
    world_root(WORLD_SCHED_CONTROL, cap_set_original(sched_control_cap_make(0, 0xf, 0), 1));
    world_root(WORLD_IRQ_CONTROL, cap_set_original(irq_control_cap_make(0, 0xf), 1));
    world_root(WORLD_SMC, cap_set_original(smc_cap_make(0, 0xf, 0), 1));
    world_root(WORLD_CONSOLE, cap_set_original(console_cap_make(0, 0xf), 1));
    world_root(WORLD_INIT_TCB, boot_make(OBJECT_TYPE_TCB, OBJECT_BITS_TCB));
    world_root(WORLD_INIT_CONTEXT, boot_make(OBJECT_TYPE_SCHED_CONTEXT, OBJECT_BITS_SCHED_CONTEXT));
    world_root(WORLD_INIT_CONTEXT + 1, boot_make(OBJECT_TYPE_FRAME, FRAME_BITS));
}

static void boot_init_thread(void)
{
    struct world_thread init = {
        .tcb = world_object(WORLD_INIT_TCB),
        .context = world_object(WORLD_INIT_CONTEXT),
        .buffer = world_object(WORLD_INIT_CONTEXT + 1),
        .tcb_slot = WORLD_INIT_TCB,
        .context_slot = WORLD_INIT_CONTEXT,
        .buffer_slot = WORLD_INIT_CONTEXT + 1,
    };
    world.init = init;
    tcb_slot_set(init.tcb, TCB_SLOT_CSPACE, &world.slots[WORLD_CNODE]);
    tcb_slot_set(init.tcb, TCB_SLOT_VSPACE, &world.slots[WORLD_VSPACE]);
    tcb_set_buffer(init.tcb, &world.slots[init.buffer_slot], 0);
    init.tcb->priority = INIT_PRIORITY;
    init.tcb->max_priority = SEL_LIMIT_PRIORITY_MAX;
    sched_context_configure(init.context, SLICE_NS, SLICE_NS, SEL_LIMIT_REFILL_COUNT_DEFAULT);
    sched_context_bind_thread(init.context, init.tcb);
    sched_make_ready(init.tcb);
}

int world_setup(void **state)
{
    (void)state;
    world = (struct world){
        .arena = aligned_alloc(ARENA_BYTES, ARENA_BYTES), .next_slot = WORLD_SLOT_FIRST, .is_checked = true};
    if (world.arena == NULL) {
        return -1;
    }
    world.boot_next = (uint64_t)world.arena;
    memset(world.arena, 0, ARENA_BYTES / 2);
    memset(world.arena + ARENA_BYTES / 2, 0xa5, ARENA_BYTES / 2);
    percpu_area = (struct percpu){0};
    fake_reset();
    boot_capabilities();
    boot_init_thread();
    world_exit();
    assert_ptr_equal(percpu()->current, world.init.tcb);
    return 0;
}

/* --- the end --- */

/** What derives from the slot, then the slot itself, through all preemptions. */
static void slot_destroy_all(struct slot *slot)
{
    unsigned int count = 0;
    while (destroy_children(slot) == PREEMPTED || destroy_dying() == PREEMPTED || destroy_slot(slot) == PREEMPTED ||
           destroy_dying() == PREEMPTED) {
        assert_true(count++ < DESTROY_MAX);
    }
}

static void nothing_is_left(void)
{
    assert_null(percpu()->current);
    assert_null(percpu()->context);
    assert_null(heap_first(&percpu()->releases));
    assert_null(heap_first(&percpu()->timers));
    assert_null(percpu()->ready_first);
    for (unsigned int i = 0; i < PRIORITY_COUNT; i++) {
        assert_null(percpu()->ready[i]);
    }
    for (unsigned int i = 0; i < PRIORITY_COUNT / 64; i++) {
        assert_int_equal(percpu()->ready_bitmap[i], 0);
    }
    for (uint64_t irq = FAKE_IRQ_FIRST_FREE; irq < FAKE_IRQ_COUNT; irq++) {
        assert_false(fake.irq[irq].is_unmasked);
        assert_true(fake.irq[irq].state != FAKE_IRQ_ACTIVE && fake.irq[irq].state != FAKE_IRQ_ACTIVE_PENDING);
    }
}

/** The end of a test that passed: every capability goes, through the kernel's own deletion. */
void world_end(void)
{
    fake.preempt_after = 0;
    for (uint64_t i = (1ul << WORLD_CNODE_BITS) - 1; i > WORLD_CNODE; i--) {
        if (!slot_is_empty(&world.slots[i])) {
            slot_destroy_all(&world.slots[i]);
        }
    }
    for (unsigned int i = 0; i < world.list_count; i++) {
        while (world.anchor[i].next != NULL) {
            slot_destroy_all(world.anchor[i].next);
        }
    }
    nothing_is_left();
}

void world_run(void **state)
{
    void (*function)(void **) = (void (*)(void **))*state;
    function(state);
    world_end();
}

int world_teardown(void **state)
{
    (void)state;
    free(world.arena);
    return 0;
}

/* --- making things --- */

void *world_object(uint64_t slot)
{
    return (void *)cap_object(world.slots[slot].cap);
}

struct slot *world_slot(uint64_t slot)
{
    return &world.slots[slot];
}

uint64_t world_slots(uint64_t count)
{
    world.next_slot += count;
    assert_true(world.next_slot <= 1ul << WORLD_CNODE_BITS);
    return world.next_slot - count;
}

uint64_t world_new(uint64_t object_type, uint64_t size_bits)
{
    uint64_t slot = world_slots(1);
    world_do(WORLD_UNTYPED, METHOD_UNTYPED_RETYPE, object_type, size_bits, WORLD_CNODE, slot, 1);
    return slot;
}

uint64_t world_copy(uint64_t source, uint64_t rights)
{
    uint64_t slot = world_slots(1);
    world_do(WORLD_CNODE, METHOD_CNODE_COPY, slot, WORLD_CNODE, source, rights);
    return slot;
}

uint64_t world_mint(uint64_t source, uint64_t badge)
{
    uint64_t slot = world_slots(1);
    world_do(WORLD_CNODE, METHOD_CNODE_MINT, slot, WORLD_CNODE, source,
             SEL_RIGHT_READ | SEL_RIGHT_WRITE | SEL_RIGHT_GRANT, badge);
    return slot;
}

uint64_t world_context_new(uint64_t budget_ns, uint64_t period_ns)
{
    uint64_t slot = world_new(OBJECT_TYPE_SCHED_CONTEXT, 0);
    world_do(WORLD_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, slot, budget_ns, period_ns, 0, slot);
    return slot;
}

struct world_thread world_passive_new(uint8_t priority)
{
    struct world_thread thread = {
        .tcb_slot = world_new(OBJECT_TYPE_TCB, 0),
        .buffer_slot = world_new(OBJECT_TYPE_FRAME, FRAME_BITS),
    };
    thread.tcb = world_object(thread.tcb_slot);
    thread.buffer = world_object(thread.buffer_slot);
    world_do(thread.tcb_slot, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, thread.buffer_slot, 0);
    world_do(thread.tcb_slot, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, priority, priority);
    world_do(thread.tcb_slot, METHOD_TCB_RESUME);
    return thread;
}

struct world_thread world_thread_new(uint8_t priority)
{
    struct world_thread thread = world_passive_new(priority);
    thread.context_slot = world_context_new(SLICE_NS, SLICE_NS);
    thread.context = world_object(thread.context_slot);
    world_do(thread.context_slot, METHOD_SCHED_CONTEXT_BIND, thread.tcb_slot);
    return thread;
}

/** The thread waits; from now on without time. */
static struct world_thread made_passive(struct world_thread thread, uint64_t status)
{
    assert_int_equal(status, WORLD_BLOCKED);
    world_do(thread.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    assert_null(thread.tcb->context);
    return thread;
}

struct world_thread world_server_new(uint8_t priority, uint64_t endpoint, uint64_t reply)
{
    struct world_thread thread = world_thread_new(priority);
    return made_passive(thread, world_recv(thread.tcb, endpoint, reply));
}

struct world_thread world_waiter_new(uint8_t priority, uint64_t notification)
{
    struct world_thread thread = world_thread_new(priority);
    return made_passive(thread, world_wait(thread.tcb, notification));
}
