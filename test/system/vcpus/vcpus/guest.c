/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests made by hand: see guest.h.
 */
#include "guest.h"

#include <string.h>

#define PRIORITY           (WORLD_PRIORITY - 10)
#define PSTATE_EL1H        0x3c5
#define VSPACE_BITS        15
#define TIMER_IRQ_PRIORITY 0xa0

struct sel_message guest_exit;
sel_cap_t guest_reply;

static sel_cap_t endpoint;

static void must(sel_err_t error, const char *what)
{
    if (error != SEL_ERROR_OK) {
        check_fail(__FILE__, __LINE__, what);
    }
}

void guests_begin(void)
{
    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
}

/** A page with the program, in this process and at GUEST_CODE of the guest; clean, since its caches are off. */
static void code_map(const struct guest *guest, const char *program, const char *end)
{
    sel_cap_t frame;
    void *page = (void *)world_page(&frame);
    uint64_t rights = SEL_RIGHT_READ | SEL_RIGHT_WRITE | SEL_RIGHT_EXECUTE;
    sel_cap_t copy = world_mint(frame, rights, 0);

    memcpy(page, program, (size_t)(end - program));
    must(sel_frame_cache(frame, CACHE_OPERATION_CLEAN, 0, 4096), "clean the guest's code");
    must(sel_frame_map(copy, guest->vspace, GUEST_CODE, rights, FRAME_ATTRIBUTE_NORMAL), "map the guest's code");
}

struct guest guest_make(uint64_t badge, const char *program, const char *end)
{
    struct guest guest = {
        .tcb = world_make(OBJECT_TYPE_TCB, 0),
        .vcpu = world_make(OBJECT_TYPE_VCPU, 0),
        .vspace = world_make(OBJECT_TYPE_VSPACE_GUEST, VSPACE_BITS),
        .context = world_context(10 * SEL_NS_PER_MS, 10 * SEL_NS_PER_MS),
        .badge = badge,
    };

    code_map(&guest, program, end);
    must(sel_tcb_configure(guest.tcb, sel_cap_cnode, guest.vspace, 0, 0), "configure the guest's thread");
    must(sel_tcb_set_priority(guest.tcb, sel_cap_tcb, PRIORITY, PRIORITY), "set its priority");
    must(sel_tcb_bind_vcpu(guest.tcb, guest.vcpu), "bind its VCPU");
    must(sel_tcb_set_fault_handler(guest.tcb, world_mint(endpoint, SEL_RIGHT_WRITE | SEL_RIGHT_GRANT, badge)),
         "set its handler");
    must(sel_sched_context_bind(guest.context, guest.tcb), "give it time");
    for (uint64_t timer = VCPU_TIMER_VIRTUAL; timer <= VCPU_TIMER_PHYSICAL; timer++) {
        must(sel_vcpu_configure_timer(guest.vcpu, timer, GUEST_TIMER_INTID(timer), TIMER_IRQ_PRIORITY,
                                      VCPU_TIMER_FLAG_ENABLED | VCPU_TIMER_FLAG_GROUP1),
             "configure its timers");
    }
    return guest;
}

void guest_start(const struct guest *guest, uint64_t x0, uint64_t x1)
{
    uint64_t arguments[2] = {x0, x1};
    uint64_t entry[2] = {GUEST_CODE, PSTATE_EL1H};

    must(sel_tcb_write_registers(guest->tcb, THREAD_REG_X0, 2, arguments), "set the guest's arguments");
    must(sel_tcb_write_registers(guest->tcb, THREAD_REG_PC, 2, entry), "set the guest's entry");
    must(sel_tcb_resume(guest->tcb), "start the guest");
}

uint64_t guest_wait(void)
{
    guest_reply = world_make(OBJECT_TYPE_REPLY, 0); /* many a test leaves the last exit without an answer */
    must(sel_recv_message(endpoint, guest_reply, &guest_exit), "receive an exit");
    return guest_exit.badge;
}

bool guest_has_exited(void)
{
    uint64_t tag = 0;
    uint64_t badge = 0;
    uint64_t words[MESSAGE_REGISTER_WORDS] = {0};

    guest_reply = world_make(OBJECT_TYPE_REPLY, 0);
    return sel_nb_recv(endpoint, &tag, guest_reply, words, &badge) == SEL_ERROR_OK;
}

void guest_answer(uint64_t verbs, uint64_t syndrome)
{
    uint64_t words[MESSAGE_REGISTER_WORDS] = {verbs, 0, 0, 0, 0, 0, 0, syndrome};

    must(sel_send(guest_reply, tag_make(0, MESSAGE_REGISTER_WORDS, 0), words), "answer an exit");
}

void guest_answer_interrupts(uint64_t entries)
{
    uint64_t words[MESSAGE_REGISTER_WORDS] = {VERB_RESUME | VERB_SET_INTERRUPTS, 0, 0, 0, 0, entries};

    must(sel_send(guest_reply, tag_make(0, MESSAGE_REGISTER_WORDS, 0), words), "answer an exit");
}

uint64_t guest_x(uint64_t index)
{
    return guest_exit.words[1 + index];
}

uint64_t guest_hvc(void)
{
    return exit_reason(guest_exit.words[0]) == EXIT_HVC ? exit_immediate(guest_exit.words[0]) : 0;
}
