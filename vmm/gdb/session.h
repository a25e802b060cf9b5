/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other side's packets answered: gdb's remote serial protocol (GDB manual, appendix E), one guest with one processor, all-stop.
 * Nothing that comes over the wire is trusted: what is no packet is passed over, what is no command is answered as unknown or by an
 * error, and none has an effect beyond the guest. Whoever sends anything has the guest stopped, until it lets it run or detaches.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "vmm/gdb/control.h"
#include "vmm/gdb/packet.h"

struct vmm;

/** Why the guest stands, as it is told. */
enum session_stop {
    SESSION_TRAP,
    SESSION_INTERRUPT,
    SESSION_RESTARTED,
    SESSION_POWERED_OFF,
    SESSION_FAILED,
};

struct session {
    struct control control;
    struct packet_reader reader;
    struct packet reply;
    enum session_stop stop;
    bool has_begun;   /* the guest had its first start */
    bool is_attached; /* somebody has sent something since the last detach */
    bool is_waiting;  /* for the guest to stop */
    bool has_no_acks; /* QStartNoAckMode */
};

/** Take one byte of the wire. */
void session_take(struct session *session, struct vmm *vmm, uint8_t byte);

/** The guest has stopped: tell whoever waits for it. */
void session_tell_stop(struct session *session, enum session_stop stop);
