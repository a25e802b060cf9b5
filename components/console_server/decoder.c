/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Input side of the console protocol: see decoder.h.
 */
#include "components/console_server/decoder.h"

#define RS          0x1e
#define CHANNEL_MAX 100000000u /* far above any system's, far below an overflow */

void decoder_start(struct decoder *decoder, uint32_t front_channel)
{
    *decoder = (struct decoder){.state = DECODER_TEXT, .channel = front_channel};
}

static bool take_control(struct decoder *decoder, uint8_t byte, uint8_t *text)
{
    decoder->state = DECODER_TEXT;
    if (byte == RS) {
        *text = RS;
        return true;
    }
    if (byte == '[') {
        decoder->state = DECODER_NUMBER;
        decoder->number = 0;
        decoder->has_digits = false;
    }
    return false;
}

static void take_digit(struct decoder *decoder, uint8_t byte)
{
    if (byte >= '0' && byte <= '9' && decoder->number < CHANNEL_MAX) {
        decoder->number = decoder->number * 10 + (byte - '0');
        decoder->has_digits = true;
        return;
    }
    if (byte == ']' && decoder->has_digits) {
        decoder->channel = decoder->number;
    }
    decoder->state = byte == RS ? DECODER_CONTROL : DECODER_TEXT;
}

bool decoder_take(struct decoder *decoder, uint8_t byte, uint8_t *text)
{
    switch (decoder->state) {
    case DECODER_CONTROL:
        return take_control(decoder, byte, text);
    case DECODER_NUMBER:
        take_digit(decoder, byte);
        return false;
    default:
        break;
    }
    if (byte == RS) {
        decoder->state = DECODER_CONTROL;
        return false;
    }
    *text = byte;
    return true;
}
