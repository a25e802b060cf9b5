/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything the VMM asks of the world outside its own data: kernel invocations on its guest's thread and VCPU, the console rings,
 * the supervisor, the caches. vmm/services.c answers on the target, test/unit/vmm/fake_services.c on the host: the rest of the VMM
 * (exits, GIC, PSCI, devices) is plain C that runs on both. A service cannot be refused for any guest-given argument.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** State of the VCPU's interrupts that the kernel owns or holds. */
struct vcpu_info {
    unsigned entry_count; /* list registers the VMM may fill */
    uint64_t lr_state;    /* as in an exit's word 0 */
    bool line_high[2];    /* virtual, physical timer */
};

/** Why a guest is reported to the supervisor. */
enum guest_end {
    GUEST_POWERED_OFF = 0,
    GUEST_STOPPED_BY_ERROR = 1,
};

/** The facts of a contained stop, as the exit gave them. */
struct guest_stop {
    const char *cause;
    uint64_t exit_word;
    uint64_t pc;
    uint64_t esr;
    uint64_t address;
};

/** THREAD_REG_... of the guest's thread; VCPU_REG_... of its VCPU. */
uint64_t services_read_thread_register(unsigned index);
void services_write_thread_registers(unsigned first, unsigned count, const uint64_t *values);
uint64_t services_read_vcpu_register(unsigned index);
void services_write_vcpu_register(unsigned index, uint64_t value);

/** EL1 state, list registers and timers to their reset values. */
void services_reset_vcpu(void);
void services_vcpu_info(struct vcpu_info *out);

/** Replace the VMM's list registers while the guest may run; returns the lr_state that was in them. */
uint64_t services_set_interrupts(const uint64_t words[2]);

/** timer: VCPU_TIMER_VIRTUAL or VCPU_TIMER_PHYSICAL. */
void services_configure_timer(unsigned timer, uint32_t intid, uint8_t priority, bool is_enabled, bool is_group1);

/** Guest virtual address to IPA by the guest's own stage 1. False: `fault` is its PAR_EL1. */
bool services_translate(uint64_t address, bool is_write, bool is_el0, uint64_t *ipa, uint64_t *fault);

/** The guest's UART wire. put: false if there is no room (the peer will signal). get: false if nothing is there. */
bool services_console_put(uint8_t byte);
bool services_console_get(uint8_t *byte);
/** Tell the console server about everything put and taken since the last flush. */
void services_console_flush(void);
/** Nothing put is still waiting for the console server. */
bool services_console_is_drained(void);

/** The registers of the guest's UART as it reads them while they are shown (vmm/register_page.h): 1024 words. */
volatile uint32_t *services_register_page(void);
/** Let the guest read that page where its UART is, or take it away. */
void services_show_register_page(bool is_shown);

/** A Frame of RAM into the guest's address space, to be read, written and executed; or out of it. */
void services_give_frame(uint64_t frame_cap, uint64_t address);
void services_take_frame(uint64_t frame_cap);

/** Time since the machine's reset, in ns. */
uint64_t services_now_ns(void);
/** Wake the VMM's thread by its own Notification, at a time as of services_now_ns(); a wake-up asked for before is forgotten. */
void services_wake_at_ns(uint64_t time_ns);

/** Memory of the guest that the VMM wrote or zeroed: visible to a guest whose caches are off. */
void services_clean_cache(uintptr_t address, size_t size);
void services_zero(uintptr_t address, size_t size);

/** Print on the VMM's console. */
void services_print(const char *text);

/** Tell the supervisor that the guest ended; `stop` is NULL for a power-off. */
void services_report_end(enum guest_end end, const struct guest_stop *stop);
/** Tell the supervisor that the guest starts again by its own wish. */
void services_report_reset(void);
/** The spec lets this guest's power-off end the machine. Returns if the supervisor does not. */
void services_power_off_machine(void);
