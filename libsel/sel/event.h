/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process's own Notification: one word of bits from timers, interrupts and peers.
 * A library function that waits for its own bit keeps the others aside, so that none is lost; take bits here only, not by
 * sel_wait() on sel_spec.notification_cap. The server loop (sel/server.h) hands them to its handler as well.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <gen/sel/syscalls.h>

/** Bits that arrived and were kept aside; 0 if none. They are the caller's now. */
uint64_t sel_event_take(void);

/** Put bits aside for the next sel_event_wait(), as if they had just arrived. */
void sel_event_keep(uint64_t bits);

/** Wait for any bits. 0 only if the process has no Notification or it is gone. */
uint64_t sel_event_wait(void);

/**
 * Acknowledge the interrupt of `handler` (0: none), then wait for any bits: one system call for a driver that has served its device. Errors as of sel_wait(), INVALID_CAP
 * for a process without a Notification; nothing is lost or done by them, but that after PEER_DIED and CANCELLED (somebody has stopped the thread, and let it go on) it is
 * acknowledged.
 */
sel_err_t sel_event_wait_irq(sel_cap_t handler, uint64_t *bits);

/** Bits that are there already, 0 if none. */
uint64_t sel_event_poll(void);

/** Wait until one of `bits` arrived, keep all others aside. False if the process has no Notification or it is gone. */
bool sel_event_wait_for(uint64_t bits);
