/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VCPU: registers, list registers, timers as the generic part passes them on; waking from WFI; binding and its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/object/vcpu.h"
#include "test/unit/kernel/harness/world.h"

#define PENDING(intid) ((uint64_t)(intid) | (uint64_t)INTERRUPT_STATE_PENDING << 24)

struct guest {
    struct vcpu *vcpu;
    struct tcb *tcb;
    uint64_t vcpu_slot;
    uint64_t tcb_slot;
    uint64_t context_slot;
};

/** A guest's thread, not running: VSpace, VCPU, a context of its own. */
static struct guest guest_new(void)
{
    struct guest guest = {.tcb_slot = world_new(OBJECT_TYPE_TCB, 0), .vcpu_slot = world_new(OBJECT_TYPE_VCPU, 0)};
    guest.tcb = world_object(guest.tcb_slot);
    guest.vcpu = world_object(guest.vcpu_slot);
    world_do(guest.tcb_slot, METHOD_TCB_CONFIGURE, WORLD_CNODE, world_new(OBJECT_TYPE_VSPACE_GUEST, 14), 0, 0);
    world_do(guest.tcb_slot, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 50, 50);
    world_do(guest.tcb_slot, METHOD_TCB_BIND_VCPU, guest.vcpu_slot);
    guest.context_slot = world_context_new(10000000, 10000000);
    world_do(guest.context_slot, METHOD_SCHED_CONTEXT_BIND, guest.tcb_slot);
    return guest;
}

/** As the architecture leaves a guest that waits for an interrupt. */
static void wait_for_interrupt(const struct guest *guest)
{
    world_do(guest->tcb_slot, METHOD_TCB_RESUME);
    sched_block(guest->tcb);
    guest->tcb->state = THREAD_WFI;
}

static void registers_are_written_and_read(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    assert_int_equal(fake.vcpu_init_count, 1); /* what its registers are at first, the architecture says */
    world_do(guest.vcpu_slot, METHOD_VCPU_WRITE_REGISTERS, VCPU_REG_VBAR_EL1, 2, 0x1111, 0x2222);
    world_do(guest.vcpu_slot, METHOD_VCPU_READ_REGISTERS, VCPU_REG_VBAR_EL1, 2);
    assert_int_equal(world_word(world.init.tcb, 0), 0x1111);
    assert_int_equal(world_word(world.init.tcb, 1), 0x2222);
    for (uint64_t i = 0; i < VCPU_REG_COUNT; i++) {
        guest.vcpu->arch.reg[i] = 0x100 + i;
    }
    world_do(guest.vcpu_slot, METHOD_VCPU_READ_REGISTERS, 0, VCPU_REG_COUNT);
    assert_int_equal(world_word(world.init.tcb, 7), 0x107);
    assert_int_equal(world.init.buffer[8], 0x108);
    assert_int_equal(world.init.buffer[VCPU_REG_COUNT - 1], 0x100 + VCPU_REG_COUNT - 1);
}

static void a_pended_interrupt_wakes_from_wfi(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    wait_for_interrupt(&guest);
    world_do(guest.vcpu_slot, METHOD_VCPU_SET_INTERRUPTS, 0, 0, 0);
    assert_int_equal(guest.tcb->state, THREAD_WFI);
    world_do(guest.vcpu_slot, METHOD_VCPU_INFO);
    assert_int_equal(world_word(world.init.tcb, 0), 2);
    assert_int_equal(world_word(world.init.tcb, 3), 1);
    world_do(guest.vcpu_slot, METHOD_VCPU_SET_INTERRUPTS, PENDING(33), 0, 1);
    assert_int_equal(guest.tcb->state, THREAD_READY);
    assert_true(guest.vcpu->arch.is_notified_empty);
    world_do(guest.vcpu_slot, METHOD_VCPU_SET_INTERRUPTS, 0, 0, 0);
    assert_int_equal(world_word(world.init.tcb, 0), INTERRUPT_STATE_PENDING);
}

/** An interrupt that does not exist, a timer's, one twice: hardware must not be given any of it. An empty entry is nothing. */
static void what_list_registers_must_not_hold_is_refused(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    struct tcb *init = world.init.tcb;
    world_do(guest.vcpu_slot, METHOD_VCPU_SET_INTERRUPTS, PENDING(0) | PENDING(1019) << 32, 0, 0);
    world_do(guest.vcpu_slot, METHOD_VCPU_CONFIGURE_TIMER, VCPU_TIMER_VIRTUAL, 27, 160, 0);
    world_do(guest.vcpu_slot, METHOD_VCPU_CONFIGURE_TIMER, VCPU_TIMER_PHYSICAL, 30, 160, 0);
    const uint64_t low[] = {PENDING(1020),
                            PENDING(27),
                            PENDING(30),
                            PENDING(40) | PENDING(40) << 32,
                            list_register_set_level(40, 1) | PENDING(40) << 32,
                            list_register_set_level(27, 1)};
    for (unsigned int i = 0; i < sizeof(low) / sizeof(low[0]); i++) {
        world_refused(SEL_ERROR_INVALID_ARGUMENT, init, guest.vcpu_slot, METHOD_VCPU_SET_INTERRUPTS, low[i], 0, 0);
    }
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, guest.vcpu_slot, METHOD_VCPU_SET_INTERRUPTS, PENDING(1023) << 32, 0,
                  0);
    world_do(guest.vcpu_slot, METHOD_VCPU_SET_INTERRUPTS, 1023 | 1023ul << 32, 0, 0);
}

/** The VMM may replace list registers while an exit is on its way: the exit must not speak of the old ones. */
static void a_waiting_exit_tells_the_list_registers_of_now(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    struct world_thread vmm = world_thread_new(60);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t before = lr_state_set_eoi_count(lr_state_set_entry0(0, INTERRUPT_STATE_ACTIVE), 3);
    const uint64_t word[8] = {exit_set_lr_state(exit_set_reason(0, EXIT_MMIO), before)};
    world_do(guest.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, endpoint);
    world_do(guest.tcb_slot, METHOD_TCB_RESUME);
    world_fault(guest.tcb, FAULT_VM_EXIT, word, FAULT_VM_EXIT_LENGTH);
    assert_int_equal(guest.tcb->state, THREAD_SEND);
    world_do(guest.vcpu_slot, METHOD_VCPU_SET_INTERRUPTS, PENDING(33) << 32, 0, 0);
    assert_int_equal(world_recv(vmm.tcb, endpoint, world_new(OBJECT_TYPE_REPLY, 0)), SEL_ERROR_OK);
    uint64_t told = exit_lr_state(world_word(vmm.tcb, 0));
    assert_int_equal(lr_state_entry0(told), INTERRUPT_STATE_EMPTY);
    assert_int_equal(lr_state_entry1(told), INTERRUPT_STATE_PENDING);
    assert_int_equal(lr_state_eoi_count(told), 3);
    assert_int_equal(exit_reason(world_word(vmm.tcb, 0)), EXIT_MMIO);
}

/** A timer's new intid empties the list registers: what waits to be received must not speak of what was in them. */
static void a_timers_new_intid_empties_the_list_registers(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    struct world_thread vmm = world_thread_new(60);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    const uint64_t word[8] = {
        exit_set_lr_state(exit_set_reason(0, EXIT_MMIO), lr_state_set_entry0(0, INTERRUPT_STATE_PENDING))};
    world_do(guest.vcpu_slot, METHOD_VCPU_CONFIGURE_TIMER, VCPU_TIMER_VIRTUAL, 27, 160, 0);
    world_do(guest.vcpu_slot, METHOD_VCPU_SET_INTERRUPTS, PENDING(28), 0, 0);
    world_do(guest.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, endpoint);
    world_do(guest.tcb_slot, METHOD_TCB_RESUME);
    world_fault(guest.tcb, FAULT_VM_EXIT, word, FAULT_VM_EXIT_LENGTH);
    world_do(guest.vcpu_slot, METHOD_VCPU_CONFIGURE_TIMER, VCPU_TIMER_VIRTUAL, 27, 80, 0);
    assert_int_equal(lr_state_entry0(guest.vcpu->arch.lr_state), INTERRUPT_STATE_PENDING);
    world_do(guest.vcpu_slot, METHOD_VCPU_CONFIGURE_TIMER, VCPU_TIMER_VIRTUAL, 28, 80, 0);
    assert_int_equal(world_recv(vmm.tcb, endpoint, world_new(OBJECT_TYPE_REPLY, 0)), SEL_ERROR_OK);
    assert_int_equal(lr_state_entry0(exit_lr_state(world_word(vmm.tcb, 0))), INTERRUPT_STATE_EMPTY);
}

/** A guest's thread may also wait to tell of the end of its budget: that speaks of no list registers. */
static void a_waiting_timeout_stays_as_it_is(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    struct world_thread handler = world_thread_new(60);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    world_do(WORLD_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, guest.context_slot, 1000000, 10000000, 0, 0x77);
    world_do(guest.tcb_slot, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 150, 150);
    world_do(guest.tcb_slot, METHOD_TCB_SET_TIMEOUT_HANDLER, endpoint);
    world_do(guest.tcb_slot, METHOD_TCB_RESUME);
    world_advance(world_ticks(1000000));
    assert_int_equal(guest.tcb->state, THREAD_SEND);
    world_do(guest.vcpu_slot, METHOD_VCPU_SET_INTERRUPTS, PENDING(33), 0, 0);
    assert_int_equal(world_recv(handler.tcb, endpoint, world_new(OBJECT_TYPE_REPLY, 0)), SEL_ERROR_OK);
    assert_int_equal(tag_label(world_tag(handler.tcb)), FAULT_TIMEOUT);
    assert_int_equal(world_word(handler.tcb, FAULT_TIMEOUT_WORD_BADGE), 0x77);
}

static void a_deadline_wakes_from_wfi(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    wait_for_interrupt(&guest);
    timer_event_set(&guest.vcpu->event, fake.clock + 500);
    world_exit();
    world_advance(499);
    assert_int_equal(guest.tcb->state, THREAD_WFI);
    struct arch_context before = guest.tcb->registers;
    world_advance(1);
    assert_int_equal(fake.vcpu_expired_count, 1);
    assert_int_equal(guest.tcb->state, THREAD_READY);
    assert_memory_equal(&before, &guest.tcb->registers, sizeof(before)); /* it is no Timer of somebody's Notification */
}

/* --- a deadline that wakes who comes before everyone (sched_run_now in a tick) --- */

/** A guest that waits, ahead of everyone, until the clock has gone on by `ticks`. */
static struct guest guest_due(uint8_t priority, uint64_t ticks)
{
    struct guest guest = guest_new();
    world_do(guest.tcb_slot, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, priority, priority);
    wait_for_interrupt(&guest);
    timer_event_set(&guest.vcpu->event, fake.clock + ticks);
    world_exit();
    assert_ptr_equal(percpu()->current, world.init.tcb);
    return guest;
}

static void a_deadline_runs_its_guest_at_once(void **state)
{
    (void)state;
    struct guest guest = guest_due(200, 500);
    uint64_t consumed = world.init.context->consumed;
    uint64_t since = percpu()->context_since;
    uint64_t due = fake.clock + 500;
    world_advance(500);
    assert_ptr_equal(percpu()->current, guest.tcb);
    assert_ptr_equal(percpu()->context, guest.tcb->context);
    assert_int_equal(guest.tcb->state, THREAD_READY);
    assert_true(world.init.tcb->is_queued);
    assert_int_equal(world.init.context->consumed - consumed, due - since); /* the time of who ran is its own, once */
    assert_int_equal(percpu()->context_since, due);
    assert_true(fake.timer_deadline > fake.clock);
}

static void a_deadline_waits_for_its_guests_equals_and_betters(void **state)
{
    (void)state;
    struct guest equal = guest_due(world.init.tcb->priority, 500);
    struct guest lower = guest_due(world.init.tcb->priority - 1, 600);
    world_advance(500);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    assert_true(equal.tcb->is_queued);
    world_advance(600);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    assert_true(lower.tcb->is_queued);
}

/** Its interrupt would not be signalled: it sleeps on, and who ran goes on. */
static void a_deadline_that_the_guest_masks_wakes_nobody(void **state)
{
    (void)state;
    struct guest guest = guest_due(200, 500);
    guest.vcpu->arch.is_masked = true;
    world_advance(500);
    assert_int_equal(fake.vcpu_expired_count, 1);
    assert_int_equal(guest.tcb->state, THREAD_WFI);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    assert_true(fake.timer_deadline > fake.clock);
}

/** The tick serves both: the better one runs, the other is next, and the timer is not left at what has passed. */
static void two_deadlines_at_once_run_the_better_guest(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 2; i++) {
        struct guest first = guest_due(i == 0 ? 200 : 210, 500);
        struct guest second = guest_due(i == 0 ? 210 : 200, 500);
        uint64_t interrupts = fake.acknowledge_count;
        world_advance(500);
        struct tcb *better = i == 0 ? second.tcb : first.tcb;
        struct tcb *other = i == 0 ? first.tcb : second.tcb;
        assert_ptr_equal(percpu()->current, better);
        assert_true(other->is_queued);
        assert_int_equal(fake.acknowledge_count, interrupts + 1);
        assert_true(fake.timer_deadline > fake.clock);
        world_do(first.tcb_slot, METHOD_TCB_SUSPEND);
        world_do(second.tcb_slot, METHOD_TCB_SUSPEND);
    }
}

/** A Timer of the same tick signals somebody better still. */
static void a_deadline_and_a_timer_at_once_run_the_better_thread(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t timer = world_new(OBJECT_TYPE_TIMER, 0);
    world_do(timer, METHOD_TIMER_BIND, notification);
    struct world_thread waiter = world_thread_new(220);
    assert_int_equal(world_wait(waiter.tcb, notification), WORLD_BLOCKED);
    struct guest guest = guest_due(200, 500);
    world_do(timer, METHOD_TIMER_SET, fake.clock + 500);
    world_advance(500);
    assert_ptr_equal(percpu()->current, waiter.tcb);
    assert_true(guest.tcb->is_queued);
    assert_true(world.init.tcb->is_queued);
    assert_true(fake.timer_deadline > fake.clock);
}

/** A Timer of the same tick that wakes nobody is not waited for once more. */
static void a_deadline_and_an_unheard_timer_at_once_are_one_interrupt(void **state)
{
    (void)state;
    uint64_t timer = world_new(OBJECT_TYPE_TIMER, 0);
    world_do(timer, METHOD_TIMER_BIND, world_new(OBJECT_TYPE_NOTIFICATION, 0));
    for (unsigned int i = 0; i < 2; i++) {
        uint64_t due = fake.clock + 500;
        if (i == 0) {
            world_do(timer, METHOD_TIMER_SET, due);
        }
        struct guest guest = guest_due(200, 500);
        if (i == 1) {
            world_do(timer, METHOD_TIMER_SET, due);
        }
        uint64_t interrupts = fake.acknowledge_count;
        world_advance(500);
        assert_ptr_equal(percpu()->current, guest.tcb);
        assert_int_equal(fake.acknowledge_count, interrupts + 1);
        assert_true(fake.timer_deadline > fake.clock);
        world_do(guest.tcb_slot, METHOD_TCB_SUSPEND);
    }
}

/** A thread that runs, with a millisecond of time in ten. */
static struct world_thread budgeted_new(uint8_t priority)
{
    struct world_thread thread = world_passive_new(priority);
    uint64_t context = world_context_new(1000000, 10000000);
    world_do(context, METHOD_SCHED_CONTEXT_BIND, thread.tcb_slot);
    thread.context = world_object(context);
    assert_ptr_equal(percpu()->current, thread.tcb);
    return thread;
}

/** A budget released by the same tick, of somebody better. */
static void a_deadline_and_a_release_at_once_run_the_better_thread(void **state)
{
    (void)state;
    struct world_thread better = budgeted_new(220);
    world_advance(world_ticks(1000000));
    assert_true(better.context->is_released);
    struct guest guest = guest_due(200, better.context->release_node.key - fake.clock);
    world_advance(better.context->release_node.key - fake.clock);
    assert_ptr_equal(percpu()->current, better.tcb);
    assert_true(guest.tcb->is_queued);
}

static void a_deadline_at_the_end_of_a_budget_stops_who_ran(void **state)
{
    (void)state;
    struct world_thread low = budgeted_new(150);
    struct guest guest = guest_new();
    world_do(guest.tcb_slot, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 200, 200);
    wait_for_interrupt(&guest);
    world_exit();
    assert_ptr_equal(percpu()->current, low.tcb);
    timer_event_set(&guest.vcpu->event, fake.timer_deadline);
    world_advance(fake.timer_deadline - fake.clock);
    assert_ptr_equal(percpu()->current, guest.tcb);
    assert_true(low.context->is_released);
    assert_false(low.tcb->is_queued);
}

static void a_deadline_of_a_guest_without_time_leaves_it_ready(void **state)
{
    (void)state;
    struct guest guest = guest_due(200, 500);
    world_do(guest.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    world_advance(500);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    assert_int_equal(guest.tcb->state, THREAD_READY);
    world_do(guest.context_slot, METHOD_SCHED_CONTEXT_BIND, guest.tcb_slot);
    assert_ptr_equal(percpu()->current, guest.tcb);
}

/** Who was woken by something else has no use for it any more. */
static void a_pended_interrupt_forgets_the_deadline(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    wait_for_interrupt(&guest);
    timer_event_set(&guest.vcpu->event, fake.clock + 500);
    world_do(guest.vcpu_slot, METHOD_VCPU_SET_INTERRUPTS, PENDING(33), 0, 0);
    assert_int_equal(guest.tcb->state, THREAD_READY);
    assert_false(guest.vcpu->event.is_set);
    world_advance(500);
    assert_int_equal(fake.vcpu_expired_count, 0);
}

/** A timer's line may be high already when its interrupt is enabled. */
static void an_enabled_timer_wakes_from_wfi_if_its_interrupt_pends(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    world_do(guest.vcpu_slot, METHOD_VCPU_CONFIGURE_TIMER, VCPU_TIMER_PHYSICAL, 30, 160, 0);
    wait_for_interrupt(&guest);
    guest.vcpu->arch.is_pending = true;
    world_do(guest.vcpu_slot, METHOD_VCPU_CONFIGURE_TIMER, VCPU_TIMER_PHYSICAL, 30, 160, VCPU_TIMER_FLAG_ENABLED);
    assert_int_equal(guest.tcb->state, THREAD_READY);
}

static void an_injection_wakes_from_wfi_if_an_interrupt_pends(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    wait_for_interrupt(&guest);
    world_do(guest.vcpu_slot, METHOD_VCPU_INJECT, VCPU_INJECT_SERROR, 0, 0);
    assert_int_equal(guest.tcb->state, THREAD_WFI);
    guest.vcpu->arch.is_pending = true;
    world_do(guest.vcpu_slot, METHOD_VCPU_INJECT, VCPU_INJECT_SERROR, 0, 0);
    assert_int_equal(guest.tcb->state, THREAD_READY);
}

static void what_is_told_arrives(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    world_do(guest.vcpu_slot, METHOD_VCPU_CONFIGURE_TIMER, VCPU_TIMER_PHYSICAL, 30, 160, VCPU_TIMER_FLAG_ENABLED);
    assert_int_equal(guest.vcpu->arch.timer[VCPU_TIMER_PHYSICAL].intid, 30);
    assert_true(guest.vcpu->arch.timer[VCPU_TIMER_PHYSICAL].is_enabled);
    world_do(guest.vcpu_slot, METHOD_VCPU_SET_OFFSET, 12345);
    assert_int_equal(guest.vcpu->arch.offset, 12345);
    world_do(guest.vcpu_slot, METHOD_VCPU_INJECT, VCPU_INJECT_SYNC, 0x96000010, 0xdead);
    assert_true(guest.vcpu->arch.is_injected_sync);
    assert_int_equal(guest.vcpu->arch.injected_syndrome, 0x96000010);
    assert_int_equal(guest.vcpu->arch.injected_address, 0xdead);
    world_do(guest.vcpu_slot, METHOD_VCPU_TRANSLATE, 0x4567, TRANSLATE_FLAG_WRITE);
    assert_int_equal(world_word(world.init.tcb, 0), 0x4567);
    world_do(guest.vcpu_slot, METHOD_VCPU_RESET);
    assert_int_equal(guest.vcpu->arch.offset, 0);
}

static void a_dead_vcpu_stops_its_thread(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    wait_for_interrupt(&guest);
    timer_event_set(&guest.vcpu->event, fake.clock + 500);
    arch_register_set(&guest.tcb->registers, THREAD_REG_PSTATE, 0xf00003c5, true);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, guest.vcpu_slot);
    assert_int_equal(guest.tcb->state, THREAD_INACTIVE);
    assert_null(guest.tcb->vcpu);
    assert_null(heap_first(&percpu()->timers));
    /* EL0t, the flags kept. */
    assert_int_equal(arch_register_get(&guest.tcb->registers, THREAD_REG_PSTATE), 0xf0000000);
}

static void a_dead_thread_frees_its_vcpu(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    wait_for_interrupt(&guest);
    timer_event_set(&guest.vcpu->event, fake.clock + 500);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, guest.tcb_slot);
    assert_null(guest.vcpu->tcb);
    assert_null(heap_first(&percpu()->timers));
}

static void a_suspended_guest_forgets_its_deadline(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    wait_for_interrupt(&guest);
    timer_event_set(&guest.vcpu->event, fake.clock + 500);
    world_do(guest.tcb_slot, METHOD_TCB_SUSPEND);
    assert_int_equal(guest.tcb->state, THREAD_INACTIVE);
    assert_false(guest.vcpu->event.is_set);
    assert_null(heap_first(&percpu()->timers));
}

/** A guest's registers are its own: no status of a system call is written to them. */
static void a_suspended_guest_keeps_its_registers(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    wait_for_interrupt(&guest);
    guest.tcb->registers.reg[FAKE_REG_STATUS] = 0x5151;
    world_do(guest.tcb_slot, METHOD_TCB_SUSPEND);
    assert_int_equal(guest.tcb->registers.reg[FAKE_REG_STATUS], 0x5151);
}

/** What is read and written is the VCPU in memory: the core gives back first what it has loaded. */
static void registers_of_a_loaded_vcpu_are_fetched(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    percpu()->vcpu_loaded = guest.vcpu;
    world_do(guest.vcpu_slot, METHOD_VCPU_READ_REGISTERS, 0, 1);
    assert_null(percpu()->vcpu_loaded);
    percpu()->vcpu_loaded = guest.vcpu;
    world_do(guest.vcpu_slot, METHOD_VCPU_WRITE_REGISTERS, 0, 1, 7);
    assert_null(percpu()->vcpu_loaded);
}

/** Nothing of a core may point at what is gone. */
static void a_dead_vcpu_is_not_loaded(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    percpu()->vcpu_loaded = guest.vcpu;
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, guest.vcpu_slot);
    assert_null(percpu()->vcpu_loaded);
    uint64_t unbound = world_new(OBJECT_TYPE_VCPU, 0);
    percpu()->vcpu_loaded = world_object(unbound);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, unbound);
    assert_null(percpu()->vcpu_loaded);
}

static void reset_forgets_floating_point(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    const struct arch_fpu_state zero = {0};
    memset(&guest.tcb->fpu, 0x55, sizeof(guest.tcb->fpu));
    percpu()->fpu_owner = guest.tcb;
    guest.tcb->has_fpu = true;
    world_do(guest.vcpu_slot, METHOD_VCPU_RESET);
    assert_null(percpu()->fpu_owner);
    assert_memory_equal(&guest.tcb->fpu, &zero, sizeof(zero));
}

static void refusals(void **state)
{
    (void)state;
    struct tcb *init = world.init.tcb;
    struct guest guest = guest_new();
    uint64_t vcpu = guest.vcpu_slot;
    uint64_t unbound = world_new(OBJECT_TYPE_VCPU, 0);
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, vcpu, METHOD_VCPU_READ_REGISTERS, VCPU_REG_COUNT + 1, 0);
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, vcpu, METHOD_VCPU_READ_REGISTERS, 1, VCPU_REG_COUNT);
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, vcpu, METHOD_VCPU_WRITE_REGISTERS, 0, UINT64_MAX);
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, vcpu, METHOD_VCPU_READ_REGISTERS, 0);
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, vcpu, METHOD_VCPU_WRITE_REGISTERS, 0, 2, 7);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, vcpu, METHOD_VCPU_SET_INTERRUPTS, 1ul << 29, 0, 0);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, vcpu, METHOD_VCPU_SET_INTERRUPTS, 0, 1, 0);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, vcpu, METHOD_VCPU_SET_INTERRUPTS, 0, 0, 2);
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, vcpu, METHOD_VCPU_SET_INTERRUPTS, 0, 0);
    world_refused(SEL_ERROR_NOT_BOUND, init, unbound, METHOD_VCPU_SET_INTERRUPTS, 0, 0, 0);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, vcpu, METHOD_VCPU_CONFIGURE_TIMER, 2, 27, 0, 0);
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, vcpu, METHOD_VCPU_CONFIGURE_TIMER, 0, 32, 0, 0);
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, vcpu, METHOD_VCPU_CONFIGURE_TIMER, 0, 27, 256, 0);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, vcpu, METHOD_VCPU_CONFIGURE_TIMER, 0, 27, 0, 4);
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, vcpu, METHOD_VCPU_CONFIGURE_TIMER, 0, 27, 0);
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, vcpu, METHOD_VCPU_SET_OFFSET);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, vcpu, METHOD_VCPU_TRANSLATE, 0, 4);
    world_refused(SEL_ERROR_NOT_BOUND, init, unbound, METHOD_VCPU_TRANSLATE, 0, 0);
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, vcpu, METHOD_VCPU_TRANSLATE, 0);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, vcpu, METHOD_VCPU_INJECT, 3, 0, 0);
    world_refused(SEL_ERROR_NOT_BOUND, init, unbound, METHOD_VCPU_INJECT, VCPU_INJECT_SYNC, 0, 0);
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, vcpu, METHOD_VCPU_INJECT, VCPU_INJECT_SYNC, 0);
    world_refused(SEL_ERROR_INVALID_METHOD, init, vcpu, METHOD_COUNT_VCPU + 1);
    world_do(guest.tcb_slot, METHOD_TCB_RESUME);
    world_refused(SEL_ERROR_BUSY, init, vcpu, METHOD_VCPU_RESET);
}

static void long_lists_need_a_buffer(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    uint64_t tcb_slot = world_new(OBJECT_TYPE_TCB, 0);
    struct tcb *bare = world_object(tcb_slot);
    world_do(tcb_slot, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, 0, 0);
    world_do(world_context_new(10000000, 10000000), METHOD_SCHED_CONTEXT_BIND, tcb_slot);
    world_do(tcb_slot, METHOD_TCB_RESUME);
    world_refused(SEL_ERROR_NO_BUFFER, bare, guest.vcpu_slot, METHOD_VCPU_READ_REGISTERS, 0, 9);
    world_refused(SEL_ERROR_NO_BUFFER, bare, guest.vcpu_slot, METHOD_VCPU_WRITE_REGISTERS, 0, 7, 0, 0, 0, 0, 0, 0);
}

/** State can be prepared before there is a thread. */
static void an_unbound_vcpu_is_set_up(void **state)
{
    (void)state;
    uint64_t slot = world_new(OBJECT_TYPE_VCPU, 0);
    const struct vcpu *vcpu = world_object(slot);
    world_do(slot, METHOD_VCPU_WRITE_REGISTERS, VCPU_REG_VBAR_EL1, 1, 0x1111);
    world_do(slot, METHOD_VCPU_CONFIGURE_TIMER, VCPU_TIMER_VIRTUAL, 27, 160, VCPU_TIMER_FLAG_GROUP1);
    assert_int_equal(vcpu->arch.timer[VCPU_TIMER_VIRTUAL].intid, 27);
    world_do(slot, METHOD_VCPU_INFO);
    assert_int_equal(world_word(world.init.tcb, 3), 0);
    world_do(slot, METHOD_VCPU_RESET);
    world_do(slot, METHOD_VCPU_READ_REGISTERS, VCPU_REG_VBAR_EL1, 1);
    assert_int_equal(world_word(world.init.tcb, 0), 0);
}

static void a_guest_that_waits_is_not_reset(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    world_do(guest.vcpu_slot, METHOD_VCPU_INFO);
    assert_int_equal(world_word(world.init.tcb, 3), 0);
    wait_for_interrupt(&guest);
    world_refused(SEL_ERROR_BUSY, world.init.tcb, guest.vcpu_slot, METHOD_VCPU_RESET);
    world_do(guest.tcb_slot, METHOD_TCB_SUSPEND);
    world_do(guest.vcpu_slot, METHOD_VCPU_RESET);
}

static void an_serror_is_injected(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    world_do(guest.vcpu_slot, METHOD_VCPU_INJECT, VCPU_INJECT_SERROR, 0xbe000011, 0);
    assert_false(guest.vcpu->arch.is_injected_sync);
    assert_int_equal(guest.vcpu->arch.injected_syndrome, 0xbe000011);
}

/** Addresses are a guest's: of a thread without a guest's VSpace there is nothing to translate. */
static void only_a_guest_has_translations(void **state)
{
    (void)state;
    struct guest guest = guest_new();
    uint64_t vspace = world_new(OBJECT_TYPE_VSPACE_GUEST, 14);
    world_do(guest.tcb_slot, METHOD_TCB_CONFIGURE, WORLD_CNODE, vspace, 0, 0);
    world_do(guest.vcpu_slot, METHOD_VCPU_TRANSLATE, 0x4567, 0);
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, vspace);
    world_refused(SEL_ERROR_NOT_BOUND, world.init.tcb, guest.vcpu_slot, METHOD_VCPU_TRANSLATE, 0, 0);
    world_do(guest.tcb_slot, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, 0, 0);
    world_refused(SEL_ERROR_NOT_BOUND, world.init.tcb, guest.vcpu_slot, METHOD_VCPU_TRANSLATE, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(registers_are_written_and_read),
        world_test(a_pended_interrupt_wakes_from_wfi),
        world_test(what_list_registers_must_not_hold_is_refused),
        world_test(a_waiting_exit_tells_the_list_registers_of_now),
        world_test(a_timers_new_intid_empties_the_list_registers),
        world_test(a_waiting_timeout_stays_as_it_is),
        world_test(a_deadline_wakes_from_wfi),
        world_test(a_deadline_runs_its_guest_at_once),
        world_test(a_deadline_waits_for_its_guests_equals_and_betters),
        world_test(a_deadline_that_the_guest_masks_wakes_nobody),
        world_test(two_deadlines_at_once_run_the_better_guest),
        world_test(a_deadline_and_a_timer_at_once_run_the_better_thread),
        world_test(a_deadline_and_an_unheard_timer_at_once_are_one_interrupt),
        world_test(a_deadline_and_a_release_at_once_run_the_better_thread),
        world_test(a_deadline_at_the_end_of_a_budget_stops_who_ran),
        world_test(a_deadline_of_a_guest_without_time_leaves_it_ready),
        world_test(a_pended_interrupt_forgets_the_deadline),
        world_test(an_enabled_timer_wakes_from_wfi_if_its_interrupt_pends),
        world_test(an_injection_wakes_from_wfi_if_an_interrupt_pends),
        world_test(what_is_told_arrives),
        world_test(a_dead_vcpu_stops_its_thread),
        world_test(a_dead_thread_frees_its_vcpu),
        world_test(a_suspended_guest_forgets_its_deadline),
        world_test(a_suspended_guest_keeps_its_registers),
        world_test(registers_of_a_loaded_vcpu_are_fetched),
        world_test(a_dead_vcpu_is_not_loaded),
        world_test(reset_forgets_floating_point),
        world_test(refusals),
        world_test(long_lists_need_a_buffer),
        world_test(an_unbound_vcpu_is_set_up),
        world_test(a_guest_that_waits_is_not_reset),
        world_test(an_serror_is_injected),
        world_test(only_a_guest_has_translations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
