/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads and objects of a test process: see world.h.
 * Invariant: everything comes from sel_cap_untyped, so that its revocation is the end of a test's world.
 */
#include "test/system/lib/world.h"

#include "test/system/lib/check.h"

#define PAGE_BYTES 4096u
#define PAGE_MAX   64
#define TIMER_BIT  (1ull << 62)

static uint8_t stacks[WORLD_THREAD_MAX][WORLD_STACK_BYTES] __attribute__((aligned(16)));
static uint8_t tls_blocks[WORLD_THREAD_MAX][WORLD_TLS_BYTES] __attribute__((aligned(64)));
static struct world_thread threads[WORLD_THREAD_MAX];
static uint32_t thread_count;
static sel_cap_t next_slot;
static uint32_t page_count;
static sel_cap_t done; /* Notification: threads and the watchdog */
static sel_cap_t done_signal;
static sel_cap_t watchdog;

static bool must(sel_err_t error, const char *what)
{
    char sentence[200];

    if (error == SEL_ERROR_OK) {
        return true;
    }
    sel_error_sentence(sentence, sizeof(sentence));
    sel_console_print("world: ");
    sel_console_print(what);
    sel_console_print(": ");
    sel_console_print(sentence);
    sel_console_print("\n");
    check_fail("world.c", __LINE__, what);
    return false;
}

void world_reset(void)
{
    (void)must(sel_cnode_revoke(sel_cap_cnode, sel_cap_untyped), "revoke the world");
    /* Copies of capabilities that are not of the world lie there as well. */
    for (sel_cap_t slot = sel_spec.first_free_slot; slot < next_slot; slot++) {
        (void)must(sel_cnode_delete(sel_cap_cnode, slot), "empty a slot");
    }
    next_slot = sel_spec.first_free_slot;
    thread_count = 0;
    page_count = 0;
    done = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    done_signal = world_mint(done, SEL_RIGHT_WRITE, TIMER_BIT);
    watchdog = world_make(OBJECT_TYPE_TIMER, 0);
    (void)must(sel_timer_bind(watchdog, done_signal), "bind the watchdog");
}

sel_cap_t world_slots(uint64_t count)
{
    sel_cap_t first = next_slot;

    next_slot += count;
    if (next_slot > sel_spec.cnode_slot_count) {
        sel_panic("the test needs more free_slots in its spec");
    }
    return first;
}

sel_cap_t world_make(uint64_t type, uint64_t size_bits)
{
    sel_cap_t slot = world_slots(1);

    return must(sel_untyped_retype(sel_cap_untyped, type, size_bits, sel_cap_cnode, slot, 1), "make an object") ? slot
                                                                                                                : 0;
}

sel_cap_t world_mint(sel_cap_t source, uint64_t rights, uint64_t badge)
{
    sel_cap_t slot = world_slots(1);
    sel_err_t error = badge == 0 ? sel_cnode_copy(sel_cap_cnode, slot, sel_cap_cnode, source, rights)
                                 : sel_cnode_mint(sel_cap_cnode, slot, sel_cap_cnode, source, rights, badge);

    return must(error, "copy a capability") ? slot : 0;
}

sel_cap_t world_context(uint64_t budget_ns, uint64_t period_ns)
{
    sel_cap_t context = world_make(OBJECT_TYPE_SCHED_CONTEXT, 0);

    (void)must(sel_sched_control_configure(sel_cap_sched_control, context, budget_ns, period_ns, 0, context),
               "configure a context");
    return context;
}

uintptr_t world_address(void)
{
    /* The upper half of the 2 MiB that hold the process's own IPC buffer: its page table exists. */
    uintptr_t base = ((uintptr_t)sel_ipc_buffer & ~(uintptr_t)0x1fffff) + 0x180000;

    if (page_count == PAGE_MAX) {
        sel_panic("the test needs more pages than world.c has addresses for");
    }
    return base + (uintptr_t)page_count++ * PAGE_BYTES;
}

uintptr_t world_page(sel_cap_t *frame)
{
    uintptr_t address = world_address();

    *frame = world_make(OBJECT_TYPE_FRAME, 12);
    return must(
               sel_frame_map(*frame, sel_cap_vspace, address, SEL_RIGHT_READ | SEL_RIGHT_WRITE, FRAME_ATTRIBUTE_NORMAL),
               "map a page")
               ? address
               : 0;
}

struct world_thread *world_bare_thread(uint64_t priority)
{
    if (thread_count == WORLD_THREAD_MAX) {
        sel_panic("the test needs more threads than world.c has stacks for");
    }
    struct world_thread *thread = &threads[thread_count];
    *thread = (struct world_thread){.index = thread_count++};
    thread->tcb = world_make(OBJECT_TYPE_TCB, 0);
    thread->buffer_address = world_page(&thread->buffer);
    (void)must(sel_tcb_configure(thread->tcb, sel_cap_cnode, sel_cap_vspace, thread->buffer, 0), "configure a thread");
    (void)must(sel_tcb_set_priority(thread->tcb, sel_cap_tcb, priority, priority), "set a priority");
    return thread;
}

/* Apart from world_entry, because a compiler takes tpidr_el0 as constant within a function. */
__attribute__((noinline)) static void run_thread(struct world_thread *thread)
{
    thread->run(thread->argument);
    thread->is_done = true;
    (void)sel_signal(done_signal); /* the bit is the watchdog's: is_done tells the difference */
    (void)sel_tcb_suspend(thread->tcb);
}

static _Noreturn void world_entry(struct world_thread *thread)
{
    sel_thread_start(tls_blocks[thread->index], (struct sel_ipc_buffer *)thread->buffer_address);
    run_thread(thread);
    for (;;) {
    }
}

struct world_thread *world_thread(void (*run)(void *), void *argument, uint64_t priority)
{
    struct world_thread *thread = world_bare_thread(priority);
    uint64_t start[2] = {(uintptr_t)stacks[thread->index] + WORLD_STACK_BYTES, (uintptr_t)world_entry};
    uint64_t argument_register = (uintptr_t)thread;

    thread->run = run;
    thread->argument = argument;
    (void)must(sel_tcb_write_registers(thread->tcb, THREAD_REG_X0, 1, &argument_register), "set an argument");
    (void)must(sel_tcb_write_registers(thread->tcb, THREAD_REG_SP, 2, start), "set an entry");
    return thread;
}

void world_start(struct world_thread *thread)
{
    thread->context = world_context(10 * SEL_NS_PER_MS, 10 * SEL_NS_PER_MS);
    (void)must(sel_sched_context_bind(thread->context, thread->tcb), "bind a context");
    (void)must(sel_tcb_resume(thread->tcb), "resume a thread");
}

void world_start_passive(struct world_thread *thread)
{
    (void)must(sel_tcb_resume(thread->tcb), "resume a thread");
}

static void set_watchdog(uint64_t ms)
{
    uint64_t ticks = sel_ns_to_ticks(ms * SEL_NS_PER_MS, sel_clock_frequency_hz());

    (void)must(sel_timer_set(watchdog, sel_clock_ticks() + ticks), "set the watchdog");
}

void world_join(struct world_thread *thread)
{
    uint64_t end = sel_clock_ns() + WORLD_TIMEOUT_MS * SEL_NS_PER_MS;
    uint64_t bits = 0;

    set_watchdog(WORLD_TIMEOUT_MS);
    while (!thread->is_done && sel_clock_ns() < end) {
        (void)must(sel_wait(done, 0, &bits), "wait for a thread");
    }
    if (!thread->is_done) {
        check_fail("world.c", __LINE__, "a thread does not end");
    }
}

void world_sleep_ms(uint64_t ms)
{
    uint64_t end = sel_clock_ns() + ms * SEL_NS_PER_MS;
    uint64_t bits = 0;

    set_watchdog(ms);
    while (sel_clock_ns() < end) {
        (void)must(sel_wait(done, 0, &bits), "sleep");
    }
}
