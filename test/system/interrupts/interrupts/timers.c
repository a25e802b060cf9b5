/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers: at the deadline, never before, once.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

#define LATE_TICKS_MAX 313 /* 5,000 instructions at 16 a tick */

static sel_cap_t notification;

static sel_cap_t make_timer(uint64_t badge)
{
    sel_cap_t timer = world_make(OBJECT_TYPE_TIMER, 0);

    if (sel_timer_bind(timer, world_mint(notification, SEL_RIGHT_WRITE, badge)) != SEL_ERROR_OK) {
        check_fail(__FILE__, __LINE__, "bind a timer");
    }
    return timer;
}

static uint64_t after_us(uint64_t us)
{
    return sel_clock_ticks() + sel_ns_to_ticks(us * SEL_NS_PER_US, sel_clock_frequency_hz());
}

static bool is_silent(void)
{
    uint64_t bits = 0;

    return sel_poll(notification, &bits) == SEL_ERROR_WOULD_BLOCK;
}

void a_timer_fires_at_its_deadline(void)
{
    notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    sel_cap_t timer = make_timer(4);
    uint64_t bits = 0;

    for (uint64_t us = 50; us < 5000; us += 777) {
        uint64_t deadline = after_us(us);
        CHECK_EQUAL(sel_timer_set(timer, deadline), SEL_ERROR_OK);
        CHECK_EQUAL(sel_wait(notification, 0, &bits), SEL_ERROR_OK);
        uint64_t now = sel_clock_ticks();
        CHECK_EQUAL(bits, 4);
        CHECK(now >= deadline);
        CHECK(now - deadline <= LATE_TICKS_MAX);
    }
    CHECK(is_silent());
}

void a_passed_deadline_fires_at_once(void)
{
    notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    sel_cap_t timer = make_timer(2);
    uint64_t bits = 0;

    CHECK_EQUAL(sel_timer_set(timer, 0), SEL_ERROR_OK);
    CHECK_EQUAL(sel_poll(notification, &bits), SEL_ERROR_OK);
    CHECK_EQUAL(bits, 2);
}

void a_later_set_replaces_an_earlier_one(void)
{
    notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    sel_cap_t timer = make_timer(2);
    uint64_t bits = 0;
    uint64_t deadline = after_us(3000);

    CHECK_EQUAL(sel_timer_set(timer, after_us(500)), SEL_ERROR_OK);
    CHECK_EQUAL(sel_timer_set(timer, deadline), SEL_ERROR_OK);
    CHECK_EQUAL(sel_wait(notification, 0, &bits), SEL_ERROR_OK);
    CHECK(sel_clock_ticks() >= deadline);
    world_sleep_ms(2);
    CHECK(is_silent());
}

void a_cancelled_timer_stays_silent(void)
{
    notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    sel_cap_t timer = make_timer(2);
    uint64_t was_set = 0;

    CHECK_EQUAL(sel_timer_set(timer, after_us(500)), SEL_ERROR_OK);
    CHECK_EQUAL(sel_timer_cancel(timer, &was_set), SEL_ERROR_OK);
    CHECK_EQUAL(was_set, 1);
    CHECK_EQUAL(sel_timer_cancel(timer, &was_set), SEL_ERROR_OK);
    CHECK_EQUAL(was_set, 0);
    world_sleep_ms(2);
    CHECK(is_silent());
}

void many_timers_fire_in_order(void)
{
    static const uint64_t delays_us[] = {900, 100, 800, 200, 700, 300, 600, 400, 500, 50};
    uint64_t deadlines[10];
    uint64_t bits = 0;
    uint64_t last = 0;

    notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t start = after_us(1000);
    for (uint64_t i = 0; i < 10; i++) {
        deadlines[i] = start + sel_ns_to_ticks(delays_us[i] * SEL_NS_PER_US, sel_clock_frequency_hz());
        CHECK_EQUAL(sel_timer_set(make_timer(1ull << i), deadlines[i]), SEL_ERROR_OK);
    }
    for (uint64_t i = 0; i < 10; i++) {
        CHECK_EQUAL(sel_wait(notification, 0, &bits), SEL_ERROR_OK);
        uint64_t which = (uint64_t)__builtin_ctzll(bits);
        CHECK_EQUAL(bits, 1ull << which);
        CHECK(deadlines[which] > last);
        last = deadlines[which];
    }
}

void a_timer_needs_its_notification(void)
{
    sel_cap_t timer = world_make(OBJECT_TYPE_TIMER, 0);
    uint64_t was_set = 0;

    notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    CHECK_EQUAL(sel_timer_set(timer, after_us(1)), SEL_ERROR_NOT_BOUND);
    CHECK_EQUAL(sel_timer_unbind(timer), SEL_ERROR_NOT_BOUND);
    CHECK_EQUAL(sel_timer_bind(timer, world_mint(notification, SEL_RIGHT_READ, 0)), SEL_ERROR_RIGHTS);
    CHECK_EQUAL(sel_timer_bind(timer, notification), SEL_ERROR_OK);
    CHECK_EQUAL(sel_timer_bind(timer, notification), SEL_ERROR_ALREADY_BOUND);
    CHECK_EQUAL(sel_timer_set(timer, after_us(500)), SEL_ERROR_OK);
    CHECK_EQUAL(sel_timer_unbind(timer), SEL_ERROR_OK);
    world_sleep_ms(2);
    CHECK(is_silent());
    CHECK_EQUAL(sel_timer_cancel(timer, &was_set), SEL_ERROR_OK);
}

void a_deleted_timer_stays_silent(void)
{
    notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    sel_cap_t timer = make_timer(2);

    CHECK_EQUAL(sel_timer_set(timer, after_us(500)), SEL_ERROR_OK);
    CHECK_EQUAL(sel_cnode_delete(sel_cap_cnode, timer), SEL_ERROR_OK);
    world_sleep_ms(2);
    CHECK(is_silent());
}
