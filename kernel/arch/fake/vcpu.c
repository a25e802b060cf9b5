/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests of the fake machine: a VCPU is a record of what it was told. Replies to exits are kept for the test, which chooses the
 * state they lead to.
 */
#include "kernel/object/vcpu.h"

#include <stddef.h>
#include <string.h>

#include "kernel/arch/fake/fake.h"
#include "kernel/smp/percpu.h"

#define FAKE_ENTRY_COUNT 2

void arch_vcpu_init(struct vcpu *vcpu)
{
    fake.vcpu_init_count++;
    arch_vcpu_reset(vcpu);
}

void arch_vcpu_reset(struct vcpu *vcpu)
{
    vcpu->arch = (struct arch_vcpu){0};
}

void arch_vcpu_unload(struct vcpu *vcpu)
{
    if (percpu()->vcpu_loaded == vcpu) {
        percpu()->vcpu_loaded = NULL;
    }
}

uint8_t arch_vcpu_complete_exit(struct tcb *tcb, const struct arch_context *reply)
{
    (void)tcb;
    for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
        fake.vcpu_reply[i] = arch_message_get(reply, i);
    }
    return fake.vcpu_next_state;
}

uint64_t arch_vcpu_register_get(struct vcpu *vcpu, uint64_t index)
{
    return vcpu->arch.reg[index];
}

void arch_vcpu_register_set(struct vcpu *vcpu, uint64_t index, uint64_t value)
{
    vcpu->arch.reg[index] = value;
}

uint64_t arch_vcpu_entry_count(void)
{
    return FAKE_ENTRY_COUNT;
}

/** Two bits of state an entry, as messages.yaml's lr_state packs them. */
static uint64_t entries_state(const union vcpu_entries *entries)
{
    return list_register_state(entries->entry[0]) | list_register_state(entries->entry[1]) << 2;
}

void arch_vcpu_set_interrupts(struct vcpu *vcpu, const union vcpu_entries *entries, bool notify_empty)
{
    memcpy(vcpu->arch.entries, entries, sizeof(vcpu->arch.entries));
    vcpu->arch.lr_state = entries_state(entries);
    vcpu->arch.is_notified_empty = notify_empty;
    vcpu->arch.is_pending = (vcpu->arch.lr_state & 5) != 0;
}

uint64_t arch_vcpu_interrupt_state(struct vcpu *vcpu)
{
    return vcpu->arch.lr_state;
}

bool arch_vcpu_is_interrupt_pending(struct vcpu *vcpu)
{
    return vcpu->arch.is_pending;
}

uint64_t arch_vcpu_timer_lines(struct vcpu *vcpu)
{
    return vcpu->arch.timer_lines;
}

void arch_vcpu_configure_timer(struct vcpu *vcpu, uint64_t timer, struct guest_timer config)
{
    if (vcpu->arch.timer[timer].intid != config.intid) {
        arch_vcpu_set_interrupts(vcpu, &(const union vcpu_entries){0}, vcpu->arch.is_notified_empty);
    }
    vcpu->arch.timer[timer] = config;
}

bool arch_vcpu_is_timer_intid(const struct vcpu *vcpu, uint64_t intid)
{
    const struct guest_timer *timer = vcpu->arch.timer;
    return intid != 0 && (intid == timer[0].intid || intid == timer[1].intid);
}

void arch_vcpu_set_offset(struct vcpu *vcpu, uint64_t offset)
{
    vcpu->arch.offset = offset;
}

uint64_t arch_vcpu_translate(struct vcpu *vcpu, uint64_t address, uint64_t flags, uint64_t *ipa)
{
    (void)vcpu;
    (void)flags;
    *ipa = address;
    return 0;
}

void arch_vcpu_inject(struct vcpu *vcpu, bool is_sync, uint64_t syndrome, uint64_t address)
{
    vcpu->arch.is_injected_sync = is_sync;
    vcpu->arch.injected_syndrome = syndrome;
    vcpu->arch.injected_address = address;
}

bool arch_vcpu_timer_expired(struct vcpu *vcpu, uint64_t now)
{
    (void)now;
    fake.vcpu_expired_count++;
    vcpu->arch.is_pending = !vcpu->arch.is_masked;
    return vcpu->arch.is_pending;
}
