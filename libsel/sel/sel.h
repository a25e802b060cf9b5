/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything a native process needs, in one include. Each part also stands alone.
 * Not here: what this very process was given (sel/spec.h), the C library (picolibc's own headers).
 */
#pragma once

#include <gen/sel/invocations.h>
#include <gen/sel/syscalls.h>
#include <sel/console.h>
#include <sel/error.h>
#include <sel/event.h>
#include <sel/format.h>
#include <sel/ipc.h>
#include <sel/process.h>
#include <sel/protocol.h>
#include <sel/queue.h>
#include <sel/ring.h>
#include <sel/server.h>
#include <sel/spec.h>
#include <sel/time.h>
