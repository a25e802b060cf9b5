/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device's interrupt: the UART's, raised by its own interrupt mask while the transmitter has room (ARM DDI 0183, 3.3.10: level). The
 * kernel's console writes to the same device; it uses no interrupts.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

SEL_USES_REGION(uart);
SEL_USES_CAP(uart_irq);
SEL_USES_CAP(irq_control);

#define UART_IMSC    14 /* word indices */
#define UART_ICR     17
#define UART_DR      0
#define INTERRUPT_TX (1u << 5)

static sel_cap_t notification;

static volatile uint32_t *uart(void)
{
    return (volatile uint32_t *)sel_region_uart.base;
}

/** The transmit interrupt becomes pending in the device when a byte has left; a newline disturbs nobody's text here. */
static void raise_interrupt(void)
{
    uart()[UART_DR] = '\n';
    uart()[UART_IMSC] = INTERRUPT_TX;
}

static void lower_interrupt(void)
{
    uart()[UART_IMSC] = 0;
    uart()[UART_ICR] = 0x7ff;
}

static void bind(uint64_t badge)
{
    notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    lower_interrupt();
    if (sel_irq_handler_set_notification(sel_cap_uart_irq, world_mint(notification, SEL_RIGHT_WRITE, badge)) !=
            SEL_ERROR_OK ||
        sel_irq_handler_acknowledge(sel_cap_uart_irq) != SEL_ERROR_OK) {
        check_fail(__FILE__, __LINE__, "bind the interrupt");
    }
}

static uint64_t signalled(void)
{
    uint64_t bits = 0;

    return sel_poll(notification, &bits) == SEL_ERROR_OK ? bits : 0;
}

void an_interrupt_reaches_its_notification(void)
{
    bind(0x80);
    CHECK_EQUAL(signalled(), 0);
    raise_interrupt();
    world_sleep_ms(1);
    CHECK_EQUAL(signalled(), 0x80);
    lower_interrupt();
    CHECK_EQUAL(sel_irq_handler_acknowledge(sel_cap_uart_irq), SEL_ERROR_OK);
    world_sleep_ms(1);
    CHECK_EQUAL(signalled(), 0);
}

void an_unacknowledged_interrupt_stays_masked(void)
{
    bind(1);
    raise_interrupt();
    world_sleep_ms(1);
    CHECK_EQUAL(signalled(), 1);
    world_sleep_ms(1); /* the line is still high */
    CHECK_EQUAL(signalled(), 0);
    CHECK_EQUAL(sel_irq_handler_acknowledge(sel_cap_uart_irq), SEL_ERROR_OK);
    world_sleep_ms(1);
    CHECK_EQUAL(signalled(), 1);
    lower_interrupt();
    CHECK_EQUAL(sel_irq_handler_acknowledge(sel_cap_uart_irq), SEL_ERROR_OK);
}

void a_cleared_handler_stays_silent(void)
{
    bind(1);
    CHECK_EQUAL(sel_irq_handler_clear(sel_cap_uart_irq), SEL_ERROR_OK);
    raise_interrupt();
    world_sleep_ms(1);
    CHECK_EQUAL(signalled(), 0);
    /* The line is high when a new driver binds: it gets the interrupt. */
    CHECK_EQUAL(sel_irq_handler_set_notification(sel_cap_uart_irq, world_mint(notification, SEL_RIGHT_WRITE, 2)),
                SEL_ERROR_OK);
    CHECK_EQUAL(sel_irq_handler_acknowledge(sel_cap_uart_irq), SEL_ERROR_OK);
    world_sleep_ms(1);
    CHECK_EQUAL(signalled(), 2);
    lower_interrupt();
    CHECK_EQUAL(sel_irq_handler_clear(sel_cap_uart_irq), SEL_ERROR_OK);
}

void an_unbound_handler_cannot_be_acknowledged(void)
{
    bind(1);
    CHECK_EQUAL(sel_irq_handler_clear(sel_cap_uart_irq), SEL_ERROR_OK);
    CHECK_EQUAL(sel_irq_handler_acknowledge(sel_cap_uart_irq), SEL_ERROR_NOT_BOUND);
    CHECK_EQUAL(sel_irq_handler_clear(sel_cap_uart_irq), SEL_ERROR_NOT_BOUND);
}

static uint64_t waited(sel_cap_t handler)
{
    uint64_t bits = 0;

    return sel_wait(notification, handler, &bits) == SEL_ERROR_OK ? bits : 0;
}

void a_wait_acknowledges(void)
{
    uint64_t bits = 0;

    bind(0x80);
    raise_interrupt();
    CHECK_EQUAL(waited(0), 0x80);
    CHECK_EQUAL(waited(sel_cap_uart_irq), 0x80); /* the line is still high */
    lower_interrupt();
    CHECK_EQUAL(sel_signal(world_mint(notification, SEL_RIGHT_WRITE, 1)), SEL_ERROR_OK);
    CHECK_EQUAL(waited(sel_cap_uart_irq), 1);
    world_sleep_ms(1);
    CHECK_EQUAL(signalled(), 0);
    raise_interrupt();
    CHECK_EQUAL(waited(0), 0x80);
    lower_interrupt();
    CHECK_EQUAL(sel_wait(notification, notification, &bits), SEL_ERROR_WRONG_TYPE);
    CHECK_EQUAL(sel_irq_handler_clear(sel_cap_uart_irq), SEL_ERROR_OK);
    CHECK_EQUAL(sel_wait(notification, sel_cap_uart_irq, &bits), SEL_ERROR_NOT_BOUND);
}

/** Private interrupts of the board's that are the kernel's: maintenance, its alarm, the guests' timers (PLATFORM in platform/). */
static bool is_the_kernels(uint64_t irq)
{
    return irq == 25 || irq == 26 || irq == 27 || irq == 30;
}

void interrupts_of_the_kernel_are_not_given_away(void)
{
    for (uint64_t irq = 16; irq < 32; irq++) {
        sel_cap_t slot = world_slots(1);
        CHECK_EQUAL(sel_irq_control_get(sel_cap_irq_control, irq, IRQ_TRIGGER_LEVEL, sel_cap_cnode, slot),
                    is_the_kernels(irq) ? SEL_ERROR_DENIED : SEL_ERROR_OK);
        if (!is_the_kernels(irq)) {
            CHECK_EQUAL(sel_cnode_delete(sel_cap_cnode, slot), SEL_ERROR_OK);
        }
    }
    for (uint64_t irq = 0; irq < 16; irq++) { /* software-generated ones are kept for other cores */
        CHECK(sel_irq_control_get(sel_cap_irq_control, irq, IRQ_TRIGGER_LEVEL, sel_cap_cnode, world_slots(1)) !=
              SEL_ERROR_OK);
    }
}
