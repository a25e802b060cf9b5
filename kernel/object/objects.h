/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All of generic code, for its own files and the machine's: threads meet at, and destruction reaches, nearly every kind of object, and
 * objects use every service. What is not named here comes with what is. A header still includes what it needs.
 */
#pragma once

#include "gen/invocations.h"
#include "kernel/api/check.h"
#include "kernel/api/preempt.h"
#include "kernel/debug/panic.h"
#include "kernel/debug/trace.h"
#include "kernel/ipc/ipc.h"
#include "kernel/object/cnode.h"
#include "kernel/object/destroy.h"
#include "kernel/object/endpoint.h"
#include "kernel/object/frame.h"
#include "kernel/object/irq.h"
#include "kernel/object/notification.h"
#include "kernel/object/reply.h"
#include "kernel/object/untyped.h"
#include "kernel/object/vcpu.h"
#include "kernel/object/vspace.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/ticks.h"
#include "kernel/smp/percpu.h"
