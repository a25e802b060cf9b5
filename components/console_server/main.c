/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console server's process: the UART of the spec's device `uart`, its interrupt, and the turns of the server (server.h).
 * It sleeps when no ring has text and the UART has no input; while the UART is full it sleeps until there is room.
 * A client's first signal after that only starts the Timer: text is collected for a millisecond, since a ring with text in it signals no
 * more. A client that signals again before cannot wait (its ring is full, or its process ends): then all text goes out at once.
 */
#include "components/console_server/server.h"
#include "components/console_server/uart.h"
#include "sel/sel.h"

#define RECEIVE_MAX 64 /* bytes of input in one turn */
#define COLLECT_NS  SEL_NS_PER_MS

SEL_USES_REGION(uart);
SEL_USES_CAP(uart_irq);
SEL_USES_BIT(uart_irq);
SEL_USES_CAP(timer);
SEL_USES_BIT(timer);

static struct console_server server;
static struct uart uart;

static bool receive(void)
{
    uint8_t byte = 0;
    uint32_t count = 0;

    while (count < RECEIVE_MAX && uart_read(&uart, &byte)) {
        console_server_receive(&server, byte);
        count++;
    }
    return count > 0;
}

/** Send what the UART takes. False if it is full before all is out. */
static bool transmit(void)
{
    const uint8_t *bytes = NULL;
    size_t size = encoder_waiting(&server.encoder, &bytes);
    size_t count = uart_send(&uart, bytes, size);

    encoder_sent(&server.encoder, count);
    return count == size;
}

/** One turn. True if there may be more to do at once. */
static bool take_turn(void)
{
    bool has_received = receive();
    bool has_collected = console_server_collect(&server, sel_clock_ns() / SEL_NS_PER_US);
    bool is_all_out = transmit();

    uart_wait_for_room(&uart, !is_all_out);
    return has_received || (has_collected && is_all_out);
}

/** Sleep until there is work for a turn. The UART's interrupt, if that was it, is acknowledged by the next sleep: the turn between looks at the UART anyway. */
static void wait_for_work(void)
{
    static sel_cap_t served;
    uint64_t waiting = 0; /* clients whose text is being collected */

    for (;;) {
        uint64_t bits = 0;
        sel_err_t error = sel_event_wait_irq(served, &bits);
        if (error != SEL_ERROR_OK && error != SEL_ERROR_CANCELLED) {
            sel_panic("its Notification or the UART's interrupt is gone");
        }
        served = (bits & sel_bit_uart_irq) != 0 ? sel_cap_uart_irq : 0;
        if (served != 0) {
            uart_clear_interrupts(&uart);
        }
        if ((bits & (sel_bit_uart_irq | sel_bit_timer | waiting)) != 0) {
            return;
        }
        if (waiting == 0 && sel_timer_set_ns(sel_cap_timer, sel_clock_ns() + COLLECT_NS) != SEL_ERROR_OK) {
            sel_panic("its Timer is gone");
        }
        waiting |= bits;
    }
}

int main(void)
{
    if (console_server_size(sel_console_server.client_count) > sel_spec.heap_size) {
        sel_panic("its heap is too small for the channels of all clients");
    }
    console_server_start(&server, &sel_console_server, (struct console_channel *)sel_spec.heap_base);
    uart_start(&uart, sel_region_uart.base);
    for (;;) {
        if (!take_turn()) {
            wait_for_work();
        }
    }
}
