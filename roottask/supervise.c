/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults and messages of the started system: see supervise.h.
 * A faulted thread is answered with an empty reply: it stays stopped, all else runs on.
 */
#include "roottask/supervise.h"

#include "gen/abi.h"
#include "gen/sel/invocations.h"
#include "roottask/fault.h"
#include "roottask/report.h"
#include "roottask/threads.h"

#define REGISTERS_PER_LINE 5

static void report_exit(const char *what, const char *name, uint64_t status)
{
    char bytes[REPORT_LINE_MAX];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));
    sel_text_string(&line, "roottask: exit: process ");
    sel_text_string(&line, name);
    sel_text_string(&line, ": ");
    sel_text_string(&line, what);
    if (what[0] == 's') {
        sel_text_string(&line, " ");
        sel_text_decimal(&line, status);
    }
    sel_text_string(&line, "\n");
    report_line(&line);
}

static void report_guest(const char *name, const char *event)
{
    char bytes[REPORT_LINE_MAX];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));
    sel_text_string(&line, "roottask: guest ");
    sel_text_string(&line, name);
    sel_text_string(&line, " ");
    sel_text_string(&line, event);
    sel_text_string(&line, "\n");
    report_line(&line);
}

static void report_registers(const struct spec_thread *thread)
{
    uint64_t registers[THREAD_REG_COUNT];

    if (sel_tcb_read_registers(thread->tcb_slot, 0, THREAD_REG_COUNT, registers) != SEL_ERROR_OK) {
        report_string("roottask:   its registers cannot be read");
        return;
    }
    for (uint32_t first = 0; first < THREAD_REG_COUNT; first += REGISTERS_PER_LINE) {
        char bytes[REPORT_LINE_MAX];
        struct sel_text line = sel_text_start(bytes, sizeof(bytes));
        fault_describe_registers(&line, registers, first, REGISTERS_PER_LINE);
        report_line(&line);
    }
}

static void handle_fault(const struct spec *spec, const struct spec_thread *thread, const struct fault_message *fault)
{
    const char *name = spec_string(spec, thread->name);
    bool is_abort = false;

    if (fault_is_exit(fault, &is_abort)) {
        uint64_t status = 0;
        if (is_abort) {
            report_exit("aborted", name, 0);
        } else if (sel_tcb_read_registers(thread->tcb_slot, THREAD_REG_X0, 1, &status) == SEL_ERROR_OK) {
            report_exit("status", name, status);
        }
        return;
    }
    char bytes[REPORT_LINE_MAX];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));
    fault_describe(&line, spec, thread, fault);
    report_line(&line);
    report_registers(thread);
}

/** A message of a process; anything it may not say is ignored but for a line. */
static bool handle_message(const struct spec *spec, const struct spec_thread *thread, uint64_t label, uint64_t word)
{
    const struct spec_part *part = &spec->part[thread->part];
    const char *part_name = spec_string(spec, part->name);

    switch (label) {
    case SPEC_SUPERVISOR_READY:
        (void)threads_make_passive(spec, thread);
        return true;
    case SPEC_SUPERVISOR_EXITED:
        report_exit("status", spec_string(spec, thread->name), word);
        return true;
    case SPEC_SUPERVISOR_GUEST_OFF:
        report_guest(part_name, word == 0 ? "powered off" : "stopped after an error");
        return true;
    case SPEC_SUPERVISOR_GUEST_RESET:
        report_guest(part_name, "is being reset");
        return true;
    case SPEC_SUPERVISOR_POWER_OFF:
        if ((part->flags & SPEC_PART_MAY_POWER_OFF) != 0) {
            return false;
        }
        report_refusal("power the machine off for", part_name, "the spec does not let it");
        return true;
    default:
        report_refusal("understand a message of", part_name, "its label is unknown");
        return true;
    }
}

bool supervise_message(const struct spec *spec, uint64_t badge, uint64_t tag, const uint64_t *words)
{
    struct fault_message fault = {.label = tag_label(tag), .words = words};

    if (badge == 0 || badge > spec_count(spec, SPEC_TABLE_THREAD)) {
        return true; /* a bound Notification, or a capability the spec gave without a badge: nobody to report on */
    }
    const struct spec_thread *thread = &spec->thread[badge - 1];
    if (tag_kernel(tag) != 0) {
        handle_fault(spec, thread, &fault);
        return true;
    }
    return handle_message(spec, thread, tag_label(tag), tag_length(tag) > 0 ? words[0] : 0);
}

void supervise(const struct spec *spec)
{
    sel_cap_t endpoint = spec->header->fault_endpoint_slot;
    sel_cap_t reply = spec->header->reply_slot;
    uint64_t words[MESSAGE_REGISTER_WORDS] = {0};
    uint64_t tag = 0;
    uint64_t badge = 0;
    sel_err_t reply_status = SEL_ERROR_OK;
    sel_err_t status = sel_recv(endpoint, &tag, reply, words, &badge);

    while (status == SEL_ERROR_OK && supervise_message(spec, badge, tag, words)) {
        tag = tag_make(0, 0, 0);
        status = sel_reply_recv(endpoint, &tag, reply, words, &badge, &reply_status);
    }
    (void)report_unless_ok(status, "receive from", "the fault endpoint");
}
