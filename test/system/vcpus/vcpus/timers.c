/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests that sleep: one VCPU's state is in the registers at a time, the timers of the others are the kernel's to watch.
 */
#include "guest.h"
#include "tests.h"

#define LATE_NS SEL_NS_PER_MS /* allowed between a deadline and the guest's own look at its clock */

static uint64_t ticks(uint64_t ms)
{
    return sel_ns_to_ticks(ms * SEL_NS_PER_MS, sel_clock_frequency_hz());
}

/** The last exit is the end of a sleep of so many milliseconds, by the guest's own clock. */
static bool has_slept(uint64_t ms)
{
    uint64_t slept = guest_x(3) - guest_x(2);

    return guest_hvc() == 1 && slept >= ticks(ms) &&
           slept < ticks(ms) + sel_ns_to_ticks(LATE_NS, sel_clock_frequency_hz());
}

void guests_sleep_side_by_side(void)
{
    guests_begin();
    struct guest longer = guest_new(2, guest_sleeper);
    struct guest shorter = guest_new(1, guest_sleeper);

    guest_start(&longer, ticks(8), VCPU_TIMER_PHYSICAL);
    guest_start(&shorter, ticks(5), VCPU_TIMER_VIRTUAL);
    CHECK_EQUAL(guest_wait(), shorter.badge);
    CHECK(has_slept(5));
    CHECK_EQUAL(guest_wait(), longer.badge);
    CHECK(has_slept(8));
}

/** The kernel watches its timer meanwhile, on a clock that is `offset` behind the kernel's. */
static void sleep_while_another_runs(uint64_t timer, uint64_t offset)
{
    struct guest sleeper = guest_new(1 + timer, guest_sleeper);
    struct guest spinner = guest_new(8, guest_spinner);
    uint64_t blocked;
    uint64_t unused[3];

    CHECK_EQUAL(sel_tcb_set_priority(spinner.tcb, sel_cap_tcb, 10, 10), SEL_ERROR_OK);
    CHECK_EQUAL(sel_vcpu_set_offset(sleeper.vcpu, offset), SEL_ERROR_OK);
    guest_start(&spinner, 0, 0);
    guest_start(&sleeper, ticks(12), timer);
    world_sleep_ms(4);
    CHECK_EQUAL(sel_vcpu_info(sleeper.vcpu, &unused[0], &unused[1], &unused[2], &blocked), SEL_ERROR_OK);
    CHECK_EQUAL(blocked, 1);
    CHECK_EQUAL(guest_wait(), sleeper.badge);
    CHECK(has_slept(12));
    CHECK_EQUAL(sel_tcb_suspend(spinner.tcb), SEL_ERROR_OK);
}

void a_sleeping_guest_wakes_while_another_runs(void)
{
    guests_begin();
    sleep_while_another_runs(VCPU_TIMER_VIRTUAL, 0);
    sleep_while_another_runs(VCPU_TIMER_PHYSICAL, 0);
}

void a_sleeping_guest_wakes_by_its_own_clock(void)
{
    guests_begin();
    sleep_while_another_runs(VCPU_TIMER_VIRTUAL, -ticks(50)); /* ahead of the kernel's clock */
    sleep_while_another_runs(VCPU_TIMER_VIRTUAL, sel_clock_ticks() / 2);
    sleep_while_another_runs(VCPU_TIMER_PHYSICAL, -ticks(50)); /* the physical one has none */
}

/** Nothing but the guest's own deadline leads into the kernel: the other one's arrival in the registers must not lose it. */
void a_sleeping_guest_preempts_the_next_one(void)
{
    guests_begin();
    struct guest sleeper = guest_new(1, guest_sleeper);
    struct guest spinner = guest_new(8, guest_spinner);

    CHECK_EQUAL(sel_tcb_set_priority(spinner.tcb, sel_cap_tcb, 10, 10), SEL_ERROR_OK);
    guest_start(&spinner, 0, 0);
    guest_start(&sleeper, ticks(3), VCPU_TIMER_VIRTUAL);
    CHECK_EQUAL(guest_wait(), sleeper.badge);
    CHECK(has_slept(3));
    CHECK_EQUAL(sel_tcb_suspend(spinner.tcb), SEL_ERROR_OK);
}

/** Reading its state takes a guest out of the registers: its timer goes on all the same. */
void a_sleep_survives_a_look_at_the_guest(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_sleeper);
    uint64_t control;

    guest_start(&guest, ticks(8), VCPU_TIMER_VIRTUAL);
    world_sleep_ms(2);
    CHECK_EQUAL(sel_vcpu_read_registers(guest.vcpu, VCPU_REG_CNTV_CTL_EL0, 1, &control), SEL_ERROR_OK);
    CHECK_EQUAL(control & 1, 1);
    CHECK_EQUAL(sel_vcpu_configure_timer(guest.vcpu, VCPU_TIMER_VIRTUAL, GUEST_TIMER_INTID(VCPU_TIMER_VIRTUAL), 0x80,
                                         VCPU_TIMER_FLAG_ENABLED | VCPU_TIMER_FLAG_GROUP1),
                SEL_ERROR_OK);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK(has_slept(8));
}

/** The guest tells the interrupt that it would take. */
static uint64_t pending_interrupt(void)
{
    guest_answer(VERB_RESUME, 0);
    return guest_wait() == 1 && guest_hvc() == 6 ? guest_x(0) : 0;
}

/** Its timer fired, the guest has not looked yet, and its state leaves the registers and comes back; then the timer gets another number. */
void a_pending_tick_outlives_the_registers(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_ticked);
    uint64_t on = VCPU_TIMER_FLAG_ENABLED | VCPU_TIMER_FLAG_GROUP1;
    uint64_t unused[3];
    uint64_t state;
    uint64_t control;

    guest_start(&guest, 0, 0);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_hvc(), 5);
    CHECK_EQUAL(sel_vcpu_info(guest.vcpu, &unused[0], &state, &unused[1], &unused[2]), SEL_ERROR_OK);
    CHECK_EQUAL(lr_state_virtual_timer(state), INTERRUPT_STATE_PENDING);
    for (uint64_t i = 0; i < 2; i++) {
        CHECK_EQUAL(sel_vcpu_read_registers(guest.vcpu, VCPU_REG_CNTV_CTL_EL0, 1, &control), SEL_ERROR_OK);
        CHECK_EQUAL(pending_interrupt(), GUEST_TIMER_INTID(VCPU_TIMER_VIRTUAL));
    }
    CHECK_EQUAL(sel_vcpu_configure_timer(guest.vcpu, VCPU_TIMER_VIRTUAL, 29, 0x80, on), SEL_ERROR_OK);
    CHECK_EQUAL(pending_interrupt(), 29);
    CHECK_EQUAL(sel_vcpu_configure_timer(guest.vcpu, VCPU_TIMER_VIRTUAL, 29, 0x80, 0), SEL_ERROR_OK);
    CHECK_EQUAL(pending_interrupt(), 1023);
}

/** Its virtual timer, which takes its state out of the registers. */
static void set_timer(const struct guest *guest, uint64_t control, uint64_t deadline)
{
    CHECK_EQUAL(sel_vcpu_write_registers(guest->vcpu, VCPU_REG_CNTV_CVAL_EL0, 1, &deadline), SEL_ERROR_OK);
    CHECK_EQUAL(sel_vcpu_write_registers(guest->vcpu, VCPU_REG_CNTV_CTL_EL0, 1, &control), SEL_ERROR_OK);
}

/** A tick that its guest has not taken is nothing any more if its timer's line has gone low. */
void a_tick_whose_line_went_low_is_taken_back(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_ticked);
    const struct {
        uint64_t control;
        uint64_t deadline;
    } low[] = {{0, 0}, {3, 0}, {1, UINT64_MAX}}; /* off, masked, not yet */

    guest_start(&guest, 0, 0);
    CHECK_EQUAL(guest_wait(), guest.badge);
    for (uint64_t i = 0; i < sizeof(low) / sizeof(low[0]); i++) {
        CHECK_EQUAL(pending_interrupt(), GUEST_TIMER_INTID(VCPU_TIMER_VIRTUAL));
        set_timer(&guest, low[i].control, low[i].deadline);
        CHECK_EQUAL(pending_interrupt(), 1023);
        set_timer(&guest, 1, 0);
    }
    CHECK_EQUAL(pending_interrupt(), GUEST_TIMER_INTID(VCPU_TIMER_VIRTUAL));
}

/** Its line stays high while the guest serves it: neither a switch brings it a second time, nor does it keep another guest's from coming. */
void a_tick_being_served_is_the_guests_alone(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_taker);
    struct guest sleeper = guest_new(2, guest_sleeper);
    uint64_t unused[3];
    uint64_t state;

    guest_start(&guest, 0, 0);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_x(0), GUEST_TIMER_INTID(VCPU_TIMER_VIRTUAL));
    for (uint64_t i = 0; i < 3; i++) {
        CHECK_EQUAL(sel_vcpu_info(guest.vcpu, &unused[0], &state, &unused[1], &unused[2]), SEL_ERROR_OK);
        CHECK_EQUAL(lr_state_virtual_timer(state), INTERRUPT_STATE_ACTIVE);
        CHECK_EQUAL(pending_interrupt(), 1023);
    }
    guest_start(&sleeper, ticks(2), VCPU_TIMER_VIRTUAL);
    CHECK_EQUAL(guest_wait(), sleeper.badge);
    CHECK(has_slept(2));
}

/** Its state is in the registers while it is stopped in an exit that has told what they hold: another interrupt; then its timer fires. */
void a_tick_that_came_after_the_exit_is_told(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_ticked);
    uint64_t other = list_register_set_state(list_register_set_intid(0, 40), INTERRUPT_STATE_PENDING);
    uint64_t unused[3];
    uint64_t state;

    CHECK_EQUAL(sel_vcpu_set_interrupts(guest.vcpu, other, 0, 0, &state), SEL_ERROR_OK);
    guest_start(&guest, ticks(3), 0);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_hvc(), 5);
    state = exit_lr_state(guest_exit.words[0]);
    CHECK_EQUAL(lr_state_entry0(state), INTERRUPT_STATE_PENDING);
    CHECK_EQUAL(lr_state_virtual_timer(state), INTERRUPT_STATE_EMPTY);
    world_sleep_ms(6);
    CHECK_EQUAL(sel_vcpu_info(guest.vcpu, &unused[0], &state, &unused[1], &unused[2]), SEL_ERROR_OK);
    CHECK_EQUAL(lr_state_entry0(state), INTERRUPT_STATE_PENDING);
    CHECK_EQUAL(lr_state_virtual_timer(state), INTERRUPT_STATE_PENDING);
}

/** By BLOCK in the answer, as for a guest that suspends itself; its state has left the registers by then. */
void a_guest_put_to_sleep_wakes_by_its_timer(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_ticked);
    uint64_t unused[3];
    uint64_t blocked;
    uint64_t control;

    guest_start(&guest, ticks(5), 0);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_hvc(), 5);
    CHECK_EQUAL(sel_vcpu_read_registers(guest.vcpu, VCPU_REG_CNTV_CTL_EL0, 1, &control), SEL_ERROR_OK);
    CHECK_EQUAL(control & 1, 1);
    guest_answer(VERB_RESUME | VERB_BLOCK, 0);
    CHECK_EQUAL(sel_vcpu_info(guest.vcpu, &unused[0], &unused[1], &unused[2], &blocked), SEL_ERROR_OK);
    CHECK_EQUAL(blocked, 1);
    world_sleep_ms(8);
    CHECK_EQUAL(sel_vcpu_info(guest.vcpu, &unused[0], &unused[1], &unused[2], &blocked), SEL_ERROR_OK);
    CHECK_EQUAL(blocked, 0);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_hvc(), 6);
    CHECK_EQUAL(guest_x(0), GUEST_TIMER_INTID(VCPU_TIMER_VIRTUAL));
}

void an_offset_moves_the_virtual_clock_only(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_clock);
    uint64_t before = sel_clock_ticks();

    CHECK_EQUAL(sel_vcpu_set_offset(guest.vcpu, before), SEL_ERROR_OK);
    guest_start(&guest, 0, 0);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_hvc(), 2);
    CHECK(guest_x(1) >= before);
    CHECK(guest_x(0) <= guest_x(1) - before);
    CHECK(guest_x(1) - before - guest_x(0) < 100);
    CHECK_EQUAL(sel_vcpu_set_offset(guest.vcpu, 0), SEL_ERROR_OK); /* its state is in the registers now */
    guest_answer(VERB_RESUME, 0);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK(guest_x(1) - guest_x(0) < 100);
}

/** Its virtual clock jumps far ahead, by an offset below zero: the deadline has passed long ago. */
void an_offset_wakes_who_sleeps_past_it(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_sleeper);
    uint64_t before = sel_clock_ticks();

    guest_start(&guest, ticks(300), VCPU_TIMER_VIRTUAL);
    world_sleep_ms(2);
    CHECK_EQUAL(sel_vcpu_set_offset(guest.vcpu, -ticks(1000000)), SEL_ERROR_OK);
    CHECK_EQUAL(guest_wait(), guest.badge);
    CHECK_EQUAL(guest_hvc(), 1);
    CHECK(sel_clock_ticks() - before < ticks(20));
}

/** A guest that is stopped in its sleep: the line goes high when its clock gets there, whatever was saved before. */
void a_line_is_told_as_it_is_now(void)
{
    guests_begin();
    struct guest guest = guest_new(1, guest_sleeper);
    uint64_t unused[3];
    uint64_t lines;

    guest_start(&guest, ticks(8), VCPU_TIMER_VIRTUAL);
    world_sleep_ms(2);
    CHECK_EQUAL(sel_vcpu_info(guest.vcpu, &unused[0], &unused[1], &lines, &unused[2]), SEL_ERROR_OK);
    CHECK_EQUAL(lines, 0);
    CHECK_EQUAL(sel_tcb_suspend(guest.tcb), SEL_ERROR_OK);
    world_sleep_ms(10);
    CHECK_EQUAL(sel_vcpu_info(guest.vcpu, &unused[0], &unused[1], &lines, &unused[2]), SEL_ERROR_OK);
    CHECK_EQUAL(lines, 1ull << VCPU_TIMER_VIRTUAL);
}
