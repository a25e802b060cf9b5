# SPDX-License-Identifier: BSD-2-Clause
"""Who can come to hold what, and where data goes, as plainly as it can be said: every pair of subjects, every pair of things held, again and again
until nothing is new. What a thing lets one do is taken from the kernel's invocations (invocations.py). Shares no code with capdl/authority and reads
only the plan and what the spec declares."""

from __future__ import annotations

import heapq
from fractions import Fraction
from functools import cache, cached_property
from itertools import permutations
from typing import NamedTuple

from invocations import Row, rows

from capdl.model import System
from capdl.plan_data import Plan

NOT_COPIED = ("UNTYPED", "REPLY", "IRQ_CONTROL")
#: What the owner of an object sees and changes of it: it is its own thread, its memory, its capabilities.
OWNED = ("TCB", "CNODE", "VCPU", "VSPACE", "SCHED_CONTEXT", "REPLY", "TIMER")


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
        return not right or not self.rights or right in self.rights

    def rows(self) -> list[Row]:
        """What it permits."""
        return _permitted(self.type, self.rights)

    def facets(self, how: str) -> frozenset[str]:
        """What of its object it finds out (`r`) or changes (`w`)."""
        return _facets(self.type, self.rights, how)


@cache
def _permitted(type: str, rights: tuple[str, ...]) -> list[Row]:
    return [row for row in rows(type) if not row.needs or not rights or row.needs in rights]


@cache
def _facets(type: str, rights: tuple[str, ...], how: str) -> frozenset[str]:
    return frozenset(name for row in _permitted(type, rights) for name, ways in row.facets.items() if how in ways)


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
        self.binds = {bind["handler"]: bind["notification"] for bind in plan.irq_binds} | {bind["timer"]: bind["notification"] for bind in plan.timer_binds}
        self.threads = plan.threads
        self.vmms = {guest.name: guest.vmm for guest in plan.guests}
        self.guests = {guest.name for guest in plan.guests}
        self.power_off = {thread.name for thread in plan.threads for guest in plan.guests if guest.power_off == "system_off" and thread.name in (guest.name, guest.vmm)}
        self.power_off |= {process.name for process in plan.processes if process.may_power_off and not process.guest}
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

    def _acts(self, one: str, thing: Thing, other: str) -> bool:
        """Tell whether something lets one do what it wants in another's name."""
        if self.is_all(thing):
            return True
        if thing.type == "ENDPOINT":  # who answers a fault or an exit says how the thread goes on
            return thing.can("READ") and (other, thing.object) in self.faults
        if self.owner.get(thing.object) != other:
            return False
        if thing.type == "VSPACE" and other in self.guests and thing.can("WRITE") and any(mine.type in ("FRAME", "UNTYPED") for _, mine in self.has(one)):
            return True  # memory that is mapped before the guest first touches its own there
        return any(row.acts for row in thing.rows()) or (thing.type == "VSPACE" and self._runs(one))

    def _runs(self, one: str) -> bool:
        """Tell whether one can configure a thread with a VSpace (tcb.configure, `run in`): another's, or one it makes; its own one is BUSY."""
        return any(thing.type == "UNTYPED" or (thing.type == "TCB" and self.owner.get(thing.object) != one) for _, thing in self.has(one))

    def _controls(self, one: str, other: str) -> int | None:
        """How many messages it takes one to act in another's name, directly."""
        found = [self.messages[one, number] for number, thing in self.has(one) if self._acts(one, thing, other)]
        found += [0 for thing in self.maps if thing.holder == one and self._acts(one, thing, other)]
        return min(found, default=None)

    def _puts(self, giver: str, taker: str) -> int | None:
        """How many messages it takes before one can put capabilities into another, which can use them; or into what both have and is nobody's."""
        if giver in self.trusted:
            return None
        found = [self.messages[giver, number] for number, thing in self.has(giver)
                 if taker not in self.guests and self.owner.get(thing.object) == taker and any(row.puts for row in thing.rows())]
        for first, mine in self.has(giver):
            for second, theirs in self.has(taker):
                if mine.object == theirs.object and mine.object not in self.owner and (mine.type == "VSPACE" or any(row.puts for row in mine.rows())):
                    found.append(self.messages[giver, first] + self.messages[taker, second])
        return min(found, default=None)

    def acts_as(self, one: str) -> set[str]:
        """Everybody in whose name one can act, in the end."""
        found, pending = {one}, [one]
        while pending:
            each = pending.pop()
            more = {other for other in self.subjects if other not in found and self._controls(each, other) is not None}
            found |= more
            pending += more
        return found

    def stops(self, one: str, other: str) -> bool:
        """Tell whether one can stop another, but by running above it."""
        for actor in self.acts_as(one):
            things = [thing for _, thing in self.has(actor)] + [thing for thing in self.maps if thing.holder == actor]
            if actor == other or actor in self.power_off or any(self.is_all(thing) or (thing.type == "SMC" and thing.badge == 0x84000008) for thing in things):
                return True
            if any(self.owner.get(thing.object) == other and any(row.halts for row in thing.rows()) for thing in things):
                return True
        return False

    # Time --------------------------------------------------------------------------------------

    @cached_property
    def highest(self) -> dict[str, int]:
        """The priority that each thread may come to have: tcb.set_priority takes another TCB as authority."""
        found = {thread.name: thread.priority for thread in self.threads}
        for one in self.subjects:
            owners = {self.owner[thing.object] for _, thing in self.has(one) if thing.type == "TCB" and thing.object in self.owner}
            for owner in owners:
                found[owner] = max(found[owner], *(thread.priority for thread in self.threads if thread.name in owners))
        return found

    @cached_property
    def spends(self) -> dict[str, set[str]]:
        """On whose contexts each thread may come to run; "any" is one of any size."""
        homes = {thread.name for thread in self.threads if "PASSIVE" not in thread.flags or thread.home is not None}
        found = {name: {name} & homes for name in self.subjects}
        serving = {thread.name for thread in self.threads if "PASSIVE" in thread.flags}
        for one in self.subjects:
            contexts = [thing for _, thing in self.has(one) if thing.type == "SCHED_CONTEXT"]
            hands = {self.owner[thing.object] for thing in contexts if thing.object in self.owner} & homes
            serving |= hands
            types = {thing.type for _, thing in self.has(one)}
            if "SCHED_CONTROL" in types and types & {"SCHED_CONTEXT", "UNTYPED"}:
                hands.add("any")
            for other in self.acts_as(one):
                found[other] |= hands
        while True:
            before = {name: set(each) for name, each in found.items()}
            for caller, server in permutations(self.subjects, 2):
                if server in serving and (self._calls(caller, server) or self.vmms.get(caller) == server):
                    found[server] |= found[caller]
            if found == before:
                return found

    def _calls(self, caller: str, server: str) -> bool:
        return any(mine.type == "ENDPOINT" and mine.object == theirs.object and mine.can("WRITE") and theirs.can("READ") for _, mine in self.has(caller) for _, theirs in self.has(server))

    def starves(self, one: str, other: str) -> bool:
        """Tell whether one may run above another without pause."""
        low = next(thread.priority for thread in self.threads if thread.name == other)
        time = {context for each in self.acts_as(one) if self.highest[each] > low for context in self.spends[each]}
        return "any" in time or sum(Fraction(thread.budget_ns, thread.period_ns) for thread in self.threads if thread.name in time) >= 1

    # Memory ------------------------------------------------------------------------------------

    def touches(self, one: str, other: str, is_read: bool) -> bool:
        """Tell whether one may read (or write) what another writes (or reads) from the start, or acts as it, by itself or with what others map into it."""
        mine, theirs = ("r", "w") if is_read else ("w", "r")
        start = {thing.object for thing in (*self.maps, *self.caps) if thing.holder == other and thing.type in ("FRAME", "UNTYPED") and self._memory(thing, theirs)}
        for actor in self.acts_as(one):
            if actor == other or any(self.is_all(thing) for thing, _ in self._things(actor)):
                return True
            if any(thing.object in start and self._memory(thing, mine) for thing in self.memory_of(actor)):
                return True
        return False

    def memory_of(self, one: str) -> list[Thing]:
        """What one has mapped or may map, and what others may map into it (frame.map, `mapped in`)."""
        found = [thing for thing, _ in self._things(one) if thing.type in ("FRAME", "UNTYPED")]
        for giver in self.subjects:
            if giver not in (one, *self.trusted) and any(thing.type == "VSPACE" and self.owner.get(thing.object) == one and thing.can("WRITE") for _, thing in self.has(giver)):
                found += [thing for _, thing in self.has(giver) if thing.type in ("FRAME", "UNTYPED")]
        return found

    def _memory(self, thing: Thing, how: str) -> bool:
        return thing.type == "UNTYPED" or "memory" in thing.facets(how)

    def shares(self, one: str, other: str) -> bool:
        """Tell whether two may have the same memory mapped."""
        mine, theirs = ({thing.object for actor in self.acts_as(each) for thing in self.memory_of(actor)} for each in (one, other))
        return bool(mine & theirs)

    def _once(self) -> bool:
        """Every rule on every pair; tells whether anything is new or takes fewer messages."""
        changed = False
        for giver, taker in permutations(self.subjects, 2):
            power = self._controls(taker, giver)
            puts = self._puts(giver, taker)
            message = None if giver in self.trusted else self._sends(giver, taker)
            for number, thing in self.has(giver):
                ways = [power, puts, message if thing.type not in NOT_COPIED else None]
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

    def flows(self, one: str, other: str) -> list[tuple[str, str, bool, int, bool]]:
        """(channel left by, channel entered on, is it one's own doing, cost, does one act as the other) of every way data goes from one to another directly."""
        found = []
        ours, others = self._things(one), self._things(other)
        for mine, first in ours:
            for theirs, second in others:
                if mine.object != theirs.object:
                    continue
                channel = "the console" if mine.is_console else mine.object
                ends = (channel if (one, channel) in self.separated else "", channel if (other, channel) in self.separated else "")
                cost = 32 + 33 * first + 33 * second
                common = mine.facets("w") & theirs.facets("r")
                if "memory" in common:
                    found.append((*ends, self.owner.get(mine.object) != one, cost, False))
                if "message" in common:
                    found.append(("" if mine.type == "ENDPOINT" else ends[0], ends[1], True, cost, False))
                if "answer" in common:
                    found.append((ends[0], "", True, cost, False))
                if "taken" in common or ("state" in common and mine.object not in self.owner):
                    found.append(("", "", True, cost, False))
        return found + self._one_sided(one, other, ours, others)

    def _things(self, subject: str) -> list[tuple[Thing, int]]:
        """What a subject has, with the messages that it takes."""
        return [(thing, self.messages[subject, number]) for number, thing in self.has(subject)] + [(thing, 0) for thing in self.maps if thing.holder == subject]

    def _one_sided(self, one: str, other: str, ours: list, others: list) -> list[tuple[str, str, bool, int, bool]]:
        """What needs only one side's capability: the other's objects, control, all memory, faults, interrupts and timers."""
        found = []
        for things, holder, owner, how in ((ours, one, other, "w"), (others, other, one, "r")):
            for thing, round in things:
                is_given, cost = holder == one, 32 + 33 * round
                if self._acts(holder, thing, owner):
                    found.append(("", "", is_given, cost, is_given))
                elif thing.type in OWNED and self.owner.get(thing.object) == owner and "state" in thing.facets(how):
                    found.append(("", "", is_given, cost, False))
        for thing, round in ours:
            waits = self._waits(other, self.binds[thing.object], others) if "expiry" in thing.facets("w") and thing.object in self.binds else None
            if waits is not None:
                found.append(("", "", True, 32 + 33 * round + 33 * waits, False))
        for name, endpoint in self.faults:
            for things, is_ours in ((others, False), (ours, True)):
                for thing, round in things:
                    if thing.object == endpoint and thing.can("READ") and name == (other if is_ours else one):
                        channel = endpoint if (one if is_ours else other, endpoint) in self.separated else ""
                        found.append((channel, "", True, 32 + 33 * round, False) if is_ours else ("", channel, False, 32 + 33 * round, False))
        return found

    def _waits(self, subject: str, notification: str, things: list) -> int | None:
        """How many messages it takes before a subject gets what is signalled."""
        found = [round for thing, round in things if thing.object == notification and "message" in thing.facets("r")]
        return min(found, default=None) if self.owner.get(notification) != subject else 0

    def distances(self, source: str) -> dict[str, int]:
        """The cost of the cheapest way to every subject that data of one gets to. Whom one acts as does what one wants: trusted or not, by any channel."""
        direct = {(one, other): self.flows(one, other) for one, other in permutations(self.subjects, 2)}
        best: dict[str, int] = {}
        seen: set[tuple[str, str, bool]] = set()
        queue = [(0, source, "", True)]
        while queue:
            cost, subject, entered, is_free = heapq.heappop(queue)
            if (subject, entered, is_free) in seen:
                continue
            seen.add((subject, entered, is_free))
            best.setdefault(subject, cost)
            for other in self.subjects:
                for left, comes, is_given, more, acts in direct.get((subject, other), []):
                    if (left and left == entered) or (subject in self.trusted and not is_free and is_given):
                        continue
                    heapq.heappush(queue, (cost + more, other, comes, acts or other == source))
        return {name: cost for name, cost in best.items() if name != source}
