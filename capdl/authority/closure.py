# SPDX-License-Identifier: BSD-2-Clause
"""Which capabilities each subject can come to hold: by messages that carry them, and by acting in another's name.

Rules, each applied to what everybody holds until nothing is new:
- call: who sends on an Endpoint with WRITE and GRANT hands any capability that the kernel copies to who receives on it;
- answer: who receives on an Endpoint and has a Reply (or memory to make one) hands any to who may call, unless the service
  keeps its clients apart;
- control: who controls another (facts.POWERS; or its VSpace with a thread to run in it) has all that the other has; a bus master or firmware
  call, everybody's;
- give: who holds another's TCB or CNode can put into it all that it has itself; a guest can use no capabilities;
- share: what one of several holders of a CNode, TCB or VSpace without an owner puts into it, the others can take or use.
A trusted subject hands nothing on; its capabilities can still be taken by who controls it.

Sets are bit masks over the capabilities of the plan, and rules work on whole sets, so the closure takes few rounds.

A step is free if giver and taker can tell each other everything besides: then whatever data the taker could move by the capability, it
can move through the giver at no more cost, and the graph of data (flow.py) leaves it out. It is not free if the taker cannot answer or keeps
its clients apart on that service.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from capdl.authority.facts import HARMLESS_SMC, POWERS, SINGLE, STOPPING_SMC, Facts, Held


@dataclass(frozen=True)
class Step:
    """How new capabilities came: `rule` is call, answer, control, give or share; `object` the Endpoint, what gives control, or what is shared."""

    rule: str
    object: str
    mask: int
    is_free: bool
    round: int = 0


@dataclass
class _Endpoint:
    """Bits of the capabilities to an Endpoint, by what they permit."""

    sends: int = 0
    grants: int = 0
    receives: int = 0


@dataclass
class Closure:
    """The fixpoint; `log` tells of each subject what came in which round."""

    facts: Facts
    trusted: frozenset[str] = frozenset()
    has: dict[str, int] = field(default_factory=dict)
    log: dict[str, list[Step]] = field(default_factory=dict)
    rounds: int = 0

    def __post_init__(self) -> None:
        self.caps = self.facts.caps
        self.endpoints: dict[str, _Endpoint] = {}
        self.copyable = 0
        self.repliers = 0
        self.controls: dict[int, str | None] = {}
        self.spaces: dict[int, str] = {}
        self.threads: dict[int, str | None] = {}
        self.meeting: dict[str, int] = defaultdict(int)
        self.initial = dict.fromkeys(self.facts.subjects, 0)
        for number, cap in enumerate(self.caps):
            self._sort(cap, 1 << number)
        self.controlling = sum(self.controls) | sum(self.spaces)
        self._runners = sum(self.threads)
        self.memory = self.mask(lambda cap: cap.type in ("FRAME", "UNTYPED"))
        self.mapped: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
        for held in self.facts.maps:
            self._sort_map(held)
        self.has = dict(self.initial)
        self.changed = set(self.facts.subjects)
        self.log = {subject: [] for subject in self.facts.subjects}
        while self._round():
            pass

    def _sort(self, cap: Held, bit: int) -> None:
        self.initial[cap.holder] |= bit
        if cap.type not in SINGLE:
            self.copyable |= bit
        if cap.type in ("REPLY", "UNTYPED"):
            self.repliers |= bit
        if cap.type == "ENDPOINT":
            endpoint = self.endpoints.setdefault(cap.object, _Endpoint())
            endpoint.sends |= bit if cap.has("WRITE") else 0
            endpoint.grants |= bit if cap.has("WRITE") and cap.has("GRANT") else 0
            endpoint.receives |= bit if cap.has("READ") else 0
        owner = self.facts.owners.get(cap.object)
        controlled = self.facts.controlled(cap)
        if controlled is not None:
            self.controls[bit] = controlled
        elif is_omnipotent(self.facts, cap):
            self.controls[bit] = None
        if cap.type == "VSPACE" and owner is not None:
            self.spaces[bit] = owner
        if cap.type in ("TCB", "UNTYPED"):
            self.threads[bit] = owner if cap.type == "TCB" else None
        if cap.type in ("CNODE", "TCB", "VSPACE") and owner is None:
            self.meeting[cap.object] |= bit

    def _sort_map(self, held: Held) -> None:
        """A bus master's registers, or another's own memory, mapped with WRITE."""
        owner = self.facts.controlled(held)
        if is_omnipotent(self.facts, held):
            self.mapped[held.holder].append((held.object, None))
        elif owner not in (None, held.holder):
            self.mapped[held.holder].append((held.object, owner))

    # The rules ---------------------------------------------------------------------------------

    def _round(self) -> bool:
        """Apply every rule once to what was held when the round began."""
        self.rounds += 1
        new: list[tuple[str, Step]] = []
        for name, endpoint in self.endpoints.items():
            new += self._messages(name, endpoint)
        for subject in self.facts.subjects:
            new += self._control(subject)
        for name, mask in self.meeting.items():
            new += self._meet(name, mask)
        self.changed = set()
        for subject, step in sorted(new, key=lambda item: not item[1].is_free):
            mask = step.mask & ~self.has[subject]
            if mask:
                self.has[subject] |= mask
                self.log[subject].append(Step(step.rule, step.object, mask, step.is_free, self.rounds))
                self.changed.add(subject)
        return bool(self.changed)

    def _messages(self, name: str, endpoint: _Endpoint) -> Iterator[tuple[str, Step]]:
        """The rules call and answer for one Endpoint."""
        receivers = [subject for subject, mask in self.has.items() if mask & endpoint.receives]
        senders = [subject for subject, mask in self.has.items() if mask & endpoint.sends]
        if not receivers or self.changed.isdisjoint(receivers) and self.changed.isdisjoint(senders):
            return
        answerers = [subject for subject in receivers if self.has[subject] & self.repliers and not self.facts.is_separator(subject, name)]
        sent = self._offered(subject for subject in senders if self.has[subject] & endpoint.grants)
        if sent:
            yield from ((subject, Step("call", name, sent, subject in answerers)) for subject in receivers)
        answered = self._offered(answerers)
        if answered:
            yield from ((subject, Step("answer", name, answered, True)) for subject in senders)

    def _offered(self, subjects: Iterator[str] | list[str]) -> int:
        """What these may send, all together."""
        mask = 0
        for subject in subjects:
            if subject not in self.trusted:
                mask |= self.has[subject] & self.copyable
        return mask

    def _control(self, subject: str) -> Iterator[tuple[str, Step]]:
        for object, owner in self.controlled(subject):
            for each in [owner] if owner is not None else self.facts.subjects:
                yield subject, Step("control", object, self.has[each], True)
            power = POWERS.get(self.facts.types.get(object, ""))
            if owner is not None and power is not None and power.hands and subject not in self.trusted and not self.facts.is_guest(owner):
                yield owner, Step("give", object, self.has[subject], True)

    def _meet(self, name: str, mask: int) -> Iterator[tuple[str, Step]]:
        """The rule share for one object without an owner."""
        holders = [subject for subject, held in self.has.items() if held & mask]
        if len(holders) > 1:
            every = 0
            for subject in holders:
                every |= 0 if subject in self.trusted else self.has[subject]
            yield from ((subject, Step("share", name, every, True)) for subject in holders)

    # What it says ------------------------------------------------------------------------------

    def controlled(self, subject: str) -> list[tuple[str, str | None]]:
        """(object, owner) of everything by which a subject controls others; owner None: all there are."""
        mask = self.has[subject]
        found = [
            (self.caps[bit.bit_length() - 1].object, owner) for bit, owner in self.controls.items() if mask & bit and owner != subject
        ]
        for bit, owner in self.spaces.items():
            if mask & bit and owner != subject and self.enters(subject, self.caps[bit.bit_length() - 1]):
                found.append((self.caps[bit.bit_length() - 1].object, owner))
        return [*found, *self.mapped.get(subject, ())]

    def enters(self, subject: str, space: Held) -> bool:
        """Tell whether a subject can decide what runs in an address space that it holds: with another's TCB to run in it, or memory to make one (its
        own runs already); in a guest's, whose RAM is mapped on first touch, by mapping code where it will go on."""
        owner = self.facts.owners.get(space.object)
        if owner is not None and self.facts.is_guest(owner) and space.has("WRITE") and self.has[subject] & self.memory:
            return True
        return any(self.threads[1 << number] != subject for number in bits(self.has[subject] & self._runners))

    def gives_control(self, subject: str, held: Held) -> str | None:
        """Whom a capability that a subject can come to hold lets it control, which may be itself."""
        if held.type == "VSPACE":
            return self.facts.owners.get(held.object) if self.enters(subject, held) else None
        return self.facts.controlled(held)

    def acts_as(self, subject: str) -> list[str]:
        """The subjects in whose name one can act, itself first."""
        found = {subject: None}
        for each in found_growing(found):
            for _, owner in self.controlled(each):
                found.update(dict.fromkeys([owner] if owner is not None else self.facts.subjects))
        return list(found)

    def held(self, subject: str, among: int = -1) -> Iterator[tuple[int, Held, int]]:
        """(number, capability, round in which it came) of everything a subject can come to hold, among those of a mask."""
        first = self.initial[subject]
        yield from ((number, self.caps[number], 0) for number in bits(first & among))
        for step in self.log[subject]:
            yield from ((number, self.caps[number], step.round) for number in bits(step.mask & among))

    def mask(self, fits: Callable[[Held], bool]) -> int:
        """The capabilities that fit."""
        return sum(1 << number for number, cap in enumerate(self.caps) if fits(cap))

    def moving(self, subject: str) -> Iterator[tuple[int, Held, int]]:
        """The same without what came by free steps, but for what gives control."""
        first = self.initial[subject]
        yield from ((number, self.caps[number], 0) for number in bits(first))
        for step in self.log[subject]:
            mask = step.mask & self.controlling if step.is_free else step.mask
            yield from ((number, self.caps[number], step.round) for number in bits(mask))

    def step_of(self, subject: str, number: int) -> Step | None:
        """How a subject got a capability; None if it has it from the start."""
        if self.initial[subject] >> number & 1:
            return None
        return next(step for step in self.log[subject] if step.mask >> number & 1)


def found_growing(found: dict[str, None]) -> Iterator[str]:
    """Iterate over the keys of a dict that grows meanwhile."""
    number = 0
    while number < len(found):
        yield list(found)[number]
        number += 1


def bits(mask: int) -> Iterator[int]:
    """Numbers of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def is_omnipotent(facts: Facts, cap: Held) -> bool:
    """Tell whether a capability reaches all memory: firmware that may do anything, or the registers of a bus master."""
    if cap.type == "SMC":
        return cap.badge not in HARMLESS_SMC and cap.badge not in STOPPING_SMC
    return cap.type == "FRAME" and cap.object in facts.masters and cap.has("WRITE")


def is_stopping(cap: Held) -> bool:
    """Tell whether a capability is to a firmware function that stops the machine."""
    return cap.type == "SMC" and cap.badge in STOPPING_SMC
