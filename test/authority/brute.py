# SPDX-License-Identifier: BSD-2-Clause
"""The rules of docs/design/authority.md once more, as plainly as they can be written: every pair of subjects, every pair of things held,
again and again until nothing is new. Shares no code with capdl/authority and reads only the plan and what the spec declares."""

from __future__ import annotations

import heapq
from itertools import permutations
from typing import NamedTuple

from capdl.model import System
from capdl.plan_data import Plan

NOT_COPIED = ("UNTYPED", "REPLY", "IRQ_CONTROL")


class Thing(NamedTuple):
    """A capability or mapping: rights () are all."""

    holder: str
    object: str
    type: str
    rights: tuple[str, ...]
    badge: int
    is_map: bool
    is_console: bool

    def can(self, right: str) -> bool:
        """Tell whether it has a right."""
        return not self.rights or right in self.rights


class Brute:
    """All there is to know of a system, with a set of trusted subjects."""

    def __init__(self, system: System, plan: Plan, trusted: frozenset[str] = frozenset()):
        self.trusted = trusted
        self.subjects = [thread.name for thread in plan.threads]
        self.types = {item.name: item.type for item in plan.objects} | {thread.vspace: "VSPACE" for thread in plan.threads}
        self.owner = {}
        for thread in plan.threads:
            self.owner |= {name: thread.name for name in (thread.tcb, thread.cnode, thread.vspace, thread.context, thread.vcpu) if name}
        for name in self.types:
            if name.rsplit(".", 1)[0] in self.subjects:
                self.owner.setdefault(name, name.rsplit(".", 1)[0])
        vspace = {thread.vspace: thread.name for thread in plan.threads}
        self.maps = [Thing(vspace[item.vspace], item.object, "FRAME", tuple(item.rights), 0, True, item.object.startswith("shared.console_")) for item in plan.maps]
        console = ("guest_console", "console_peer")
        self.caps = []
        for cap in plan.caps:
            holder = cap.cnode.rsplit(".", 1)[0]
            type = self.types.get(cap.object, cap.object.replace("kernel.", "").upper())
            is_console = type == "NOTIFICATION" and (cap.name in console or (holder == system.console_server and cap.name.startswith("console_")))
            self.caps.append(Thing(holder, cap.object, type, tuple(cap.rights), cap.badge, False, is_console))
        self.separated = {(process.name, f"{process.name}.{service}") for process in system.processes for service in process.separates}
        if system.console_separates:
            self.separated.add((system.console_server, "the console"))
        self.masters = {f"{device.name}.registers" for device in system.platform.devices.values() if device.is_bus_master}
        self.faults = [(thread.name, thread.fault) for thread in plan.threads]
        self.binds = {bind["handler"]: self.owner[bind["notification"]] for bind in plan.irq_binds}
        self.messages = {(thing.holder, number): 0 for number, thing in enumerate(self.caps)}
        while self._once():
            pass

    def has(self, subject: str) -> list[tuple[int, Thing]]:
        """What a subject can come to hold."""
        return [(number, thing) for number, thing in enumerate(self.caps) if (subject, number) in self.messages]

    def is_all(self, thing: Thing) -> bool:
        """Tell whether something reaches all memory."""
        if thing.type == "SMC":
            return thing.badge not in (0x84000000, 0x84000008)
        return thing.type == "FRAME" and thing.object in self.masters and thing.can("WRITE")

    def _controls(self, one: str, other: str) -> int | None:
        """How many messages it takes one to act in another's name, directly."""
        found = [self.messages[one, number] for number, thing in self.has(one)
                 if self.is_all(thing) or (thing.type in ("TCB", "CNODE", "VCPU") and self.owner.get(thing.object) == other)]
        found += [0 for thing in self.maps if thing.holder == one and self.is_all(thing)]
        return min(found, default=None)

    def _once(self) -> bool:
        """Every rule on every pair; tells whether anything is new or takes fewer messages."""
        changed = False
        for giver, taker in permutations(self.subjects, 2):
            power = self._controls(taker, giver)
            message = None if giver in self.trusted else self._sends(giver, taker)
            for number, thing in self.has(giver):
                ways = [power, message if thing.type not in NOT_COPIED else None]
                best = min((way + 1 + self.messages[giver, number] for way in ways if way is not None), default=None)
                if best is not None and best < self.messages.get((taker, number), best + 1):
                    self.messages[taker, number] = best
                    changed = True
        return changed

    def _sends(self, giver: str, taker: str) -> int | None:
        """How many messages it takes before one can send another a capability."""
        can_reply = any(thing.type in ("REPLY", "UNTYPED") for _, thing in self.has(giver))
        found = []
        for first, mine in self.has(giver):
            for second, theirs in self.has(taker):
                if mine.type == "ENDPOINT" and mine.object == theirs.object:
                    is_call = mine.can("WRITE") and mine.can("GRANT") and theirs.can("READ")
                    if is_call or (mine.can("READ") and can_reply and theirs.can("WRITE") and (giver, mine.object) not in self.separated):
                        found.append(self.messages[giver, first] + self.messages[taker, second])
        return min(found, default=None)

    # Flow --------------------------------------------------------------------------------------

    def flows(self, one: str, other: str) -> list[tuple[str, str, bool, int]]:
        """(channel left by, channel entered on, is it one's own doing, cost) of every way data goes from one to another directly."""
        found = []
        ours = [(thing, self.messages[one, number]) for number, thing in self.has(one)] + [(thing, 0) for thing in self.maps if thing.holder == one]
        others = [(thing, self.messages[other, number]) for number, thing in self.has(other)] + [(thing, 0) for thing in self.maps if thing.holder == other]
        can_reply = any(thing.type in ("REPLY", "UNTYPED") for thing, _ in ours)
        for mine, first in ours:
            for theirs, second in others:
                if mine.object != theirs.object:
                    continue
                channel = "the console" if mine.is_console else mine.object
                ends = (channel if (one, channel) in self.separated else "", channel if (other, channel) in self.separated else "")
                cost = 32 + 33 * first + 33 * second
                if mine.type == "FRAME" and mine.can("WRITE") and (theirs.can("READ") or theirs.can("EXECUTE")):
                    found.append((*ends, mine.object.rsplit(".", 1)[0] != one, cost))
                if mine.type == "ENDPOINT" and mine.can("WRITE") and theirs.can("READ"):
                    found.append(("", ends[1], True, cost))
                if mine.type == "ENDPOINT" and mine.can("READ") and can_reply and theirs.can("WRITE"):
                    found.append((ends[0], "", True, cost))
                if mine.type == "NOTIFICATION" and mine.can("WRITE") and theirs.can("READ"):
                    found.append((*ends, True, cost))
                if mine.type in ("IRQ_HANDLER", "UNTYPED"):
                    found.append(("", "", True, cost))
        return found + self._one_sided(one, other, ours, others)

    def _one_sided(self, one: str, other: str, ours: list, others: list) -> list[tuple[str, str, bool, int]]:
        """What needs only one side's capability: power over the other's objects, all memory, faults, interrupts."""
        kinds = ("TCB", "CNODE", "VCPU", "VSPACE", "SCHED_CONTEXT", "REPLY")
        found = []
        for things, owner, is_given in ((ours, other, True), (others, one, False)):
            for thing, round in things:
                if (thing.type in kinds and self.owner.get(thing.object) == owner) or self.is_all(thing):
                    found.append(("", "", is_given, 32 + 33 * round))
        for thing, round in ours:
            if thing.type == "TIMER" and self.owner.get(thing.object) == other:
                found.append(("", "", True, 32 + 33 * round))
            if thing.type == "IRQ_HANDLER" and self.binds.get(thing.object) == other:
                found.append(("", "", True, 32 + 33 * round))
        for name, endpoint in self.faults:
            for things, is_ours in ((others, False), (ours, True)):
                for thing, round in things:
                    if thing.object == endpoint and thing.can("READ") and name == (other if is_ours else one):
                        can_reply = any(each.type in ("REPLY", "UNTYPED") for each, _ in things)
                        channel = endpoint if (one if is_ours else other, endpoint) in self.separated else ""
                        if not is_ours:
                            found.append(("", channel, False, 32 + 33 * round))
                        elif can_reply:
                            found.append((channel, "", True, 32 + 33 * round))
        return found

    def distances(self, source: str) -> dict[str, int]:
        """The cost of the cheapest way to every subject that data of one gets to."""
        direct = {(one, other): self.flows(one, other) for one, other in permutations(self.subjects, 2)}
        best: dict[str, int] = {}
        seen: set[tuple[str, str]] = set()
        queue = [(0, source, "")]
        while queue:
            cost, subject, entered = heapq.heappop(queue)
            if (subject, entered) in seen:
                continue
            seen.add((subject, entered))
            best.setdefault(subject, cost)
            for other in self.subjects:
                for left, comes, is_given, more in direct.get((subject, other), []):
                    if (left and left == entered) or (subject in self.trusted and subject != source and is_given):
                        continue
                    heapq.heappush(queue, (cost + more, other, comes))
        return {name: cost for name, cost in best.items() if name != source}
