/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls `asked`, which calls back before it answers: neither goes on. It serves nobody before its own call is done.
 */
#include "sel/sel.h"

SEL_USES_CAP(there);
SEL_USES_CAP(second);

int main(void)
{
    struct sel_message message = {.tag = tag_make(1, 0, 0)};

    sel_console_print("asker: calls\n");
    sel_perror_status("call there", sel_call_message(sel_cap_there, &message));
    return sel_recv_message(sel_cap_second, sel_spec.reply_cap, &message) == SEL_ERROR_OK ? 0 : 1;
}
