/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest server: passive, so it runs on the time of whoever calls it. It answers the words of a call, each incremented.
 */
#include "components/echo_server/echo.h"
#include "gen/roottask_spec.h"
#include "sel/sel.h"

SEL_USES_CAP(echo);

static bool handle(void *context, struct sel_message *message)
{
    (void)context;
    uint64_t length = tag_length(message->tag);

    if (tag_label(message->tag) != ECHO_CALL || length > MESSAGE_REGISTER_WORDS) {
        message->tag = tag_make(0, 0, 0);
        return true;
    }
    for (uint64_t i = 0; i < length; i++) {
        message->words[i]++;
    }
    message->tag = tag_make(ECHO_CALL, length, 0);
    return true;
}

int main(void)
{
    sel_err_t error = sel_passive_server_loop(sel_spec.supervisor_cap, tag_make(SPEC_SUPERVISOR_READY, 0, 0),
                                              sel_cap_echo, sel_spec.reply_cap, handle, NULL);

    sel_perror_status("receive", error);
    return 1;
}
