# SPDX-License-Identifier: BSD-2-Clause
"""What a subject can do by itself: with what it holds, can come to hold, or has through others that it controls.

Each question is answered with the links that make it possible, or None.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from capdl.authority import flow
from capdl.authority.closure import is_omnipotent, is_stopping
from capdl.authority.facts import POWERS, Held, by_holder
from capdl.authority.flow import Edge, Flow, acts
from capdl.authority.links import TRANSFER, Link, Words, at
from capdl.authority.spending import Source, Spending
from capdl.quantity import time_text


class Access:
    """Answers for one closure."""

    def __init__(self, graph: Flow, words: Words):
        self.flow = graph
        self.closure = graph.closure
        self.facts = graph.facts
        self.words = words
        self.maps = by_holder(self.facts.maps)
        self.spending = Spending(self.closure)
        self._stopping: dict[str, int] | None = None
        self._stopping_all = self.closure.mask(is_stopping)
        self._omnipotent = self.closure.mask(lambda held: is_omnipotent(self.facts, held))

    def answer(self, verb: str, subject: str, target: str) -> list[Link] | None:
        """`verb` is a word of policy_keys.MAY; `target` a subject, or what that verb is about besides."""
        return getattr(self, verb)(subject, target)

    # Memory ------------------------------------------------------------------------------------

    def may_read(self, subject: str, target: str) -> list[Link] | None:
        """The memory of a subject, or a shared region."""
        return None if target == subject else self._reads_or_writes(subject, target, is_read=True)

    def may_write(self, subject: str, target: str) -> list[Link] | None:
        """The memory of a subject, or a shared region."""
        return None if target == subject else self._reads_or_writes(subject, target, is_read=False)

    def _reads_or_writes(self, subject: str, target: str, is_read: bool) -> list[Link] | None:
        """By what it has mapped or may map, or by what another may map into it."""
        return self._shortest(subject, lambda actor: self._direct(actor, target, is_read)) or self._by_others(subject, target, is_read)

    def _by_others(self, subject: str, target: str, is_read: bool) -> list[Link] | None:
        found = []
        for actor in self.closure.acts_as(subject):
            for held, links in self.mapped_in(actor):
                is_its = held.object == f"shared.{target}" if target not in self.facts.threads else any(True for _ in self._theirs(target, held.object, is_read))
                if is_its and actor != target and (held.has("READ") or held.has("EXECUTE") if is_read else held.has("WRITE")):
                    found.append([*self.acting(subject, actor), *links])
        return min(found, key=len) if found else None

    def mapped_in(self, subject: str) -> Iterator[tuple[Held, list[Link]]]:
        """Memory that others may map into a subject's space, by WRITE on its VSpace, with how; a trusted one does not."""
        for bit, owner in self.closure.spaces.items():
            space = self.closure.caps[bit.bit_length() - 1]
            if owner != subject or not space.has("WRITE"):
                continue
            for giver in self.facts.subjects:
                if giver == subject or giver in self.closure.trusted or not self.closure.has[giver] & bit:
                    continue
                for number, held, _ in self.closure.held(giver, self.closure.memory):
                    text = f"{giver} has {subject}'s vspace {at(space.place)} and may map {self.words.thing(held.object)} {at(held.place)} into it"
                    chain = [*self.words.chain(giver, bit.bit_length() - 1), *self.words.chain(giver, number)]
                    yield held, [*chain, Link(giver, subject, TRANSFER, text, (space.place, held.place))]

    def _direct(self, actor: str, target: str, is_read: bool) -> list[Edge] | None:
        """The cheapest way to read or write memory of a target, or a region, in one link."""
        if actor == target:
            return None
        node = f"memory:shared.{target}"
        is_region = target not in self.facts.threads
        found = []
        for number, held, round in self._memory(actor):
            mine = Edge(node, actor, flow.MEMORY, held, number, round) if is_read else Edge(actor, node, flow.MEMORY, held, number, round)
            can = held.has("READ") or held.has("EXECUTE") if is_read else held.has("WRITE")
            if is_region and can and held.object == f"shared.{target}":
                found.append([mine])
            elif not is_region and can:
                for theirs in self._theirs(target, held.object, is_read):
                    shared = f"memory:{held.object}"
                    own = Edge(target, shared, flow.MEMORY, theirs) if is_read else Edge(shared, target, flow.MEMORY, theirs)
                    mine = Edge(shared, actor, flow.MEMORY, held, number, round) if is_read else Edge(actor, shared, flow.MEMORY, held, number, round)
                    found.append([own, mine] if is_read else [mine, own])
        found += [[edge] for edge in self._powers(actor, target, is_read)]
        return min(found, key=lambda edges: sum(edge.cost for edge in edges)) if found else None

    def _memory(self, actor: str) -> Iterator[tuple[int, Held, int]]:
        """Memory that somebody has mapped or can come to map."""
        yield from ((-1, held, 0) for held in self.maps.get(actor, ()))
        yield from self.closure.held(actor, self.closure.memory)

    def _theirs(self, target: str, object: str, is_read: bool) -> Iterator[Held]:
        """By what a target has an object as its memory from the start: to be read by others, what it writes; to be written, what it reads."""
        for held in (*self.maps.get(target, ()), *(cap for cap in self.facts.caps if cap.holder == target and cap.type in ("FRAME", "UNTYPED"))):
            if held.object == object and (held.has("WRITE") if is_read else held.has("READ") or held.has("EXECUTE")):
                yield held

    def _powers(self, actor: str, target: str, is_read: bool) -> Iterator[Edge]:
        """Control of the target, or of all memory."""
        ends = (target, actor) if is_read else (actor, target)
        for number, held, round in self.closure.held(actor, self.closure.controlling):
            if self.closure.gives_control(actor, held) == target or is_omnipotent(self.facts, held):
                yield Edge(*ends, flow.CONTROL, held, number, round, is_given=not is_read)
        for held in self.maps.get(actor, ()):
            if is_omnipotent(self.facts, held) or self.facts.controlled(held) == target:
                yield Edge(*ends, flow.CONTROL, held, is_given=not is_read)

    def _shortest(self, subject: str, find: Callable[[str], list[Edge] | None]) -> list[Link] | None:
        """The shortest of what a subject and those in whose name it acts can do."""
        best: list[Link] | None = None
        for actor in self.closure.acts_as(subject):
            edges = find(actor)
            if edges is None:
                continue
            links = self.acting(subject, actor) + self.words.links(edges)
            if best is None or len(links) < len(best):
                best = links
        return best

    def acting(self, subject: str, actor: str) -> list[Link]:
        """How a subject comes to act in another's name."""
        if actor == subject:
            return []
        edges = self.flow.path(subject, actor, every=acts)
        return self.words.links(edges or [])

    # Messages ----------------------------------------------------------------------------------

    def may_call(self, subject: str, target: str) -> list[Link] | None:
        """A service, or a subject by any of its services."""
        if "." in target:
            endpoints = {target}
        else:
            endpoints = {held.object for held in self.facts.caps if held.type == "ENDPOINT" and held.holder == target and held.has("READ")}
        return self._holding(subject, lambda held: held.type == "ENDPOINT" and held.has("WRITE") and held.object in endpoints, "may call")

    def may_signal(self, subject: str, target: str) -> list[Link] | None:
        """An event, or a subject by any bit of its Notification."""
        owner, _, event = target.partition(".")
        bit = 1 << self.facts.system.get_process(owner).events.index(event) if event else 0

        timers = {bind["timer"] for bind in self.facts.plan.timer_binds if self.facts.owners.get(bind["notification"]) == owner and (not bit or bind["badge"] & bit)}

        def fits(held: Held) -> bool:
            is_right = not bit or not held.badge or bool(held.badge & bit)
            return held.type == "NOTIFICATION" and held.has("WRITE") and self.facts.owners.get(held.object) == owner and is_right

        if subject == owner:
            return None
        return self._holding(subject, fits, "may signal") or self._holding(subject, lambda held: held.object in timers, f"may signal {owner} by")

    def may_use(self, subject: str, target: str) -> list[Link] | None:
        """A device of the board: its registers or its interrupts, those too that one may make the handler of."""

        def fits(held: Held) -> bool:
            return held.type != "IRQ_CONTROL" and self.facts.uses(held, target)

        for actor in self.closure.acts_as(subject):
            mapped = next((held for held in self.facts.maps if held.holder == actor and fits(held)), None)
            if mapped is not None:
                text = f"{actor} has {self.words.thing(mapped.object)} mapped {at(mapped.place)}"
                return [*self.acting(subject, actor), Link(actor, target, flow.MEMORY, text, (mapped.place,))]
        by_making = f"may make the handler of an interrupt of {target}, which nobody has, by"
        return self._holding(subject, fits, "may use") or self._holding(subject, lambda held: self.facts.uses(held, target), by_making)

    def _holding(self, subject: str, fits: Callable[[Held], bool] | int, verb: str) -> list[Link] | None:
        """By the capability that fits, or is of a mask, which takes the fewest links to get."""
        mask = fits if isinstance(fits, int) else self.closure.mask(fits)
        number = self.words.fewest(subject, [(round, number) for number, _, round in self.closure.held(subject, mask)])
        if number is None:
            return None
        held = self.closure.caps[number]
        chain = self.words.chain(subject, number)
        if chain:
            text = f"{subject} then {verb} {self.words.thing(held.object)}"
            return [*chain, Link(subject, held.object, "use", text, ())]
        return [Link(subject, held.object, "use", f"{subject} {verb} {self.words.thing(held.object)} {at(held.place)}", (held.place,))]

    # Stopping ----------------------------------------------------------------------------------

    def may_stop(self, subject: str, target: str) -> list[Link] | None:
        """Stop a subject's thread, alone or with the whole machine."""
        if subject == target:
            return None
        by_power = self._holding(subject, self._stops(subject, target), f"may stop {target} by")
        by_name = self.acting(subject, target) if target in self.closure.acts_as(subject) else None
        found = [links for links in (by_power, by_name, *self.stops_all(subject), self._starves(subject, target)) if links]
        return min(found, key=len) if found else None

    def _stops(self, subject: str, target: str) -> int:
        """The capabilities that stop a target by themselves, in the hands of a subject."""
        if self._stopping is None:
            self._stopping = defaultdict(int)
            for number, held in enumerate(self.facts.caps):
                power, owner = POWERS.get(held.type), self.facts.owners.get(held.object)
                if power is not None and power.stops and not power.right and owner is not None:
                    self._stopping[owner] |= 1 << number
            for bit, controlled in self.closure.controls.items():
                if controlled is not None:
                    self._stopping[controlled] |= bit
        spaces = (bit for bit, owner in self.closure.spaces.items() if owner == target and self.closure.enters(subject, self.closure.caps[bit.bit_length() - 1]))
        return self._stopping[target] | sum(spaces)

    def stops_all(self, subject: str) -> Iterator[list[Link] | None]:
        """Every way to stop everybody at once."""
        yield self._holding(subject, self._stopping_all, "may stop the machine by")
        yield self._holding(subject, self._omnipotent, "reaches all memory by")
        for actor in self.closure.acts_as(subject):
            links = self._power(actor)
            if links:
                yield self.acting(subject, actor) + links

    def _power(self, actor: str) -> list[Link] | None:
        """What the spec lets the roottask do on a subject's word, and bus masters."""
        places = self.facts.places
        for held in self.facts.maps:
            if held.holder == actor and is_omnipotent(self.facts, held):
                device = self.facts.masters[held.object].name
                return [Link(actor, "all", "control", f"{actor} drives {device} {at(held.place)}, a bus master without an IOMMU: it writes all memory", (held.place,))]
        guest = next((guest for guest in self.facts.plan.guests if actor in (guest.name, guest.vmm)), None)
        if guest is not None and guest.power_off == "system_off":
            place = places.of("guests", guest.name, "power_off")
            return [Link(actor, "all", "stop", f"the power-off of {guest.name} is the machine's {at(place)}", (place,))]
        process = next((process for process in self.facts.plan.processes if process.name == actor), None)
        if process is not None and process.may_power_off and guest is None:
            place = places.of("processes", actor, "may_power_off")
            return [Link(actor, "all", "stop", f"{actor} may have the roottask power the machine off {at(place)}", (place,))]
        return None

    def _starves(self, subject: str, target: str) -> list[Link] | None:
        """Run without pause above another, which then never runs: itself or in another's name, on its own time and what else it may spend."""
        low = self.facts.threads[target].priority
        found = self.spending.above(subject, low)
        if found is None:
            return None
        actor, sources = found
        high = self.spending.priorities[actor]
        head, tail = f"{actor} (priority {high})", f"without pause above {target} (priority {low}), which would then never run"
        acting = self.acting(subject, actor)
        if len(sources) == 1 and sources[0].share is None:
            return [*acting, *self._makes_time(sources[0].spender), Link(actor, target, "stop", f"{head} may then run {tail}", ())]
        if len(sources) == 1 and sources[0].held is None and sources[0].owner == actor:
            place = self.facts.places.of_time(actor)
            return [*acting, Link(actor, target, "stop", f"{head} has a budget as long as its period {at(place)}: it may run {tail}", (place,))]
        brought = [link for source in sources for link in self.brings(source)]
        return [*acting, *dict.fromkeys(brought), Link(actor, target, "stop", f"{head} may run on the time of {', '.join(each.owner for each in sources)} {tail}", ())]

    def _makes_time(self, spender: str) -> list[Link]:
        maker = self._holding(spender, self.spending.makers, "may give itself any time by")
        context = self._holding(spender, self.spending.stuff, "has a context by")
        return [*(maker or []), *(context or [])]

    def brings(self, source: Source) -> list[Link]:
        """How a context comes to be spent by who brings it, with its share."""
        if source.share is None:
            return self._makes_time(source.spender)
        thread, place = self.facts.threads[source.owner], self.facts.places.of_time(source.owner)
        share = f"{time_text(thread.budget_ns)} in {time_text(thread.period_ns)}"
        text = f"{source.owner} has {share} {at(place)}"
        chain: list[Link] = []
        if source.held is not None:
            chain = self.words.chain(source.spender, source.number)
            text = f"{source.spender} has {source.owner}'s context {at(source.held.place)}, of {share} {at(place)}"
        return [*chain, Link(source.spender, source.owner, "time", text, (place,))]
