# SPDX-License-Identifier: BSD-2-Clause
"""Who waits for whom, and whether that can ever end.

A blocked thread goes on when one of some threads lets it: who owes the answer, could receive, send or signal. A timer that is set, an
interrupt that is bound and time that comes back let it go on, too. A thread is stuck if nothing of that can happen any more: all whom it waits for are stuck
themselves or stopped. A deadlock is a circle of stuck threads with a call in it; without one it may be a system at rest, which waits for nobody.

Who could is decided by the capabilities that threads hold now. The roottask keeps one of nearly every object and uses those of its own objects only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from introspect.model import ROOTTASK, State, Thread

#: What only another thread's act on a message ends.
CALLS = ("call", "send", "fault", "answer", "fault answer")


@dataclass(frozen=True)
class Wait:
    """Why a thread does not run: `call`, `send`, `fault` (not received yet), `answer`, `fault answer` (not given yet), `message`, `signal`, `interrupt`
    (a guest's), `time`, `stopped`. `on`: threads of which any may let it go on; `is_open`: something else may."""

    thread: int
    kind: str
    object: int = 0
    on: tuple[int, ...] = ()
    is_open: bool = False


@dataclass(frozen=True)
class Deadlock:
    """Threads in a circle, each waiting for the next, the last for the first."""

    waits: tuple[Wait, ...]


def waits_of(state: State) -> dict[int, Wait]:
    """Every thread that could not run if it were chosen."""
    holders = _Holders(state)
    found = (_wait(state, thread, holders) for thread in state.threads.values())
    return {wait.thread: wait for wait in found if wait is not None}


class _Holders:
    """Who may use an object, and how."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._threads: dict[int, list[int]] = {}
        for thread in state.threads.values():
            self._threads.setdefault(thread.cspace, []).append(thread.address)
        self._found: dict[tuple[int, str], set[int]] = {}
        for cap in state.capabilities:
            for right in cap.rights:
                self._found.setdefault((cap.object, right), set()).update(self._users(cap.cnode, cap.object))

    def _users(self, cnode: int, named: int) -> Iterable[int]:
        if cnode in self._state.threads:
            return (cnode,)  # an own slot of a thread: where its faults go
        is_kept = self._state.owner(cnode) == ROOTTASK and not self._state.name(named).startswith(f"{ROOTTASK}.")
        return () if is_kept else self._threads.get(cnode, ())

    def of(self, named: int, right: str) -> tuple[int, ...]:
        """Threads that hold a capability of an object with that right, in the order of their addresses."""
        return tuple(sorted(self._found.get((named, right), ())))


def _wait(state: State, thread: Thread, holders: _Holders) -> Wait | None:
    at, named = thread.address, thread.blocked_on
    if thread.state == "send":
        kind = "fault" if thread.fault_label else "call" if thread.is_call else "send"
        return Wait(at, kind, named, holders.of(named, "READ"))
    if thread.state == "reply":
        reply = state.replies.get(thread.reply)
        return Wait(at, "fault answer" if thread.fault_label else "answer", thread.reply, (reply.server,) if reply and reply.server else ())
    if thread.state == "recv":
        bound = thread.bound_notification
        others = holders.of(named, "WRITE") + (holders.of(bound, "WRITE") if bound else ())
        return Wait(at, "message", named, tuple(dict.fromkeys(others)), bool(bound) and _is_driven(state, bound))
    if thread.state == "wait":
        return Wait(at, "signal", named, holders.of(named, "WRITE"), _is_driven(state, named))
    if thread.state == "wfi":
        return Wait(at, "interrupt", is_open=True)
    if thread.state == "inactive":
        return Wait(at, "stopped")
    context = state.contexts.get(thread.context)
    return Wait(at, "time", thread.context, is_open=True) if context is None or context.is_out_of_budget else None


def _is_driven(state: State, notification: int) -> bool:
    """Whether a timer or an interrupt will signal it, or bits are there already."""
    row = state.notifications.get(notification)
    if row is None:
        return False
    is_timed = any(timer in state.timers and state.timers[timer].deadline is not None for timer in row.timers)
    return row.pending != 0 or is_timed or any(each.notification == notification for each in state.interrupts.values())


def stuck(waits: dict[int, Wait]) -> set[int]:
    """Threads that nothing can let go on any more; a stopped one is one of them."""
    found = {wait.thread for wait in waits.values() if not wait.is_open}
    while free := {each for each in found if any(other not in found for other in waits[each].on)}:
        found -= free
    return found


def deadlocks(waits: dict[int, Wait]) -> list[Deadlock]:
    """The shortest circle through each stuck thread that waits in a call, each circle once, in the order of its first thread's address."""
    hopeless = stuck(waits)
    found: dict[frozenset[int], Deadlock] = {}
    for start in sorted(hopeless):
        circle = _circle(start, waits, hopeless) if waits[start].kind in CALLS else []
        if circle:
            found.setdefault(frozenset(circle), Deadlock(tuple(waits[each] for each in circle)))
    return list(found.values())


def _circle(start: int, waits: dict[int, Wait], among: set[int]) -> list[int]:
    """Breadth first: the shortest way from a thread back to itself; empty if there is none."""
    before: dict[int, int] = {}
    layer = [start]
    while layer:
        ahead = []
        for each in layer:
            for other in waits[each].on:
                if other == start:
                    return _way(each, start, before)
                if other in among and other not in before:
                    before[other] = each
                    ahead.append(other)
        layer = ahead
    return []


def _way(last: int, start: int, before: dict[int, int]) -> list[int]:
    way = [last]
    while way[-1] != start:
        way.append(before[way[-1]])
    return way[::-1]
