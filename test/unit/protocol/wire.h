/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client and a server of protocol sign in one program: sel_call() carries the message over as the kernel would, between two IPC
 * buffers on the heap, where ASan sees a byte too many. The handlers check that what they are given is what the protocol says.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gen/protocol/sign_server.h"

#define WIRE_CHANNEL_CAP   5u /* the channel's */
#define WIRE_RECEIVE_INDEX 40u
#define WIRE_CNODE_CAP     3u

/** Clients by badge - 1: one with every role, one user, one without a role. */
enum wire_client {
    WIRE_ADMIN,
    WIRE_USER,
    WIRE_STRANGER,
    WIRE_CLIENT_COUNT
};

extern const struct sign_channel wire_channel;
extern struct sel_serving wire_serving;

/** Who calls next, by badge. */
extern uint64_t wire_badge;

/** Are the two threads to have IPC buffers? */
extern bool wire_client_has_buffer;
extern bool wire_server_has_buffer;

/** What a server that is none of the protocol's answers instead, when `wire_is_forged`. */
extern bool wire_is_forged;
extern struct sel_message wire_forged;

/** What the handlers saw and do. */
extern unsigned wire_handled; /* calls that reached one */
extern const struct sel_client *wire_caller;
extern sel_err_t wire_outcome;       /* what they return */
extern size_t wire_out_size;         /* what `many` answers, beyond the bound too */
extern bool wire_is_note_endless;    /* `digest` leaves its note without an end */
extern sel_cap_t wire_page;          /* what `put` was given */
extern uint64_t wire_receive_inside; /* the buffer's receive index while a handler ran */
extern unsigned wire_deleted;        /* slots emptied */
extern uint64_t wire_last_deleted;
extern uint64_t wire_events; /* bits handed to on_events */

/** A message to the server, at the server; its answer replaces it. */
void wire_deliver(struct sel_message *message);

/** Word `index` of the server's IPC buffer. */
uint64_t *wire_server_word(uint64_t index);

/** Begin anew. A CMocka set-up function. */
int wire_start(void **state);

/** Give back memory. A CMocka tear-down function. */
int wire_stop(void **state);
