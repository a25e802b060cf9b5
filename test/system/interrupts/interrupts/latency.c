/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's longest operations let interrupts through: a lower thread does the work, while main is woken by its Timer all along
 * and looks how late it is each time. In the runs of this folder a tick of the counter is 16 instructions.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

SEL_USES_CAP(untyped1);

#define LATE_TICKS_MAX  313  /* 5,000 instructions */
#define STEP_TICKS      1009 /* between two alarms: a prime, so that they meet every phase of the work */
#define CNODE_SLOT_BITS 16
#define SLOT_BYTES_BITS 5

#define STUCK_THREAD_COUNT 120

/** Work for the lower thread: fills in whether it was done without an error. */
struct work {
    void (*run)(struct work *work);
    sel_cap_t cap;
    sel_err_t error;
};

static void do_work(void *argument)
{
    struct work *work = argument;

    work->run(work);
}

/** Run the work below main; returns by how many ticks the latest alarm was late. `*alarms` = how many there were. */
static uint64_t worst_lateness(struct work *work, uint64_t *alarms)
{
    sel_cap_t notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    sel_cap_t timer = world_make(OBJECT_TYPE_TIMER, 0);
    struct world_thread *thread = world_thread(do_work, work, WORLD_PRIORITY - 10);
    uint64_t worst = 0;
    uint64_t bits = 0;

    *alarms = 0;
    work->error = SEL_ERROR_OK;
    if (sel_timer_bind(timer, world_mint(notification, SEL_RIGHT_WRITE, 1)) != SEL_ERROR_OK) {
        check_fail(__FILE__, __LINE__, "bind the timer");
        return ~0ull;
    }
    world_start(thread);
    while (!thread->is_done) {
        uint64_t deadline = sel_clock_ticks() + STEP_TICKS;
        if (sel_timer_set(timer, deadline) != SEL_ERROR_OK || sel_wait(notification, 0, &bits) != SEL_ERROR_OK) {
            check_fail(__FILE__, __LINE__, "wait for the alarm");
            return ~0ull;
        }
        uint64_t late = sel_clock_ticks() - deadline;
        worst = late > worst ? late : worst;
        (*alarms)++;
    }
    return worst;
}

/** Check that the work was done, gave cause for at least `alarms_min` alarms, and held none of them up. */
static void expect_prompt_alarms(struct work *work, uint64_t alarms_min)
{
    uint64_t alarms = 0;
    uint64_t worst = worst_lateness(work, &alarms);

    CHECK_EQUAL(work->error, SEL_ERROR_OK);
    CHECK(alarms >= alarms_min);
    if (worst > LATE_TICKS_MAX) {
        CHECK_EQUAL(worst, LATE_TICKS_MAX);
    }
}

static void revoke(struct work *work)
{
    work->error = sel_cnode_revoke(sel_cap_cnode, work->cap);
}

/** A CNode of 2^16 slots from the large Untyped. */
static sel_cap_t make_large_cnode(void)
{
    sel_cap_t slot = world_slots(1);

    if (sel_cnode_revoke(sel_cap_cnode, sel_cap_untyped1) != SEL_ERROR_OK ||
        sel_untyped_retype(sel_cap_untyped1, OBJECT_TYPE_CNODE, CNODE_SLOT_BITS + SLOT_BYTES_BITS, sel_cap_cnode, slot,
                           1) != SEL_ERROR_OK) {
        check_fail(__FILE__, __LINE__, "make a large CNode");
    }
    return slot;
}

static bool fill_with_copies(sel_cap_t cnode, sel_cap_t source, uint64_t count)
{
    for (uint64_t i = 1; i <= count; i++) {
        if (sel_cnode_copy(cnode, i, sel_cap_cnode, source, SEL_RIGHT_WRITE) != SEL_ERROR_OK) {
            return false;
        }
    }
    return true;
}

static void revoke_descendants(uint64_t count, uint64_t alarms_min)
{
    sel_cap_t cnode = make_large_cnode();
    sel_cap_t source = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    struct work work = {.run = revoke, .cap = source};
    uint64_t word0 = 0;
    uint64_t ignored = 0;

    CHECK(fill_with_copies(cnode, source, count));
    expect_prompt_alarms(&work, alarms_min);
    CHECK_EQUAL(sel_cnode_inspect(cnode, count, &word0, &ignored, &ignored, &ignored), SEL_ERROR_OK);
    CHECK_EQUAL(word0 & 0x1f, CAP_TYPE_NULL);
}

void revoke_of_10_descendants_lets_interrupts_through(void)
{
    revoke_descendants(10, 1);
}

void revoke_of_1000_descendants_lets_interrupts_through(void)
{
    revoke_descendants(1000, 2);
}

void revoke_of_50000_descendants_lets_interrupts_through(void)
{
    revoke_descendants(50000, 100);
}

static void retype_large_frames(struct work *work)
{
    work->error = sel_untyped_retype(sel_cap_untyped1, OBJECT_TYPE_FRAME, 21, sel_cap_cnode, work->cap, 32);
}

void retype_of_64_mib_lets_interrupts_through(void)
{
    struct work work = {.run = retype_large_frames};

    CHECK_EQUAL(sel_cnode_revoke(sel_cap_cnode, sel_cap_untyped1), SEL_ERROR_OK);
    work.cap = world_slots(32);
    expect_prompt_alarms(&work, 10);
    CHECK_EQUAL(sel_cnode_revoke(sel_cap_cnode, sel_cap_untyped1), SEL_ERROR_OK);
}

static void delete_slot(struct work *work)
{
    work->error = sel_cnode_delete(sel_cap_cnode, work->cap);
}

void delete_of_a_full_cnode_lets_interrupts_through(void)
{
    sel_cap_t cnode = make_large_cnode();
    sel_cap_t source = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    struct work work = {.run = delete_slot, .cap = cnode};

    CHECK(fill_with_copies(cnode, source, (1u << CNODE_SLOT_BITS) - 1));
    expect_prompt_alarms(&work, 100);
}

static void rest(struct work *work)
{
    (void)work;
}

/** In a guest's address space without a VCPU, ready, above the thread that does the work. */
static void make_thread_that_cannot_run(sel_cap_t guest_vspace)
{
    sel_cap_t tcb = world_make(OBJECT_TYPE_TCB, 0);
    sel_cap_t context = world_context(10000000, 10000000);

    CHECK_EQUAL(sel_tcb_configure(tcb, sel_cap_cnode, guest_vspace, 0, 0), SEL_ERROR_OK);
    CHECK_EQUAL(sel_tcb_set_priority(tcb, sel_cap_tcb, WORLD_PRIORITY - 5, WORLD_PRIORITY - 5), SEL_ERROR_OK);
    CHECK_EQUAL(sel_sched_context_bind(context, tcb), SEL_ERROR_OK);
    CHECK_EQUAL(sel_tcb_resume(tcb), SEL_ERROR_OK);
}

/** The kernel stops each of them when it would be its turn: all of them at once, when main goes to sleep. */
void many_threads_that_cannot_run_let_interrupts_through(void)
{
    sel_cap_t guest_vspace = world_make(OBJECT_TYPE_VSPACE_GUEST, OBJECT_BITS_VSPACE_MIN);
    struct work work = {.run = rest};

    for (uint64_t i = 0; i < STUCK_THREAD_COUNT; i++) {
        make_thread_that_cannot_run(guest_vspace);
    }
    expect_prompt_alarms(&work, 1);
}
