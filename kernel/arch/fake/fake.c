/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host-run imitation of a machine behind arch/arch.h: registers, time, interrupts, console. Page tables are in vspace.c,
 * guests in vcpu.c. It keeps the contract honest: nothing here is a hook that generic code could not ask of a real machine.
 */
#include "kernel/arch/fake/fake.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/api/entry.h"
#include "kernel/api/invocation.h"
#include "kernel/ipc/fastpath.h"
#include "kernel/object/tcb.h"
#include "kernel/object/vspace.h"
#include "kernel/sched/sched.h"
#include "kernel/smp/percpu.h"

#define CLOCK_HZ_DEFAULT 62500000
#define CLOCK_START      1000000

#define PSTATE_NATIVE_MASK 0xf0000000ul /* NZCV */

struct fake_machine fake;

void fake_reset(void)
{
    fake = (struct fake_machine){
        .clock = CLOCK_START,
        .clock_hz = CLOCK_HZ_DEFAULT,
        .timer_deadline = UINT64_MAX,
        .preempt_irq = FAKE_IRQ_EDGE,
        .vcpu_next_state = THREAD_READY,
    };
    for (uint64_t irq = 0; irq < FAKE_IRQ_FIRST_FREE; irq++) {
        fake.irq[irq].is_unmasked = true;
    }
    fake.irq[FAKE_IRQ_EDGE].is_edge = true;
}

/* --- registers --- */

void arch_register_set(struct arch_context *context, uint64_t index, uint64_t value, bool is_guest)
{
    context->reg[index] = index == THREAD_REG_PSTATE && !is_guest ? value & PSTATE_NATIVE_MASK : value;
}

void arch_skip_instruction(struct tcb *tcb)
{
    tcb->registers.reg[FAKE_REG_PC] += FAKE_INSTRUCTION_BYTES;
}

/* --- entry and switching --- */

static void fast_result(struct arch_context *registers)
{
    arch_set_status(registers, ERR_OK);
}

/** Whether it ended there. In `is_fast_done`: by a fastpath, whose results are those of success; an invocation has its own. */
static bool try_fast(const struct arch_context *registers)
{
    uint64_t cap = arch_syscall_cap(registers);
    uint64_t tag = arch_syscall_tag(registers);
    uint64_t number = arch_syscall_number(registers);
    if (number == SYSCALL_CALL) {
        return fast_call(cap, tag) != NULL || fake.is_out || fake.is_fast_done;
    }
    bool goes_on = false;
    if (number == SYSCALL_YIELD) {
        fast_yield();
    } else if (number == SYSCALL_SIGNAL) {
        goes_on = fast_signal(cap) != NULL;
    } else if (number == SYSCALL_WAIT) {
        goes_on = fast_wait(cap, tag, arch_syscall_handler(registers)) != NULL;
    } else if (number == SYSCALL_REPLY_RECV) {
        fast_reply_recv(cap, tag, arch_syscall_reply(registers));
    }
    fake.is_fast_done |= goes_on || fake.is_out;
    return fake.is_fast_done;
}

void fake_syscall(void)
{
    struct arch_context *registers = &percpu()->current->registers;
    const struct tcb *tcb = percpu()->current;
    uint64_t cap = arch_syscall_cap(registers);
    bool is_to_kernel = arch_syscall_number(registers) == SYSCALL_CALL && cap < tcb->cspace_count &&
                        is_invoked(cap_type(tcb->cspace_slots[cap].cap));
    bool has_one_way = is_to_kernel || arch_syscall_number(registers) == SYSCALL_YIELD;
    fake.is_fast_done = false;
    fake.is_out = false;
    if (is_to_kernel) {
        arch_set_reply_status(registers, ERR_OK); /* as a real entry, at once */
    }
    bool is_done = (!fake.is_fast_off || has_one_way) && try_fast(registers);
    if (fake.is_fast_done) {
        arch_set_reply_status(registers, ERR_OK);
        fast_result(registers);
        fake.fast_count++;
    }
    if (!is_done) {
        kernel_lock_acquire();
        kernel_syscall();
    }
    fake.is_out = false;
}

void fake_leave_with(struct tcb *to, uint64_t tag, uint64_t badge, uint64_t first, const uint64_t *rest)
{
    arch_message_set(&to->registers, 0, first);
    for (uint64_t i = 1; i < MESSAGE_REGISTER_WORDS; i++) {
        arch_message_set(&to->registers, i, rest[i - 1]);
    }
    arch_set_tag(&to->registers, tag);
    arch_set_badge(&to->registers, badge);
    fast_result(&to->registers);
}

void fake_leave_fast(struct tcb *from, struct tcb *to, uint64_t tag, uint64_t badge)
{
    uint64_t word[MESSAGE_REGISTER_WORDS];
    for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
        word[i] = arch_message_get(&from->registers, i);
    }
    fake_leave_with(to, tag, badge, word[0], &word[1]);
    fake.is_fast_done = true;
}

bool arch_can_run(const struct tcb *tcb)
{
    (void)tcb;
    return true;
}

void fake_switch_to(struct tcb *next)
{
    fake.running = next;
    if (next != NULL && next->vspace != NULL) {
        next->vspace->arch.has_id = true;
    }
    fake.switch_count++;
}

void arch_fpu_release(struct tcb *tcb)
{
    if (percpu()->fpu_owner == tcb) {
        percpu()->fpu_owner = NULL;
        tcb->has_fpu = false;
    }
}

/* --- memory --- */

void arch_zero(uint64_t address, uint64_t length)
{
    memset((void *)address, 0, length);
    fake.zeroed_bytes += length;
}

void arch_cache(uint64_t operation, uint64_t address, uint64_t length)
{
    fake.cache_operation = operation;
    fake.cache_address = address;
    fake.cache_length = length;
    fake.cache_count++;
}

/* --- time --- */

uint64_t arch_clock(void)
{
    return fake.clock;
}

uint64_t arch_clock_hz(void)
{
    return fake.clock_hz;
}

void arch_timer_set(uint64_t deadline)
{
    fake.timer_deadline = deadline;
    fake.timer_set_count++;
}

/* --- interrupts --- */

void fake_irq_raise(uint64_t irq)
{
    struct fake_irq *line = &fake.irq[irq];
    if (line->state == FAKE_IRQ_INACTIVE) {
        line->state = FAKE_IRQ_PENDING;
    } else if (line->state == FAKE_IRQ_ACTIVE) {
        line->state = FAKE_IRQ_ACTIVE_PENDING;
    }
}

void fake_irq_lower(uint64_t irq)
{
    struct fake_irq *line = &fake.irq[irq];
    if (line->is_edge) {
        return;
    }
    if (line->state == FAKE_IRQ_PENDING) {
        line->state = FAKE_IRQ_INACTIVE;
    } else if (line->state == FAKE_IRQ_ACTIVE_PENDING) {
        line->state = FAKE_IRQ_ACTIVE;
    }
}

/** The timer's line is a level: high exactly while the deadline has passed. */
static void timer_line_update(void)
{
    if (fake.clock >= fake.timer_deadline) {
        fake_irq_raise(FAKE_IRQ_TIMER);
    } else {
        fake_irq_lower(FAKE_IRQ_TIMER);
    }
}

/** The first interrupt that could be taken now, or ARCH_IRQ_NONE. */
static uint64_t irq_first(void)
{
    timer_line_update();
    for (uint64_t irq = 0; irq < FAKE_IRQ_COUNT; irq++) {
        if (fake.irq[irq].state == FAKE_IRQ_PENDING && fake.irq[irq].is_unmasked) {
            return irq;
        }
    }
    return ARCH_IRQ_NONE;
}

bool fake_irq_is_waiting(void)
{
    return irq_first() != ARCH_IRQ_NONE;
}

bool arch_irq_is_pending(void)
{
    fake.check_count++;
    if (fake.preempt_after != 0) {
        fake.preempt_after--;
        if (fake.preempt_after == 0) {
            fake.preempt_after = fake.preempt_every;
            fake_irq_raise(fake.preempt_irq);
        }
    }
    return irq_first() != ARCH_IRQ_NONE;
}

uint64_t arch_irq_acknowledge(void)
{
    uint64_t irq = irq_first();
    if (irq != ARCH_IRQ_NONE) {
        fake.irq[irq].state = FAKE_IRQ_ACTIVE;
        fake.acknowledge_count++;
    }
    return irq;
}

void arch_irq_deactivate(uint64_t irq)
{
    struct fake_irq *line = &fake.irq[irq];
    if (line->state == FAKE_IRQ_ACTIVE) {
        line->state = FAKE_IRQ_INACTIVE;
    } else if (line->state == FAKE_IRQ_ACTIVE_PENDING) {
        line->state = FAKE_IRQ_PENDING;
    }
}

void arch_irq_mask(uint64_t irq)
{
    fake.irq[irq].is_unmasked = false;
}

void arch_irq_unmask(uint64_t irq)
{
    fake.irq[irq].is_unmasked = true;
}

void arch_irq_set_trigger(uint64_t irq, bool is_edge)
{
    fake.irq[irq].is_edge = is_edge;
}

uint64_t arch_irq_count(void)
{
    return FAKE_IRQ_COUNT;
}

bool arch_irq_is_reserved(uint64_t irq)
{
    return irq < FAKE_IRQ_FIRST_FREE;
}

void arch_irq_reserved(uint64_t irq)
{
    if (irq == FAKE_IRQ_TIMER) {
        sched_timer_tick();
    }
    arch_irq_deactivate(irq);
}

/* --- firmware, console, end --- */

void arch_smc(const uint64_t in[8], uint64_t out[4])
{
    memcpy(fake.smc_in, in, sizeof(fake.smc_in));
    memcpy(out, fake.smc_out, sizeof(fake.smc_out));
    fake.smc_count++;
}

void arch_console_putc(char c)
{
    if (fake.console_length < FAKE_CONSOLE_BYTES - 1) {
        fake.console[fake.console_length++] = c;
    }
}

_Noreturn void arch_halt(void)
{
    abort();
}
