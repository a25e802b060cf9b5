/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stages the rows about guests: a program of guest_programs.S at EL1 and a VMM in another address space that answers its exits on the guest's time.
 */
#include "systems/bench/bench/rows.h"
#include "systems/bench/bench/stage.h"

#define HIGHER             (STAGE_PRIORITY + 1)
#define PSTATE_EL1H        0x3c5
#define VSPACE_BITS        15
#define TIMER_INTID        27
#define TIMER_IRQ_PRIORITY 0xa0
#define NOWHERE            0x09000000ull
#define INJECTED_INTID     40
#define TICK               200

PROGRAMS(guest_programs);
PROGRAM(program_vmm);
PROGRAM(program_vmm_injecting);

struct guest {
    struct stage_thread thread;
    sel_cap_t vcpu;
    sel_cap_t endpoint; /* of its exits */
};

static sel_cap_t space_new(void)
{
    return stage_space(&guest_programs_pages);
}

static struct guest guest_new(const char *program, uint64_t priority, uint64_t argument)
{
    struct guest guest = {.endpoint = stage_make(OBJECT_TYPE_ENDPOINT, 0), .vcpu = stage_make(OBJECT_TYPE_VCPU, 0)};
    uint64_t pstate = PSTATE_EL1H;

    guest.thread = STAGE_THREAD(stage_guest_space(&guest_programs_pages), program, priority, 0, argument);
    stage_must(sel_tcb_bind_vcpu(guest.thread.tcb, guest.vcpu), "bind a VCPU");
    stage_must(sel_tcb_set_fault_handler(guest.thread.tcb, guest.endpoint), "set a guest's handler");
    stage_must(sel_tcb_write_registers(guest.thread.tcb, THREAD_REG_PSTATE, 1, &pstate), "set a guest's state");
    stage_must(sel_vcpu_configure_timer(guest.vcpu, VCPU_TIMER_VIRTUAL, TIMER_INTID, TIMER_IRQ_PRIORITY,
                                        VCPU_TIMER_FLAG_ENABLED | VCPU_TIMER_FLAG_GROUP1),
               "configure a guest's timer");
    return guest;
}

/** A pending interrupt, level-triggered with its line high if asked for. */
static uint64_t interrupt_entry(uint64_t is_level)
{
    uint64_t entry = list_register_set_intid(0, INJECTED_INTID);

    entry = list_register_set_priority(entry, TIMER_IRQ_PRIORITY);
    entry = list_register_set_state(entry, INTERRUPT_STATE_PENDING);
    entry = list_register_set_group1(entry, 1);
    return list_register_set_level(entry, is_level);
}

static void start_vmm(const struct guest *guest, const char *program, uint64_t words, uint64_t verbs, uint64_t entry)
{
    sel_cap_t reply = stage_make(OBJECT_TYPE_REPLY, 0);
    struct stage_thread vmm = STAGE_THREAD(space_new(), program, STAGE_PRIORITY, 0, guest->endpoint, reply,
                                           tag_make(0, words, 0), verbs, entry);

    stage_start_passive(&vmm);
}

static void run_guest(const struct guest *guest, uint64_t us)
{
    stage_start(&guest->thread);
    stage_run_us(us);
    stage_clear();
}

static void run_exits(void)
{
    PROGRAM(row_vm_hypercall_exit_resume);
    PROGRAM(row_vm_mmio_store_exit_resume);
    PROGRAM(row_vm_mmio_load_exit_resume);
    PROGRAM(program_vmm_loading);
    struct guest guest = guest_new(row_vm_hypercall_exit_resume, STAGE_PRIORITY, 0);

    start_vmm(&guest, program_vmm, 1, VERB_RESUME, 0);
    run_guest(&guest, 14000);
    guest = guest_new(row_vm_mmio_store_exit_resume, STAGE_PRIORITY, NOWHERE);
    start_vmm(&guest, program_vmm, 1, VERB_RESUME | VERB_STEP, 0);
    run_guest(&guest, 14000);
    guest = guest_new(row_vm_mmio_load_exit_resume, STAGE_PRIORITY, NOWHERE);
    start_vmm(&guest, program_vmm_loading, 2, VERB_RESUME | VERB_STEP | VERB_WRITE_REGISTER, 0);
    run_guest(&guest, 14000);
}

static void run_waits(void)
{
    PROGRAM(program_wfi_pending);
    PROGRAM(program_sleeper);
    struct guest guest = guest_new(program_wfi_pending, STAGE_PRIORITY, 0);
    uint64_t state;

    stage_must(sel_vcpu_set_interrupts(guest.vcpu, interrupt_entry(0), 0, 0, &state), "inject an interrupt");
    run_guest(&guest, 8000);
    guest = guest_new(program_sleeper, STAGE_PRIORITY, TICK);
    run_guest(&guest, 60000);
}

static void run_injections(void)
{
    PROGRAM(program_vmm_calling);
    PROGRAM(program_taker);
    PROGRAM(program_taker_of_level);
    PROGRAM(row_vm_hypercall_exit_resume);
    struct guest guest = guest_new(row_vm_hypercall_exit_resume, STAGE_PRIORITY, 0);
    sel_cap_t reply = stage_make(OBJECT_TYPE_REPLY, 0);
    struct stage_thread vmm = STAGE_THREAD(space_new(), program_vmm_calling, HIGHER, 0, guest.endpoint, reply,
                                           guest.vcpu, tag_make(METHOD_VCPU_SET_INTERRUPTS, 3, 0), interrupt_entry(0));

    stage_start(&vmm);
    run_guest(&guest, 12000);
    guest = guest_new(program_taker, STAGE_PRIORITY, 0);
    start_vmm(&guest, program_vmm_injecting, 7, VERB_RESUME | VERB_SET_INTERRUPTS, interrupt_entry(0));
    run_guest(&guest, 30000);
    guest = guest_new(program_taker_of_level, STAGE_PRIORITY, 0);
    start_vmm(&guest, program_vmm_injecting, 7, VERB_RESUME | VERB_SET_INTERRUPTS, interrupt_entry(1));
    run_guest(&guest, 10000);
}

static void run_ticks(void)
{
    PROGRAM(program_ticker);
    struct guest guest = guest_new(program_ticker, STAGE_PRIORITY, TICK);

    start_vmm(&guest, program_vmm, 1, VERB_RESUME, 0);
    run_guest(&guest, 60000);
}

static void run_two_guests(void)
{
    PROGRAM(program_preempting);
    PROGRAM(program_preempted);
    struct guest below = guest_new(program_preempted, STAGE_PRIORITY, 0);
    struct guest above = guest_new(program_preempting, HIGHER, TICK);

    stage_start(&below.thread);
    run_guest(&above, 70000);
}

static void run_doorbell(void)
{
    PROGRAM(program_vmm_doorbell);
    PROGRAM(program_doorbell_handler);
    PROGRAM(row_guest_doorbell_to_native_handler);
    sel_cap_t notification = stage_make(OBJECT_TYPE_NOTIFICATION, 0);
    struct stage_thread handler = STAGE_THREAD(space_new(), program_doorbell_handler, HIGHER, 0, notification);
    struct guest guest = guest_new(row_guest_doorbell_to_native_handler, STAGE_PRIORITY, NOWHERE);

    stage_start(&handler);
    start_vmm(&guest, program_vmm_doorbell, 1, VERB_RESUME | VERB_STEP, notification);
    run_guest(&guest, 20000);
}

static void run_interrupted(void)
{
    PROGRAM(program_injector);
    PROGRAM(program_interrupted);
    sel_cap_t notification = stage_make(OBJECT_TYPE_NOTIFICATION, 0);
    sel_cap_t timer = stage_make(OBJECT_TYPE_TIMER, 0);
    struct guest guest = guest_new(program_interrupted, STAGE_PRIORITY, 0);
    struct stage_thread injector =
        STAGE_THREAD(space_new(), program_injector, HIGHER, 0, notification, timer, guest.vcpu,
                     tag_make(METHOD_TIMER_SET, 1, 0), tag_make(METHOD_VCPU_SET_INTERRUPTS, 3, 0), interrupt_entry(0));

    stage_must(sel_timer_bind(timer, notification), "bind a timer");
    stage_start(&injector);
    run_guest(&guest, 70000);
}

void run_guest_rows(void)
{
    run_exits();
    run_waits();
    run_injections();
    run_ticks();
    run_two_guests();
    run_doorbell();
    run_interrupted();
}
