/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real-time clock: Arm PrimeCell PL031 (DDI 0224). The spec's `setting` is what it shows when the machine starts, in seconds since 1970; a guest
 * that resets itself finds it going on from there. Its interrupt comes when the counter reaches the match register, which is looked at
 * only after one of the two was written, as QEMU does.
 */
#include "vmm/device.h"
#include "vmm/services.h"

enum {
    REGISTER_DR = 0x00,
    REGISTER_MR = 0x04,
    REGISTER_LR = 0x08,
    REGISTER_CR = 0x0c,
    REGISTER_IMSC = 0x10,
    REGISTER_RIS = 0x14,
    REGISTER_MIS = 0x18,
    REGISTER_ICR = 0x1c,
    REGISTER_ID_FIRST = 0xfe0,
    INTERRUPT = 1,
};

#define NS_PER_SECOND 1000000000ull

struct pl031 {
    uint64_t base_ns; /* when the counter was `base` */
    uint32_t base;
    uint32_t match;
    uint32_t load;
    uint32_t mask;
    uint32_t raw;
    bool is_match_ahead;
};

static uint32_t seconds_since_base(const struct pl031 *clock)
{
    return (uint32_t)((services_now_ns() - clock->base_ns) / NS_PER_SECOND);
}

static uint32_t counter(const struct pl031 *clock)
{
    return clock->base + seconds_since_base(clock);
}

/* When the counter, which wraps around, is what the match register says. */
static uint64_t match_ns(const struct pl031 *clock)
{
    return clock->base_ns + (uint32_t)(clock->match - clock->base) * NS_PER_SECOND;
}

static void pl031_poll(void *state)
{
    struct pl031 *clock = state;
    if (clock->is_match_ahead && services_now_ns() >= match_ns(clock)) {
        clock->is_match_ahead = false;
        clock->raw = INTERRUPT;
    }
}

/* From now on the next match is the one meant. */
static void expect_match(struct pl031 *clock)
{
    uint32_t seconds = seconds_since_base(clock);
    clock->base += seconds;
    clock->base_ns += seconds * NS_PER_SECOND;
    clock->is_match_ahead = true;
    pl031_poll(clock);
}

static uint32_t get(const struct pl031 *clock, uint64_t offset)
{
    static const uint8_t identification[] = {0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    if (offset >= REGISTER_ID_FIRST) {
        return identification[(offset - REGISTER_ID_FIRST) / 4];
    }
    switch (offset) {
    case REGISTER_DR:
        return counter(clock);
    case REGISTER_MR:
        return clock->match;
    case REGISTER_LR:
        return clock->load;
    case REGISTER_CR:
        return 1; /* once started it cannot be stopped */
    case REGISTER_IMSC:
        return clock->mask;
    case REGISTER_RIS:
        return clock->raw;
    case REGISTER_MIS:
        return clock->raw & clock->mask;
    default:
        return 0;
    }
}

static void put(struct pl031 *clock, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case REGISTER_MR:
        clock->match = value;
        expect_match(clock);
        break;
    case REGISTER_LR:
        clock->load = value;
        clock->base = value;
        clock->base_ns = services_now_ns();
        expect_match(clock);
        break;
    case REGISTER_IMSC:
        clock->mask = value & INTERRUPT;
        break;
    case REGISTER_ICR:
        clock->raw &= ~value;
        break;
    default:
        break; /* read-only and reserved */
    }
}

/* Registers are 32 bits wide; narrower accesses at their beginning see the low bytes, 64-bit ones two registers. */
static bool pl031_read(void *state, uint64_t offset, unsigned size, uint64_t *value)
{
    *value = get(state, offset);
    if (size == 8) {
        *value |= (uint64_t)get(state, offset + 4) << 32;
    }
    return true;
}

static bool pl031_write(void *state, uint64_t offset, unsigned size, uint64_t value)
{
    put(state, offset, (uint32_t)value);
    if (size == 8) {
        put(state, offset + 4, (uint32_t)(value >> 32));
    }
    return true;
}

static bool pl031_line(const void *state)
{
    const struct pl031 *clock = state;
    return clock->raw & clock->mask;
}

static uint64_t pl031_due_ns(const void *state)
{
    const struct pl031 *clock = state;
    return clock->is_match_ahead ? match_ns(clock) : 0;
}

static void pl031_reset(void *state, uint64_t setting)
{
    struct pl031 *clock = state;
    clock->base = (uint32_t)setting;
}

DEVICE_MODEL(pl031) = {
    .compatible = {"arm,pl031", "arm,primecell"},
    .register_bytes = 0x1000,
    .state_bytes = DEVICE_STATE(struct pl031),
    .reset = pl031_reset,
    .read = pl031_read,
    .write = pl031_write,
    .line = pl031_line,
    .due_ns = pl031_due_ns,
    .poll = pl031_poll,
};
