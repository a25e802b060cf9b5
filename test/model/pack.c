/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steps as bytes: the kind, a mask of what is not zero, and those numbers in groups of seven bits, least first.
 */
#include "test/model/model.h"
#include "test/model/step.h"

#define FIELDS_FIXED 11
#define FIELDS       (FIELDS_FIXED + 8 + 2 * STEP_BUFFER_MAX)

/** All numbers of a step but its kind, in one order. */
static void to_fields(const struct step *step, uint64_t field[FIELDS])
{
    const uint64_t fixed[FIELDS_FIXED] = {step->number,     step->flags,        step->preempt_after, step->preempt_irq,
                                          step->exit_state, step->buffer_count, step->ticks,         step->cap,
                                          step->tag,        step->reply,        step->second};
    for (unsigned int i = 0; i < FIELDS_FIXED; i++) {
        field[i] = fixed[i];
    }
    for (unsigned int i = 0; i < 8; i++) {
        field[FIELDS_FIXED + i] = step->word[i];
    }
    for (unsigned int i = 0; i < STEP_BUFFER_MAX; i++) {
        field[FIELDS_FIXED + 8 + i] = step->buffer_index[i];
        field[FIELDS_FIXED + 8 + STEP_BUFFER_MAX + i] = step->buffer_word[i];
    }
}

static void from_fields(struct step *step, const uint64_t field[FIELDS])
{
    step->number = (uint8_t)field[0];
    step->flags = (uint8_t)field[1];
    step->preempt_after = (uint8_t)field[2];
    step->preempt_irq = (uint8_t)field[3];
    step->exit_state = (uint8_t)field[4];
    step->buffer_count = (uint8_t)field[5];
    step->ticks = (uint32_t)field[6];
    step->cap = field[7];
    step->tag = field[8];
    step->reply = field[9];
    step->second = field[10];
    for (unsigned int i = 0; i < 8; i++) {
        step->word[i] = field[FIELDS_FIXED + i];
    }
    for (unsigned int i = 0; i < STEP_BUFFER_MAX; i++) {
        step->buffer_index[i] = field[FIELDS_FIXED + 8 + i];
        step->buffer_word[i] = field[FIELDS_FIXED + 8 + STEP_BUFFER_MAX + i];
    }
}

struct bytes {
    uint8_t *data;
    const uint8_t *source;
    size_t at;
    size_t limit;
    bool is_bad;
};

static void put(struct bytes *out, uint64_t number)
{
    do {
        if (out->at == out->limit) {
            out->is_bad = true;
            return;
        }
        out->data[out->at++] = (uint8_t)((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
        number >>= 7;
    } while (number != 0);
}

static uint64_t get(struct bytes *in)
{
    uint64_t number = 0;
    for (unsigned int shift = 0; shift < 64; shift += 7) {
        if (in->at == in->limit) {
            in->is_bad = true;
            return 0;
        }
        uint8_t byte = in->source[in->at++];
        number |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return number;
        }
    }
    in->is_bad = true;
    return 0;
}

size_t step_pack(const struct step *step, uint8_t *bytes, size_t length, size_t limit)
{
    struct bytes out = {.data = bytes, .at = length, .limit = limit};
    uint64_t field[FIELDS];
    uint64_t mask = 0;
    to_fields(step, field);
    for (unsigned int i = 0; i < FIELDS; i++) {
        mask |= (uint64_t)(field[i] != 0) << i;
    }
    put(&out, step->kind);
    if (step->kind != STEP_END) {
        put(&out, mask);
        for (unsigned int i = 0; i < FIELDS; i++) {
            if (field[i] != 0) {
                put(&out, field[i]);
            }
        }
    }
    return out.is_bad ? 0 : out.at;
}

/** Whether it names something that there is. */
static bool is_possible(const struct step *step)
{
    bool is_index = true;
    for (unsigned int i = 0; i < STEP_BUFFER_MAX; i++) {
        is_index = is_index && step->buffer_index[i] < 128;
    }
    return step->kind < STEP_KIND_COUNT && step->buffer_count <= STEP_BUFFER_MAX && is_index &&
           (step->kind != STEP_IRQ || step->number < MODEL_IRQS) && step->preempt_irq < MODEL_IRQS &&
           (step->exit_state == MODEL_READY || step->exit_state == MODEL_WFI || step->exit_state == MODEL_INACTIVE);
}

size_t step_unpack(struct step *step, const uint8_t *bytes, size_t length)
{
    struct bytes in = {.source = bytes, .limit = length};
    uint64_t field[FIELDS] = {0};
    *step = (struct step){.kind = (uint8_t)get(&in)};
    if (step->kind != STEP_END) {
        uint64_t mask = get(&in);
        for (unsigned int i = 0; i < FIELDS; i++) {
            field[i] = (mask >> i & 1) != 0 ? get(&in) : 0;
        }
        from_fields(step, field);
    }
    return in.is_bad || !is_possible(step) ? 0 : in.at;
}
