/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Staging of rows: see stage.h.
 * Invariant: everything comes from sel_cap_untyped, so that its revocation is the end of a row.
 */
#include "systems/bench/bench/stage.h"

#include <string.h>

#include "systems/bench/bench/cycles/readings.h"

#define PAGE_BYTES  4096u
#define VSPACE_BITS 15
#define SETTLE_US   500 /* a server reaches its first receive */
#define THREADS_MAX 256
#define TIMERS_MAX  4

SEL_USES_CAP(timer);
SEL_USES_BIT(timer);

static sel_cap_t next_slot;
static sel_cap_t threads[THREADS_MAX];
static sel_cap_t timers[TIMERS_MAX];
static uint64_t thread_count;
static uint64_t timer_count;

void stage_must(sel_err_t error, const char *what)
{
    if (error != SEL_ERROR_OK) {
        sel_perror(what);
        sel_panic("a row cannot be staged");
    }
}

/** Nothing is due any more, of Timers or of guests that sleep: where an interrupt meets the end of a row may differ from run to run. */
static void silence(void)
{
    uint64_t was_set;

    while (thread_count > 0) {
        stage_must(sel_tcb_suspend(threads[--thread_count]), "stop a thread");
    }
    while (timer_count > 0) {
        stage_must(sel_timer_cancel(timers[--timer_count], &was_set), "cancel a timer");
    }
}

static void remember(sel_cap_t *list, uint64_t *count, uint64_t most, sel_cap_t cap)
{
    if (*count == most) {
        sel_panic("a row has too many threads or timers");
    }
    list[(*count)++] = cap;
}

void stage_clear(void)
{
    readings_tell();
    silence();
    stage_must(sel_cnode_revoke(sel_cap_cnode, sel_cap_untyped), "revoke the stage");
    /* Copies of capabilities that are not of the stage lie there as well. */
    for (sel_cap_t slot = sel_spec.first_free_slot; slot < next_slot; slot++) {
        stage_must(sel_cnode_delete(sel_cap_cnode, slot), "empty a slot");
    }
    next_slot = sel_spec.first_free_slot;
}

sel_cap_t stage_slots(uint64_t count)
{
    sel_cap_t first = next_slot;

    next_slot += count;
    if (next_slot > sel_spec.cnode_slot_count) {
        sel_panic("system.yaml gives too few free_slots");
    }
    return first;
}

sel_cap_t stage_make_many(uint64_t type, uint64_t size_bits, uint64_t count)
{
    sel_cap_t slot = stage_slots(count);

    stage_must(sel_untyped_retype(sel_cap_untyped, type, size_bits, sel_cap_cnode, slot, count), "make objects");
    return slot;
}

sel_cap_t stage_make(uint64_t type, uint64_t size_bits)
{
    sel_cap_t slot = stage_make_many(type, size_bits, 1);

    if (type == OBJECT_TYPE_TCB) {
        remember(threads, &thread_count, THREADS_MAX, slot);
    } else if (type == OBJECT_TYPE_TIMER) {
        remember(timers, &timer_count, TIMERS_MAX, slot);
    }
    return slot;
}

sel_cap_t stage_copy(sel_cap_t source, uint64_t rights, uint64_t badge)
{
    sel_cap_t slot = stage_slots(1);

    stage_must(sel_cnode_mint(sel_cap_cnode, slot, sel_cap_cnode, source, rights, badge), "copy a capability");
    return slot;
}

/** An address of this process that is free, with its page table: the upper half of the 2 MiB that hold its IPC buffer. */
static uintptr_t window_address(void)
{
    return ((uintptr_t)sel_ipc_buffer & ~(uintptr_t)0x1fffff) + 0x180000;
}

/** A Frame with a copy of the page at `source`. */
static sel_cap_t page_copy(const char *source)
{
    sel_cap_t frame = stage_make(OBJECT_TYPE_FRAME, 12);
    uintptr_t window = window_address();

    stage_must(sel_frame_map(frame, sel_cap_vspace, window, SEL_RIGHT_READ | SEL_RIGHT_WRITE, FRAME_ATTRIBUTE_NORMAL),
               "map a page of programs here");
    memcpy((void *)window, source, PAGE_BYTES); // NOLINT(performance-no-int-to-ptr)
    /* To PoC and not to PoU only: a guest fetches with its caches off. */
    stage_must(sel_frame_cache(frame, CACHE_OPERATION_CLEAN, 0, PAGE_BYTES), "clean a page of programs");
    stage_must(sel_frame_cache(frame, CACHE_OPERATION_UNIFY, 0, PAGE_BYTES), "make a page of programs executable");
    stage_must(sel_frame_unmap(frame), "unmap a page of programs");
    return frame;
}

static sel_cap_t space_of(uint64_t type, const struct programs *programs)
{
    sel_cap_t space = stage_make(type, VSPACE_BITS);

    for (const char *page = programs->start; page < programs->end; page += PAGE_BYTES) {
        stage_must(sel_frame_map(page_copy(page), space, (uintptr_t)page, SEL_RIGHT_READ | SEL_RIGHT_EXECUTE,
                                 FRAME_ATTRIBUTE_NORMAL),
                   "map a page of programs");
    }
    return space;
}

sel_cap_t stage_space(const struct programs *programs)
{
    sel_cap_t space = space_of(OBJECT_TYPE_VSPACE, programs);

    readings_map(space);
    return space;
}

sel_cap_t stage_guest_space(const struct programs *programs)
{
    return space_of(OBJECT_TYPE_VSPACE_GUEST, programs);
}

struct stage_thread stage_thread(sel_cap_t space, const char *program, uint64_t priority, uint64_t tag,
                                 const uint64_t *arguments, uint64_t count)
{
    struct stage_thread thread = {
        .tcb = stage_make(OBJECT_TYPE_TCB, 0),
        .context = stage_make(OBJECT_TYPE_SCHED_CONTEXT, 0),
        .buffer = stage_make(OBJECT_TYPE_FRAME, 12),
    };
    uint64_t entry = (uintptr_t)program;

    stage_must(sel_tcb_configure(thread.tcb, sel_cap_cnode, space, thread.buffer, 0), "configure a thread");
    stage_must(sel_tcb_set_priority(thread.tcb, sel_cap_tcb, priority, priority), "set a priority");
    stage_must(sel_tcb_write_registers(thread.tcb, THREAD_REG_X1, 1, &tag), "set a tag");
    stage_must(sel_tcb_write_registers(thread.tcb, STAGE_ARGUMENT_FIRST, count, arguments), "set arguments");
    stage_must(sel_tcb_write_registers(thread.tcb, THREAD_REG_PC, 1, &entry), "set an entry");
    stage_must(sel_sched_control_configure(sel_cap_sched_control, thread.context, SEL_LIMIT_PERIOD_NS_MAX,
                                           SEL_LIMIT_PERIOD_NS_MAX, 0, 0),
               "configure a context");
    stage_must(sel_sched_context_bind(thread.context, thread.tcb), "give a thread time");
    return thread;
}

void stage_write_buffer(const struct stage_thread *thread, uint64_t index, uint64_t value)
{
    uint64_t *window = (uint64_t *)window_address(); // NOLINT(performance-no-int-to-ptr)

    stage_must(sel_frame_map(thread->buffer, sel_cap_vspace, (uintptr_t)window, SEL_RIGHT_READ | SEL_RIGHT_WRITE,
                             FRAME_ATTRIBUTE_NORMAL),
               "map a buffer here");
    window[index] = value;
    stage_must(sel_frame_unmap(thread->buffer), "unmap a buffer");
}

void stage_start(const struct stage_thread *thread)
{
    stage_must(sel_tcb_resume(thread->tcb), "start a thread");
}

void stage_start_passive(const struct stage_thread *thread)
{
    stage_start(thread);
    stage_run_us(SETTLE_US);
    stage_must(sel_sched_context_unbind(thread->context), "take a server's time");
}

void stage_run_us(uint64_t us)
{
    uint64_t end = sel_clock_ticks() + sel_ns_to_ticks(us * SEL_NS_PER_US, sel_clock_frequency_hz());

    if (!sel_sleep_until(sel_cap_timer, sel_bit_timer, end)) {
        sel_panic("main cannot sleep");
    }
}
