# SPDX-License-Identifier: BSD-2-Clause
"""One harness a system call (lib/syscall.c), and one a number that no call has.

The list of calls is the ABI's: a new one is proved, or its test fails.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heads import FEWER_INTERRUPTS, HINT, Harness, Twin

_SOURCE = "kernel/api/syscall.c"
_UNWIND = 200
#: Yield has nothing to look up (fast_yield does it): to kernel_syscall() its number is unknown.
_YIELD = "yield"
_UNKNOWN = {"unknown_zero": "0", "unknown_yield": "SYSCALL_YIELD", "unknown_largest": "UINT64_MAX"}
#: Those that long operations of the kernel can be part of.
_PREEMPTIBLE = ("call", "recv", "nb_recv", "reply_recv", "nb_send_recv")

_GRANT = "return caps == 0 || !is_sent ? ERR_OK : check_held(info, ARGUMENT_CAP, cap, SEL_RIGHT_GRANT);"
_LONG = "if (length > MESSAGE_WORDS_MAX) {"
_WRITE = "check_held(&call->info, ARGUMENT_CAP, cap, SEL_RIGHT_WRITE)"
_READ = "CAP_TYPE_ENDPOINT, SEL_RIGHT_READ, &slot"
_OFFER = "out->reply = slot_object(slot);"
_RIGHTS = "CAP_TYPE_NOTIFICATION, right, &slot"
_SEND = "error = type == CAP_TYPE_NULL ? ERR_OK : send_to(call, cap, false);"
_PREEMPTED = "    if (call->progress == PREEMPTED) {\n        return ERR_OK;\n    }"
_BUSY = "refuse(&call->info, ERR_BUSY, ARGUMENT_CAP, 0, 0)"
_SIGNAL = "notification_signal(slot_object(slot), cap_badge(slot->cap));"
_UNKNOWN_CALL = "syscall_unknown(tcb, number);"

_TAKES_ALL = Twin(_SOURCE, _RIGHTS, _RIGHTS.replace("right", "0"), "a Notification with the right")
_FAULTS_NOT = Twin(_SOURCE, _UNKNOWN_CALL, "(void)syscall_unknown;", "is one fault")
_TWINS = {
    "call": (
        Twin(_SOURCE, _GRANT, "(void)is_sent;\n    return ERR_OK;", "with GRANT alone"),
        Twin("kernel/api/invocation.h", "7ul << CAP_TYPE_ENDPOINT", "5ul << CAP_TYPE_ENDPOINT", "what is invoked has methods"),
    ),
    "send": (
        Twin(_SOURCE, _LONG, _LONG.replace("_MAX", "_MAX + 1"), "what is sent is a message"),
        Twin(_SOURCE, "(cap_type(cap) != CAP_TYPE_REPLY ||", "(cap_type(cap) != CAP_TYPE_TCB ||", "sent through an Endpoint"),
    ),
    "nb_send": (Twin(_SOURCE, _WRITE, _WRITE.replace("SEL_RIGHT_WRITE", "0"), "with WRITE"),),
    "recv": (
        Twin(_SOURCE, _READ, _READ.replace("SEL_RIGHT_READ", "0"), "received through an Endpoint with READ"),
        Twin(_SOURCE, _OFFER, f"{_OFFER}\n    out->reply->serving_next = NULL;", "changes nothing itself"),
    ),
    "nb_recv": (Twin(_SOURCE, "out->reply->server != NULL", "out->reply->caller != NULL", "is free by then"),),
    "reply_recv": (
        Twin(_SOURCE, _SEND, f"{_SEND}\n    error = error == ERR_OK ? send_to(call, cap, false) : error;", "is done once"),
        Twin(_SOURCE, _PREEMPTED, "", "preempted call has done nothing"),
    ),
    "nb_send_recv": (Twin(_SOURCE, "answered->caller != NULL", "answered->server != NULL", "is free by then"),),
    "signal": (_TAKES_ALL, Twin(_SOURCE, _SIGNAL, _SIGNAL.replace("cap_badge", "cap_object"), "the badge of its capability")),
    "wait": (
        _TAKES_ALL,
        Twin(_SOURCE, _BUSY, _BUSY.replace("BUSY", "DENIED"), "one the ABI lists"),
        Twin(_SOURCE, "*irq != 0 && !irq_handler_is_bound(*irq)", "false", "a bound one, before it waits"),
    ),
    "poll": (Twin(_SOURCE, "would_wait = call->number == SYSCALL_WAIT;", "would_wait = true;", "Poll would not"),),
    **dict.fromkeys(_UNKNOWN, (_FAULTS_NOT,)),
}


def _numbers(calls: dict[str, Any]) -> dict[str, str]:
    return {**{name: f"SYSCALL_{name.upper()}" for name in calls if name != _YIELD}, **_UNKNOWN}


def _path(build: Path, name: str) -> Path:
    return build / f"harness/syscall_{name}.c"


def write(build: Path, calls: dict[str, Any]) -> None:
    """Write the harnesses."""
    for name, number in _numbers(calls).items():
        errors = [] if name in _UNKNOWN else calls[name]["errors"]
        _path(build, name).write_text(_text(name, number, errors), encoding="utf-8")


def harnesses(build: Path, calls: dict[str, Any]) -> list[Harness]:
    """Return them; a call without a twin is an error."""
    return [_harness(build, name) for name in _numbers(calls)]


def _harness(build: Path, name: str) -> Harness:
    return Harness(
        path=_path(build, name),
        property=f"the system call {name} is refused without a change, with an error of its list, or carried out once, as its capabilities allow",
        bounds="one call from any state of a small world; a CSpace of 4 slots; no register is bounded",
        sources=(_SOURCE, "kernel/object/cnode.c", "kernel/object/cap.c", "kernel/object/slot.c"),
        unwind=_UNWIND,
        unwindset=(),
        unwind_at="_UNWIND in syscalls.py",
        budget="ci",
        options=(),
        twins=_TWINS[name],
        hints=(FEWER_INTERRUPTS,),
        first_includes=(HINT,),
    )


def _text(name: str, number: str, errors: list[str]) -> str:
    listed = " || ".join(f"error == ERR_{error}" for error in errors) or "error != error"
    ends = {"REFUSED": "is refused"}
    if name not in _UNKNOWN:
        ends["DONE_ONCE"] = "is carried out"
    if name in _PREEMPTIBLE:
        ends["REPEATED"] = "is preempted"
    reached = " ".join(f'REACHED_IF(end == {end}, "{name} {text}");' for end, text in ends.items())
    proof = "prove_unknown" if name in _UNKNOWN else "prove_call"
    return f"""/* Generated from libsel/abi/syscalls.yaml by test/proof/syscalls.py: do not edit. */
#include <stdbool.h>
#include "gen/abi.h"
#include "gen/err.h"
#define NUMBER {number}
#define PROVE_ENDS enum end end = {proof}(); {reached}
static bool is_listed(uint64_t error)
{{
    return {listed};
}}
#include "test/proof/lib/syscall.c"
"""
