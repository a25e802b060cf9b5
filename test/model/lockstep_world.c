/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The small world that every sequence begins with, in the kernel and in the model, and the machine that executes a step on the kernel.
 * Its memory lies at an address of its own, so that both sides speak of the same addresses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/arch/fake/fake.h"
#include "kernel/object/objects.h"
#include "test/model/lockstep.h"
#include "test/unit/kernel/harness/spoil.h"
#include "test/unit/kernel/harness/world.h"
#include <sys/mman.h>

#define SLICE_NS      10000000ul
#define VSPACE_BITS   16
#define EXIT_MAX      2000
#define DEVICE_BITS   31
#define FAKE_SMC_WORD 0x51ec

/* World addresses: what boot makes, the preloaded Untyped, then the Untyped of RAM. */
#define ADDRESS_CNODE     (WORLD_BASE)
#define ADDRESS_TCB       (WORLD_BASE + 0x4000)
#define ADDRESS_CONTEXT   (WORLD_BASE + 0x5000)
#define ADDRESS_BUFFER    (WORLD_BASE + 0x6000)
#define ADDRESS_VSPACE    (WORLD_BASE + 0x10000)
#define ADDRESS_PRELOADED (WORLD_BASE + 0x40000)
#define ADDRESS_RAM       (WORLD_BASE + WORLD_BOOT_BYTES)

struct world world; /* for the harness's check.c */

static void memory_reset(void)
{
    static bool is_mapped;
    void *place = (void *)WORLD_BASE;
    if (!is_mapped) {
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE;
        if (mmap(place, WORLD_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0) != place) {
            perror("lockstep: no memory at the world's address");
            exit(2);
        }
        is_mapped = true;
    }
    memset(place, 0, ADDRESS_PRELOADED - WORLD_BASE);
    memset((void *)ADDRESS_PRELOADED, 0xa5, 1ul << WORLD_PRELOADED_BITS);
    memset((void *)ADDRESS_RAM, 0xa5, 1ul << WORLD_RAM_BITS);
}

/* --- the kernel's side --- */

static void boot_make(uint64_t slot, uint64_t object_type, uint64_t address, uint64_t size_bits)
{
    struct cap cap = untyped_make_object(object_type, address, size_bits, UNTYPED_KIND_RAM);
    slot_insert_root(&world.slots[slot], cap);
}

static void boot_untyped(uint64_t slot, uint64_t address, uint64_t size_bits, uint64_t kind)
{
    slot_insert_root(&world.slots[slot], untyped_cap_make(address, size_bits, kind, 0, 0));
}

static void boot_single(uint64_t slot, struct cap cap)
{
    slot_insert_root(&world.slots[slot], cap_set_original(cap, 1));
}

static void kernel_begin(void)
{
    percpu_area = (struct percpu){0};
    lockstep_host = (struct lockstep_host){0};
    lockstep_reset_statics();
    fake_reset();
    for (unsigned int i = 0; i < FAKE_SMC_WORDS; i++) {
        fake.smc_out[i] = FAKE_SMC_WORD + i;
    }
    world = (struct world){.arena = (uint8_t *)WORLD_BASE, .slots = (struct slot *)ADDRESS_CNODE};
    boot_make(SLOT_CNODE, OBJECT_TYPE_CNODE, ADDRESS_CNODE, WORLD_SLOT_BITS + 5);
    boot_make(SLOT_VSPACE, OBJECT_TYPE_VSPACE, ADDRESS_VSPACE, VSPACE_BITS);
    boot_untyped(SLOT_UNTYPED, ADDRESS_RAM, WORLD_RAM_BITS, UNTYPED_KIND_RAM);
    boot_untyped(SLOT_DEVICE, WORLD_DEVICE_BASE, DEVICE_BITS, UNTYPED_KIND_DEVICE);
    boot_untyped(SLOT_PRELOADED, ADDRESS_PRELOADED, WORLD_PRELOADED_BITS, UNTYPED_KIND_PRELOADED);
    boot_single(SLOT_SCHED_CONTROL, sched_control_cap_make(0, SEL_RIGHT_ALL, 0));
    boot_single(SLOT_IRQ_CONTROL, irq_control_cap_make(0, SEL_RIGHT_ALL));
    boot_single(SLOT_SMC, smc_cap_make(0, SEL_RIGHT_ALL, 0));
    boot_single(SLOT_CONSOLE, console_cap_make(0, SEL_RIGHT_ALL));
    boot_make(SLOT_TCB, OBJECT_TYPE_TCB, ADDRESS_TCB, OBJECT_BITS_TCB);
    boot_make(SLOT_CONTEXT, OBJECT_TYPE_SCHED_CONTEXT, ADDRESS_CONTEXT, OBJECT_BITS_SCHED_CONTEXT);
    boot_make(SLOT_BUFFER, OBJECT_TYPE_FRAME, ADDRESS_BUFFER, OBJECT_BITS_FRAME_0);
    struct tcb *tcb = (struct tcb *)ADDRESS_TCB;
    struct sched_context *context = (struct sched_context *)ADDRESS_CONTEXT;
    tcb_slot_set(tcb, TCB_SLOT_CSPACE, &world.slots[SLOT_CNODE]);
    tcb_slot_set(tcb, TCB_SLOT_VSPACE, &world.slots[SLOT_VSPACE]);
    tcb_set_buffer(tcb, &world.slots[SLOT_BUFFER], 0);
    tcb->priority = WORLD_INIT_PRIORITY;
    tcb->max_priority = SEL_LIMIT_PRIORITY_MAX;
    sched_context_configure(context, SLICE_NS, SLICE_NS, SEL_LIMIT_REFILL_COUNT_DEFAULT);
    sched_context_bind_thread(context, tcb);
    sched_make_ready(tcb);
}

/* --- the model's side --- */

void lockstep_model_begin(uint64_t base, uint64_t clock, uint64_t clock_hz)
{
    uint64_t shift = base - WORLD_BASE;
    model_reset(clock, clock_hz);
    for (unsigned int i = 0; i < FAKE_SMC_WORDS; i++) {
        model.machine.smc_out[i] = FAKE_SMC_WORD + i;
    }
    model.preloaded_start = ADDRESS_PRELOADED + shift;
    model.preloaded_end = model.preloaded_start + (1ul << WORLD_PRELOADED_BITS);
    model.preloaded_word = WORLD_FILL;
    uint32_t cnode = model_boot_object(0, SLOT_CNODE, OBJECT_TYPE_CNODE, ADDRESS_CNODE + shift, WORLD_SLOT_BITS + 5);
    (void)model_boot_object(cnode, SLOT_VSPACE, OBJECT_TYPE_VSPACE, ADDRESS_VSPACE + shift, VSPACE_BITS);
    model_boot_untyped(cnode, SLOT_UNTYPED, ADDRESS_RAM + shift, WORLD_RAM_BITS, UNTYPED_KIND_RAM);
    model_boot_untyped(cnode, SLOT_DEVICE, WORLD_DEVICE_BASE, DEVICE_BITS, UNTYPED_KIND_DEVICE);
    model_boot_untyped(cnode, SLOT_PRELOADED, model.preloaded_start, WORLD_PRELOADED_BITS, UNTYPED_KIND_PRELOADED);
    model_boot_cap(cnode, SLOT_SCHED_CONTROL, CAP_TYPE_SCHED_CONTROL);
    model_boot_cap(cnode, SLOT_IRQ_CONTROL, CAP_TYPE_IRQ_CONTROL);
    model_boot_cap(cnode, SLOT_SMC, CAP_TYPE_SMC);
    model_boot_cap(cnode, SLOT_CONSOLE, CAP_TYPE_CONSOLE);
    uint32_t thread = model_boot_object(cnode, SLOT_TCB, OBJECT_TYPE_TCB, ADDRESS_TCB + shift, OBJECT_BITS_TCB);
    uint32_t context = model_boot_object(cnode, SLOT_CONTEXT, OBJECT_TYPE_SCHED_CONTEXT, ADDRESS_CONTEXT + shift,
                                         OBJECT_BITS_SCHED_CONTEXT);
    (void)model_boot_object(cnode, SLOT_BUFFER, OBJECT_TYPE_FRAME, ADDRESS_BUFFER + shift, OBJECT_BITS_FRAME_0);
    const uint32_t slots[] = {SLOT_CNODE, SLOT_VSPACE, SLOT_BUFFER};
    model_boot_thread(thread, context, cnode, slots, WORLD_INIT_PRIORITY, SLICE_NS);
}

/* --- the machine --- */

static void leave_kernel(void)
{
    unsigned int count = 0;
    fake_switch_to(percpu()->must_choose ? sched_pick() : percpu()->current);
    while (fake_irq_is_waiting()) {
        if (count++ == EXIT_MAX) {
            lockstep_fail("interrupts do not end: the kernel was entered %u times\n", EXIT_MAX);
        }
        kernel_irq();
        fake_switch_to(percpu()->must_choose ? sched_pick() : percpu()->current);
    }
}

static void pass_time(const struct step *step)
{
    uint64_t end = fake.clock + step->ticks;
    while ((step->flags & STEP_LATE) == 0 && fake.timer_deadline <= end) {
        fake.clock = fake.timer_deadline > fake.clock ? fake.timer_deadline : fake.clock;
        leave_kernel();
    }
    fake.clock = end;
}

static void load_registers(struct tcb *tcb, const struct step *step)
{
    struct arch_context *registers = &tcb->registers;
    for (unsigned int i = 4; i <= 17; i++) {
        registers->reg[i] = STEP_POISON;
    }
    registers->reg[0] = step->cap;
    registers->reg[1] = step->tag;
    registers->reg[2] = step->reply;
    registers->reg[3] = step->second;
    registers->reg[8] = step->number;
    for (unsigned int i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
        bool is_moved = i == 0 && (step->flags & STEP_FROM_NOW) != 0;
        arch_message_set(registers, i, step->word[i] + (is_moved ? fake.clock : 0));
    }
    for (unsigned int i = 0; tcb->buffer != NULL && i < step->buffer_count; i++) {
        tcb->buffer[step->buffer_index[i]] = step->buffer_word[i];
    }
}

static void guest_deadline(const struct step *step)
{
    for (uint32_t id = 1; id < MODEL_VCPUS; id++) {
        struct vcpu *vcpu = (struct vcpu *)model.vcpu[id].address;
        if (vcpu != NULL && vcpu->tcb != NULL && vcpu->tcb->state == THREAD_WFI) {
            timer_event_set(&vcpu->event, fake.clock + step->word[0]);
            return;
        }
    }
}

/** Whether the thread's program stands on a system call that was preempted. */
static bool is_repeated(const struct tcb *tcb)
{
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        if (model.thread[id].address == (uint64_t)tcb) {
            return model.thread[id].repeats;
        }
    }
    return false;
}

static uint64_t fast_count;

uint64_t lockstep_fast_count(void)
{
    return fast_count;
}

static void act(struct tcb *tcb, const struct step *step)
{
    if (step->kind == STEP_SYSCALL) {
        if (!is_repeated(tcb)) {
            load_registers(tcb, step);
        }
        tcb->registers.reg[FAKE_REG_PC] += FAKE_INSTRUCTION_BYTES;
        uint64_t before = fake.fast_count;
        fake_syscall();
        fast_count += fake.fast_count - before;
    } else if (step->kind == STEP_FAULT && (step->number != FAULT_VM_EXIT || tcb->vcpu != NULL)) {
        uint64_t word[MESSAGE_REGISTER_WORDS] = {0};
        uint64_t length = step->number == FAULT_VM_EXIT ? 8 : 4;
        memcpy(word, step->word, length * sizeof(uint64_t));
        kernel_fault(tag_make(step->number, length, 0) | TAG_KERNEL, word[0], &word[1]);
    }
}

void lockstep_spoil(void)
{
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        struct tcb *tcb = (struct tcb *)model.thread[id].address;
        if (model.thread[id].exists) {
            spoil_results(tcb, STEP_POISON);
            memcpy(model.thread[id].reg, tcb->registers.reg, sizeof(model.thread[id].reg));
        }
    }
}

static uint8_t exit_state(const struct step *step)
{
    static const uint8_t states[] = {
        [MODEL_READY] = THREAD_READY, [MODEL_WFI] = THREAD_WFI, [MODEL_INACTIVE] = THREAD_INACTIVE};
    return states[step->exit_state];
}

void lockstep_kernel_step(const struct step *step)
{
    lockstep_host.console_length = 0;
    memset(lockstep_host.console, 0, sizeof(lockstep_host.console));
    fake.preempt_after = 0;
    fake.vcpu_next_state = exit_state(step);
    fake.is_fast_off = (step->flags & STEP_LONG_WAY) != 0;
    pass_time(step);
    fake.preempt_after = step->preempt_after;
    fake.preempt_irq = step->preempt_irq;
    if (percpu()->current != NULL) {
        act(percpu()->current, step);
    }
    if (step->kind == STEP_IRQ) {
        fake_irq_raise(step->number);
    } else if (step->kind == STEP_DEADLINE) {
        guest_deadline(step);
    }
    leave_kernel();
}

void lockstep_begin(void)
{
    lockstep_watch();
    memory_reset();
    kernel_begin();
    lockstep_model_begin(WORLD_BASE, fake.clock, fake.clock_hz);
    leave_kernel();
    model_exit();
}
