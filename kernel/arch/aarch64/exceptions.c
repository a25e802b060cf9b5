/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an exception taken to EL2 means, and who goes on afterwards. Called by entry.S with the context saved, on the kernel stack,
 * interrupts masked. Not here: guests' exits (vcpu_exit.c).
 */
#include "kernel/arch/arch_switch.h"
#include "kernel/object/objects.h"

/** The kernel's registers at an exception in the kernel itself (entry.S fills it, by SP); tpidr_el0 is its kind. */
_Alignas(16) struct arch_context panic_context;

/* Whoever goes on behind it, all registers are loaded: it has none to keep. */
__attribute__((preserve_none)) void exception_sync(void);
struct tcb *exception_syscall(void);
struct tcb *exception_irq(void);
struct tcb *exception_exit(void);
_Noreturn void exception_in_kernel(void);

static bool is_abort(uint64_t esr)
{
    uint64_t class = ESR_EC(esr);
    uint64_t type = ABORT_FSC_TYPE(esr);
    /* External aborts and the rest have no place that could be mapped. */
    return (class == EC_FETCH_ABORT || class == EC_DATA_ABORT) && type <= FSC_PERMISSION && type != FSC_ADDRESS_SIZE;
}

static void native_fault(const struct tcb *tcb, uint64_t esr) LOCKED
{
    const struct arch_context *context = &tcb->registers;
    trace(TRACE_FAULT, esr, context->pc);
    struct fault fault = is_abort(esr)
                             ? fault_memory(context->pc, sysreg_read(far_el2), esr, ESR_EC(esr) == EC_FETCH_ABORT)
                             : fault_exception(context->pc, esr, context->sp, context->pstate);
    [[clang::always_inline]] kernel_fault(fault.tag, fault.word[0], &fault.word[1]);
}

void exception_sync(void)
{
    kernel_lock_acquire();
    uint64_t esr = sysreg_read(esr_el2);
    struct tcb *tcb = percpu()->current;
    if (tcb->vcpu != NULL) {
        guest_exit(tcb, esr);
    } else if (ESR_EC(esr) != EC_FP || !fpu_take(tcb)) { /* with it, retried */
        native_fault(tcb, esr);
    }
    kernel_lock_release();
}

bool arch_can_run(const struct tcb *tcb)
{
    return tcb->vspace != NULL && tcb->vspace->is_guest == (tcb->vcpu != NULL);
}

bool switch_is_done(const struct tcb *tcb)
{
    const struct percpu *cpu = percpu();
    return arch_can_run(tcb) && arch_vspace_has_id(tcb->vspace) && cpu->vcpu_active == tcb->vcpu &&
           (tcb->vcpu == NULL || tcb->vcpu == cpu->vcpu_interruptible) &&
           sysreg_read(vttbr_el2) == tcb->vspace->arch.vttbr && sysreg_read(elr_el2) == tcb->registers.pc &&
           sysreg_read(cptr_el2) == (cpu->fpu_owner == tcb ? cptr_kernel : cptr_kernel | CPTR_TFP);
}

struct tcb *exception_syscall(void)
{
    kernel_lock_acquire();
    return kernel_syscall();
}

/** Who was interrupted, if it goes straight on (Q3); NULL: exception_exit is next. */
struct tcb *exception_irq(void)
{
    kernel_lock_acquire();
    struct tcb *tcb = percpu()->current;
    [[clang::always_inline]] kernel_irq(); /* here alone: elsewhere it is rare */
    bool goes_on = arch_goes_on(tcb);
    kernel_lock_release();
    return goes_on ? tcb : NULL;
}

/** One who cannot run stops, and there may be many of them (H9); if there is nobody, wait for an interrupt. The last guest's state may stay loaded meanwhile. */
static NOINLINE struct tcb *pick_who_can_run(void) LOCKED
{
    struct tcb *next;
    while ((next = sched_pick()) == NULL || !arch_can_run(next)) {
        if (next == NULL) {
            interrupts_rest();
            /* Interrupts stay masked: WFI wakes for a pending one all the same (DDI 0487, D1.6.2). */
            __asm__ volatile("dsb sy\n\twfi" ::: "memory");
        } else {
            if (SEL_ASSERT) {
                console_printf("kernel: thread %lx stopped: its address space or VCPU is gone\n", (uint64_t)next);
            }
            /* without: reply_forget_caller, reply_withdraw, endpoint_dequeue, notification_dequeue, timer_event_cancel, release_remove; it is READY and runs */
            tcb_stop(next);
        }
        kernel_irq();
    }
    return next;
}

/** Choose; wait if there is nobody. Who goes on, for arch_leave_to. */
struct tcb *exception_exit(void) LOCKS
{
    kernel_lock_acquire();
    return percpu()->must_choose ? pick_who_can_run() : percpu()->current;
}

void exception_in_kernel(void)
{
    console_printf("vector %lu: ", panic_context.tpidr_el0);
    panic(panic_context.tpidr_el0 % 4 == 0 ? "synchronous exception in the kernel" : "interrupt or SError", __FILE__,
          __LINE__);
}

void arch_panic_dump(void)
{
    console_printf("  esr %lx elr %lx spsr %lx far %lx hpfar %lx\n", sysreg_read(esr_el2), sysreg_read(elr_el2),
                   sysreg_read(spsr_el2), sysreg_read(far_el2), sysreg_read(hpfar_el2));
    console_printf("  hcr %lx vttbr %lx sctlr %lx cptr %lx\n", sysreg_read(hcr_el2), sysreg_read(vttbr_el2),
                   sysreg_read(sctlr_el2), sysreg_read(cptr_el2));
    if (panic_context.pc != 0) {
        panic_registers("kernel", &panic_context);
    }
}
