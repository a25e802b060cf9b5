/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop of a server: receive, handle, answer and receive again in one system call.
 */
#pragma once

#include <stdbool.h>

#include <gen/sel/syscalls.h>
#include <sel/ipc.h>

/**
 * Handle one message. True: `message` now holds the answer (tag and words) for its sender.
 * False: nothing is answered. That is right for notifications (tag_notification(message->tag), badge = the bits) and for
 * plain sends; a caller left without an answer keeps the Reply object busy and ends the loop with BUSY.
 */
typedef bool (*sel_handler)(void *context, struct sel_message *message);

/**
 * Serve `endpoint` with the Reply object `reply` (0 = the server takes sends and notifications only) for ever.
 * Returns only when receiving fails, with that status (PEER_DIED: the endpoint is gone).
 */
sel_err_t sel_server_loop(sel_cap_t endpoint, sel_cap_t reply, sel_handler handler, void *context);

/**
 * The same for a passive server: first tells the supervisor, by `ready_tag`, that it serves from now on, in the same system
 * call that starts to receive, so that it is never without time and not yet waiting.
 */
sel_err_t sel_passive_server_loop(sel_cap_t supervisor, uint64_t ready_tag, sel_cap_t endpoint, sel_cap_t reply,
                                  sel_handler handler, void *context);
