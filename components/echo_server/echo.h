/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The protocol of the echo server, for its clients: one call, label ECHO_CALL, any words; the answer is the same words
 * with each one incremented, so that a client can tell an answer from its own question.
 */
#pragma once

#define ECHO_CALL 1
