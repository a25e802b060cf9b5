/* SPDX-License-Identifier: BSD-2-Clause */
/* The world that inputs act in: see kernel.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "test/fuzz/kernel/kernel.h"

#define PRELOADED_BITS 14
#define VSPACE_BITS    15
#define FRAME_2M_BITS  21
#define SLICE_NS       10000000ul
#define OBJECT_COUNT   3
#define TIMER_TICKS    100000

/** Memory that came with the image: only Frames and Untypeds are made of it. */
static void make_preloaded(void)
{
    uint64_t size = 1ul << PRELOADED_BITS;
    uint64_t address = (world.boot_next + size - 1) & ~(size - 1);
    world.boot_next = address + size;
    world_root(WORLD_INIT_CONTEXT + 2, untyped_cap_make(address, PRELOADED_BITS, UNTYPED_KIND_PRELOADED, 0, 0));
}

static void make_ipc_objects(void)
{
    for (uint64_t i = 0; i < OBJECT_COUNT; i++) {
        uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
        uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
        world_mint(endpoint, i + 1);
        world_mint(notification, 1ul << i);
        world_new(OBJECT_TYPE_REPLY, 0);
        world_context_new(SLICE_NS / (i + 1), SLICE_NS);
        (void)world_copy(endpoint, i == 0 ? SEL_RIGHT_READ : SEL_RIGHT_WRITE);
    }
    for (uint64_t i = 0; i < OBJECT_COUNT; i++) {
        uint64_t timer = world_new(OBJECT_TYPE_TIMER, 0);
        world_do(timer, METHOD_TIMER_BIND, WORLD_SLOT_FIRST + 1);
        world_do(timer, METHOD_TIMER_SET, fake.clock + (i + 1) * TIMER_TICKS);
    }
    world_new(OBJECT_TYPE_TIMER, 0);
    world_new(OBJECT_TYPE_SCHED_CONTEXT, 0);
}

static void make_memory_objects(void)
{
    world_new(OBJECT_TYPE_VSPACE, VSPACE_BITS);
    world_new(OBJECT_TYPE_UNTYPED, 13);
    world_new(OBJECT_TYPE_CNODE, 10);
    uint64_t frame = world_new(OBJECT_TYPE_FRAME, 12);
    (void)world_copy(frame, SEL_RIGHT_READ);
    (void)world_copy(frame, SEL_RIGHT_READ);
    (void)world_copy(frame, SEL_RIGHT_READ | SEL_RIGHT_EXECUTE);
    world_do(frame, METHOD_FRAME_MAP, WORLD_VSPACE, 0, SEL_RIGHT_READ | SEL_RIGHT_WRITE, FRAME_ATTRIBUTE_NORMAL);
    uint64_t device = world_slots(2);
    world_do(WORLD_DEVICE, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_FRAME, 12, WORLD_CNODE, device, 1);
    world_do(WORLD_DEVICE, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_FRAME, FRAME_2M_BITS, WORLD_CNODE, device + 1, 1);
    uint64_t irq = world_slots(1);
    world_do(WORLD_IRQ_CONTROL, METHOD_IRQ_CONTROL_GET, FAKE_IRQ_FIRST_FREE, IRQ_TRIGGER_LEVEL, WORLD_CNODE, irq);
}

/** A thread that can take exits of its guest's VCPU. */
static void make_guest(void)
{
    struct world_thread guest = world_thread_new(4);
    uint64_t vcpu = world_new(OBJECT_TYPE_VCPU, 0);
    uint64_t vspace = world_new(OBJECT_TYPE_VSPACE_GUEST, VSPACE_BITS);
    world_do(guest.tcb_slot, METHOD_TCB_SUSPEND);
    world_do(guest.tcb_slot, METHOD_TCB_CONFIGURE, WORLD_CNODE, vspace, guest.buffer_slot, 0);
    world_do(guest.tcb_slot, METHOD_TCB_BIND_VCPU, vcpu);
    world_do(guest.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, WORLD_SLOT_FIRST);
    world_do(guest.tcb_slot, METHOD_TCB_RESUME);
    world_new(OBJECT_TYPE_VCPU, 0);
}

void setting_make(void)
{
    make_preloaded();
    make_ipc_objects();
    make_memory_objects();
    for (uint8_t i = 0; i < OBJECT_COUNT; i++) {
        struct world_thread thread = world_thread_new(5 + i / 2);
        world_do(WORLD_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, thread.context_slot, SLICE_NS >> i, SLICE_NS, 3,
                 i);
    }
    world_server_new(7, WORLD_SLOT_FIRST, world_new(OBJECT_TYPE_REPLY, 0));
    make_guest();
    /* A thread to be set up, one of them nearly as a guest's. */
    world_do(world_new(OBJECT_TYPE_TCB, 0), METHOD_TCB_SUSPEND);
    uint64_t half = world_new(OBJECT_TYPE_TCB, 0);
    world_do(half, METHOD_TCB_CONFIGURE, WORLD_CNODE, world_new(OBJECT_TYPE_VSPACE_GUEST, VSPACE_BITS - 1), 0, 0);
}
