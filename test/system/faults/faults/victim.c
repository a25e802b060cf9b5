/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread that faults: see victim.h.
 */
#include "victim.h"

struct sel_message victim_fault;
struct world_thread *victim;
volatile uint64_t victim_went_on;

static sel_cap_t endpoint;
static sel_cap_t reply;

static void (*planned_run)(void *);

/** Without a fault main would wait for ever: this message takes its place. A handled victim's message finds nobody waiting. */
static void run_and_tell(void *argument)
{
    uint64_t words[MESSAGE_REGISTER_WORDS] = {0};

    planned_run(argument);
    (void)sel_nb_send(endpoint, tag_make(1, 0, 0), words);
}

void victim_make(void (*run)(void *), void *argument)
{
    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    reply = world_make(OBJECT_TYPE_REPLY, 0);
    sel_cap_t badged = world_mint(endpoint, SEL_RIGHT_WRITE | SEL_RIGHT_GRANT, VICTIM_BADGE);
    victim_went_on = 0;
    planned_run = run;
    victim = world_thread(run_and_tell, argument, WORLD_PRIORITY - 10);
    if (sel_tcb_set_fault_handler(victim->tcb, badged) != SEL_ERROR_OK) {
        check_fail(__FILE__, __LINE__, "set the fault handler");
    }
}

bool victim_receive(void)
{
    if (sel_recv_message(endpoint, reply, &victim_fault) != SEL_ERROR_OK || victim_fault.badge != VICTIM_BADGE ||
        tag_kernel(victim_fault.tag) == 0) {
        check_fail(__FILE__, __LINE__, "a fault of the victim arrives");
        return false;
    }
    return true;
}

bool victim_start(void (*run)(void *), void *argument)
{
    victim_make(run, argument);
    world_start(victim);
    return victim_receive();
}

void victim_answer(uint64_t bits)
{
    uint64_t words[MESSAGE_REGISTER_WORDS] = {bits};

    if (sel_send(reply, tag_make(0, bits == 0 ? 0 : 1, 0), words) != SEL_ERROR_OK) {
        check_fail(__FILE__, __LINE__, "answer the fault");
    }
}

void victim_read(void *address)
{
    __asm__ volatile("ldrb w0, [%0]" : : "r"(address) : "x0", "memory");
    victim_went_on = 1;
}

void victim_write(void *address)
{
    __asm__ volatile("strb wzr, [%0]" : : "r"(address) : "memory");
    victim_went_on = 1;
}

void victim_jump(void *address)
{
    __asm__ volatile("blr %0" : : "r"(address) : "x30", "memory");
    victim_went_on = 1;
}

void victim_system_call(void *argument)
{
    (void)argument;
    register uint64_t x0 __asm__("x0") = 0x1111;
    register uint64_t x1 __asm__("x1") = 0x2222;
    register uint64_t x8 __asm__("x8") = 77;
    __asm__ volatile("svc #0" : "+r"(x0), "+r"(x1), "+r"(x8) : : "memory");
    victim_went_on = 1;
}

void victim_undefined(void *argument)
{
    (void)argument;
    __asm__ volatile(".inst 0x00000000" : : : "memory"); /* UDF #0 */
    victim_went_on = 1;
}

void victim_breakpoint(void *argument)
{
    (void)argument;
    __asm__ volatile("brk #0x123" : : : "memory");
    victim_went_on = 1;
}

void victim_float(void *argument)
{
    (void)argument;
    __asm__ volatile(".inst 0x9e6703e0" : : : "memory"); /* fmov d0, xzr */
    victim_went_on = 1;
}

void victim_hypervisor_call(void *argument)
{
    (void)argument;
    __asm__ volatile(".inst 0xd4000002" : : : "memory"); /* hvc #0 */
    victim_went_on = 1;
}

void victim_firmware_call(void *argument)
{
    (void)argument;
    __asm__ volatile(".inst 0xd4000003" : : : "memory"); /* smc #0 */
    victim_went_on = 1;
}

void victim_system_register(void *argument)
{
    (void)argument;
    __asm__ volatile("mrs x0, sctlr_el1" : : : "x0", "memory");
    victim_went_on = 1;
}

void victim_cycle_counter(void *argument)
{
    (void)argument;
    __asm__ volatile("mrs x9, pmccntr_el0" : : : "x9", "memory");
    victim_went_on = 1;
}

void victim_guest_timer(void *argument)
{
    (void)argument;
    __asm__ volatile("msr cntv_ctl_el0, xzr" : : : "memory");
    victim_went_on = 1;
}
