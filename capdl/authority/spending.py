# SPDX-License-Identifier: BSD-2-Clause
"""Whose time a subject may come to spend, and at which priority: not only its own budget.

A context is spent by whose home it is; by who holds its SchedContext (it binds it to a thread or Notification of its own); and, if that is a
passive server, by whom either of them may come to call. SCHED_CONTROL makes any context that one also holds, or can make, as large as one likes.
Who acts in another's name spends what the other does. All of it over the closure, so what is only handed on counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from capdl.authority.closure import Closure, bits
from capdl.authority.facts import Held


class Source(NamedTuple):
    """Time of a context: `owner` is whose home it is, `spender` who brings it, `held` the capability by which, if it is not its own; `share` None: any."""

    owner: str
    spender: str
    share: Fraction | None
    held: Held | None = None
    number: int = -1


class Spending:
    """Answers for one closure; nothing is computed before it is asked for."""

    def __init__(self, closure: Closure):
        self.closure = closure
        self.facts = closure.facts
        self.contexts = closure.mask(lambda cap: cap.type == "SCHED_CONTEXT")
        self.makers = closure.mask(lambda cap: cap.type == "SCHED_CONTROL")
        self.stuff = self.contexts | closure.mask(lambda cap: cap.type == "UNTYPED")
        self._own_bits: dict[str, int] | None = None
        self._binders: dict[str, list[str]] | None = None
        self._own: dict[str, list[Source]] = {}
        self._feeders: dict[str, list[str]] = {}
        self._callers: dict[str, dict[str, None]] | None = None
        #: Whose thread may be raised: by whom, as high as by which capability to another's thread.
        self.raised: dict[str, tuple[str, Held]] = {}
        self.priorities = self._priorities()

    def _priorities(self) -> dict[str, int]:
        """The highest at which each thread may come to run: who holds its TCB and another's may set it up to the other's."""
        found = {name: thread.priority for name, thread in self.facts.threads.items()}
        threads = {bit: owner for bit, owner in self.closure.threads.items() if owner is not None}
        every = sum(threads)
        for subject, mask in self.closure.has.items():
            if mask & every:
                owners = {owner: bit for bit, owner in threads.items() if mask & bit}
                highest = max(owners, key=lambda owner: self.facts.threads[owner].priority)
                top = self.facts.threads[highest].priority
                for owner in owners:
                    if top > found[owner]:
                        found[owner] = top
                        self.raised[owner] = (subject, self.closure.caps[owners[highest].bit_length() - 1])
        return found

    # What one brings ---------------------------------------------------------------------------

    def has_home(self, subject: str) -> bool:
        """Tell whether a thread, or its Notification, is some context's home."""
        thread = self.facts.threads[subject]
        return "PASSIVE" not in thread.flags or thread.home is not None

    def share(self, subject: str) -> Fraction:
        """Of the core, by its own budget."""
        thread = self.facts.threads[subject]
        return Fraction(thread.budget_ns, thread.period_ns) if self.has_home(subject) else Fraction(0)

    def own(self, subject: str) -> list[Source]:
        """Its own budget, the contexts that it can come to hold, and any time at all if it can set budgets."""
        if subject not in self._own:
            found = [Source(subject, subject, self.share(subject))] if self.has_home(subject) else []
            for holder in self.binders(subject):
                for number, held, _ in self.closure.held(holder, self.contexts):
                    owner = self.facts.owners.get(held.object)
                    if owner not in (None, subject) and self.share(owner):
                        found.append(Source(owner, holder, self.share(owner), held, number))
                maker = self.maker(holder)
                if maker and self.closure.has[holder] & self.stuff:
                    found.append(Source(holder, holder, None, *maker))
            self._own[subject] = found
        return self._own[subject]

    def binders(self, subject: str) -> list[str]:
        """Who can bind a context that it holds to a subject's thread or Notification: itself, and who acts in its name."""
        if self._binders is None:
            self._binders = {name: [name] for name in self.facts.subjects}
            for name in self.facts.subjects if self.contexts | self.makers else ():
                for actor in self.closure.acts_as(name):
                    if actor != name:
                        self._binders[actor].append(name)
        return self._binders[subject]

    def maker(self, subject: str) -> tuple[Held, int] | None:
        """The SCHED_CONTROL that a subject can come to hold, with its number."""
        return next(((held, number) for number, held, _ in self.closure.held(subject, self.makers)), None)

    def makers_of(self, subject: str) -> list[str]:
        """Who can set the budget of a subject's own context."""
        own, has = self._bits(subject), self.closure.has
        return [each for each in self.facts.subjects if has[each] & self.makers and has[each] & own]

    def making(self) -> list[str]:
        """Who can make contexts and set their budgets."""
        stuff = self.stuff & ~self.contexts
        return [each for each, mask in self.closure.has.items() if mask & self.makers and mask & stuff]

    def spenders(self, subject: str) -> list[str]:
        """Whose threads may come to run on a subject's own context: its own, those of who holds it, and passive servers that any of these may call."""
        found = {subject: None}
        for each, mask in self.closure.has.items():
            if mask & self._bits(subject):
                found.update(dict.fromkeys(self.closure.acts_as(each)))
        pending = list(found)
        while pending:
            caller = pending.pop()
            for server in self.facts.subjects:
                if server not in found and caller in self.callers(server) and self.works_for_others(server):
                    found[server] = None
                    pending.append(server)
        return list(found)

    # Who calls ---------------------------------------------------------------------------------

    def callers(self, subject: str) -> dict[str, None]:
        """Who may come to call a subject, by capabilities or, as a guest, by its exits."""
        if self._callers is None:
            self._callers = {name: {} for name in self.facts.subjects}
            for endpoint in self.closure.endpoints.values():
                receivers = [name for name, mask in self.closure.has.items() if mask & endpoint.receives]
                senders = dict.fromkeys(name for name, mask in self.closure.has.items() if mask & endpoint.sends)
                for name in receivers:
                    self._callers[name].update(senders)
            for guest, vmm in self.facts.guests.items():
                self._callers[vmm][guest] = None
        return self._callers[subject]

    def works_for_others(self, subject: str) -> bool:
        """Tell whether a thread takes its callers' time: it has no context of its own, or somebody may come to unbind that."""
        return "PASSIVE" in self.facts.threads[subject].flags or any(mask & self._bits(subject) for mask in self.closure.has.values())

    def _bits(self, subject: str) -> int:
        """The capabilities to a subject's own context."""
        if self._own_bits is None:
            self._own_bits = {}
            for number in bits(self.contexts):
                owner = self.facts.owners.get(self.closure.caps[number].object, "")
                self._own_bits[owner] = self._own_bits.get(owner, 0) | 1 << number
        return self._own_bits.get(subject, 0)

    def feeders(self, subject: str) -> list[str]:
        """A subject itself and all whose time may come to it by calls, through passive servers."""
        if subject not in self._feeders:
            found = {subject: None}
            pending = [subject]
            while pending:
                server = pending.pop()
                if not self.works_for_others(server):
                    continue
                for caller in self.callers(server):
                    if caller not in found:
                        found[caller] = None
                        pending.append(caller)
            self._feeders[subject] = list(found)
        return self._feeders[subject]

    # Answers -----------------------------------------------------------------------------------

    def above(self, subject: str, priority: int) -> tuple[str, list[Source]] | None:
        """The thread above a priority that a subject may run without pause, and the time that it takes; None if there is none."""
        actors = self.closure.acts_as(subject)
        high = [actor for actor in actors if self.priorities[actor] > priority]
        best: dict[str, Source] = {}
        for actor in high:
            for source in self._into(actor, actors if actor == high[0] else [actor]):
                if source.share is None or source.share >= 1:
                    return actor, [source]
                best.setdefault(source.owner, source)
        enough: list[Source] = []
        for source in sorted(best.values(), key=lambda each: -(each.share or 0)):
            enough.append(source)
            if sum((each.share or Fraction(0) for each in enough), Fraction(0)) >= 1:
                return high[0], enough
        return None

    def _into(self, actor: str, holders: list[str]) -> Iterator[Source]:
        """What runs at one thread's priority: what it and its callers bring, and what its holders have in their hands."""
        for feeder in self.feeders(actor):
            yield from self.own(feeder)
        for holder in holders:
            is_free = self.closure.has[holder] & self._bits(holder)
            yield from (source for source in self.own(holder) if source.held is not None or is_free)

    def total(self, subjects: tuple[str, ...]) -> tuple[Fraction | None, list[Source]]:
        """The share that some may come to spend of contexts that are theirs to use, each counted once; None is any share."""
        best: dict[str, Source] = {}
        for subject in subjects:
            for actor in self.closure.acts_as(subject):
                for source in self.own(actor):
                    if source.share is None:
                        return None, [source]
                    best.setdefault(source.owner, source)
        return sum((source.share or Fraction(0) for source in best.values()), Fraction(0)), list(best.values())

