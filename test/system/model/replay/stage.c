/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Beginnings of sequences: see stage.h.
 */
#include "stage.h"

#include "device.h"
#include "gen/caps.h"
#include "test/model/lockstep.h"
#include "test/model/parts.h"

#define PAGE_BYTES  4096u
#define WORLD_BITS  22
#define CNODE_BITS  (WORLD_SLOT_BITS + 5)
#define VSPACE_BITS 16

sel_cap_t own(uint32_t slot)
{
    return sel_spec.first_free_slot + slot;
}

void stage_must(sel_err_t error, const char *what)
{
    char sentence[200];

    if (error != SEL_ERROR_OK) {
        sel_error_sentence(sentence, sizeof(sentence));
        sel_console_print("replay: ");
        sel_console_print(what);
        sel_console_print(": ");
        sel_console_print(sentence);
        sel_console_print("\n");
        sel_panic("the supervisor's own call was refused");
    }
}

static void make(uint32_t untyped, uint64_t type, uint64_t bits, uint32_t slot)
{
    stage_must(sel_untyped_retype(own(untyped), type, bits, sel_cap_cnode, own(slot), 1), "make an object");
}

/* --- addresses --- */

/** In the upper half of the 2 MiB that hold the own IPC buffer. */
static uintptr_t own_base(void)
{
    return ((uintptr_t)sel_ipc_buffer & ~(uintptr_t)0x1fffff) + 0x100000;
}

struct area *stage_area(uint32_t thread)
{
    return (struct area *)(own_base() + PAGE_BYTES) + thread;
}

uint64_t stage_area_address(uint32_t thread)
{
    return STAGE_AREAS + (uint64_t)thread * AREA_BYTES;
}

uint64_t stage_program(const uint8_t *place)
{
    return STAGE_PROGRAM + (uint64_t)(place - trampoline_start);
}

static volatile uint64_t *witness(void)
{
    return &stage_area(0)->go;
}

uint32_t stage_witness(void)
{
    return *witness() == 0 ? 0 : (uint32_t)((*witness() - STAGE_AREAS) / AREA_BYTES);
}

void stage_clear_witness(void)
{
    *witness() = 0;
}

static uint64_t paused;

uint64_t stage_paused(void)
{
    return paused;
}

void stage_pause(uint64_t ticks)
{
    uint64_t start = sel_clock_ticks();
    uint64_t end = start + ticks;
    uint64_t bits;

    stage_must(sel_timer_set(own(OWN_TIMER), end), "set the timer");
    while (sel_clock_ticks() < end) {
        stage_must(sel_wait(own(OWN_NOTIFICATION), 0, &bits), "wait for the timer");
    }
    paused += sel_clock_ticks() - start;
}

/* --- what all sequences share --- */

static void share_page(uint32_t frame, uint32_t shared, uintptr_t address)
{
    uint64_t rights = SEL_RIGHT_READ | SEL_RIGHT_WRITE;

    stage_must(sel_untyped_retype(sel_cap_untyped, OBJECT_TYPE_FRAME, 12, sel_cap_cnode, own(frame), 1), "make a page");
    stage_must(sel_frame_map(own(frame), sel_cap_vspace, address, rights, FRAME_ATTRIBUTE_NORMAL), "map a page");
    stage_must(sel_cnode_copy(sel_cap_cnode, own(shared), sel_cap_cnode, own(frame), SEL_RIGHT_ALL), "copy a page");
}

void stage_build(void)
{
    uint8_t *page = (uint8_t *)own_base();

    share_page(OWN_PROGRAM, OWN_PROGRAM_SHARED, own_base());
    for (uint32_t i = 0; i < STAGE_AREA_PAGES; i++) {
        share_page(OWN_AREAS + i, OWN_AREAS_SHARED + i, own_base() + (i + 1) * PAGE_BYTES);
    }
    for (const uint8_t *byte = trampoline_start; byte < trampoline_end; byte++) {
        *page++ = *byte;
    }
    stage_must(sel_frame_cache(own(OWN_PROGRAM), CACHE_OPERATION_UNIFY, 0, PAGE_BYTES), "make it a program");
    stage_must(sel_untyped_retype(sel_cap_untyped, OBJECT_TYPE_TIMER, 0, sel_cap_cnode, own(OWN_TIMER), 1), "a timer");
    stage_must(
        sel_untyped_retype(sel_cap_untyped, OBJECT_TYPE_NOTIFICATION, 0, sel_cap_cnode, own(OWN_NOTIFICATION), 1),
        "a notification");
    stage_must(sel_timer_bind(own(OWN_TIMER), own(OWN_NOTIFICATION)), "bind the timer");
    stage_must(sel_untyped_retype(sel_cap_untyped, OBJECT_TYPE_UNTYPED, WORLD_BITS, sel_cap_cnode, own(OWN_WORLD), 1),
               "memory of the worlds");
}

/* --- the kernel's side --- */

struct given {
    uint32_t own;  /* enum own_slot */
    uint32_t slot; /* of the sequence's CNode */
};

static const struct given GIVEN[] = {
    {OWN_CNODE, SLOT_CNODE},     {OWN_VSPACE, SLOT_VSPACE}, {OWN_TCB, SLOT_TCB},
    {OWN_CONTEXT, SLOT_CONTEXT}, {OWN_BUFFER, SLOT_BUFFER},
};

#define GIVEN_COUNT (sizeof(GIVEN) / sizeof(GIVEN[0]))

static void give(sel_cap_t cap, uint64_t slot)
{
    stage_must(sel_cnode_copy(own(OWN_CNODE), slot, sel_cap_cnode, cap, SEL_RIGHT_ALL), "give a capability");
}

static void share(uint32_t slot, uint64_t address, uint64_t rights)
{
    stage_must(sel_frame_map(own(slot), own(OWN_VSPACE), address, rights, FRAME_ATTRIBUTE_NORMAL), "share a page");
}

static void kernel_objects(void)
{
    stage_must(sel_cnode_revoke(sel_cap_cnode, own(OWN_WORLD)), "end the last world");
    make(OWN_WORLD, OBJECT_TYPE_CNODE, CNODE_BITS, OWN_CNODE);
    make(OWN_WORLD, OBJECT_TYPE_VSPACE, VSPACE_BITS, OWN_VSPACE);
    make(OWN_WORLD, OBJECT_TYPE_TCB, 0, OWN_TCB);
    make(OWN_WORLD, OBJECT_TYPE_SCHED_CONTEXT, 0, OWN_CONTEXT);
    make(OWN_WORLD, OBJECT_TYPE_FRAME, 12, OWN_BUFFER);
    stage_must(sel_untyped_retype(own(OWN_WORLD), OBJECT_TYPE_UNTYPED, WORLD_RAM_BITS, own(OWN_CNODE), SLOT_UNTYPED, 1),
               "memory of the sequence");
    for (uint32_t i = 0; i < GIVEN_COUNT; i++) {
        give(own(GIVEN[i].own), GIVEN[i].slot);
    }
    give(sel_cap_sched_control, SLOT_SCHED_CONTROL);
    give(sel_cap_uart_irq, SLOT_DEVICE);
    share(OWN_PROGRAM_SHARED, STAGE_PROGRAM, SEL_RIGHT_READ | SEL_RIGHT_EXECUTE);
    for (uint32_t i = 0; i < STAGE_AREA_PAGES; i++) {
        share(OWN_AREAS_SHARED + i, STAGE_AREAS + i * PAGE_BYTES, SEL_RIGHT_READ | SEL_RIGHT_WRITE);
    }
}

static void kernel_thread(void)
{
    uint64_t start[2] = {stage_area_address(1), stage_program(trampoline_start)};
    sel_cap_t tcb = own(OWN_TCB);
    sel_cap_t context = own(OWN_CONTEXT);

    stage_must(sel_tcb_configure(tcb, own(OWN_CNODE), own(OWN_VSPACE), own(OWN_BUFFER), 0), "configure");
    stage_must(sel_tcb_set_priority(tcb, sel_cap_tcb, STAGE_PRIORITY, STAGE_MAX), "set a priority");
    stage_must(sel_tcb_write_registers(tcb, THREAD_REG_SP, 2, start), "set a program");
    stage_must(sel_sched_control_configure(sel_cap_sched_control, context, STAGE_FOREVER_NS, STAGE_FOREVER_NS, 0, 0),
               "configure a context");
    stage_must(sel_sched_context_bind(context, tcb), "bind a context");
    stage_must(sel_tcb_resume(tcb), "resume");
}

/* --- the model's side --- */

static struct seen {
    uint64_t word0;
    uint64_t word1;
    uint64_t address;
    uint64_t bits;
} see(sel_cap_t cnode, uint64_t slot)
{
    struct seen seen;

    stage_must(sel_cnode_inspect(cnode, slot, &seen.word0, &seen.word1, &seen.address, &seen.bits),
               "look at a capability");
    return seen;
}

static struct model_place hidden(sel_cap_t cap)
{
    return model_slot(HIDDEN, cap);
}

static uint32_t keep(uint64_t object_type, uint32_t slot, uint64_t bits)
{
    struct model_cap cap = model_make(object_type, see(sel_cap_cnode, own(slot)).address, bits, UNTYPED_KIND_RAM);

    model_cap_insert_root(hidden(own(slot)), cap);
    return cap.object;
}

static void model_copy(uint32_t cnode, sel_cap_t cap, uint32_t slot)
{
    model_cap_insert(model_slot(cnode, slot), model_cap_copy(model_cap_at(hidden(cap))), hidden(cap));
}

static void model_map(uint32_t vspace, uint32_t slot, uint64_t address, uint32_t rights)
{
    (void)keep(OBJECT_TYPE_FRAME, slot, 12);
    struct model_cap *frame = model_cap_at(hidden(own(slot)));
    frame->is_mapped = true;
    frame->space_id = model.vspace[vspace].space_id;
    frame->space_generation = model.vspace[vspace].space_generation;
    frame->page = address / PAGE_BYTES;
    frame->map_rights = rights;
}

static void model_program(uint32_t vspace)
{
    model_map(vspace, OWN_PROGRAM_SHARED, STAGE_PROGRAM, SEL_RIGHT_READ | SEL_RIGHT_EXECUTE);
    for (uint32_t i = 0; i < STAGE_AREA_PAGES; i++) {
        model_map(vspace, OWN_AREAS_SHARED + i, STAGE_AREAS + i * PAGE_BYTES, SEL_RIGHT_READ | SEL_RIGHT_WRITE);
    }
}

static void model_device(uint32_t cnode)
{
    struct seen seen = see(sel_cap_cnode, sel_cap_uart_irq);
    struct model_cap handler = {
        .type = CAP_TYPE_IRQ_HANDLER,
        .rights = (uint32_t)cap_rights((struct cap){.word0 = seen.word0}),
        .is_original = true,
        .badge = device_irq(seen.word0, seen.word1),
    };
    model_cap_insert_root(hidden(sel_cap_uart_irq), handler);
    model.irq[handler.badge].is_issued = true;
    model_copy(cnode, sel_cap_uart_irq, SLOT_DEVICE);
}

static void model_objects(void)
{
    const uint32_t slots[] = {(uint32_t)own(OWN_CNODE), (uint32_t)own(OWN_VSPACE), (uint32_t)own(OWN_BUFFER)};

    model_reset(sel_clock_ticks(), sel_clock_frequency_hz());
    uint32_t cnode = keep(OBJECT_TYPE_CNODE, OWN_CNODE, CNODE_BITS);
    uint32_t vspace = keep(OBJECT_TYPE_VSPACE, OWN_VSPACE, VSPACE_BITS);
    uint32_t thread = keep(OBJECT_TYPE_TCB, OWN_TCB, OBJECT_BITS_TCB);
    uint32_t context = keep(OBJECT_TYPE_SCHED_CONTEXT, OWN_CONTEXT, OBJECT_BITS_SCHED_CONTEXT);
    (void)keep(OBJECT_TYPE_FRAME, OWN_BUFFER, OBJECT_BITS_FRAME_0);
    model_boot_cap(HIDDEN, (uint32_t)sel_cap_sched_control, CAP_TYPE_SCHED_CONTROL);
    struct cap control = {.word0 = see(sel_cap_cnode, sel_cap_sched_control).word0};
    model_cap_at(hidden(sel_cap_sched_control))->rights = (uint32_t)cap_rights(control);
    for (uint32_t i = 0; i < GIVEN_COUNT; i++) {
        model_copy(cnode, own(GIVEN[i].own), GIVEN[i].slot);
    }
    model_copy(cnode, sel_cap_sched_control, SLOT_SCHED_CONTROL);
    model_boot_untyped(cnode, SLOT_UNTYPED, see(own(OWN_CNODE), SLOT_UNTYPED).address, WORLD_RAM_BITS,
                       UNTYPED_KIND_RAM);
    model_device(cnode);
    model_program(vspace);
    model_boot_thread(thread, context, HIDDEN, slots, STAGE_PRIORITY, STAGE_FOREVER_NS);
    model.thread[thread].max_priority = STAGE_MAX;
    model.thread[thread].reg[THREAD_REG_SP] = stage_area_address(thread);
    model.thread[thread].reg[THREAD_REG_PC] = stage_program(trampoline_start);
    model_exit();
}

void stage_begin(void)
{
    for (uint32_t id = 0; id < MODEL_THREADS; id++) {
        *stage_area(id) = (struct area){.witness = stage_area_address(0) + offsetof(struct area, go)};
    }
    kernel_objects();
    model_objects();
    kernel_thread();
}
