# SPDX-License-Identifier: BSD-2-Clause
"""`sel diff`: what a change of a spec gives and takes: authority, trusts, memory and time, in words.

Authority is compared by what each holds from the start (objects, rights, events), by the methods that its roles let it call, by what the spec
lets the roottask do for it, and by who reaches and who can stop whom; slots, badges, addresses and local names are no authority. A trust that
a spec newly declares counts as authority gained, and a policy that demands less as growth.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from capdl.authority import policy_diff, roles
from capdl.authority.analysis import Analysis
from capdl.authority.answer import Answer, Section
from capdl.authority.facts import Facts, Held
from capdl.authority.links import Words, at
from capdl.authority.policy import memory_of
from capdl.authority.stops import stops
from capdl.quantity import at_least, size_text, time_text

#: (who, what may be done, to what and where the spec says so): rights to one thing are told on one line.
Right = tuple[str, str, str]


def diff(old: Analysis, new: Analysis) -> Answer:
    """Compare two systems; the answer holds if no authority was gained and the policy demands what it did."""
    gained, lost = _gained(old, new), _gained(new, old)
    reach, stopping = (_reach(old), _reach(new)), (stops(old.view()), stops(new.view()))
    reaches, parted = _more(*reach, "now reaches"), _more(*reversed(reach), "no longer reaches")
    stopped, spared = _more(*stopping, "can now stop"), _more(*reversed(stopping), "can no longer stop")
    policy = policy_diff.changes(old.facts, new.facts)
    moved, settings, given = list(_moved(old, new)), list(_settings(old, new)), list(roles.changed(old.facts, new.facts))
    grew, is_looser = bool(gained or reaches or stopped), any(change.is_looser for change in policy)
    told = {
        "authority gained:": gained, "authority lost:": lost, "new reach of data:": reaches, "reach that is gone:": parted, "new ways to stop others:": stopped,
        "ways to stop others that are gone:": spared, "roles:": given, "policy:": [change.text for change in policy], "memory and time:": moved, "settings:": settings,
    }
    sections = [Section(title, lines=lines) for title, lines in told.items() if lines]
    headline = "authority grew." if grew else "the policy demands less." if is_looser else "no authority was gained." if sections else "nothing differs."
    facts = {
        "gained": gained, "lost": lost, "reaches": reaches, "reaches_no_more": parted, "stops": stopped, "stops_no_more": spared,
        "policy": [{"text": change.text, "is_looser": change.is_looser} for change in policy], "roles": given, "moved": moved, "settings": settings,
    }
    return Answer("diff", not grew and not is_looser, headline, sections, facts)


def _gained(old: Analysis, new: Analysis) -> list[str]:
    """What only the second permits, in words: what each holds, what its roles let it call, whom the policy trusts."""
    before = _authority(old)
    held = (right for key, right in _authority(new).items() if key not in before)
    return [line for rights in (held, _methods(old, new), _trusted(old, new)) for line in _lines(rights)]


def _lines(rights: Iterable[Right]) -> list[str]:
    """One line for all that one may do to one thing, or for all things to which one may do the same."""
    things: dict[tuple[str, str], list[str]] = {}
    for subject, verb, thing in rights:
        things.setdefault((subject, thing), []).append(verb)
    verbs: dict[tuple[str, str], list[str]] = {}
    for (subject, thing), each in things.items():
        verbs.setdefault((subject, " and ".join(each)), []).append(thing)
    return [f"{subject} {verb} {', '.join(each)}" for (subject, verb), each in verbs.items()]


def _more(before: dict[tuple[str, str], None], after: dict[tuple[str, str], None], verb: str) -> list[str]:
    """Pairs that only the second has, in words."""
    return _lines((subject, verb, target) for subject, target in after if (subject, target) not in before)


def _authority(analysis: Analysis) -> dict[tuple[str, ...], Right]:
    """Every single right, by what it is: in words with the place that gave it."""
    facts = analysis.facts
    found = _declared(facts)
    words = analysis.view().words
    bits = {process.name: process.names.bits for process in facts.plan.processes}
    for held in (*facts.maps, *facts.caps):
        if facts.is_private(held.object, held.holder) and (held.is_map or held.name in ("notification", "reply")):
            continue
        for right in sorted(held.rights) or ["all"]:
            function = f"{held.badge:#x}" if held.type == "SMC" else ""
            for signal, thing in _signals(facts, bits, held, words) if (held.type, right) == ("NOTIFICATION", "WRITE") else [("", "")]:
                key = (held.holder, held.type, held.object, right, function, str(held.is_map), signal)
                found.setdefault(key, (held.holder, _verb(held, right), f"{thing or _thing(held, words)} {at(held.place)}"))
    return found


def _signals(facts: Facts, bits: dict[str, dict[str, int]], held: Held, words: Words) -> Iterable[tuple[str, str]]:
    """Each bit that a capability raises (an event, a doorbell, a console), a right of its own whatever the capability is called; others by that name."""
    owner = facts.owners.get(held.object, "")
    named = bits.get(owner, {})
    for name, bit in named.items():
        if held.badge & bit:
            yield name, f"{owner}.{name}"
    if not held.badge or held.badge & ~sum(named.values()):
        yield f"by {held.name}", f"{words.thing(held.object)} by {held.name}"


def _methods(old: Analysis, new: Analysis) -> Iterable[Right]:
    """What clients may call of services' protocols by their roles, and could not."""
    for client, verb, thing, place in roles.more(old.facts, new.facts):
        yield client, verb, f"{thing} {at(place)}"


def _trusted(old: Analysis, new: Analysis) -> Iterable[Right]:
    """Whom statements of the policy trust by name, and did not."""
    for name, statement in policy_diff.new_trusts(old.facts, new.facts):
        yield name, "is trusted to pass on only what may be passed on, by the statement:", statement


def _verb(held: Held, right: str) -> str:
    """What one right permits."""
    plain = {"READ": "reads", "WRITE": "writes", "EXECUTE": "executes"}
    verbs = {
        ("ENDPOINT", "READ"): "receives on", ("ENDPOINT", "WRITE"): "may call", ("ENDPOINT", "GRANT"): "may send capabilities to",
        ("NOTIFICATION", "WRITE"): "may signal", ("NOTIFICATION", "READ"): "may wait on", ("IRQ_HANDLER", "all"): "handles", ("SMC", "all"): "may call",
    }
    if held.is_map and right in plain:
        return plain[right]
    return verbs.get((held.type, right), "holds" if right == "all" else f"holds, to {right.lower()},")


def _thing(held: Held, words: Words) -> str:
    if held.type == "SMC":
        return f"the firmware function {held.badge:#x}" if held.badge else "any firmware function"
    return words.thing(held.object)


def _declared(facts: Facts) -> dict[tuple[str, ...], Right]:
    """What the spec declares besides capabilities."""
    found: dict[tuple[str, ...], Right] = {}
    for process in facts.plan.processes:
        if process.may_power_off:
            found[process.name, "power_off"] = (process.name, "may have", f"the machine powered off {at(facts.places.of_key(process.name, 'may_power_off'))}")
    for channel in sorted(facts.separating):
        found["trust", channel] = (facts.channel_text(channel), "is", "a trust that answers rest on")
    for guest in facts.system.guests:
        for device in guest.devices:
            compatible = device.model.compatible[0]
            digest = hashlib.sha256(device.model.path.read_bytes()).hexdigest()
            thing = f"{device.name} ({compatible}) at {device.address:#x} for {guest.name}, by the code of {facts.system.relative(device.model.path)}, SHA-256 {digest[:8]}... {at(facts.places.of_emulated(guest.name, device.name))}"
            key = (guest.name, "emulates", device.name, compatible, f"{device.address:#x}", str(device.interrupt), digest)
            found[key] = (f"vmm_{guest.name}", "emulates", thing)
    for subject, thread in facts.threads.items():
        if thread.has_fpu:
            found[subject, "fpu"] = (subject, "may use", f"floating point {at(facts.places.of_key(subject, 'fpu'))}")
    return found


def _reach(analysis: Analysis) -> dict[tuple[str, str], None]:
    """Who reaches whom, by data."""
    graph = analysis.view().flow
    return {(source, target): None for source in analysis.facts.subjects for target in graph.reached(source)}


def _moved(old: Analysis, new: Analysis) -> Iterable[str]:
    """Memory, budgets, periods and priorities that differ; who came and went."""
    for name in dict.fromkeys((*old.facts.subjects, *new.facts.subjects)):
        if name not in new.facts.threads:
            yield f"{name} is gone {at(old.facts.places.of_subject(name))}"
        elif name not in old.facts.threads:
            yield f"{name} is new: {_time(new, name)}, {at_least(memory_of(new, name))} {at(new.facts.places.of_subject(name))}"
        else:
            before, after = memory_of(old, name), memory_of(new, name)
            if before != after and new.facts.threads[name].part == name:
                yield f"{name}: memory {at_least(before)}, now {at_least(after)} {at(new.facts.places.of_subject(name))}"
            if _time(old, name) != _time(new, name):
                yield f"{name}: {_time(old, name)}, now {_time(new, name)} {at(new.facts.places.of_time(name))}"
    sizes = [{region.name: region.size for region in each.facts.system.shared} for each in (old, new)]
    for name in dict.fromkeys((*sizes[0], *sizes[1])):
        if sizes[0].get(name) != sizes[1].get(name):
            yield f"region {name}: {_size(sizes[0].get(name))}, now {_size(sizes[1].get(name))}"


def _settings(old: Analysis, new: Analysis) -> Iterable[str]:
    """Emulated devices that begin with another number."""
    before, after = ({(guest.name, device.name): device.setting for guest in each.facts.system.guests for device in guest.devices} for each in (old, new))
    for guest, device in before:
        if before[guest, device] != after.get((guest, device), before[guest, device]):
            yield f"{device} of {guest}: setting {before[guest, device]}, now {after[guest, device]} {at(new.facts.places.of_emulated(guest, device))}"


def _size(size: int | None) -> str:
    return "none" if size is None else size_text(size)


def _time(analysis: Analysis, name: str) -> str:
    thread = analysis.facts.threads[name]
    if "PASSIVE" in thread.flags and thread.home is None:
        return f"priority {thread.priority}, on its callers' time"
    return f"priority {thread.priority}, {time_text(thread.budget_ns)} of {time_text(thread.period_ns)}"
