/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Input side of the console protocol (docs/design/system.md): which channel each byte that the host types is for.
 * Pure data. Malformed markers are swallowed up to the byte that makes them malformed; nothing the host sends can break it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum decoder_state {
    DECODER_TEXT,
    DECODER_CONTROL, /* after RS */
    DECODER_NUMBER,  /* after RS [ */
};

struct decoder {
    enum decoder_state state;
    uint32_t channel; /* that text goes to */
    uint32_t number;  /* under construction */
    bool has_digits;
};

/** Text goes to `front_channel` until the host selects another. */
void decoder_start(struct decoder *decoder, uint32_t front_channel);

/** Take one byte from the host. True if it is text for decoder->channel: then `*text` is the byte. */
bool decoder_take(struct decoder *decoder, uint8_t byte, uint8_t *text);
