# SPDX-License-Identifier: BSD-2-Clause
"""Events of the kernel's trace by the names of the spec: whose each was, and what.

An event does not say whose it is: that is who runs, which the switches tell. Two entries that the kernel makes of one fault or one exit become one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from introspect.built import Built
from introspect.model import Event, State
from introspect.names import capability_names

IDLE = "idle"


@dataclass(frozen=True)
class Told:
    """An event in words. `kind` as in the trace; `thread`: whose, "" if no switch has told yet; `what`: a short name; `to` of a switch: who runs next."""

    time: int
    kind: str
    thread: str
    what: str
    to: str = ""

    @property
    def text(self) -> str:
        """A line of it."""
        return f"{self.kind:<7} {self.thread or '?'}{f' -> {self.to}' if self.to else f': {self.what}' if self.what else ''}"


class Telling:
    """Tells events in order; `name(address)` of threads and endpoints, `cnode_of(thread)` the CNode's name."""

    def __init__(self, built: Built, name: Callable[[int], str], cnode_of: Mapping[int, str]) -> None:
        self._built = built
        self._name = name
        self._cnode_of = cnode_of
        self._caps = capability_names(built)
        self._current: int | None = None
        self._reasons = {number: name for name, number in built.abi["exits"]["reasons"].items()}
        self._exit_fields = {each["name"]: each for each in built.abi["exits"]["word"]}

    @staticmethod
    def of_state(state: State, built: Built) -> Telling:
        """By the names of a state that was read."""
        cnodes = {each.address: state.names.get(each.cspace, "") for each in state.threads.values()}
        return Telling(built, state.name, cnodes)

    def tell(self, events: Iterable[Event]) -> list[Told]:
        """The events in words; more may follow in another call."""
        return list(self.stream(events))

    def stream(self, events: Iterable[Event]) -> Iterator[Told]:
        """The same, one after another."""
        rows = iter(events)
        ahead = []
        if self._current is None:
            for event in rows:
                ahead.append(event)
                if event.kind == "switch":
                    self._current = event.a
                    break
        return self._tell(chain(ahead, rows))

    def _tell(self, rows: Iterator[Event]) -> Iterator[Told]:
        event = next(rows, None)
        while event is not None:
            following = next(rows, None)
            is_same = _is_same(event, following)
            yield self._one(event, following if is_same else None)
            event = next(rows, None) if is_same else following

    def _one(self, event: Event, following: Event | None) -> Told:
        thread = self.thread_name(self._current)
        if event.kind == "switch":
            self._current = event.b
            return Told(event.time, event.kind, self.thread_name(event.a), "", self.thread_name(event.b))
        what = {"syscall": self._syscall, "ipc": self._ipc, "irq": self._irq, "vm_exit": self._exit, "fault": self._fault, "lost": self._lost}.get(event.kind)
        return Told(event.time, event.kind, thread, what(event, following) if what else "")

    def thread_name(self, address: int | None) -> str:
        """A thread's name; `idle` of none."""
        return "" if address is None else IDLE if address == 0 else self._name(address)

    def _syscall(self, event: Event, _: Event | None) -> str:
        name = self._built.syscall_names.get(event.a, f"system call {event.a}")
        capability = self._caps.get((self._cnode_of.get(self._current or 0, ""), event.b), f"slot {event.b}")
        return name if name == "yield" else f"{name} {capability}"

    def _ipc(self, event: Event, _: Event | None) -> str:
        return f"{self._name(event.a)}, badge {event.b}"

    def _irq(self, event: Event, _: Event | None) -> str:
        return f"interrupt {event.a}"

    def _lost(self, event: Event, _: Event | None) -> str:
        return f"{event.a} events are missing here"

    def _exit(self, event: Event, _: Event | None) -> str:
        reason = self._reasons.get(self._exit_field(event.a, "reason"), "?")
        way = (" store" if self._exit_field(event.a, "is_write") else " load") if reason == "MMIO" else ""
        return f"{reason}{way} at {event.b:#x}"

    def _exit_field(self, word: int, name: str) -> int:
        field = self._exit_fields[name]
        return word >> field["low"] & ((1 << field["width"]) - 1)

    def _fault(self, event: Event, following: Event | None) -> str:
        if following is not None:
            return f"{self._label(following)} at {event.b:#x}, syndrome {event.a:#x}"
        return self._label(event)

    def _label(self, event: Event) -> str:
        return self._built.fault_names.get(event.a, f"fault {event.a}")


def _is_same(event: Event, following: Event | None) -> bool:
    """Whether the next entry is the common way's of the same fault or exit: (label, first word) behind (syndrome, pc) or (first word, pc)."""
    if following is None or following.kind != event.kind:
        return False
    return (event.kind == "vm_exit" and following.b == event.a) or (event.kind == "fault" and following.b == event.b)
