/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * List registers and timers of guests (GICv3 IHI 0069, chapters 6 and 12.4: ICH_*; Arm ARM DDI 0487, D11). The first entries are the
 * VMM's, the last two belong to the virtual and the physical timer and are hardware-linked: the guest's EOI deactivates the timer's own
 * physical interrupt. The VMM's level lines are pended again at EOI here.
 *
 * Invariant L1: the hardware holds the list registers, ICH_HCR's EOIcount and ICH_VMCR of the loaded VCPU, memory those of all others.
 * ICH_HCR.En may stay set while native code runs: HCR_EL2.TGE disables virtual interrupts (DDI 0487, HCR_EL2); and in the kernel: none is taken at EL2.
 * Invariant L2: the physical interrupt of a loaded guest's timer is active exactly while its list register is not empty.
 * Invariant L3: while is_state_known, `state` is what the list registers hold, as lr_state; the guest has not run since, no timer has fired.
 */
#include "kernel/drivers/gic.h"
#include "kernel/object/objects.h"

#define ICH_PRIORITY_BITS_SUPPORTED 5 /* one register each of active priorities */
#define LR_STATE(lr)                ((lr) >> ICH_LR_STATE_SHIFT & 3)
#define LR_PENDING                  ((uint64_t)INTERRUPT_STATE_PENDING << ICH_LR_STATE_SHIFT)
#define HCR_EOICOUNT_MASK           (0x1ful << 27)

/* By VCPU_TIMER_x, as arch_vcpu_timer_lines() has them. */
static const uint64_t timer_irq[GUEST_TIMER_COUNT] = {PLATFORM_TIMER_VIRTUAL_INTID, PLATFORM_TIMER_PHYSICAL_INTID};

/** Entries for the VMM; the timers' registers follow. 0: no guests on this machine. `entry_mask` has a bit for each, `all` of both kinds. */
static uint64_t entry_count;
static uint64_t entry_mask;
static uint64_t all;

uint64_t arch_vcpu_entry_count(void)
{
    return entry_count;
}

#define ENTRY_REGISTERS(DO) DO(0) DO(1) DO(2) DO(3)
#define LR_REGISTERS(DO)    ENTRY_REGISTERS(DO) DO(4) DO(5)
_Static_assert(SEL_LIMIT_VCPU_ENTRY_MAX == 4 && LIST_REGISTER_MAX == 6, "LR_REGISTERS");

/* Registers beyond those that exist are undefined: each access asks first. */
#define LR_READ(n)                                                                                                     \
    if (which & 1ul << (n)) {                                                                                          \
        lr[n] = ich_lr_read(n);                                                                                        \
    }
#define LR_WRITE(n)                                                                                                    \
    if (which & 1ul << (n)) {                                                                                          \
        ich_lr_write(n, lr[n]);                                                                                        \
    }

static bool is_loaded(const struct vcpu *vcpu)
{
    return percpu()->vcpu_loaded == vcpu;
}

/** The list registers that have a bit in `which` to their places in `lr`. */
static void lr_read(uint64_t *lr, uint64_t which)
{
    LR_REGISTERS(LR_READ)
}

static void lr_write(const uint64_t *lr, uint64_t which)
{
    LR_REGISTERS(LR_WRITE)
    isb(); /* ICH_ELRSR_EL2 tells of it from here on (DDI 0487, D19.1.2) */
}

/* Those beyond the last one used are unknown at reset and would be delivered with the others (IHI 0069, ICH_LR<n>_EL2). */
#define LR_UNUSED(DO) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)

void interrupts_init(void)
{
    static const uint64_t lr[16];
    uint64_t vtr = ich_read(vtr);
    uint64_t count = (vtr & 0x1f) + 1;
    uint64_t which = (1ul << count) - 1;
    uint64_t lr_count = count > LIST_REGISTER_MAX ? LIST_REGISTER_MAX : count;
    bool is_usable = lr_count > GUEST_TIMER_COUNT && ((vtr >> 26) & 7) + 1 == ICH_PRIORITY_BITS_SUPPORTED;
    entry_count = is_usable ? lr_count - GUEST_TIMER_COUNT : 0;
    entry_mask = (1ul << entry_count) - 1;
    all = (1ul << lr_count) - 1;
    ich_write(hcr, 0);
    LR_UNUSED(LR_WRITE)
}

static uint64_t *timer_lr(struct vcpu *vcpu, uint64_t timer)
{
    return &vcpu->arch.interrupts.lr[entry_count + timer];
}

/** Of the loaded VCPU: which list registers hold an interrupt, or the EOI of one that asked for it (IHI 0069, ICH_ELRSR_EL2). */
static uint64_t lr_used(void)
{
    return all & ~ich_read(elrsr);
}

/** Of the loaded VCPU: pending for a line that went low again would be a spurious interrupt, it is taken back. */
static NOINLINE void timers_withdraw_if_low(struct vcpu *vcpu, uint64_t used)
{
    uint64_t *lr = vcpu->arch.interrupts.lr;
    for (uint64_t i = 0; i < GUEST_TIMER_COUNT; i++) { /* bound: GUEST_TIMER_COUNT */
        uint64_t one = used & 1ul << (entry_count + i);
        if (one == 0 || LR_STATE(lr[entry_count + i]) != INTERRUPT_STATE_PENDING) {
            continue;
        }
        uint64_t control = i == VCPU_TIMER_VIRTUAL ? sysreg_read(cntv_ctl_el0) : sysreg_read(cntp_ctl_el0);
        if ((control & TIMER_CTL_LINE) != (TIMER_CTL_ENABLE | TIMER_CTL_ISTATUS)) {
            lr[entry_count + i] = 0;
            lr_write(lr, one);
            arch_irq_deactivate(timer_irq[i]);
        }
    }
}

/** Those list registers of `which` that may hold something, from here on in memory as well. */
static uint64_t lr_fetch(struct vcpu *vcpu, uint64_t which) LOCKED
{
    if (!is_loaded(vcpu)) {
        return which;
    }
    uint64_t used = lr_used() & which;
    lr_read(vcpu->arch.interrupts.lr, used);
    if ((used & ~entry_mask) != 0) {
        timers_withdraw_if_low(vcpu, used);
    }
    return used;
}

void interrupts_on(struct vcpu *vcpu)
{
    (void)lr_fetch(vcpu, all & ~entry_mask);
    ich_write(hcr, ich_read(hcr) | ICH_HCR_ON);
    percpu()->vcpu_interruptible = vcpu;
}

static void interrupts_off(void)
{
    ich_write(hcr, ich_read(hcr) & HCR_EOICOUNT_MASK);
    percpu()->vcpu_interruptible = NULL;
}

bool interrupts_are_idle(void)
{
    return lr_used() == 0 && ICH_HCR_EOICOUNT(ich_read(hcr)) == 0;
}

void interrupts_rest(void)
{
    if ((sysreg_read(hcr_el2) & HCR_VSE) != 0) { /* a guest's value */
        [[clang::noinline]] guest_leave(percpu()->vcpu_active);
    }
    if (percpu()->vcpu_loaded != NULL && !interrupts_are_idle()) {
        interrupts_off();
    }
}

/** A completed interrupt that asked for it left its EOI bit behind (IHI 0069, 12.4.9). */
static bool entry_is_completed(uint64_t lr)
{
    return LR_STATE(lr) == INTERRUPT_STATE_EMPTY && (lr & ICH_LR_EOI) != 0;
}

#define LR_COMPLETE(n)                                                                                                 \
    if (completed & 1ul << (n)) {                                                                                      \
        ich_lr_write(n, line & 1ul << (n) ? ich_lr_read(n) | LR_PENDING : 0);                                          \
    }

/** Of the loaded VCPU: pend again what is completed and whose line is still high; the rest is empty. */
static void lr_complete(uint64_t completed, uint64_t line)
{
    ENTRY_REGISTERS(LR_COMPLETE)
    isb();
}

ALWAYS_INLINE bool interrupts_collect(struct vcpu *vcpu)
{
    struct vcpu_interrupts *interrupts = &vcpu->arch.interrupts;
    uint64_t hcr = interrupts->hcr;
    uint64_t completed = 0;
    if (is_loaded(vcpu)) {
        hcr = ich_read(hcr);
        completed = ich_read(eisr) & entry_mask; /* IHI 0069, ICH_EISR_EL2 */
        if (completed != 0) {
            lr_complete(completed, interrupts->line);
        }
    } else {
        for (uint64_t i = 0; i < entry_count; i++) { /* bound: SEL_LIMIT_VCPU_ENTRY_MAX */
            uint64_t *lr = &interrupts->lr[i];
            if (entry_is_completed(*lr)) {
                *lr = interrupts->line & 1u << i ? *lr | LR_PENDING : 0;
                completed |= 1ul << i;
            }
        }
    }
    return ICH_HCR_EOICOUNT(hcr) != 0 || (completed & interrupts->notify_eoi) != 0;
}

uint64_t arch_vcpu_interrupt_state(struct vcpu *vcpu)
{
    struct vcpu_interrupts *interrupts = &vcpu->arch.interrupts;
    uint64_t state = 0;
    if (is_loaded(vcpu) && interrupts_are_idle()) {
        return 0;
    }
    if (interrupts->is_state_known) {
        return interrupts->state;
    }
    (void)interrupts_collect(vcpu);
    for (uint64_t used = lr_fetch(vcpu, all); used != 0; used &= used - 1) { /* bound: LIST_REGISTER_MAX */
        uint64_t i = (uint64_t)__builtin_ctzl(used);
        uint64_t place =
            i < entry_count ? i : SEL_LIMIT_VCPU_ENTRY_MAX + i - entry_count; /* lr_state: the timers' last */
        state |= LR_STATE(interrupts->lr[i]) << 2 * place;
    }
    interrupts->state = state;
    interrupts->is_state_known = true;
    uint64_t eoi_count = ICH_HCR_EOICOUNT(is_loaded(vcpu) ? ich_read(hcr) : interrupts->hcr);
    interrupts->hcr = 0;
    if (is_loaded(vcpu) && eoi_count != 0) {
        ich_write(hcr, ich_read(hcr) & ~HCR_EOICOUNT_MASK);
    }
    return lr_state_set_eoi_count(state, eoi_count > 15 ? 15 : eoi_count);
}

/** One list register of the VMM's from its 32 bits (messages.yaml, list_register), whose state is told apart. */
static uint64_t entry_decode(uint64_t entry, uint64_t state, bool is_notify_wanted)
{
    uint64_t lr = list_register_intid(entry) | state << ICH_LR_STATE_SHIFT |
                  (list_register_priority(entry) & ICH_LR_PRIORITY_MASK) << ICH_LR_PRIORITY_SHIFT;
    lr |= list_register_group1(entry) ? ICH_LR_GROUP1 : 0;
    return lr | (list_register_level(entry) || list_register_notify_eoi(entry) || is_notify_wanted ? ICH_LR_EOI : 0);
}

void arch_vcpu_set_interrupts(struct vcpu *vcpu, const union vcpu_entries *entries, bool notify_empty)
{
    struct vcpu_interrupts *interrupts = &vcpu->arch.interrupts;
    uint64_t line = 0;
    uint64_t notify_eoi = 0;
    interrupts->state &= ~0ul << 2 * SEL_LIMIT_VCPU_ENTRY_MAX; /* the timers': as well known as before */
    for (uint64_t i = 0; i < entry_count; i++) {               /* bound: SEL_LIMIT_VCPU_ENTRY_MAX */
        uint64_t entry = entries->entry[i];
        interrupts->lr[i] = 0;
        if (vcpu_entry_is_used(entry)) {
            line |= list_register_level(entry) << i;
            notify_eoi |= list_register_notify_eoi(entry) << i;
            uint64_t state = list_register_state(entry);
            state = state == INTERRUPT_STATE_EMPTY ? INTERRUPT_STATE_PENDING : state;
            interrupts->lr[i] = entry_decode(entry, state, notify_empty);
            interrupts->state |= state << 2 * i;
        }
    }
    interrupts->line = (uint8_t)line;
    interrupts->notify_eoi = (uint8_t)(notify_empty ? notify_eoi | ~line : notify_eoi);
    if (is_loaded(vcpu)) {
        lr_write(interrupts->lr, entry_mask);
    }
}

/** Whether a pending list register would be signalled: its group enabled, its priority above the mask. */
static bool lr_is_deliverable(uint64_t lr, uint64_t vmcr)
{
    bool is_enabled = vmcr & (lr & ICH_LR_GROUP1 ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0);
    return is_enabled && ((lr >> ICH_LR_PRIORITY_SHIFT) & 0xff) < ICH_VMCR_PMR(vmcr);
}

bool arch_vcpu_is_interrupt_pending(struct vcpu *vcpu)
{
    struct vcpu_interrupts *interrupts = &vcpu->arch.interrupts;
    uint64_t used = lr_fetch(vcpu, all);
    uint64_t vmcr = is_loaded(vcpu) ? ich_read(vmcr) : interrupts->vmcr;
    for (; used != 0; used &= used - 1) { /* bound: LIST_REGISTER_MAX */
        uint64_t lr = interrupts->lr[__builtin_ctzl(used)];
        bool will_be_pended = entry_is_completed(lr) && (interrupts->line & used & -used);
        if (((lr & LR_PENDING) != 0 || will_be_pended) && lr_is_deliverable(lr, vmcr)) {
            return true;
        }
    }
    uint64_t hcr = percpu()->vcpu_active == vcpu ? sysreg_read(hcr_el2) : vcpu->arch.hcr;
    return (hcr & HCR_VSE) != 0; /* until it is taken */
}

/* --- timers --- */

/* Not inlined: it needs registers that a maintenance interrupt need not save. */
NOINLINE void interrupts_timer_fired(uint64_t timer)
{
    struct vcpu *vcpu = percpu()->vcpu_loaded;
    if (vcpu == NULL || !vcpu->arch.interrupts.timer[timer].is_enabled) {
        arch_irq_mask(timer_irq[timer]);
        arch_irq_deactivate(timer_irq[timer]);
        return;
    }
    uint64_t lr = vcpu->arch.interrupts.timer_pending[timer];
    *timer_lr(vcpu, timer) = lr;
    vcpu->arch.interrupts.is_state_known = false;
    lr_write(vcpu->arch.interrupts.lr, 1ul << (entry_count + timer));
    /* What else it may have to wake for was looked at before it waited, or when it came. */
    struct tcb *tcb = vcpu->tcb;
    if (tcb->state == THREAD_WFI && lr_is_deliverable(lr, ich_read(vmcr))) {
        sched_make_ready(tcb); /* its event is not set, while it is loaded */
    }
}

/* Not inlined: a timer's interrupt would save registers for it. */
NOINLINE void interrupts_maintenance(void)
{
    struct vcpu *vcpu = percpu()->vcpu_loaded;
    /* An interrupt served just before may have stopped the thread, or made another current: this one comes again when the guest runs. */
    if (percpu()->vcpu_active == NULL || vcpu->tcb != percpu()->current || vcpu->tcb->state != THREAD_READY) {
        interrupts_off();
    } else if (interrupts_collect(vcpu)) {
        guest_exit_reason(vcpu->tcb, EXIT_MAINTENANCE, 0);
    }
}

/** Ticks until the line of a timer of an unloaded guest goes high (DDI 0487, D11.2.4: unsigned, modulo 2^64); UINT64_MAX: never. */
static uint64_t timer_left(const struct vcpu *vcpu, uint64_t timer, uint64_t now)
{
    bool is_virtual = timer == VCPU_TIMER_VIRTUAL;
    uint64_t control = vcpu->arch.reg[is_virtual ? VCPU_REG_CNTV_CTL_EL0 : VCPU_REG_CNTP_CTL_EL0];
    uint64_t deadline = vcpu->arch.reg[is_virtual ? VCPU_REG_CNTV_CVAL_EL0 : VCPU_REG_CNTP_CVAL_EL0];
    uint64_t count = now - (is_virtual ? vcpu->arch.cntvoff : 0);
    if ((control & (TIMER_CTL_ENABLE | TIMER_CTL_IMASK)) != TIMER_CTL_ENABLE) {
        return UINT64_MAX;
    }
    return deadline > count ? deadline - count : 0;
}

/** The physical interrupt, masked while no guest is loaded, follows the guest's own enable bit; while the guest has not completed it, it stays active. */
static void timer_irq_attach(struct vcpu *vcpu, uint64_t timer)
{
    uint64_t *lr = timer_lr(vcpu, timer);
    if (LR_STATE(*lr) == INTERRUPT_STATE_PENDING && timer_left(vcpu, timer, arch_clock()) != 0) {
        *lr = 0; /* as timers_withdraw_if_low, while it is not loaded */
        vcpu->arch.interrupts.is_state_known = false;
    }
    if (LR_STATE(*lr) != INTERRUPT_STATE_EMPTY) {
        gic_set_active(timer_irq[timer]);
    }
    if (vcpu->arch.interrupts.timer[timer].is_enabled) {
        arch_irq_unmask(timer_irq[timer]);
    }
}

static void timer_irq_detach(struct vcpu *vcpu, uint64_t timer)
{
    arch_irq_mask(timer_irq[timer]);
    if (LR_STATE(*timer_lr(vcpu, timer)) != INTERRUPT_STATE_EMPTY) {
        arch_irq_deactivate(timer_irq[timer]);
    }
}

void interrupts_attach(struct vcpu *vcpu)
{
    const struct arch_vcpu *arch = &vcpu->arch;
    timer_event_cancel(&vcpu->event);
    timer_irq_attach(vcpu, VCPU_TIMER_VIRTUAL);
    timer_irq_attach(vcpu, VCPU_TIMER_PHYSICAL);
    sysreg_write(cntvoff_el2, arch->cntvoff);
    VCPU_TIMER_REGISTERS(VCPU_LOAD)
    lr_write(arch->interrupts.lr, all);
    ich_write(hcr, arch->interrupts.hcr | ICH_HCR_ON);
    percpu()->vcpu_interruptible = vcpu;
    ich_write(vmcr, arch->interrupts.vmcr);
    ich_write(ap0r0, arch->interrupts.ap0r);
    ich_write(ap1r0, arch->interrupts.ap1r);
}

void interrupts_detach(struct vcpu *vcpu)
{
    struct arch_vcpu *arch = &vcpu->arch;
    VCPU_TIMER_REGISTERS(VCPU_SAVE)
    sysreg_write(cntv_ctl_el0, 0);
    sysreg_write(cntp_ctl_el0, 0);
    sysreg_write(cntvoff_el2, 0);
    interrupts_off();
    lr_read(arch->interrupts.lr, all);
    arch->interrupts.hcr = ich_read(hcr);
    arch->interrupts.vmcr = ich_read(vmcr);
    arch->interrupts.ap0r = ich_read(ap0r0);
    arch->interrupts.ap1r = ich_read(ap1r0);
    timer_irq_detach(vcpu, VCPU_TIMER_VIRTUAL);
    timer_irq_detach(vcpu, VCPU_TIMER_PHYSICAL);
}

/** The same for its interrupt. */
static uint64_t timer_due(struct vcpu *vcpu, uint64_t timer, uint64_t now)
{
    bool is_enabled = vcpu->arch.interrupts.timer[timer].is_enabled;
    bool can_come = is_enabled && LR_STATE(*timer_lr(vcpu, timer)) == INTERRUPT_STATE_EMPTY;
    return can_come ? timer_left(vcpu, timer, now) : UINT64_MAX;
}

/* Not inlined: for size. */
NOINLINE void interrupts_arm_event(struct vcpu *vcpu)
{
    if (is_loaded(vcpu)) {
        return;
    }
    uint64_t now = arch_clock();
    uint64_t virtual = timer_due(vcpu, VCPU_TIMER_VIRTUAL, now);
    uint64_t physical = timer_due(vcpu, VCPU_TIMER_PHYSICAL, now);
    uint64_t next = virtual < physical ? virtual : physical;
    if (next < UINT64_MAX - now) {
        timer_event_set(&vcpu->event, now + next);
    }
}

void interrupts_rearm_event(struct vcpu *vcpu)
{
    bool must_choose = percpu()->must_choose;
    if (vcpu->tcb != NULL && vcpu->tcb->state == THREAD_WFI) {
        interrupts_arm_event(vcpu);
        sched_program_timer(percpu()); /* all that choosing would do; on the way to another guest that is over */
        percpu()->must_choose = must_choose;
    }
}

bool arch_vcpu_timer_expired(struct vcpu *vcpu, uint64_t now)
{
    bool is_deliverable = false;
    vcpu->arch.interrupts.is_state_known = false;
    for (uint64_t i = 0; i < GUEST_TIMER_COUNT; i++) { /* bound: GUEST_TIMER_COUNT */
        if (timer_due(vcpu, i, now) == 0) {
            uint64_t lr = vcpu->arch.interrupts.timer_pending[i];
            *timer_lr(vcpu, i) = lr;
            is_deliverable |= lr_is_deliverable(lr, vcpu->arch.interrupts.vmcr);
        }
    }
    if (!is_deliverable) {
        interrupts_arm_event(vcpu);
    }
    return is_deliverable;
}

uint64_t arch_vcpu_timer_lines(struct vcpu *vcpu)
{
    uint64_t now = arch_clock();
    arch_vcpu_unload(vcpu);
    uint64_t physical = timer_left(vcpu, VCPU_TIMER_PHYSICAL, now) == 0;
    return physical << VCPU_TIMER_PHYSICAL | (timer_left(vcpu, VCPU_TIMER_VIRTUAL, now) == 0);
}

bool arch_vcpu_is_timer_intid(const struct vcpu *vcpu, uint64_t intid)
{
    const struct guest_timer *timer = vcpu->arch.interrupts.timer;
    return intid != 0 && (intid == timer[VCPU_TIMER_VIRTUAL].intid || intid == timer[VCPU_TIMER_PHYSICAL].intid);
}

/**
 * A timer switched off at the distributor keeps what the guest is serving, not what is only pending: that comes again, its line is a level.
 * No intid is in two list registers: a new one empties all of them, and a timer with the other's stays off.
 */
void arch_vcpu_configure_timer(struct vcpu *vcpu, uint64_t timer, struct guest_timer config)
{
    struct vcpu_interrupts *interrupts = &vcpu->arch.interrupts;
    arch_vcpu_unload(vcpu);
    interrupts->is_state_known = false;
    if (interrupts->timer[timer].intid != config.intid) {
        __builtin_memset(interrupts->lr, 0, sizeof(interrupts->lr));
    } else if (LR_STATE(*timer_lr(vcpu, timer)) == INTERRUPT_STATE_PENDING) {
        *timer_lr(vcpu, timer) = 0;
    }
    config.is_enabled &= config.intid != interrupts->timer[1 - timer].intid;
    interrupts->timer[timer] = config;
    /* Pending and active together is not allowed in a hardware-linked one (IHI 0069, 12.4.9). */
    interrupts->timer_pending[timer] = ICH_LR_HW | LR_PENDING | config.intid | timer_irq[timer] << ICH_LR_PINTID_SHIFT |
                                       (config.priority & (uint64_t)ICH_LR_PRIORITY_MASK) << ICH_LR_PRIORITY_SHIFT |
                                       (config.is_group1 ? ICH_LR_GROUP1 : 0);
    interrupts_rearm_event(vcpu);
}
