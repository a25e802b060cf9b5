/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest client: calls the echo server once a second and prints what came back.
 */
#include "gen/protocol/echo.h"
#include "sel/format.h"
#include "sel/sel.h"

SEL_USES_CHANNEL(echo, echo);
SEL_USES_CAP(timer);
SEL_USES_BIT(timer);

static void print_answer(uint64_t question, uint64_t answer)
{
    char bytes[80];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));

    sel_text_string(&line, "echo_client: sent ");
    sel_text_decimal(&line, question);
    sel_text_string(&line, ", got ");
    sel_text_decimal(&line, answer);
    sel_text_string(&line, "\n");
    sel_console_print(bytes);
}

int main(void)
{
    uint64_t deadline = sel_clock_ticks();

    for (uint64_t question = 1;; question++) {
        uint64_t answer = 0;
        sel_err_t error = echo_increment(&sel_channel_echo, question, &answer);
        if (error != SEL_ERROR_OK) {
            sel_perror_status("call echo", error);
            return 1;
        }
        print_answer(question, answer);
        deadline += sel_clock_frequency_hz();
        if (!sel_sleep_until(sel_cap_timer, sel_bit_timer, deadline)) {
            sel_perror("sleep");
            return 1;
        }
    }
}
