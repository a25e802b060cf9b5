/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads and time of a compiled spec: see threads.h.
 */
#include "roottask/threads.h"

#include "gen/abi.h"
#include "gen/sel/invocations.h"
#include "roottask/report.h"

bool threads_give_time(const struct spec *spec)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_SCHED); i++) {
        const struct spec_sched *row = &spec->sched[i];
        const char *name = spec_slot_name(spec, row->slot);
        sel_cap_t target = row->thread_slot != 0 ? row->thread_slot : row->home_slot;
        sel_err_t error = sel_sched_control_configure(INITIAL_SLOT_SCHED_CONTROL, row->slot, row->budget_ns,
                                                      row->period_ns, row->refills, row->badge);
        if (!report_unless_ok(error, "configure", name)) {
            return false;
        }
        if (target != 0 && !report_unless_ok(sel_sched_context_bind(row->slot, target), "bind", name)) {
            return false;
        }
    }
    return true;
}

static bool configure_spaces(const struct spec_thread *row, const char *name)
{
    sel_err_t error =
        sel_tcb_configure(row->tcb_slot, row->cspace_slot, row->vspace_slot, row->buffer_slot, row->buffer_offset);

    if (!report_unless_ok(error, "configure thread", name)) {
        return false;
    }
    error = sel_tcb_set_priority(row->tcb_slot, INITIAL_SLOT_TCB, row->priority, row->max_priority);
    return report_unless_ok(error, "set the priority of thread", name);
}

static bool configure_handlers(const struct spec_thread *row, const char *name)
{
    return (row->fault_slot == 0 || report_unless_ok(sel_tcb_set_fault_handler(row->tcb_slot, row->fault_slot),
                                                     "set the fault handler of thread", name)) &&
           (row->timeout_slot == 0 || report_unless_ok(sel_tcb_set_timeout_handler(row->tcb_slot, row->timeout_slot),
                                                       "set the timeout handler of thread", name)) &&
           (row->notification_slot == 0 ||
            report_unless_ok(sel_tcb_bind_notification(row->tcb_slot, row->notification_slot),
                             "bind the notification of thread", name)) &&
           (row->features == 0 ||
            report_unless_ok(sel_tcb_set_features(row->tcb_slot, row->features), "set the features of thread", name));
}

/** The start contract of a process: x0 = IPC buffer, x1 = 0, sp = top of its stack, pc = its entry. */
static bool configure_registers(const struct spec_thread *row, const char *name)
{
    uint64_t arguments[2] = {row->buffer_vaddr, 0};
    uint64_t state[2] = {row->sp, row->pc};

    _Static_assert(THREAD_REG_PC == THREAD_REG_SP + 1, "sp and pc are written together");
    return report_unless_ok(sel_tcb_write_registers(row->tcb_slot, THREAD_REG_X0, 2, arguments),
                            "set the arguments of thread", name) &&
           report_unless_ok(sel_tcb_write_registers(row->tcb_slot, THREAD_REG_SP, 2, state), "set the entry of thread",
                            name);
}

static bool configure_thread(const struct spec *spec, const struct spec_thread *row)
{
    const char *name = spec_string(spec, row->name);

    if (!configure_spaces(row, name) || !configure_handlers(row, name)) {
        return false;
    }
    if ((row->flags & SPEC_THREAD_GUEST) != 0) {
        return report_unless_ok(sel_tcb_bind_vcpu(row->tcb_slot, row->vcpu_slot), "bind the VCPU of thread", name);
    }
    return configure_registers(row, name);
}

bool threads_configure(const struct spec *spec)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_THREAD); i++) {
        if (!configure_thread(spec, &spec->thread[i])) {
            return false;
        }
    }
    return true;
}

static bool bind_interrupt(const struct spec *spec, const struct spec_irq_bind *row)
{
    const char *name = spec_slot_name(spec, row->handler_slot);

    return report_unless_ok(sel_irq_handler_set_notification(row->handler_slot, row->notification_slot),
                            "bind the interrupt", name) &&
           report_unless_ok(sel_irq_handler_acknowledge(row->handler_slot), "unmask the interrupt", name);
}

bool threads_bind_signals(const struct spec *spec)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_IRQ_BIND); i++) {
        if (!bind_interrupt(spec, &spec->irq_bind[i])) {
            return false;
        }
    }
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_TIMER_BIND); i++) {
        const struct spec_timer_bind *row = &spec->timer_bind[i];
        sel_err_t error = sel_timer_bind(row->timer_slot, row->notification_slot);
        if (!report_unless_ok(error, "bind the timer", spec_slot_name(spec, row->timer_slot))) {
            return false;
        }
    }
    return true;
}

bool threads_start(const struct spec *spec)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_THREAD); i++) {
        const struct spec_thread *row = &spec->thread[i];
        if ((row->flags & SPEC_THREAD_START) != 0 &&
            !report_unless_ok(sel_tcb_resume(row->tcb_slot), "start thread", spec_string(spec, row->name))) {
            return false;
        }
    }
    return true;
}

bool threads_make_passive(const struct spec *spec, const struct spec_thread *thread)
{
    const char *name = spec_string(spec, thread->name);

    if ((thread->flags & SPEC_THREAD_PASSIVE) == 0 || thread->sched == 0) {
        return true;
    }
    const struct spec_sched *sched = &spec->sched[thread->sched - 1];
    if (!report_unless_ok(sel_sched_context_unbind(sched->slot), "take back the starting context of", name)) {
        return false;
    }
    return sched->home_slot == 0 ||
           report_unless_ok(sel_sched_context_bind(sched->slot, sched->home_slot), "bind the context of", name);
}
