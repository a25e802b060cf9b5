# SPDX-License-Identifier: BSD-2-Clause
"""From passages through the kernel to round trips on the spec's channels.

Whose a system call is its address says: each process is linked at addresses of its own. Which channel, the slot of the capability that it names: the
spec compiler has fixed it. Where a process has filled the slot itself, or calls in another thread, the object's address says it, once it is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.passages import COMMON, FAST, FAST_ANSWER, SYSCALL, Abi, Passage

#: Of an Endpoint or Notification that a process has made for itself.
UNNAMED = "(not in the spec)"
ROOTTASK = "roottask"


@dataclass(frozen=True)
class Grant:
    """A capability that the spec gives a process: its name there, its object and the object's type."""

    local: str
    object: str
    type: str


@dataclass(frozen=True)
class Names:
    """What a plan (plan.json) calls things."""

    window_bytes: int
    windows: Mapping[int, str]
    grants: Mapping[tuple[str, int], Grant]
    guests: Mapping[str, str]
    channels: tuple[tuple[str, str], ...]

    def process_at(self, address: int) -> str:
        """The process whose window of addresses that is, else nothing."""
        return self.windows.get(address - address % self.window_bytes, "")


@dataclass(frozen=True)
class Trip:
    """One round trip in instructions; `other` is what neither the kernel nor the server, nor the client's own SVC was."""

    total: int
    kernel: int
    server: int
    other: int
    is_fast_call: bool
    is_fast_answer: bool


@dataclass
class Channel:
    """What went over one channel. `failed`: ended without an answer; `open_since_ns`: of those not answered at the end."""

    name: str
    is_exit: bool
    trips: list[Trip] = field(default_factory=list)
    failed: int = 0
    open_since_ns: list[int] = field(default_factory=list)


@dataclass
class Traffic:
    """A run's channels, signals (name -> all, by the fastpath), and Calls to kernel objects, which are no messages."""

    channels: dict[str, Channel] = field(default_factory=dict)
    signals: Counter[str] = field(default_factory=Counter)
    fast_signals: Counter[str] = field(default_factory=Counter)
    invocations: int = 0


@dataclass
class _Open:
    name: str
    is_exit: bool
    begin: int
    user: int
    kernel: int
    spent: Counter[str]
    is_fast: bool
    time_ns: int


def names_of(plan: Mapping[str, Any], window_first: int, window_bytes: int) -> Names:
    """Read them from plan.json; addresses are capdl's layout."""
    types = {each["name"]: each["type"] for each in plan["objects"]}
    grants, channels = {}, []
    for cap in plan["caps"]:
        process = cap["cnode"].removesuffix(".cnode")
        grant = Grant(cap["name"], cap["object"], types.get(cap["object"], ""))
        grants[process, cap["slot"]] = grant
        if grant.type == "ENDPOINT" and "WRITE" in cap["rights"] and not cap["object"].startswith(f"{ROOTTASK}."):
            channels.append((process, cap["object"]))
    windows = {window_first: ROOTTASK} | {process["base"]: process["name"] for process in plan["processes"]}
    guests = {guest["vmm"]: guest["name"] for guest in plan["guests"]}
    return Names(window_bytes, windows, grants, guests, tuple(channels))


class Follower:
    """Takes a run's passages in order; `traffic` is what they were."""

    def __init__(self, names: Names, abi: Abi) -> None:
        self.traffic = Traffic()
        self._names = names
        self._abi = abi
        self._call, self._signal = abi.syscall("call"), abi.syscall("signal")
        self._endpoint, self._notification = abi.cap_type("ENDPOINT"), abi.cap_type("NOTIFICATION")
        self._exit = abi.fault("VM_EXIT")
        self._user = 0
        self._process: dict[int, str] = {}
        self._main: dict[str, int] = {}
        self._objects: dict[int, str] = {}
        self._spent: Counter[str] = Counter()
        self._open: dict[int, _Open] = {}
        self._answers: dict[int, tuple[bool, str]] = {}

    def take(self, passage: Passage) -> None:
        """The next passage."""
        if passage.flags & SYSCALL:
            self._know(passage)
        self._spent[self._process.get(passage.entry_tcb, "")] += passage.user - self._user
        self._user = passage.user
        if passage.answered:
            is_fast = passage.flags & (FAST | FAST_ANSWER) != 0
            self._answers[passage.answered] = (is_fast, self._process.get(passage.entry_tcb, ""))
        self._close(passage)
        if passage.flags & SYSCALL:
            self._take_syscall(passage)
        elif passage.fault == self._exit:
            handler = self._process.get(passage.exit_tcb, "")
            self._begin(passage, self._exits_of(handler), 0, handler != "")

    def finish(self) -> Traffic:
        """The run is over: what is still open was not answered."""
        for each in self._open.values():
            self._channel(each.name, each.is_exit).open_since_ns.append(each.time_ns)
        self._open.clear()
        return self.traffic

    def _know(self, passage: Passage) -> None:
        """Whose thread this is, and what the capability names."""
        process = self._names.process_at(passage.pc_in)
        self._process[passage.entry_tcb] = process
        self._main.setdefault(process, passage.entry_tcb)
        grant = self._grant(passage)
        if grant is not None and grant.type in ("ENDPOINT", "NOTIFICATION"):
            self._objects[self._abi.object_of(passage.cap)] = grant.object

    def _grant(self, passage: Passage) -> Grant | None:
        """The spec's, if the slot still holds what the spec has put there."""
        process = self._process[passage.entry_tcb]
        grant = self._names.grants.get((process, passage.cptr)) if self._main[process] == passage.entry_tcb else None
        is_there = grant is not None and grant.type and self._abi.type_of(passage.cap) == self._abi.cap_type(grant.type)
        return grant if is_there else None

    def _object(self, passage: Passage) -> str:
        return self._objects.get(self._abi.object_of(passage.cap), UNNAMED)

    def _take_syscall(self, passage: Passage) -> None:
        kind, process = self._abi.type_of(passage.cap), self._process[passage.entry_tcb] or "?"
        if passage.number == self._call and kind == self._endpoint:
            self._take_call(passage, f"{process} -> {self._object(passage)}")
        elif passage.number == self._call:
            self.traffic.invocations += 1
        elif passage.number == self._signal and kind == self._notification:
            grant = self._grant(passage)
            name = f"{process} -> {self._object(passage)}{f' ({grant.local})' if grant else ''}"
            self.traffic.signals[name] += 1
            self.traffic.fast_signals[name] += not passage.flags & COMMON

    def _take_call(self, passage: Passage, name: str) -> None:
        if passage.exit_tcb == passage.entry_tcb and not passage.flags & FAST:
            self._channel(name, False).failed += 1  # refused: nobody else has run
        else:
            self._begin(passage, name, 1, passage.flags & FAST != 0)

    def _begin(self, passage: Passage, name: str, own: int, is_fast: bool) -> None:
        """`own`: instructions in front of the exception that belong to the trip."""
        user = passage.user - own
        self._open[passage.entry_tcb] = _Open(
            name, own == 0, user + passage.kernel_in, user, passage.kernel_in, Counter(self._spent), is_fast, passage.time_ns,
        )
        self._answers.pop(passage.entry_tcb, None)

    def _close(self, passage: Passage) -> None:
        """Who waits for an answer does not run before it is there, or will not come."""
        trip = self._open.pop(passage.exit_tcb, None)
        if trip is None:
            return
        answer = self._answers.pop(passage.exit_tcb, None)
        channel = self._channel(self._exits_of(answer[1]) if answer and trip.is_exit else trip.name, trip.is_exit)
        if answer is None or (not trip.is_exit and not passage.flags & FAST and passage.status != 0):
            channel.failed += 1
            return
        kernel, user = passage.kernel_out - trip.kernel, passage.user - trip.user
        server = self._spent[answer[1]] - trip.spent[answer[1]]
        channel.trips.append(Trip(kernel + user, kernel, server, user - server - (not trip.is_exit), trip.is_fast, answer[0]))

    def _exits_of(self, vmm: str) -> str:
        guest = self._names.guests.get(vmm, "a guest")
        return f"{guest} -> {vmm or '?'} (exits)"

    def _channel(self, name: str, is_exit: bool) -> Channel:
        return self.traffic.channels.setdefault(name, Channel(name, is_exit))


def follow(passages: Iterable[Passage], names: Names, abi: Abi) -> Traffic:
    """All of a run."""
    follower = Follower(names, abi)
    for passage in passages:
        follower.take(passage)
    return follower.finish()
