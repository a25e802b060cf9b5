/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What fastpaths need of the machine (arch_switch.h). Their switch is VTTBR_EL2 alone: both are native (T4); neither owns the FPU, whose trap
 * stays on; there is a VMID.
 */
#pragma once

#include "kernel/arch/aarch64/answer.h"
#include "kernel/arch/aarch64/machine.h"
#include "kernel/debug/panic.h"
#include "kernel/object/tcb.h"
#include "kernel/object/vspace.h"
#include "kernel/smp/percpu.h"

_Static_assert(offsetof(struct percpu, current) == 0, "entry.S, load_current");

static inline struct percpu *arch_percpu(void)
{
    struct percpu *cpu;
    __asm__("adr %0, %1" : "=r"(cpu) : "S"(&percpu_area));
    return cpu;
}

/** Whether it has a VMID. */
static inline bool arch_vspace_has_id(const struct vspace *vspace)
{
    return vspace->arch.vttbr != 0;
}

static inline bool arch_is_plain_switch(const struct tcb *from, const struct tcb *to, uint64_t *space)
{
    kassert(to->vcpu == NULL && to->vspace != NULL && !to->vspace->is_guest); /* T4 */
    *space = to->vspace->arch.vttbr;
    return (from->has_fpu | to->has_fpu) == 0 && arch_vspace_has_id(to->vspace);
}

#define ARCH_MESSAGE_WORD(context, index)                                                                              \
    ({                                                                                                                 \
        uint64_t word_;                                                                                                \
        (void)(context);                                                                                               \
        __asm__ volatile("mov %0, x%c1" : "=r"(word_) : "i"(9 + (index)));                                             \
        word_;                                                                                                         \
    })

static inline bool arch_answer_exit(const struct tcb *from, struct tcb *tcb) LOCKED
{
    uint64_t verbs = ARCH_MESSAGE_WORD(&from->registers, 0);
    if (!guest_is_plain_answer(verbs) || tcb->vcpu == NULL) {
        return false;
    }
    if (verbs & VERB_STEP) {
        if (tcb->registers.pstate & PSTATE_AARCH32) {
            return false;
        }
        guest_step_aarch64(&tcb->registers);
    }
    GUEST_WRITE(&tcb->registers, verbs, ARCH_MESSAGE_WORD, &from->registers);
    return true;
}

static inline void arch_save_message(struct tcb *from, uint64_t number)
{
    __asm__ volatile("stp %1, x9, [%0, #64]\n\tstp x10, x11, [%0, #80]\n\tstp x12, x13, [%0, #96]\n\t"
                     "stp x14, x15, [%0, #112]\n\tstr x18, [%0, #144]" ::"r"(&from->registers),
                     "r"(number)
                     : "memory");
}

/* Of entry.S. None comes back; told so, the compiler would call them and keep a stack frame for that instead of branching. */
struct tcb *leave_fast(struct tcb *to, uint64_t tag, uint64_t badge);
void leave_with(struct tcb *to, uint64_t tag, uint64_t badge, uint64_t first, const uint64_t *rest);
struct tcb *leave_kernel(void);
void load_context(struct tcb *tcb);

/** Message in x9..x15, x18, where it came. */
static inline struct tcb *arch_leave_fast(const struct tcb *from, struct tcb *to, uint64_t space, uint64_t tag,
                                          uint64_t badge) UNLOCKS
{
    (void)from;
    sysreg_write(vttbr_el2, space);
    kernel_lock_release();
    return leave_fast(to, tag, badge);
}

void arch_leave_with(struct tcb *to, uint64_t tag, uint64_t badge, uint64_t first, const uint64_t *rest) LOCKED;
void arch_leave_to(struct tcb *to) UNLOCKS;

/** Whether everything in the hardware is as arch_leave_to would leave it. */
bool switch_is_done(const struct tcb *tcb);

static inline bool arch_goes_on(const struct tcb *tcb)
{
    bool goes_on = percpu()->current == tcb && !percpu()->must_choose;
    kassert(!goes_on || switch_is_done(tcb));
    return goes_on;
}

static inline struct tcb *arch_leave_chosen(void) UNLOCKS
{
    kernel_lock_release();
    return leave_kernel();
}
