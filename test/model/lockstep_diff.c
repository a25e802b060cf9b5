/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two states of the model, field by field: what differs, by name. The tables below name every field; lengths are checked against the
 * structs, so that a new field cannot be forgotten.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "test/model/lockstep.h"

struct field {
    const char *name;
    size_t offset;
    size_t bytes; /* of one element */
    size_t count;
};

#define FIELD(type, name) {#name, offsetof(struct type, name), sizeof(((struct type *)0)->name), 1}
#define FIELDS(type, name)                                                                                             \
    {#name, offsetof(struct type, name), sizeof(((struct type *)0)->name[0]),                                          \
     sizeof(((struct type *)0)->name) / sizeof(((struct type *)0)->name[0])}

static const struct field CAP[] = {
    FIELD(model_cap, address),     FIELD(model_cap, badge),         FIELD(model_cap, free),
    FIELD(model_cap, zeroed),      FIELD(model_cap, page),          FIELD(model_cap, place.holder),
    FIELD(model_cap, place.id),    FIELD(model_cap, place.index),   FIELD(model_cap, root),
    FIELD(model_cap, type),        FIELD(model_cap, object),        FIELD(model_cap, rights),
    FIELD(model_cap, is_original), FIELD(model_cap, size_bits),     FIELD(model_cap, kind),
    FIELD(model_cap, is_mapped),   FIELD(model_cap, space_id),      FIELD(model_cap, space_generation),
    FIELD(model_cap, map_rights),  FIELD(model_cap, map_attribute), FIELD(model_cap, padding),
};

static const struct field CNODE[] = {
    FIELD(model_cnode, address),   FIELD(model_cnode, exists),     FIELD(model_cnode, slot_bits),
    FIELD(model_cnode, remaining), FIELD(model_cnode, dying_turn),
};

static const struct field THREAD[] = {
    FIELD(model_thread, address),
    FIELDS(model_thread, reg),
    FIELD(model_thread, buffer),
    FIELD(model_thread, badge),
    FIELDS(model_thread, fault_word),
    FIELD(model_thread, exists),
    FIELD(model_thread, state),
    FIELD(model_thread, priority),
    FIELD(model_thread, max_priority),
    FIELD(model_thread, features),
    FIELD(model_thread, context),
    FIELD(model_thread, home_context),
    FIELD(model_thread, lent_context),
    FIELD(model_thread, notification),
    FIELD(model_thread, vcpu),
    FIELD(model_thread, reply),
    FIELD(model_thread, waits_at),
    FIELD(model_thread, wait_turn),
    FIELD(model_thread, is_passive_waiter),
    FIELD(model_thread, ready_turn),
    FIELD(model_thread, is_call),
    FIELD(model_thread, can_grant),
    FIELD(model_thread, fault_label),
    FIELD(model_thread, fault_length),
    FIELD(model_thread, repeats),
};

static const struct field ENDPOINT[] = {
    FIELD(model_endpoint, address),
    FIELD(model_endpoint, cancel_badge),
    FIELD(model_endpoint, cancel_next),
    FIELD(model_endpoint, exists),
};

static const struct field NOTIFICATION[] = {
    FIELD(model_notification, address), FIELD(model_notification, pending), FIELD(model_notification, exists),
    FIELD(model_notification, bound),   FIELD(model_notification, context), FIELD(model_notification, padding),
};

static const struct field REPLY[] = {
    FIELD(model_reply, address), FIELD(model_reply, exists),     FIELD(model_reply, caller),
    FIELD(model_reply, server),  FIELD(model_reply, serve_turn),
};

static const struct field CONTEXT[] = {
    FIELD(model_context, address),
    FIELD(model_context, budget),
    FIELD(model_context, period),
    FIELD(model_context, consumed),
    FIELD(model_context, badge),
    FIELD(model_context, refill_min),
    FIELDS(model_context, refill),
    FIELD(model_context, refill_count),
    FIELD(model_context, refill_max),
    FIELD(model_context, exists),
    FIELD(model_context, thread),
    FIELD(model_context, home_thread),
    FIELD(model_context, home_notification),
    FIELD(model_context, lent_to),
    FIELD(model_context, is_released),
    FIELD(model_context, chain_count),
    FIELDS(model_context, chain),
    FIELD(model_context, padding),
};

static const struct field TIMER[] = {
    FIELD(model_timer, address),   FIELD(model_timer, deadline), FIELD(model_timer, badge),
    FIELD(model_timer, exists),    FIELD(model_timer, is_set),   FIELD(model_timer, notification),
    FIELD(model_timer, bind_turn),
};

static const struct field VSPACE[] = {
    FIELD(model_vspace, address),  FIELD(model_vspace, exists),   FIELD(model_vspace, size_bits),
    FIELD(model_vspace, is_guest), FIELD(model_vspace, space_id), FIELD(model_vspace, space_generation),
    FIELD(model_vspace, padding),
};

static const struct field VCPU[] = {
    FIELD(model_vcpu, address),
    FIELD(model_vcpu, deadline),
    FIELDS(model_vcpu, reg),
    FIELDS(model_vcpu, entries),
    FIELD(model_vcpu, lr_state),
    FIELD(model_vcpu, offset),
    FIELDS(model_vcpu, timer_intid),
    FIELDS(model_vcpu, timer_is_enabled),
    FIELDS(model_vcpu, timer_priority),
    FIELDS(model_vcpu, timer_is_group1),
    FIELD(model_vcpu, injected_syndrome),
    FIELD(model_vcpu, injected_address),
    FIELD(model_vcpu, is_injected_sync),
    FIELD(model_vcpu, is_pending),
    FIELD(model_vcpu, is_notified_empty),
    FIELD(model_vcpu, is_set),
    FIELD(model_vcpu, exists),
    FIELD(model_vcpu, thread),
};

static const struct field IRQ[] = {
    FIELD(model_irq, badge), FIELD(model_irq, notification), FIELD(model_irq, is_issued), FIELD(model_irq, is_active),
    FIELD(model_irq, line),  FIELD(model_irq, is_unmasked),  FIELD(model_irq, is_edge),
};

static const struct field BUFFER[] = {
    FIELD(model_buffer, address),
    FIELDS(model_buffer, word),
};

static const struct field MACHINE[] = {
    FIELD(model_machine, clock),         FIELD(model_machine, clock_hz),        FIELD(model_machine, timer_deadline),
    FIELD(model_machine, preempt_after), FIELD(model_machine, preempt_irq),     FIELD(model_machine, exit_state),
    FIELD(model_machine, cache_count),   FIELD(model_machine, cache_operation), FIELD(model_machine, cache_address),
    FIELD(model_machine, cache_length),  FIELD(model_machine, smc_count),       FIELDS(model_machine, smc_in),
    FIELDS(model_machine, smc_out),      FIELDS(model_machine, exit_reply),     FIELD(model_machine, console_length),
    FIELDS(model_machine, console),      FIELD(model_machine, stopped_count),   FIELD(model_machine, stopped_thread),
    FIELD(model_machine, stopped_fault), FIELDS(model_machine, stopped_word),
};

static const struct field WHOLE[] = {
    FIELD(model, current),        FIELD(model, charged),           FIELD(model, charged_since),
    FIELD(model, cap_count),      FIELD(model, padding),           FIELD(model, buffer_count),
    FIELD(model, buffer_padding), FIELD(model, preloaded_start),   FIELD(model, preloaded_end),
    FIELD(model, preloaded_word), FIELD(model, space_used),        FIELD(model, space_free_count),
    FIELDS(model, space_free),    FIELDS(model, space_generation), FIELD(model, is_full),
    FIELD(model, is_ambiguous),
};

/* --- arrays of structs --- */

struct part {
    const char *name; /* of one element */
    size_t offset;
    size_t size;
    size_t count;
    const struct field *fields;
    size_t field_count;
};

#define PART(member, name, table)                                                                                      \
    {name,                                                                                                             \
     offsetof(struct model, member),                                                                                   \
     sizeof(((struct model *)0)->member[0]),                                                                           \
     sizeof(((struct model *)0)->member) / sizeof(((struct model *)0)->member[0]),                                     \
     table,                                                                                                            \
     sizeof(table) / sizeof((table)[0])}

static const struct part PARTS[] = {
    {"machine", offsetof(struct model, machine), sizeof(struct model_machine), 1, MACHINE,
     sizeof(MACHINE) / sizeof(MACHINE[0])},
    {"state", 0, sizeof(struct model), 1, WHOLE, sizeof(WHOLE) / sizeof(WHOLE[0])},
    PART(irq, "interrupt", IRQ),
    PART(cap, "capability", CAP),
    PART(cnode, "CNode", CNODE),
    PART(thread, "thread", THREAD),
    PART(endpoint, "Endpoint", ENDPOINT),
    PART(notification, "Notification", NOTIFICATION),
    PART(reply, "Reply", REPLY),
    PART(context, "SchedContext", CONTEXT),
    PART(timer, "Timer", TIMER),
    PART(vspace, "VSpace", VSPACE),
    PART(vcpu, "VCPU", VCPU),
    PART(buffer, "buffer", BUFFER),
};

/* --- text --- */

struct text {
    char *at;
    size_t left;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->at, text->left, format, arguments);
    va_end(arguments);
    size_t used = length < 0 ? 0 : (size_t)length < text->left ? (size_t)length : text->left - 1;
    text->at += used;
    text->left -= used;
}

static uint64_t value_of(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, bytes, size < sizeof(value) ? size : sizeof(value));
    return value;
}

/** Fields of one element that differ; a refill is two numbers in one field. */
static unsigned int diff_field(const struct part *part, size_t index, const struct field *field, const uint8_t *a,
                               const uint8_t *b, struct text *text)
{
    unsigned int count = 0;
    for (size_t i = 0; i < field->count; i++) {
        size_t at = field->offset + i * field->bytes;
        if (memcmp(a + at, b + at, field->bytes) == 0) {
            continue;
        }
        for (size_t part_at = 0; part_at < field->bytes; part_at += sizeof(uint64_t)) {
            uint64_t expected = value_of(a + at + part_at, field->bytes - part_at);
            uint64_t found = value_of(b + at + part_at, field->bytes - part_at);
            if (expected == found) {
                continue;
            }
            say(text, "  %s %zu: %s", part->name, index, field->name);
            if (field->count > 1) {
                say(text, "[%zu]", i);
            }
            say(text, "%s is 0x%lx, the model says 0x%lx\n", part_at > 0 ? " (second half)" : "", found, expected);
        }
        count++;
    }
    return count;
}

unsigned int lockstep_diff(const struct model *expected, const struct model *found, char *text, size_t limit)
{
    struct text out = {.at = text, .left = limit};
    unsigned int count = 0;
    text[0] = '\0';
    for (size_t p = 0; p < sizeof(PARTS) / sizeof(PARTS[0]); p++) {
        const struct part *part = &PARTS[p];
        for (size_t i = 0; i < part->count; i++) {
            const uint8_t *a = (const uint8_t *)expected + part->offset + i * part->size;
            const uint8_t *b = (const uint8_t *)found + part->offset + i * part->size;
            if (memcmp(a, b, part->size) == 0) {
                continue;
            }
            for (size_t f = 0; f < part->field_count; f++) {
                count += diff_field(part, i, &part->fields[f], a, b, &out);
            }
        }
    }
    if (count == 0 && memcmp(expected, found, sizeof(*expected)) != 0) {
        say(&out, "  a field that lockstep_diff.c does not name\n");
        count = 1;
    }
    return count;
}
