/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads, their time, and what signals them: the second half of executing a compiled spec.
 * Functions return false after they have said which invocation on which thread was refused.
 */
#pragma once

#include <stdbool.h>

#include "roottask/spec.h"

/** Configure every scheduling context and bind it to the thread it starts on, or to its home. */
bool threads_give_time(const struct spec *spec);

/** Set up every TCB; none runs yet. */
bool threads_configure(const struct spec *spec);

/** Bind interrupts and Timers to the Notifications they signal. */
bool threads_bind_signals(const struct spec *spec);

/** Let those run that the spec starts. */
bool threads_start(const struct spec *spec);

/** A passive thread is ready to serve: its starting context goes to its home, or is left without one. */
bool threads_make_passive(const struct spec *spec, const struct spec_thread *thread);
