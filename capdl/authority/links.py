# SPDX-License-Identifier: BSD-2-Clause
"""Paths in words: each link a sentence with the places in the spec that make it.

A link joins the two halves of a path's edges at what is shared. A capability that somebody only comes to hold brings the messages
that carry it in front of the link that uses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from capdl.authority import flow
from capdl.authority.closure import Closure, Step, bits, is_omnipotent
from capdl.authority.facts import ROOTTASK, Facts, Held
from capdl.authority.flow import Edge
from capdl.diagnostics import Place
from capdl.names import RING_PREFIX


#: How what is held gives control, where that does not go without saying.
_BY_MEANS = {"VSPACE": " and can run a thread in it"}
#: The kind of a link that is a capability sent in a message.
TRANSFER = "transfer"


@dataclass(frozen=True)
class Link:
    """From whom to whom, by what, in a sentence, and where the spec says so."""

    source: str
    target: str
    kind: str
    text: str
    places: tuple[Place, ...]

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        places = list(dict.fromkeys(spot(place) for place in self.places))
        return {"from": self.source, "to": self.target, "kind": self.kind, "text": self.text, "places": places}


def spot(place: Place) -> str:
    """A place as FILE:LINE."""
    return f"{place.path}:{place.line}"


def at(place: Place) -> str:
    """A place behind the words it belongs to."""
    return f"({spot(place)})"


class Words:
    """Makes links of edges."""

    def __init__(self, closure: Closure):
        self.closure = closure
        self.facts: Facts = closure.facts
        self._chains: dict[tuple[str, int], list[Link]] = {}

    def links(self, edges: list[Edge]) -> list[Link]:
        """The links of a path, in its order."""
        found: list[Link] = []
        number = 0
        while number < len(edges):
            first = edges[number]
            second = edges[number + 1] if ":" in first.target and number + 1 < len(edges) else None
            for edge in (first, second):
                if edge is not None and edge.round:
                    found += self.chain(self._holder(edge), edge.number)
            found.append(self._whole(first, second) if second else self._single(first))
            number += 2 if second else 1
        return list(dict.fromkeys(found))

    def _holder(self, edge: Edge) -> str:
        """Who holds the capability that an edge needs: its subject, or of control who has it and not whom it controls."""
        if ":" in edge.source:
            return edge.target
        return edge.source if edge.is_given or ":" in edge.target else edge.target

    # One link ----------------------------------------------------------------------------------

    def _whole(self, first: Edge, second: Edge) -> Link:
        object, source, target = first.target.split(":")[1], first.source, second.target
        before, after = self._where(first), self._where(second)
        places = [edge.held.place for edge in (first, second) if edge.held is not None]
        if first.kind == flow.MEMORY:
            text = f"{source} {_verb(first, 'writes')} {self.thing(object)}{before}, which {target} {_verb(second, 'reads')}{after}"
        elif first.held is None and first.kind == flow.CALL:
            text = f"{source}'s exits and faults go to {target}{after}"
        elif first.kind == flow.CALL:
            text = f"{source} may call {self.thing(object)}{before}, which {target} answers{after}"
        elif second.held is None and second.kind == flow.ANSWER:
            text = f"{source} answers the exits and faults of {target}{before}"
        elif first.kind == flow.ANSWER:
            text = f"{source} answers{before} what {target} calls on {self.thing(object)}{after}"
        elif first.kind == flow.TAKING:
            text = f"{source} takes from {self.thing(object)}{before} what {target} waits for, too{after}"
        elif first.kind == flow.INFLUENCE:
            text = f"{source} and {target} both have {self.thing(object)}{before}{after}"
        elif first.kind == flow.SIGNAL and first.target.startswith("timer:"):
            text = f"{source} sets {self.thing(object)}{before}, which signals {target}"
        elif first.kind == flow.SIGNAL:
            text = f"{source} may signal {target}, by its capability {_cap(first.held)}{before}"
            places = places[:1]
        else:
            text = f"{source} handles {self.thing(object)}{before}, which {target} is told of{after}"
        return Link(source, target, first.kind, text, tuple(dict.fromkeys(places)))

    def _where(self, edge: Edge) -> str:
        return f" {at(edge.held.place)}" if edge.held is not None else ""

    def _single(self, edge: Edge) -> Link:
        """A link between two subjects, or the last half of a path to something shared."""
        source, target, held = edge.source, edge.target, edge.held
        assert held is not None
        if ":" in target or ":" in source:
            verbs = {flow.MEMORY: "reads" if ":" in source else "writes", flow.CALL: "may call", flow.ANSWER: "answers on"}
            subject, thing = (target, source) if ":" in source else (source, target)
            text = f"{subject} {_verb(edge, verbs.get(edge.kind, 'uses'))} {self.thing(thing.split(':')[1])} {at(held.place)}"
        elif is_omnipotent(self.facts, held):
            text = self._omnipotent(source, target, held, edge.is_given)
        elif edge.kind == flow.CONTROL:
            holder, owner = (source, target) if edge.is_given else (target, source)
            effect = "it acts in its name" if edge.is_given else f"it sees all that {source} has"
            what = "RAM" if self.facts.is_guest(owner) and _object(held).startswith("ram") else _object(held)
            text = f"{holder} {_has(held)} {owner}'s {what} {at(held.place)}{_BY_MEANS.get(held.type, '')}: {effect}"
        else:
            holder, owner = (source, target) if edge.is_given else (target, source)
            text = f"{holder} has {owner}'s {_object(held)} {at(held.place)}"
        return Link(source, target, edge.kind, text, (held.place,))

    def _omnipotent(self, source: str, target: str, held: Held, is_given: bool) -> str:
        who, verb, whose = (source, "writes", target) if is_given else (target, "reads", source)
        if held.type == "SMC":
            what = "any firmware function" if not held.badge else f"the firmware function {held.badge:#x}"
            return f"{who} may call {what} {at(held.place)}, which may do anything: it {verb} all memory, {whose}'s too"
        return f"{who} drives {self.facts.masters[held.object].name} {at(held.place)}, a bus master without an IOMMU: it {verb} all memory, {whose}'s too"

    # Capabilities that are handed on -----------------------------------------------------------

    def chain(self, subject: str, number: int) -> list[Link]:
        """How a subject comes to hold a capability that it does not have from the start, message by message."""
        if (subject, number) not in self._chains:
            step = self.closure.step_of(subject, number)
            self._chains[subject, number] = [] if step is None else list(dict.fromkeys(self._handed(subject, number, step)))
        return self._chains[subject, number]

    def _handed(self, subject: str, number: int, step: Step) -> list[Link]:
        """The links of one step, behind those of what it needs: from the giver with whom they are fewest."""
        givers = sorted(self._givers(subject, number, step), key=lambda each: (self._indirect(each, subject, step), self._depth(each, 1 << number)))
        best: list[Link] | None = None
        for giver in givers:
            # A message waits for at least as many as rounds came before it: no shorter way is left.
            if best is not None and len(best) <= self._depth(giver, 1 << number) + 1:
                continue
            links = list(dict.fromkeys(self._from(giver, subject, number, step)))
            if best is None or len(links) < len(best):
                best = links
        return best or []

    def _from(self, giver: str, subject: str, number: int, step: Step) -> list[Link]:
        """The same from one giver."""
        links = list(self.chain(giver, number))
        origin = self.closure.caps[number]
        what = self.capability(origin) + ("" if links else f" {at(origin.place)}")
        if step.rule == "share":
            links += [link for each in (giver, subject) for used in self._used(each, self.closure.meeting[step.object], step.round) for link in self.chain(each, used)]
            return links + [Link(giver, subject, TRANSFER, f"{giver} may give {what} to {subject} by {step.object}, which both have", (origin.place,))]
        if step.rule == "give":
            return links + self._given(giver, subject, step, what, origin)
        if step.rule == "control":
            used = self._used(subject, self._power(step.object), step.round)
            place = self.closure.caps[used[0]].place if used else self._mapped_at(subject, step.object)
            whole = f"{subject} has {self.thing(step.object)} {at(place)} and thereby {giver}'s {what.removeprefix('the ')}"
            return links + [link for each in used for link in self.chain(subject, each)] + [Link(giver, subject, "control", whole, (place,) if links else (place, origin.place))]
        sender_bits, receiver_bits = self._message_bits(step)
        for each, mask in ((giver, sender_bits), (subject, receiver_bits)):
            for used in self._used(each, mask, step.round):
                links += self.chain(each, used)
        client = giver if step.rule == "call" else subject
        used = next(iter(self._used(client, sender_bits if step.rule == "call" else receiver_bits, step.round)))
        place = self.closure.caps[used].place
        message = "a call" if step.rule == "call" else "an answer"
        where = f"in {message} on {self.thing(step.object)}{self._beside_protocol(step)} {at(place)}"
        places = (place,) if self.chain(giver, number) else (origin.place, place)
        links.append(Link(giver, subject, TRANSFER, f"{giver} may send {what} to {subject}, {where}", places))
        return links

    def _given(self, giver: str, subject: str, step: Step, what: str, origin: Held) -> list[Link]:
        """By another's CNode or TCB one gives it a capability."""
        used = self._used(giver, self._power(step.object), step.round)
        place = self.closure.caps[used[0]].place
        text = f"{giver} has {self.thing(step.object)} {at(place)} and may give it {what}"
        return [link for each in used for link in self.chain(giver, each)] + [Link(giver, subject, TRANSFER, text, (place, origin.place))]

    def _power(self, object: str) -> int:
        """The capabilities to an object that give control."""
        return self.closure.mask(lambda cap: cap.object == object) & self.closure.controlling

    def _beside_protocol(self, step: Step) -> str:
        """No protocol's answers carry capabilities, but the kernel's do: it binds only programs that keep to it."""
        is_spoken = self.facts.channels.get(step.object) in self.facts.system.spoken
        return ", outside its protocol" if is_spoken and step.rule == "answer" else ""

    def _indirect(self, giver: str, subject: str, step: Step) -> int:
        """How many of the two capabilities that a message needs had to be handed on before."""
        if step.rule not in ("call", "answer"):
            return 0
        uses = zip((giver, subject), self._message_bits(step))
        return sum(1 for each, mask in uses if not self.closure.initial[each] & mask)

    def _message_bits(self, step: Step) -> tuple[int, int]:
        endpoint = self.closure.endpoints[step.object]
        return (endpoint.grants, endpoint.receives) if step.rule == "call" else (endpoint.receives, endpoint.sends)

    def _used(self, subject: str, mask: int, round: int) -> list[int]:
        """One capability of these that the subject had before that round: the one that takes the fewest links to get, of equal ones the earliest."""
        first = self.closure.initial[subject] & mask
        if first:
            return [(first & -first).bit_length() - 1]
        came = [(step.round, number) for step in self.closure.log[subject] if step.round < round for number in bits(step.mask & mask)]
        best = self.fewest(subject, came)
        return [] if best is None else [best]

    def fewest(self, subject: str, came: list[tuple[int, int]]) -> int | None:
        """Of capabilities of a subject, each with the round in which it came, the one that takes the fewest links to get."""
        best: tuple[int, int] | None = None
        for round, number in sorted(came):
            if best is None or round < best[0]:
                size = len(self.chain(subject, number))
                best = (size, number) if best is None or size < best[0] else best
        return None if best is None else best[1]

    def _had(self, subject: str, mask: int, round: int) -> bool:
        """Tell whether a subject had one of these capabilities before that round."""
        return bool(self.closure.initial[subject] & mask) or any(step.mask & mask for step in self.closure.log[subject] if step.round < round)

    def _depth(self, subject: str, mask: int) -> int:
        """The round in which a subject came to hold the first of these."""
        if self.closure.initial[subject] & mask:
            return 0
        return next((step.round for step in self.closure.log[subject] if step.mask & mask), 0)

    def _givers(self, subject: str, number: int, step: Step) -> Iterator[str]:
        for giver in self.facts.subjects:
            if giver == subject or not self._had(giver, 1 << number, step.round):
                continue
            if step.rule == "control":
                if self.facts.owners.get(step.object) in (None, giver):
                    yield giver
                continue
            if step.rule == "give":
                if giver not in self.closure.trusted and self._had(giver, self._power(step.object), step.round):
                    yield giver
                continue
            if step.rule == "share":
                if giver not in self.closure.trusted and self._had(giver, self.closure.meeting[step.object], step.round):
                    yield giver
                continue
            is_separator = step.rule == "answer" and self.facts.is_separator(giver, step.object)
            if giver not in self.closure.trusted and not is_separator and self._had(giver, self._message_bits(step)[0], step.round):
                yield giver

    def _mapped_at(self, subject: str, object: str) -> Place:
        """Where the spec gives a subject the registers of a bus master."""
        return next(held.place for held in self.facts.maps if (held.holder, held.object) == (subject, object))

    # Names of things ---------------------------------------------------------------------------

    def capability(self, held: Held) -> str:
        """A capability as what one may do with it."""
        verbs = {"ENDPOINT": "the right to call" if held.has("WRITE") else "the right to receive on", "NOTIFICATION": "the right to signal"}
        return f"{verbs.get(held.type, 'the capability to')} {self.thing(held.object)}"

    def thing(self, object: str) -> str:
        """An object of the plan in the words of the spec."""
        owner, _, what = object.rpartition(".")
        if owner == "shared" and self.facts.types.get(object) == "FRAME":
            return f"the console ring of {what.removeprefix(RING_PREFIX)}" if self.facts.is_ring(object) else f"the region {what}"
        if object in self.facts.channels:
            return object
        if object == f"{ROOTTASK}.fault":
            return f"the roottask, as for faults ({object})"
        if owner in self.facts.guests and what.startswith("ram"):
            return f"{owner}'s RAM"
        if object in self.facts.devices:
            return f"the registers of {owner}" if what.startswith("registers") else f"the interrupt of {owner}"
        if owner in self.facts.threads:
            return f"{owner}'s {what}"
        return object


def _verb(edge: Edge, verb: str) -> str:
    """What a mapping lets one do at once, a Frame's capability lets one do after mapping it."""
    return verb if edge.kind != flow.MEMORY or edge.held is None or edge.held.is_map else f"may map and {verb.removesuffix('s')}"


def _object(held: Held) -> str:
    return held.object.rpartition(".")[2]


def _has(held: Held) -> str:
    """Memory is written, other things are had."""
    return "has" if held.type != "FRAME" else "writes" if held.is_map else "may map and write"


def _cap(held: Held | None) -> str:
    return held.name if held is not None else "faults"
