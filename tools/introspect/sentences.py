# SPDX-License-Identifier: BSD-2-Clause
"""A State in sentences, by the names of the spec: deadlocks first, then who waits for whom, budgets, and what happened last."""

from __future__ import annotations

import re

from introspect.built import Built
from introspect.model import Capability, Context, State, Thread
from introspect.telling import Telling
from introspect.waits import CALLS, Deadlock, Wait, deadlocks, stuck, waits_of

NO_TRACE = "the kernel of this preset keeps no trace (presets debug and test do): no last events"


class Text:
    """Sentences about one state."""

    def __init__(self, state: State, built: Built) -> None:
        self._state = state
        self._built = built
        self._waits = waits_of(state)
        self._stuck = stuck(self._waits)

    def lines(self) -> list[str]:
        """All of it."""
        state = self._state
        head = f"who waits for whom, {_seconds(state.now, state.hz)} s after reset as the kernel last looked at its clock:"
        return [*self.doubts(), *self.deadlock_lines(), head, *self.thread_lines(), *self._pending_lines(), *self._event_lines()]

    def doubts(self) -> list[str]:
        """What the reader has to know of the moment."""
        processor = self._state.processor
        return [] if processor.is_at_rest else [f"the kernel is at work (pc {processor.pc:#x}): what follows may be half changed"]

    def deadlock_lines(self) -> list[str]:
        """`deadlock: a -> b.call -> a`, one line each."""
        return [f"deadlock: {self._circle(each)}" for each in deadlocks(self._waits)]

    def _circle(self, deadlock: Deadlock) -> str:
        name = self._state.name
        words = [name(deadlock.waits[0].thread)]
        for wait, following in zip(deadlock.waits, deadlock.waits[1:], strict=False):
            words.append(self._hop(wait, following.thread))
        return " -> ".join([*words, words[0]])

    def _hop(self, wait: Wait, to: int) -> str:
        """Whom it waits for, by the object between them if that one bears its name."""
        name, through = self._state.name(to), self._between(wait)
        return through if through.split(".")[0] == name else f"{name} ({through})" if through else name

    def _between(self, wait: Wait) -> str:
        """The object that it waits at; for an answer that which its caller used, if that is certain."""
        if wait.kind in ("answer", "fault answer"):
            used = self._called(wait.thread, wait.on)
            return self._state.name(used) if used else ""
        return self._state.name(wait.object) if wait.object else ""

    def _called(self, thread: int, servers: tuple[int, ...]) -> int:
        """The endpoint that the call went to, if only one leads to who owes the answer: a call's registers do not keep it."""
        row = self._state.threads[thread]
        if row.fault_label:
            is_timeout = self._built.fault_names.get(row.fault_label) == "TIMEOUT"
            index = self._built.layout.number("tcb_slot", "TCB_SLOT_TIMEOUT" if is_timeout else "TCB_SLOT_FAULT")
            return next((cap.object for cap in self._state.capabilities if (cap.cnode, cap.index) == (thread, index)), 0)
        served = {cap.object for server in servers for cap in self._endpoints(self._state.threads[server].cspace, "READ")}
        found = {cap.object for cap in self._endpoints(row.cspace, "WRITE")} & served
        return found.pop() if len(found) == 1 else 0

    def _endpoints(self, cspace: int, right: str) -> list[Capability]:
        return [cap for cap in self._state.capabilities if cap.cnode == cspace and cap.type == "ENDPOINT" and right in cap.rights]

    def thread_lines(self) -> list[str]:
        """One line a thread: name, priority, what it does, its time; by priority."""
        threads = sorted(self._state.threads.values(), key=lambda each: (-each.priority, _natural(self._state.name(each.address))))
        width = max((len(self._state.name(each.address)) for each in threads), default=0)
        return [f"  {self._state.name(each.address):<{width}}  {each.priority:>3}  {self.about(each)}{self._time_of(each)}" for each in threads]

    def about(self, thread: Thread) -> str:
        """What a thread does, in a sentence without its subject."""
        if thread.address == self._state.running:
            return "runs"
        wait = self._waits.get(thread.address)
        if wait is None:
            return "is ready to run"
        ever = " for ever" if wait.thread in self._stuck and wait.kind in CALLS else ""
        return self._sentence(wait, thread, ever)

    def _sentence(self, wait: Wait, thread: Thread, ever: str) -> str:
        names = " or ".join(self._state.name(each) for each in wait.on) or "nobody"
        at = self._state.name(wait.object) if wait.object else ""
        fault = self._built.fault_names.get(thread.fault_label, str(thread.fault_label))
        through = self._between(wait)
        if wait.kind == "signal":
            return f"waits at {at} for {self._signals(wait)}"
        sentences = {
            "call": f"calls {at} and waits{ever} for {names} to receive it",
            "send": f"sends to {at} and waits{ever} for {names} to receive it",
            "fault": f"has a fault ({fault}) and waits{ever} for {names} to receive it",
            "answer": f"has called {through or names} and waits{ever} for the answer{f' of {names}' if through else ''}",
            "fault answer": f"{'has left its guest' if thread.vcpu else 'has a fault'} ({fault}) and waits{ever} for the answer of {names}",
            "message": f"waits at {at} for a message{self._bound(thread)}",
            "interrupt": "waits for an interrupt of its guest",
            "time": "has no time: its caller's or its own is not there" if not wait.object else "has used up its budget",
            "stopped": "is stopped",
        }
        return sentences[wait.kind]

    def _bound(self, thread: Thread) -> str:
        bound = thread.bound_notification
        return f" or {self._signals(Wait(0, 'signal', bound))}" if bound in self._state.notifications else ""

    def _signals(self, wait: Wait) -> str:
        """What may signal a notification."""
        row, state = self._state.notifications.get(wait.object), self._state
        if row is None:
            return "a signal"
        deadlines = [state.timers[each].deadline for each in row.timers if each in state.timers]
        said = [f"its timer in {_ms((deadline or 0) - state.now, state.hz)} ms" for deadline in deadlines if deadline is not None]
        said += [f"interrupt {each.intid}" for each in state.interrupts.values() if each.notification == wait.object]
        return " or ".join(["a signal", *said])

    def _time_of(self, thread: Thread) -> str:
        context = self._state.contexts.get(thread.context)
        if context is None:
            return self._own_time_elsewhere(thread) if thread.state != "inactive" else ""
        own = self._state.name(context.address)
        whose = "" if own == f"{self._state.name(thread.address)}.context" else f"on {own} "
        return f"; {whose}{self._budget(context)}"

    def _own_time_elsewhere(self, thread: Thread) -> str:
        """Of a thread without a context now: where its own is; `passive`, as in the spec, if it has none."""
        bound = self._state.notifications.get(thread.bound_notification)
        own = self._state.contexts.get(thread.home_context or (bound.context if bound else 0))
        if own is None:
            return "; passive"
        return f"; its time is lent to {self._state.name(own.thread)}" if own.thread in self._state.threads else "; its time waits for a signal"

    def _budget(self, context: Context) -> str:
        """What is left. A budget as long as its period is no bound: it is a slice, after which its equals come, and a new one begins at once."""
        state = self._state
        left = _ms(context.left(state.now, state.used_of(context)), state.hz)
        if context.budget == context.period:
            return f"all the time there is, in slices of {_ms(context.budget, state.hz)} ms ({left} left)"
        release = context.next_release(state.now)
        more = f", more in {_ms(release - state.now, state.hz)} ms" if release is not None else ""
        return f"{left} of {_ms(context.budget, state.hz)} ms left, period {_ms(context.period, state.hz)} ms{more}"

    def _pending_lines(self) -> list[str]:
        """Signals that nobody has taken and interrupts that nobody has acknowledged."""
        state = self._state
        lines = [f"  {state.name(each.address)} holds signals that nobody has taken: {each.pending:#x}" for each in state.notifications.values() if each.pending]
        return lines + [f"  interrupt {each.intid} of {state.name(each.notification)} is not acknowledged" for each in state.interrupts.values() if each.is_active]

    def _event_lines(self) -> list[str]:
        state = self._state
        if state.events is None:
            return [NO_TRACE]
        telling = Telling.of_state(state, self._built)
        told = telling.tell(state.events)
        return [f"the last of {state.event_count} events:", *(f"  {_seconds(each.time, state.hz)} {each.text}" for each in told)]


def text_of(state: State, built: Built) -> str:
    """The sentences as text, without a newline at the end."""
    return "\n".join(Text(state, built).lines())


def _natural(name: str) -> list[tuple[int, str]]:
    """To sort by: numbers in names by their value."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name)]


def _seconds(ticks: int, hz: int) -> str:
    return f"{ticks / hz:.6f}"


def _ms(ticks: int, hz: int) -> str:
    return f"{ticks * 1000 / hz:.3f}".rstrip("0").rstrip(".")
