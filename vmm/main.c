/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VMM's one thread. It sets its guest up, starts it, gives its scheduling context back, and from then on only waits on the
 * guest's exit Endpoint: exits arrive with the guest's own time, device signals with the bound Notification's (docs/design/vmm.md).
 */
#include "gen/abi.h"
#include "gen/roottask_spec.h"
#include "gen/sel/invocations.h"
#include "sel/sel.h"
#include "vmm/console_link.h"
#include "vmm/debugger.h"
#include "vmm/ending.h"
#include "vmm/load.h"
#include "vmm/vmm.h"

static struct vmm vmm;
static struct ending ending;

/* What the loop received last, and what it answers next. */
struct exchange {
    uint64_t tag;
    uint64_t badge;
    uint64_t words[MESSAGE_REGISTER_WORDS];
};

static void load(void)
{
    vmm_reset(&vmm);
    load_registers(vmm.guest);
}

static void end_guest(enum guest_end end)
{
    bool has_machine = vmm.guest->power_off == SEL_GUEST_SYSTEM_OFF;
    ending_begin(&ending, sel_guest.name, end, end == GUEST_STOPPED_BY_ERROR ? &vmm.stop : NULL, has_machine);
    debugger_tell_end(&vmm, end);
}

/* Without RESUME the guest stays stopped. Length 8 always: the kernel takes verbs from word 0. */
static void reply_verbs(struct exchange *exchange, uint64_t verbs)
{
    *exchange = (struct exchange){.tag = tag_make(0, MESSAGE_REGISTER_WORDS, 0), .words = {verbs}};
}

/* Exits are counted here (tools/exits): the address is in a section of its own, once for each copy that the compiler makes. */
static inline void mark_exit(void)
{
    __asm__ volatile("0:\n\t.pushsection .sel.exits, \"\", %progbits\n\t.quad 0b\n\t.popsection");
}

static void answer_exit(struct exchange *exchange)
{
    exchange->tag = tag_make(0, MESSAGE_REGISTER_WORDS, 0);
    if (debugger_takes_exit(&vmm, exchange->words)) {
        return;
    }
    mark_exit();
    switch (vmm_exit(&vmm, exchange->words)) {
    case EXIT_RESULT_REPLY:
        return;
    case EXIT_RESULT_RESTART:
        services_report_reset();
        ram_take_back(&vmm.ram);
        load();
        reply_verbs(exchange, VERB_SET_INTERRUPTS | (debugger_holds_start(&vmm) ? 0 : VERB_RESUME));
        return;
    case EXIT_RESULT_POWER_OFF:
        end_guest(GUEST_POWERED_OFF);
        break;
    case EXIT_RESULT_STOP:
        end_guest(GUEST_STOPPED_BY_ERROR);
        break;
    }
    reply_verbs(exchange, 0);
}

/* A fault that is no exit (a thread the spec started without a VCPU, say) leaves the guest stopped. */
static void answer_fault(struct exchange *exchange)
{
    vmm.stop = (struct guest_stop){.cause = "its thread faulted", .exit_word = exchange->tag, .pc = exchange->words[0]};
    end_guest(GUEST_STOPPED_BY_ERROR);
    *exchange = (struct exchange){.tag = tag_make(0, 1, 0)};
}

static sel_err_t receive_first(struct exchange *exchange)
{
    sel_err_t send_status = SEL_ERROR_OK;
    if (!sel_spec.is_passive) {
        return sel_recv(vmm.guest->exit_endpoint_cap, &exchange->tag, sel_spec.reply_cap, exchange->words,
                        &exchange->badge);
    }
    *exchange = (struct exchange){.tag = tag_make(SPEC_SUPERVISOR_READY, 0, 0)};
    return sel_nb_send_recv(sel_spec.supervisor_cap, &exchange->tag, sel_spec.reply_cap, vmm.guest->exit_endpoint_cap,
                            exchange->words, &exchange->badge, &send_status);
}

/* All that the kernel says of it but its length, which is the same for all (abi: faults, VM_EXIT). */
static bool tag_is_exit(uint64_t tag)
{
    const uint64_t exit = tag_make(FAULT_VM_EXIT, 0, 0) | TAG_KERNEL;
    return tag / TAG_KERNEL == exit / TAG_KERNEL;
}

static sel_err_t serve(sel_cap_t endpoint, struct exchange *exchange)
{
    sel_err_t reply_status = SEL_ERROR_OK;
    if (tag_is_exit(exchange->tag)) {
        answer_exit(exchange);
    } else if (tag_notification(exchange->tag)) {
        vmm_poll_devices(&vmm);
        debugger_poll(&vmm);
        ending_poll(&ending);
        return sel_recv(endpoint, &exchange->tag, sel_spec.reply_cap, exchange->words, &exchange->badge);
    } else {
        answer_fault(exchange);
    }
    return sel_reply_recv(endpoint, &exchange->tag, sel_spec.reply_cap, exchange->words, &exchange->badge,
                          &reply_status);
}

int main(void)
{
    struct exchange exchange = {0};
    vmm.guest = &sel_guest;
    const char *problem = ram_check(vmm.guest);
    problem = problem == NULL ? load_check(vmm.guest) : problem;
    if (problem != NULL) {
        sel_panic(problem);
    }
    console_link_open();
    ram_start(&vmm.ram, vmm.guest);
    load();
    if (!debugger_holds_start(&vmm) && sel_tcb_resume(vmm.guest->tcb_cap) != SEL_ERROR_OK) {
        sel_panic("the guest's thread cannot be started");
    }
    sel_err_t status = receive_first(&exchange);
    const sel_cap_t endpoint = vmm.guest->exit_endpoint_cap;
    while (status == SEL_ERROR_OK) {
        status = serve(endpoint, &exchange);
    }
    sel_panic("the guest's Endpoint is gone");
}
