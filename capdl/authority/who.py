# SPDX-License-Identifier: BSD-2-Clause
"""`sel who`: who holds a resource, how, and from where in the spec; who could come to hold it.

A resource is a device, an emulated device of a guest, an interrupt, a shared region, a guest's memory, a service, an event, a process or guest (who can do what to it), an
object of the plan by its name, or one of the words in WORDS.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import partial

from capdl.authority import policy
from capdl.authority.analysis import Analysis, View
from capdl.authority.answer import Answer, Section, Unknown
from capdl.authority.facts import CONSOLE_CHANNEL, Facts, Held
from capdl.authority.links import Link, at, spot
from capdl.authority.policy import memory_of
from capdl.authority.policy_check import licences
from capdl.authority.roles import Client, clients
from capdl.authority.schedule import Context
from capdl.authority.why import targets
from capdl.diagnostics import Place, nearest
from capdl.quantity import size_in_k, time_text

WORDS = {
    "time": "the core: budgets, worst responses, margins, priority inversions",
    "memory": "how much each part has",
    "licences": "the licence of each process and guest",
    "trusts": "what answers rest on: separators, bus masters, firmware calls, who stops all, whom the policy trusts by name",
    "policy": "each statement, and whether it holds",
}
_VERBS = (("may_read", "can read its memory"), ("may_write", "can write its memory"), ("may_call", "can call it"), ("may_signal", "can signal it"), ("may_stop", "can stop it"))


def who(analysis: Analysis, resource: str) -> Answer:
    """Answer who holds a resource; raises Unknown if there is no such thing."""
    facts = analysis.facts
    words: dict[str, Callable[[Analysis], Answer]] = {
        "time": _time, "core": _time, "memory": _memory, "licences": _licences, "trusts": _trusts, "policy": _policy}
    if resource in words:
        return words[resource](analysis)
    kinds = targets(facts)
    is_object = resource in facts.types or any(held.object == resource for held in facts.caps)
    kind = kinds.get(resource, "object" if is_object else "")
    if kind == "subject":
        return _subject(analysis, resource)
    if kind == "region":
        return _holders(analysis, resource, f"the region {resource}", lambda held: held.object == f"shared.{resource}")
    if kind == "device":
        return _holders(analysis, resource, f"the device {resource}", lambda held: facts.uses(held, resource))
    if kind in ("service", "object"):
        return _holders(analysis, resource, resource, lambda held: held.object == resource)
    if kind == "event":
        return _event(analysis, resource)
    if kind == "guest's device":
        return _emulated(analysis, resource)
    interrupt = _interrupt_object(analysis, resource)
    if interrupt:
        return _holders(analysis, resource, f"the interrupt {interrupt[0]}", lambda held: facts.takes(held, interrupt[1]))
    kernels = _kernels(analysis, resource)
    if kernels:
        return Answer(f"who {resource}", True, f"{kernels}: the kernel.", [Section("the kernel drives it itself: no spec gives it to a process or guest.")], {"resource": resource, "holders": [], "could": {}, "kernel": True})
    known = [*WORDS, *kinds, *(f"irq{number}" for number in _intids(analysis))]
    # A number that is nearly another's names another thing, not the same one mistyped.
    guess = "" if re.fullmatch("(irq)?[0-9]+", resource, re.IGNORECASE) else nearest(resource, known)
    raise Unknown(f"there is nothing called '{resource}'{guess}; there are: {', '.join(known)}")


def _kernels(analysis: Analysis, resource: str) -> str:
    """A device of the kernel, or an interrupt of one, in words; nothing if it is neither."""
    board = analysis.facts.system.platform
    for name, device in (("uart", board.uart), ("gic", board.interrupt_controller), ("timer", board.timer)):
        if any(device.registers == other.registers for other in board.devices.values() if device.registers):
            continue  # a process may have it
        if resource == name:
            return f"the device {name} ({device.compatible})"
        number = next((each.intid for each in device.interrupts if resource in (f"irq{each.intid}", str(each.intid))), None)
        if number is not None:
            return f"the interrupt {number} of {name} ({device.compatible})"
    return ""


def _intids(analysis: Analysis) -> dict[int, str]:
    """INTIDs of the board's devices, with their handlers' names."""
    devices = analysis.facts.system.platform.devices.values()
    return {each.intid: f"{device.name}.irq{number or ''}" for device in devices for number, each in enumerate(device.interrupts)}


def _interrupt_object(analysis: Analysis, resource: str) -> tuple[str, str] | None:
    """(words, handler) of `irq33`, `33` or `uart0.irq`."""
    intids = _intids(analysis)
    for intid, handler in intids.items():
        if resource in (f"irq{intid}", str(intid), handler):
            return f"{intid} of {handler.partition('.')[0]}", handler
    return None


def _how(held: Held) -> str:
    """What somebody may do by what is held."""
    reads, writes = held.has("READ"), held.has("WRITE")
    both = "reads and writes" if reads and writes else "writes" if writes else "reads"
    verbs = {
        "FRAME": both if held.is_map else f"may map it, and then {both}", "ENDPOINT": "receives on" if reads and not writes else "may call" if not reads else "may call and receive on",
        "NOTIFICATION": "waits on" if reads else "may signal", "IRQ_HANDLER": "handles", "IRQ_CONTROL": "may make the handler of every interrupt that nobody has, by", "UNTYPED": "makes objects in",
    }
    return verbs.get(held.type, "holds")


def _holders(analysis: Analysis, resource: str, thing: str, fits: Callable[[Held], bool]) -> Answer:
    """Who has something from the start, and who could come to hold it."""
    view = analysis.view()
    rows = [held for held in (*view.facts.maps, *view.facts.caps) if fits(held)]
    calls = _calls(view.facts)
    lines = [f"{held.holder} {_how(held)} {view.words.thing(held.object)}{_called(calls.get(_use(held)))}{' and may send capabilities along' if _grants(held) else ''} {at(held.place)}" for held in rows]
    holders = list(dict.fromkeys(held.holder for held in rows))
    sections = [Section("from the start:", lines=list(dict.fromkeys(lines)))] if lines else []
    gained = {}
    among = view.closure.mask(fits)
    for subject in view.facts.subjects:
        new = [(round, number) for number, _, round in view.closure.held(subject, among) if round]
        if new and subject not in holders:
            gained[subject] = view.words.chain(subject, min(new)[1])
    sections += [Section(f"{subject} could come to hold it:", links=links) for subject, links in gained.items()]
    devices = {name: device for name, device in view.facts.masters.items() if any(held.object == name for held in rows)}
    sections += [Section(f"{device.name} is a bus master without an IOMMU: its driver reaches all memory.") for device in devices.values()]
    headline = f"{thing}: {', '.join(holders) if holders else 'nobody holds it'}."
    holding = partial(_could_hold, fits=fits)
    facts = {
        "resource": resource, "holders": [_holder(held, calls.get(_use(held))) for held in rows],
        "could": {subject: [link.as_dict() for link in links] for subject, links in gained.items()},
    }
    answer = Answer(f"who {resource}", True, headline, sections, facts)
    answer.rest_on(analysis.rests_on(holding))
    return answer


def _holder(held: Held, client: Client | None) -> dict[str, object]:
    """A holder as data."""
    spoken = {"protocol": client.protocol, "roles": list(client.roles), "methods": list(client.methods)} if client else {}
    return {"who": held.holder, "how": _how(held), "object": held.object, "rights": sorted(held.rights), **spoken, "place": spot(held.place)}


def _use(held: Held) -> tuple[str, str, str]:
    """What a client's capability to call a service is known by."""
    return held.holder, held.object, held.name


def _calls(facts: Facts) -> dict[tuple[str, str, str], Client]:
    """Clients of services that speak a protocol, by the capabilities that make them clients: one by hand has no role."""
    known = clients(facts)
    uses = ((process.name, f"{server}.{service}", local) for process in facts.system.processes for local, server, service in process.uses)
    return {use: client for use in uses if (client := known[use[:2]]).spoken is not None}


def _called(client: Client | None) -> str:
    """Roles of a client, and what it may call, in words."""
    return f"{client.role_text}: {', '.join(client.methods) or 'nothing'}" if client else ""


def _could_hold(view: View, fits: Callable[[Held], bool]) -> set[str]:
    """Who holds something that fits, or can come to hold it."""
    among = view.closure.mask(fits)
    return {subject for subject in view.facts.subjects if view.closure.has[subject] & among}


def _grants(held: Held) -> bool:
    return held.type == "ENDPOINT" and "GRANT" in held.rights


def _event(analysis: Analysis, event: str) -> Answer:
    """Who may signal one bit of a Notification."""
    owner, _, name = event.partition(".")
    bit = 1 << analysis.facts.system.get_process(owner).events.index(name)
    notification = f"{owner}.notification"
    return _holders(analysis, event, f"the event {event}", lambda held: held.object == notification and (held.holder == owner or not held.badge or bool(held.badge & bit)))


def _emulated(analysis: Analysis, resource: str) -> Answer:
    """Who emulates a device that is called so, for which guest: its code runs in that guest's VMM and may do all that the VMM may."""
    facts = analysis.facts
    rows = [(guest.name, device) for guest in facts.system.guests for device in guest.devices if resource in (device.name, f"{guest.name}.{device.name}")]
    lines = [f"vmm_{guest} emulates {device.name} ({device.model.compatible[0]}) at {device.address:#x} for {guest}, by the code of {facts.system.relative(device.model.path)}, which may do all that vmm_{guest} may "
             f"{at(facts.places.of_emulated(guest, device.name))}" for guest, device in rows]
    emulated = [{"who": f"vmm_{guest}", "for": guest, "device": device.name, "compatible": list(device.model.compatible), "address": device.address, "source": facts.system.relative(device.model.path),
                 "place": spot(facts.places.of_emulated(guest, device.name))} for guest, device in rows]
    headline = f"the emulated device {resource}: {', '.join(dict.fromkeys(each['who'] for each in emulated))}."
    return Answer(f"who {resource}", True, headline, [Section("by the spec:", lines=lines)], {"resource": resource, "emulated": emulated})


def _subject(analysis: Analysis, name: str) -> Answer:
    """Who can do what to a process or guest, by themselves."""
    sections, facts = [], {}
    can = _can(analysis.view(), name)
    for verb, title in _VERBS:
        if verb not in can:
            continue
        found = can[verb]
        facts[verb] = {other: [link.as_dict() for link in links] for other, links in found.items()}
        if found:
            sections.append(Section(f"{title}:", lines=[_of(other, links) for other, links in found.items()]))
    others = list(dict.fromkeys(other for verb in facts.values() for other in verb))
    headline = f"{name}: in reach of {', '.join(others)}." if others else f"{name}: nobody can do anything to it."
    answer = Answer(f"who {name}", True, headline, sections, {"resource": name, **facts})
    answer.rest_on(analysis.rests_on(lambda view: {verb: set(found) for verb, found in _can(view, name).items()}))
    return answer


def _can(view: View, name: str) -> dict[str, dict[str, list[Link]]]:
    """Who can do what to a subject, by verb."""
    verbs = [verb for verb, _ in _VERBS if verb != "may_signal" or not view.facts.is_guest(name)]
    return {verb: {other: links for other in view.facts.subjects if other != name and (links := view.access.answer(verb, other, name))} for verb in verbs}


def _of(subject: str, links: list[Link]) -> str:
    """What a subject can do on one line, with its name once."""
    text = "; ".join(link.text for link in links)
    return text if text.startswith(f"{subject} ") else f"{subject}: {text}"


# Time ------------------------------------------------------------------------------------------

def percent(share: Fraction) -> str:
    """A share with a tenth of a percent."""
    return f"{float(share) * 100:.1f}%"


def time_facts(analysis: Analysis) -> dict[str, object]:
    """The core's time as data, for JSON and for a report."""
    schedule = analysis.schedule
    rows = [
        {"name": each.name, "priority": each.priority, "budget_ns": each.budget_ns, "period_ns": each.period_ns, "share": float(each.share), "servers": list(each.chain),
         "lowest_priority": each.lowest, "highest_priority": each.highest, "response_ns": each.response_ns, "margin_ns": each.margin_ns, "place": spot(analysis.facts.places.of_time(each.name))}
        for each in schedule.contexts
    ]
    return {
        "utilisation": float(schedule.utilisation), "contexts": rows, "passive": {name: list(callers) for name, callers in schedule.passive.items()},
        "inversions": [{"caller": each.caller, "server": each.server, "text": each.text} for each in schedule.inversions],
    }


def _time_line(analysis: Analysis, context: Context) -> str:
    budget = f"{time_text(context.budget_ns)} of {time_text(context.period_ns)}"
    if context.response_ns is None:
        worst = "may run without pause, gets what is left" if context.is_unlimited else "not sure to have it within its period"
    else:
        worst = f"has it within {time_text(context.response_ns)}, margin {time_text(context.margin_ns or 0)}"
    servers = f", works through {', '.join(context.chain)}" if context.chain else ""
    return f"{context.name}: priority {context.priority}, {budget} ({percent(context.share)}){servers}: {worst} {at(analysis.facts.places.of_time(context.name))}"


def _time(analysis: Analysis) -> Answer:
    schedule = analysis.schedule
    ordered = sorted(schedule.contexts, key=lambda each: -each.priority)
    late = [each.name for each in ordered if each.response_ns is None]
    verdict = f"not sure of its budget: {', '.join(late)}" if late else "every budget is sure to be had within its period"
    sections = [Section("budgets, highest priority first (the whole budget, at the worst):", lines=[_time_line(analysis, each) for each in ordered])]
    if schedule.passive:
        lines = [f"{name} (priority {analysis.facts.threads[name].priority}): {', '.join(callers) or 'nobody calls it'} {at(analysis.facts.places.of_time(name))}" for name, callers in schedule.passive.items()]
        sections.append(Section("on their callers' time:", lines=lines))
    if schedule.inversions:
        sections.append(Section("callers that can wait for lower priorities:", lines=[each.text for each in schedule.inversions]))
    return Answer("who time", True, f"core 0: {percent(schedule.utilisation)} is given away; {verdict}.", sections, time_facts(analysis))


# Lists -----------------------------------------------------------------------------------------

def _memory(analysis: Analysis) -> Answer:
    facts = analysis.facts
    sizes = {part["name"]: 0 for part in facts.plan.parts}
    for item in facts.plan.objects:
        if item.part in sizes:
            sizes[item.part] += item.count << item.size_bits
    names = [name for name in facts.subjects if name in sizes]
    lines = [f"{name}: {size_in_k(memory_of(analysis, name))} {at(facts.places.of_subject(name))}" for name in names]
    lines.append(f"shared regions and console rings: {size_in_k(sizes['shared'])}")
    if "roottask" in sizes:
        lines.append(f"roottask: {size_in_k(sizes['roottask'])}")
    rounded = sum(-(-size // 1024) for size in sizes.values())
    headline = f"{rounded}K in all, of {size_in_k(facts.system.platform.ram[1])}, each part rounded up, without programs and page tables, which are known when everything is linked."
    return Answer("who memory", True, headline, [Section("parts:", lines=lines)], {"parts": sizes, "ram": facts.system.platform.ram[1]})


def _licences(analysis: Analysis) -> Answer:
    held = licences(analysis.facts.system)
    stated = {name: text for name, text in held.items() if text}
    groups: dict[str, list[str]] = {}
    for name, text in stated.items():
        groups.setdefault(text, []).append(name)
    lines = [f"{text}: " + ", ".join(f"{name} {at(_licence_place(analysis, name))}" for name in names) for text, names in sorted(groups.items())]
    silent = [name for name in held if name not in stated]
    if silent:
        lines.append(f"none stated: {', '.join(silent)}")
    headline = f"{len(stated)} of {len(held)} processes, guests and VMMs state a licence."
    return Answer("who licences", True, headline, [Section("licences:", lines=lines)], {"licences": held})


def _licence_place(analysis: Analysis, name: str) -> Place:
    places = analysis.facts.places
    if ("processes", name) in places.index:
        return places.of("processes", name, "licence")
    return places.of("guests", name, "licence") if analysis.facts.is_guest(name) else places.of("guests", name.removeprefix("vmm_"), "vmm", "licence")


def trusts(analysis: Analysis) -> list[str]:
    """What answers rest on besides kernel and roottask, a sentence each."""
    facts, view = analysis.facts, analysis.view()
    lines = [facts.channel_text(channel) for channel in sorted(facts.separating, key=lambda each: (each == CONSOLE_CHANNEL, each))]
    for subject in facts.subjects:
        if any(owner is None for _, owner in view.closure.controlled(subject)):
            lines.append(f"{subject} reaches all memory ({', '.join(view.words.thing(name) for name, owner in view.closure.controlled(subject) if owner is None)})")
    return lines


def policy_trusts(analysis: Analysis) -> list[str]:
    """Whom statements of the policy trust by name, a sentence a statement."""
    return [f"{', '.join(rule.except_through)}: trusted by the policy to pass on only what may be passed on ({spot(rule.place)})"
            for rule in analysis.facts.system.policy if rule.except_through]


def policy_results(analysis: Analysis) -> list[dict[str, object]]:
    """Each statement of the policy with what breaks it."""
    found: list[dict[str, object]] = []
    for rule in analysis.facts.system.policy:
        broken_by = [str(finding) for finding in policy.judge(analysis, rule)]
        found.append({"statement": rule.text, "place": spot(rule.place), "broken_by": broken_by, "rests_on": [] if broken_by else policy.rests_on(analysis, rule)})
    return found


def _policy(analysis: Analysis) -> Answer:
    results = policy_results(analysis)
    if not results:
        return Answer("who policy", True, "the spec states no policy.", facts={"policy": []})
    lines: list[str] = []
    for each in results:
        resting = f", resting on: {'; '.join(each['rests_on'])}" if each["rests_on"] else ""
        lines.append(f"{'broken' if each['broken_by'] else 'holds'}: {each['statement']} ({each['place']}){resting}")
        lines += each["broken_by"]
    count = sum(1 for each in results if each["broken_by"])
    return Answer("who policy", not count, f"{len(results)} statement{'s' if len(results) != 1 else ''}, {count} broken.", [Section("policy:", lines=lines)], {"policy": results})


def _trusts(analysis: Analysis) -> Answer:
    view = analysis.view()
    stopping = []
    for subject in view.facts.subjects:
        found = [links for links in view.access.stops_all(subject) if links]
        if found:
            stopping.append(_of(subject, min(found, key=len)))
    lines = [*trusts(analysis), *policy_trusts(analysis)]
    sections = [Section("trusted:", lines=lines)] if lines else []
    if stopping:
        sections.append(Section("may stop everything:", lines=stopping))
    headline = "everybody trusts the kernel, the roottask, the boot loader and the board" + (", and besides:" if sections else ", and nobody else.")
    return Answer("who trusts", True, headline, sections, {"trusts": lines, "stops_all": stopping})
