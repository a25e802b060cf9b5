/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine around the kernel as far as the kernel's behaviour depends on it: time, one timer, an interrupt controller that gives the
 * lowest number first, memory that IPC buffers lie in. And leaving the kernel: who runs, and that no interrupt waits.
 */
#include "test/model/parts.h"

#define EXIT_MAX 2000

/* --- interrupt lines --- */

void model_raise(uint64_t irq)
{
    struct model_irq *state = &model.irq[irq];
    if (state->line == MODEL_LINE_INACTIVE) {
        state->line = MODEL_LINE_PENDING;
    } else if (state->line == MODEL_LINE_ACTIVE) {
        state->line = MODEL_LINE_BOTH;
    }
}

void model_line_deactivate(uint64_t irq)
{
    struct model_irq *state = &model.irq[irq];
    if (state->line == MODEL_LINE_ACTIVE) {
        state->line = MODEL_LINE_INACTIVE;
    } else if (state->line == MODEL_LINE_BOTH) {
        state->line = MODEL_LINE_PENDING;
    }
}

/** The timer's line is high exactly while its deadline has passed; it is never active but while it is served. */
static bool is_timer_due(void)
{
    return model.machine.clock >= model.machine.timer_deadline;
}

static uint64_t first_waiting(void)
{
    for (uint64_t irq = 0; irq < MODEL_IRQS; irq++) {
        bool is_waiting = irq == MODEL_IRQ_TIMER ? is_timer_due() : model.irq[irq].line == MODEL_LINE_PENDING;
        if (is_waiting && model.irq[irq].is_unmasked) {
            return irq;
        }
    }
    return MODEL_IRQS;
}

static bool is_interrupted(void)
{
    return first_waiting() != MODEL_IRQS;
}

bool model_must_stop(void)
{
    if (model.machine.preempt_after != 0) {
        model.machine.preempt_after--;
        if (model.machine.preempt_after == 0) {
            model_raise(model.machine.preempt_irq);
        }
    }
    return is_interrupted();
}

void model_interrupt(void)
{
    uint64_t irq = first_waiting();
    if (irq == MODEL_IRQ_TIMER) {
        model_tick();
    } else if (irq < MODEL_IRQ_FREE) {
        model.irq[irq].line = MODEL_LINE_INACTIVE;
    } else if (irq != MODEL_IRQS) {
        model.irq[irq].line = MODEL_LINE_ACTIVE;
        model_irq_deliver(irq);
    }
}

void model_exit(void)
{
    model_pick();
    for (unsigned int i = 0; is_interrupted(); i++) {
        if (i == EXIT_MAX) {
            model.is_full = true;
            return;
        }
        model_interrupt();
        model_pick();
    }
}

/* --- time --- */

void model_advance(uint64_t ticks)
{
    uint64_t end = model.machine.clock + ticks;
    while (model.machine.timer_deadline <= end) {
        if (model.machine.timer_deadline > model.machine.clock) {
            model.machine.clock = model.machine.timer_deadline;
        }
        model_exit();
    }
    model.machine.clock = end;
}

uint64_t model_ticks(uint64_t time_ns)
{
    uint64_t hz = model.machine.clock_hz;
    return time_ns / 1000000000 * hz + time_ns % 1000000000 * hz / 1000000000;
}

uint64_t model_ns(uint64_t ticks)
{
    uint64_t hz = model.machine.clock_hz;
    return ticks / hz * 1000000000 + ticks % hz * 1000000000 / hz;
}

/* --- memory --- */

static uint64_t initial_word(uint64_t address)
{
    bool is_preloaded = address >= model.preloaded_start && address < model.preloaded_end;
    return is_preloaded ? model.preloaded_word : 0;
}

static struct model_buffer *buffer_at(uint64_t address)
{
    for (uint32_t i = 0; i < model.buffer_count; i++) {
        if (model.buffer[i].address == address) {
            return &model.buffer[i];
        }
    }
    if (model.buffer_count == MODEL_BUFFERS) {
        model.is_full = true;
        return &model.buffer[0];
    }
    struct model_buffer *buffer = &model.buffer[model.buffer_count++];
    buffer->address = address;
    for (unsigned int i = 0; i < MODEL_BUFFER_WORDS; i++) {
        buffer->word[i] = initial_word(address);
    }
    return buffer;
}

uint64_t model_buffer_read(uint64_t address, uint64_t index)
{
    return buffer_at(address)->word[index];
}

void model_buffer_write(uint64_t address, uint64_t index, uint64_t word)
{
    buffer_at(address)->word[index] = word;
}

void model_zero(uint64_t address, uint64_t length)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < model.buffer_count; i++) {
        bool is_inside = model.buffer[i].address >= address && model.buffer[i].address - address < length;
        if (!is_inside) {
            model.buffer[kept++] = model.buffer[i];
        }
    }
    for (uint32_t i = kept; i < model.buffer_count; i++) {
        model.buffer[i] = (struct model_buffer){0};
    }
    model.buffer_count = kept;
}
