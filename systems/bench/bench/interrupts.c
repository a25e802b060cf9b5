/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stages the rows about interrupts and timers. The device is the UART, whose line a store raises and another lowers (uart_line.h). Taken
 * as an edge it needs no access of the handler's, which lives in another address space than the trigger.
 */
#include "systems/bench/bench/rows.h"
#include "systems/bench/bench/stage.h"
#include "systems/bench/bench/uart_line.h"

#define HIGHER      (STAGE_PRIORITY + 1)
#define SLEEP_TICKS 200

SEL_USES_REGION(uart);
SEL_USES_CAP(uart_irq);
SEL_USES_CAP(irq_control);

PROGRAMS(interrupt_programs);
PROGRAM(program_trigger);
PROGRAM(program_irq_handler);

static void write_uart(uint64_t offset, uint32_t value)
{
    *(volatile uint32_t *)(sel_region_uart.base + offset) = value;
}

/** The number of the UART's interrupt, from the IRQHandler that the spec gave, while it lasts. */
static uint64_t uart_irq(void)
{
    static uint64_t irq;
    uint64_t unused[3];

    if (irq == 0) {
        stage_must(sel_cnode_inspect(sel_cap_cnode, sel_cap_uart_irq, &unused[0], &irq, &unused[1], &unused[2]),
                   "look at the UART's interrupt");
    }
    return irq;
}

/** The UART's interrupt as an edge: all IRQHandlers made so far go, the one the spec gave among them. */
static sel_cap_t edge_handler(sel_cap_t notification)
{
    uint64_t irq = uart_irq();
    sel_cap_t handler = stage_slots(1);

    write_uart(uart_line.lower, uart_line.lower_value);
    write_uart(uart_line.data, '\n');
    stage_must(sel_cnode_revoke(sel_cap_cnode, sel_cap_irq_control), "revoke the interrupts");
    stage_must(sel_irq_control_get(sel_cap_irq_control, irq, IRQ_TRIGGER_EDGE, sel_cap_cnode, handler),
               "take the UART's interrupt");
    stage_must(sel_irq_handler_set_notification(handler, notification), "deliver the interrupt");
    stage_must(sel_irq_handler_acknowledge(handler), "open the interrupt");
    return handler;
}

static void run_device(const char *trigger)
{
    sel_cap_t notification = stage_make(OBJECT_TYPE_NOTIFICATION, 0);
    sel_cap_t handler = edge_handler(notification);
    struct stage_thread server =
        STAGE_THREAD(stage_space(&interrupt_programs_pages), program_irq_handler, HIGHER, 0, notification, handler);
    struct stage_thread thread =
        STAGE_THREAD(sel_cap_vspace, trigger, STAGE_PRIORITY, 0, sel_region_uart.base + uart_line.raise,
                     uart_line.raise_value, sel_region_uart.base + uart_line.lower, uart_line.lower_value);

    stage_start(&server);
    stage_start(&thread);
    stage_run_us(20000);
    write_uart(uart_line.lower, uart_line.lower_value);
    stage_clear();
}

static void run_timer(void)
{
    PROGRAM(row_timer_set_to_wake);
    sel_cap_t notification = stage_make(OBJECT_TYPE_NOTIFICATION, 0);
    sel_cap_t timer = stage_make(OBJECT_TYPE_TIMER, 0);
    struct stage_thread thread =
        STAGE_THREAD(stage_space(&interrupt_programs_pages), row_timer_set_to_wake, STAGE_PRIORITY, 0, notification,
                     timer, tag_make(METHOD_TIMER_SET, 1, 0), SLEEP_TICKS);

    stage_must(sel_timer_bind(timer, notification), "bind a timer");
    stage_start(&thread);
    stage_run_us(60000);
    stage_clear();
}

void run_interrupt_rows(void)
{
    PROGRAM(row_irq_trigger_handle_ack_resume);

    run_device(program_trigger);
    run_device(row_irq_trigger_handle_ack_resume);
    run_timer();
}
