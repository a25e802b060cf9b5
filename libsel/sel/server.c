/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server loop. Invariant: at most one caller waits for this thread at any time, on its one Reply object.
 */
#include "sel/server.h"

#include "sel/event.h"

/* `message` was received with `error`; goes on until receiving fails. A caller that died meanwhile is no error (H4).
 * Bits that a library function kept aside while it waited are handed over like a received notification. */
static sel_err_t serve(sel_cap_t endpoint, sel_cap_t reply, sel_handler handler, void *context,
                       struct sel_message *message, sel_err_t error)
{
    while (error == SEL_ERROR_OK) {
        const bool has_answer = handler(context, message);
        const uint64_t bits = sel_event_take();
        if (bits != 0) {
            if (has_answer) {
                (void)sel_nb_send(reply, message->tag, message->words);
            }
            *message = (struct sel_message){.tag = TAG_NOTIFICATION, .badge = bits};
        } else if (has_answer) {
            sel_err_t reply_status;
            error = sel_reply_recv(endpoint, &message->tag, reply, message->words, &message->badge, &reply_status);
        } else {
            error = sel_recv_message(endpoint, reply, message);
        }
    }
    return error;
}

sel_err_t sel_server_loop(sel_cap_t endpoint, sel_cap_t reply, sel_handler handler, void *context)
{
    struct sel_message message = {0};
    const sel_err_t error = sel_recv_message(endpoint, reply, &message);
    return serve(endpoint, reply, handler, context, &message, error);
}

sel_err_t sel_passive_server_loop(sel_cap_t supervisor, uint64_t ready_tag, sel_cap_t endpoint, sel_cap_t reply,
                                  sel_handler handler, void *context)
{
    struct sel_message message = {.tag = ready_tag};
    sel_err_t send_status;
    const sel_err_t error =
        sel_nb_send_recv(supervisor, &message.tag, reply, endpoint, message.words, &message.badge, &send_status);
    return serve(endpoint, reply, handler, context, &message, error);
}
