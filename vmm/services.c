/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * services.h by system calls. A refused call here is a fault of the system's composition or of this program, never of the guest:
 * it ends the VMM with a sentence (the guest then stays stopped), it is not handled.
 */
#include "vmm/services.h"

#include "gen/abi.h"
#include "gen/roottask_spec.h"
#include "gen/sel/invocations.h"
#include "sel/error.h"
#include "sel/format.h"
#include "sel/sel.h"
#include "sel/spec.h"
#include "vmm/console_link.h"

static void must(sel_err_t status, const char *what)
{
    if (status != SEL_ERROR_OK) {
        sel_perror(what);
        sel_panic("the kernel refused a call on the guest");
    }
}

uint64_t services_read_thread_register(unsigned index)
{
    uint64_t value = 0;
    must(sel_tcb_read_registers(sel_guest.tcb_cap, index, 1, &value), "guest thread: read_registers");
    return value;
}

void services_write_thread_registers(unsigned first, unsigned count, const uint64_t *values)
{
    must(sel_tcb_write_registers(sel_guest.tcb_cap, first, count, values), "guest thread: write_registers");
}

uint64_t services_read_vcpu_register(unsigned index)
{
    uint64_t value = 0;
    must(sel_vcpu_read_registers(sel_guest.vcpu_cap, index, 1, &value), "VCPU: read_registers");
    return value;
}

void services_write_vcpu_register(unsigned index, uint64_t value)
{
    must(sel_vcpu_write_registers(sel_guest.vcpu_cap, index, 1, &value), "VCPU: write_registers");
}

void services_reset_vcpu(void)
{
    must(sel_vcpu_reset(sel_guest.vcpu_cap), "VCPU: reset");
}

void services_vcpu_info(struct vcpu_info *out)
{
    uint64_t list_registers, timer_state, is_blocked;
    must(sel_vcpu_info(sel_guest.vcpu_cap, &list_registers, &out->lr_state, &timer_state, &is_blocked), "VCPU: info");
    out->entry_count = (unsigned)list_registers;
    out->line_high[VCPU_TIMER_VIRTUAL] = timer_state & (1 << VCPU_TIMER_VIRTUAL);
    out->line_high[VCPU_TIMER_PHYSICAL] = timer_state & (1 << VCPU_TIMER_PHYSICAL);
}

uint64_t services_set_interrupts(const uint64_t words[2])
{
    uint64_t lr_state = 0;
    must(sel_vcpu_set_interrupts(sel_guest.vcpu_cap, words[0], words[1], 0, &lr_state), "VCPU: set_interrupts");
    return lr_state;
}

void services_configure_timer(unsigned timer, uint32_t intid, uint8_t priority, bool is_enabled, bool is_group1)
{
    uint64_t flags = (is_enabled ? VCPU_TIMER_FLAG_ENABLED : 0) | (is_group1 ? VCPU_TIMER_FLAG_GROUP1 : 0);
    must(sel_vcpu_configure_timer(sel_guest.vcpu_cap, timer, intid, priority, flags), "VCPU: configure_timer");
}

bool services_translate(uint64_t address, bool is_write, bool is_el0, uint64_t *ipa, uint64_t *fault)
{
    uint64_t flags = (is_write ? TRANSLATE_FLAG_WRITE : 0) | (is_el0 ? TRANSLATE_FLAG_EL0 : 0);
    must(sel_vcpu_translate(sel_guest.vcpu_cap, address, flags, ipa, fault), "VCPU: translate");
    return *fault == 0;
}

volatile uint32_t *services_register_page(void)
{
    return (volatile uint32_t *)sel_guest.uart_page.base;
}

void services_show_register_page(bool is_shown)
{
    const struct sel_register_page *page = &sel_guest.uart_page;
    if (is_shown) {
        must(sel_frame_map(page->frame_cap, sel_guest.vspace_cap, page->guest_address, SEL_RIGHT_READ,
                           FRAME_ATTRIBUTE_DEVICE),
             "UART page: map");
    } else {
        must(sel_frame_unmap(page->frame_cap), "UART page: unmap");
    }
}

void services_give_frame(uint64_t frame_cap, uint64_t address)
{
    const uint64_t rights = SEL_RIGHT_READ | SEL_RIGHT_WRITE | SEL_RIGHT_EXECUTE;
    must(sel_frame_map(frame_cap, sel_guest.vspace_cap, address, rights, FRAME_ATTRIBUTE_NORMAL), "RAM: map");
}

void services_take_frame(uint64_t frame_cap)
{
    must(sel_frame_unmap(frame_cap), "RAM: unmap");
}

static size_t cache_line_bytes(void)
{
    uint64_t cache_type;
    __asm__("mrs %0, ctr_el0" : "=r"(cache_type));
    return 4ul << ((cache_type >> 16) & 0xf); /* DminLine: words, DDI 0487, D17.2.34 */
}

void services_clean_cache(uintptr_t address, size_t size)
{
    size_t line = cache_line_bytes();
    uintptr_t at = address & ~(line - 1);
#pragma clang loop unroll_count(32)
    for (size_t count = (address + size - at + line - 1) / line; count > 0; count--, at += line) {
        __asm__ volatile("dc cvac, %0" : : "r"(at) : "memory");
    }
    __asm__ volatile("dsb sy" : : : "memory");
}

/* 0 where DC ZVA is prohibited: DCZID_EL0, D17.2.38. */
static size_t zeroing_block_bytes(void)
{
    uint64_t identification;
    __asm__("mrs %0, dczid_el0" : "=r"(identification));
    return identification & (1 << 4) ? 0 : 4ul << (identification & 0xf);
}

void services_zero(uintptr_t address, size_t size)
{
    size_t block = zeroing_block_bytes();
    uintptr_t end = address + size;
    volatile uint8_t *byte = (volatile uint8_t *)address;
    while ((uintptr_t)byte < end && (block == 0 || (uintptr_t)byte % block != 0)) {
        *byte++ = 0;
    }
    uintptr_t at = (uintptr_t)byte;
    for (; block != 0 && end - at >= block; at += block) {
        __asm__ volatile("dc zva, %0" : : "r"(at) : "memory");
    }
    for (byte = (volatile uint8_t *)at; (uintptr_t)byte < end; byte++) {
        *byte = 0;
    }
}

uint64_t services_now_ns(void)
{
    return sel_clock_ns();
}

void services_wake_at_ns(uint64_t time_ns)
{
    must(sel_timer_set_ns(sel_guest.timer_cap, time_ns), "timer: set");
}

void services_print(const char *text)
{
    sel_console_print(text);
}

static void tell_supervisor(uint64_t label, uint64_t length, uint64_t words[MESSAGE_REGISTER_WORDS])
{
    uint64_t tag = tag_make(label, length, 0);
    if (sel_spec.supervisor_cap != 0) {
        must(sel_call(sel_spec.supervisor_cap, &tag, words), "supervisor: call");
    }
}

void services_report_end(enum guest_end end, const struct guest_stop *stop)
{
    uint64_t words[MESSAGE_REGISTER_WORDS] = {end};
    if (stop != NULL) {
        words[1] = stop->exit_word;
        words[2] = stop->pc;
        words[3] = stop->esr;
        words[4] = stop->address;
    }
    tell_supervisor(SPEC_SUPERVISOR_GUEST_OFF, 5, words);
}

void services_report_reset(void)
{
    uint64_t words[MESSAGE_REGISTER_WORDS] = {0};
    tell_supervisor(SPEC_SUPERVISOR_GUEST_RESET, 0, words);
}

void services_power_off_machine(void)
{
    uint64_t words[MESSAGE_REGISTER_WORDS] = {0};
    tell_supervisor(SPEC_SUPERVISOR_POWER_OFF, 0, words);
}
