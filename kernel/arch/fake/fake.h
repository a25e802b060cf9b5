/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a test sets and reads of the fake machine: its clock, its interrupts, what it was told. One machine, `fake`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel/arch/arch.h"

#define FAKE_IRQ_COUNT      256
#define FAKE_IRQ_TIMER      26 /* the kernel's timer; it and all below FAKE_IRQ_FIRST_FREE are reserved */
#define FAKE_IRQ_EDGE       31 /* reserved, served by nothing: an interrupt just to be preempted by */
#define FAKE_IRQ_FIRST_FREE 32
#define FAKE_CONSOLE_BYTES  8192
#define FAKE_SMC_WORDS      4

enum fake_irq_state {
    FAKE_IRQ_INACTIVE,
    FAKE_IRQ_PENDING,
    FAKE_IRQ_ACTIVE,
    FAKE_IRQ_ACTIVE_PENDING,
};

struct fake_irq {
    enum fake_irq_state state;
    bool is_unmasked;
    bool is_edge;
};

struct fake_machine {
    uint64_t clock; /* ticks */
    uint64_t clock_hz;
    uint64_t timer_deadline;
    uint64_t timer_set_count;

    struct fake_irq irq[FAKE_IRQ_COUNT];
    uint64_t preempt_after; /* asking this often whether an interrupt waits finds one; 0 = never by itself */
    uint64_t preempt_every; /* and then again this often; 0 = only once */
    uint64_t preempt_irq;   /* which one is raised then */
    uint64_t check_count;   /* how often it was asked */
    uint64_t acknowledge_count;

    bool is_fast_off;    /* system calls go the long way */
    bool is_fast_done;   /* the last one took a fastpath */
    bool is_out;         /* while one runs: it has left by arch_leave_chosen */
    uint64_t fast_count; /* how many took a fastpath */
    struct tcb *running; /* last fake_switch_to */
    uint64_t switch_count;
    uint64_t cache_operation; /* last arch_cache */
    uint64_t cache_address;
    uint64_t cache_length;
    uint64_t cache_count;
    uint64_t zeroed_bytes;

    uint64_t vcpu_reply[8];  /* last arch_vcpu_complete_exit */
    uint8_t vcpu_next_state; /* what it returns */
    uint64_t vcpu_expired_count;
    uint64_t vcpu_init_count;

    uint64_t smc_in[8];
    uint64_t smc_out[FAKE_SMC_WORDS];
    uint64_t smc_count;

    char console[FAKE_CONSOLE_BYTES];
    uint64_t console_length;
};

extern struct fake_machine fake;

/** The entry of a system call: the current thread's registers are its context, the message among them. */
void fake_syscall(void);
/** The last step before `next` goes on; the harnesses' way out of the kernel. */
void fake_switch_to(struct tcb *next);
/** The end of a fastpath (arch_switch.h). */
void fake_leave_fast(struct tcb *from, struct tcb *to, uint64_t tag, uint64_t badge);
void fake_leave_with(struct tcb *to, uint64_t tag, uint64_t badge, uint64_t first, const uint64_t *rest);

/** Power on: a clock of 62.5 MHz at a time other than zero, everything masked and silent. */
void fake_reset(void);

/** The device raises its line (an edge, or a level that stays until fake_irq_lower). */
void fake_irq_raise(uint64_t irq);
void fake_irq_lower(uint64_t irq);
/** Whether the processor would take an interrupt now. Unlike arch_irq_is_pending() it counts nothing. */
bool fake_irq_is_waiting(void);
