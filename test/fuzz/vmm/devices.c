/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Target vmm_devices: firmware calls (PSCI, SMCCC), and the UART with bytes coming from the console and room that runs out. Judged against what
 * the manuals promise a guest: an unknown function is NOT_SUPPORTED (SMCCC 1.1, 5.2), a byte written while FR.TXFF is clear arrives once
 * and in order, and so does a byte of the console while the FIFO is left alone.
 */
#include <string.h>

#include "test/fuzz/vmm/machine.h"
#include "vmm/arch/psci.h"

#define RECORD_BYTES 12
#define STEPS_MAX    200
#define ENTRY_COUNT  2
#define QUEUE_MAX    4096

const size_t fuzz_record_bytes = RECORD_BYTES;

/* PL011 (DDI 0183, 3.3). */
enum {
    UART_DR = 0x00,
    UART_FR = 0x18,
    UART_LCR_H = 0x2c,
    UART_CR = 0x30,
    FR_RXFE = 1 << 4,
    FR_TXFF = 1 << 5,
    FR_RXFF = 1 << 6,
    FR_TXFE = 1 << 7,
    CR_LOOPBACK = 1 << 7,
    LCR_H_FIFOS = 1 << 4,
};

/** Bytes that must come out in this order. */
struct queue {
    uint8_t byte[QUEUE_MAX];
    size_t count;
    size_t checked;
    bool is_off; /* something happened after which order is not promised: a flush, an overrun, loopback */
};

static struct queue sent;
static struct queue typed;

static struct pl011 *uart(void)
{
    return &machine.vmm.board.uart;
}

static void expect(struct queue *queue, uint8_t byte)
{
    if (queue->count == QUEUE_MAX) {
        queue->is_off = true;
    } else {
        queue->byte[queue->count++] = byte;
    }
}

static void came(struct queue *queue, uint8_t byte, const char *what)
{
    if (!queue->is_off) {
        fuzz_check(queue->checked < queue->count && queue->byte[queue->checked] == byte, "%s byte %zu is %x", what,
                   queue->checked, byte);
        queue->checked++;
    }
}

/* --- the UART --- */

static unsigned output_seen;

static void take_output(void)
{
    for (; output_seen < fake.output_count; output_seen++) {
        came(&sent, fake.output[output_seen % FAKE_CONSOLE_BYTES], "sent");
    }
}

static void check_flags(void)
{
    uint32_t flags = (uint32_t)pl011_read(uart(), UART_FR, 4);
    unsigned depth = uart()->line_control & LCR_H_FIFOS ? PL011_FIFO_DEPTH : 1;
    fuzz_check(uart()->receive.count <= depth && uart()->transmit.count <= depth, "FIFOs of depth %u hold %u and %u",
               depth, uart()->receive.count, uart()->transmit.count);
    fuzz_check(!(flags & FR_RXFE) == (uart()->receive.count != 0), "FR.RXFE is wrong");
    fuzz_check(!(flags & FR_RXFF) == (uart()->receive.count < depth), "FR.RXFF is wrong");
    fuzz_check(!(flags & FR_TXFE) == (uart()->transmit.count != 0), "FR.TXFE is wrong");
    fuzz_check(!(flags & FR_TXFF) == (uart()->transmit.count < depth), "FR.TXFF is wrong");
}

/** Looks after every byte at once: the fake's ring is short. */
static void uart_write(uint64_t offset, unsigned size, uint64_t value)
{
    uint32_t flags = (uint32_t)pl011_read(uart(), UART_FR, 4);
    bool is_loopback = uart()->control & CR_LOOPBACK;
    if (offset / 4 == UART_DR) {
        sent.is_off = sent.is_off || (flags & FR_TXFF);
        expect(&sent, (uint8_t)value);
        typed.is_off = typed.is_off || is_loopback;
    }
    if (offset / 4 == UART_LCR_H / 4 && ((uart()->line_control ^ (uint32_t)value) & LCR_H_FIFOS)) {
        sent.is_off = true;
        typed.is_off = true;
    }
    bool is_break = offset / 4 == UART_LCR_H / 4;
    bool is_second = size == 8;
    typed.is_off =
        typed.is_off || (is_loopback && is_break) || is_second || (offset / 4 == UART_CR / 4 && (value & CR_LOOPBACK));
    sent.is_off = sent.is_off || is_second;
    pl011_write(uart(), offset, size, value);
    take_output();
}

static void uart_read(uint64_t offset, unsigned size)
{
    bool is_full = uart()->receive.count != 0;
    uint64_t value = pl011_read(uart(), offset, size);
    if (offset / 4 == UART_DR && is_full) {
        came(&typed, (uint8_t)value, "typed");
    }
}

static void step_uart(struct fuzz_input *input, uint8_t kind)
{
    uint8_t class = fuzz_u8(input);
    unsigned size = class & 1 ? 4 : 1u << (class >> 1 & 3);
    uint64_t offset = fuzz_number(input, 2) & 0xfff & ~(uint64_t)(size - 1);
    offset = class & 8 ? offset & 0x4f & ~(uint64_t)(size - 1) : offset;
    offset = class >= 160 ? UART_DR : offset;
    if (kind & 1) {
        uart_write(offset, size, fuzz_word(input));
    } else {
        uart_read(offset, size);
    }
}

static void step_outside(struct fuzz_input *input)
{
    uint8_t room = fuzz_u8(input);
    fake.output_room = room < 128 ? room % 4 : room % FAKE_CONSOLE_BYTES;
    if (fake.input_taken == fake.input_count) {
        fake.input_taken = 0;
        fake.input_count = fuzz_u8(input) % FAKE_CONSOLE_BYTES;
        for (size_t i = 0; i < fake.input_count; i++) {
            fake.input[i] = (uint8_t)(room + i);
            expect(&typed, fake.input[i]);
        }
    }
    machine_poll(0);
    take_output();
}

/* --- firmware calls --- */

static bool is_known(uint32_t function)
{
    uint32_t plain = function & ~0x40000000u;
    bool has_64bit_form = plain == 0x84000001 || plain == 0x84000003 || plain == 0x84000004;
    bool is_psci = (plain >= 0x84000000 && plain <= 0x84000004) || plain == 0x84000006 ||
                   (plain >= 0x84000008 && plain <= 0x8400000a);
    bool is_smccc = function == 0x80000000 || function == 0x80000001;
    return is_smccc || (is_psci && (function == plain || has_64bit_form));
}

static void step_call(struct fuzz_input *input)
{
    uint8_t class = fuzz_u8(input);
    uint64_t function = (class & 128 ? 0xc4000000 : 0x84000000) + class % 32;
    function = class % 64 == 63 ? fuzz_word(input) : class % 64 == 62 ? 0x80000000 + class / 64 : function;
    uint8_t chance = fuzz_u8(input);
    uint16_t immediate = chance < 32 ? chance : 0;
    uint64_t arguments[4] = {function, fuzz_word(input), fuzz_word(input), 0};
    uint64_t result = 0;
    enum psci_outcome outcome = psci_call(arguments, immediate, &result);
    if (immediate != 0 || !is_known((uint32_t)function)) {
        fuzz_check(outcome == PSCI_RETURN && result == UINT64_MAX, "function %lx, immediate %u: outcome %d, result %lx",
                   function, immediate, outcome, result);
    }
    bool is_end = (uint32_t)function == 0x84000002 || (uint32_t)function == 0x84000008;
    fuzz_check(outcome != PSCI_OFF || is_end, "function %lx ended the guest", function);
    fuzz_check(outcome != PSCI_RESET || (uint32_t)function == 0x84000009, "function %lx reset the guest", function);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    machine_start(ENTRY_COUNT);
    sent = (struct queue){0};
    typed = (struct queue){0};
    output_seen = 0;
    for (size_t i = 0; (i + 1) * RECORD_BYTES <= size && i < STEPS_MAX; i++) {
        struct fuzz_input input = {.at = data + i * RECORD_BYTES, .left = RECORD_BYTES};
        uint8_t kind = fuzz_u8(&input);
        if (kind < 160) {
            step_uart(&input, kind);
            check_flags();
        } else if (kind < 210) {
            step_outside(&input);
            check_flags();
        } else {
            step_call(&input);
        }
    }
    return 0;
}
