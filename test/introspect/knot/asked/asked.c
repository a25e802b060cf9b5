/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes a call of `asker` and calls `asker` before it answers: neither goes on.
 */
#include "sel/sel.h"

SEL_USES_CAP(first);
SEL_USES_CAP(back);

int main(void)
{
    struct sel_message message;

    sel_perror_status("receive first", sel_recv_message(sel_cap_first, sel_spec.reply_cap, &message));
    sel_console_print("asked: calls back\n");
    sel_perror_status("call back", sel_call_message(sel_cap_back, &message));
    return 1;
}
