/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt of a device: see device.h. The kernel's console writes to the same UART; it uses no interrupts.
 */
#include "device.h"

#include "gen/caps.h"
#include "stage.h"
#include "test/model/parts.h"

SEL_USES_REGION(uart);

#define UART_DR      0 /* word indices */
#define UART_IMSC    14
#define INTERRUPT_TX (1u << 5)

static uint32_t irq_number;

static volatile uint32_t *uart(void)
{
    return (volatile uint32_t *)sel_region_uart.base;
}

/** The transmit interrupt becomes pending in the device when a byte has left, and stays so; a newline disturbs nobody's text here. */
void device_build(void)
{
    uart()[UART_IMSC] = 0;
    uart()[UART_DR] = '\n';
    stage_must(sel_irq_handler_clear(sel_cap_uart_irq), "take the interrupt from the own notification");
}

uint32_t device_irq(uint64_t word0, uint64_t word1)
{
    irq_number = (uint32_t)irq_handler_cap_irq((struct cap){.word0 = word0, .word1 = word1});
    return irq_number;
}

uint32_t device_signalled(void)
{
    uint32_t notification = model.irq[irq_number].notification;

    return model.notification[notification].pending != 0 ? notification : 0;
}

bool device_is_ready(void)
{
    const struct model_irq *irq = &model.irq[irq_number];

    return irq->notification != 0 && irq->is_unmasked && irq->line == MODEL_LINE_INACTIVE;
}

void device_interrupt(void)
{
    uint64_t bits;

    uart()[UART_IMSC] = INTERRUPT_TX;
    (void)sel_poll(own(OWN_NOTIFICATION), &bits); /* by the end of a system call it has been taken */
    uart()[UART_IMSC] = 0;
    model_raise(irq_number);
    model_exit();
}
