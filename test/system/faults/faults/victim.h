/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread that faults, and the handler's side of it in main.
 */
#pragma once

#include "test/system/lib/check.h"
#include "test/system/lib/world.h"

#define VICTIM_BADGE 0x42

/* Class of an exception (Arm ARM DDI 0487, D17.2.37). */
#define ESR_CLASS(esr)    (((esr) >> 26) & 0x3f)
#define ESR_IS_WRITE(esr) (((esr) >> 6) & 1)

/** The fault as main received it. */
extern struct sel_message victim_fault;
extern struct world_thread *victim;

/** What the victim does is set to 1 behind the instruction that faults. */
extern volatile uint64_t victim_went_on;

/** A thread that will run `run`, once it is started: its faults come to main. */
void victim_make(void (*run)(void *), void *argument);

/** Receive a fault of its. False (and a failed test) if another sender's message comes. */
bool victim_receive(void);

/** Start a thread that runs `run`, and receive its fault. False (and a failed test) if none comes, or another sender's. */
bool victim_start(void (*run)(void *), void *argument);

/** Answer the fault: FAULT_REPLY bits; 0 leaves the victim stopped. */
void victim_answer(uint64_t bits);

/* Instructions that fault, each followed by victim_went_on = 1 where that can be. */
void victim_read(void *address);
void victim_write(void *address);
void victim_jump(void *address);
void victim_system_call(void *argument);
void victim_undefined(void *argument);
void victim_breakpoint(void *argument);
void victim_float(void *argument);
void victim_hypervisor_call(void *argument);
void victim_firmware_call(void *argument);
void victim_system_register(void *argument);
void victim_cycle_counter(void *argument);
void victim_guest_timer(void *argument);
