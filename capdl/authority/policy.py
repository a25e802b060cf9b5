# SPDX-License-Identifier: BSD-2-Clause
"""Decides a policy over the plan: what breaks a statement is a diagnostic with the shortest path, link by link."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from capdl.authority import remedy
from capdl.authority.analysis import Analysis, View
from capdl.authority.flow import MEMORY, acts
from capdl.authority.links import TRANSFER, Link, at
from capdl.authority.rules import Rule
from capdl.authority.schedule import budget_set, response
from capdl.diagnostics import Diagnostic, Place, SpecError, make
from capdl.model import System
from capdl.plan_data import Plan
from capdl.quantity import size_in_k, time_text

SUBJECT = "policy"


def path_text(links: list[Link]) -> str:
    """A path on one line."""
    return " -> ".join(link.text for link in links)


def enforce(system: System, plan: Plan) -> None:
    """Raise SpecError with everything that breaks the system's policy."""
    if not system.policy:
        return
    analysis = Analysis(system, plan)
    findings = [finding for rule in system.policy for finding in judge(analysis, rule)]
    if findings:
        raise SpecError(findings)


def judge(analysis: Analysis, rule: Rule) -> list[Diagnostic]:
    """Return what breaks one statement."""
    return list(_max(analysis, rule) if rule.kind == "max" else _DECIDERS[rule.kind](analysis.view(rule.except_through), rule))


def rests_on(analysis: Analysis, rule: Rule) -> list[str]:
    """The separators without which a statement that holds would be broken."""
    return [] if rule.kind == "max" else analysis.rests_on(lambda view: not any(_DECIDERS[rule.kind](view, rule)), rule.except_through)


def _pairs(groups: tuple[tuple[str, ...], ...]) -> Iterator[tuple[str, str]]:
    """Pairs of subjects of two different groups, in both orders."""
    for number, first in enumerate(groups):
        for other, second in enumerate(groups):
            if other != number:
                yield from ((one, two) for one in first for two in second if one != two)


def _flow(view: View, rule: Rule) -> Iterator[Diagnostic]:
    yield from _flows(view, rule, [(source, target) for source in rule.sources for target in rule.targets if source != target])


def _path(view: View, rule: Rule) -> Iterator[Diagnostic]:
    yield from _flows(view, rule, list(dict.fromkeys(_pairs(rule.groups))))


def _flows(view: View, rule: Rule, pairs: list[tuple[str, str]]) -> Iterator[Diagnostic]:
    reached: dict[str, set[str]] = {}
    for source, target in pairs:
        if source not in reached:
            reached[source] = set(view.flow.reached(source))
        if target in reached[source]:
            edges = view.flow.path(source, target) or []
            yield make("SEL-A010", rule.place, SUBJECT, source=source, target=target, path=path_text(view.words.links(edges)), remedy=remedy.of_flow(view.facts, edges))


def _shared(view: View, rule: Rule) -> Iterator[Diagnostic]:
    """Memory that two have mapped or can map, or that one has by controlling the other."""
    seen: set[frozenset[str]] = set()
    for first, second in _pairs(rule.groups):
        if frozenset((first, second)) in seen:
            continue
        seen.add(frozenset((first, second)))
        common = shared_memory(view, first, second)
        if common:
            thing, links = common
            acting = [edge for subject in (first, second) for other in view.closure.acts_as(subject) if other != subject for edge in view.flow.path(subject, other, every=acts) or []]
            yield make("SEL-A011", rule.place, SUBJECT, first=first, second=second, thing=thing, path=path_text(links), remedy=remedy.of_shared_memory(view.facts, links, acting))


def shared_memory(view: View, first: str, second: str) -> tuple[str, list[Link]] | None:
    """Memory of two subjects in common, in words, with who has it how."""
    held: list[dict[str, list[Link]]] = []
    for subject in (first, second):
        links: dict[str, list[Link]] = {}
        for actor in view.closure.acts_as(subject):
            acting = view.access.acting(subject, actor)
            for item in view.facts.maps:
                if item.holder == actor:
                    links.setdefault(item.object, [*acting, _has(view, actor, item.object, "has mapped", item.place)])
            for number, item, _ in view.closure.held(actor, view.closure.memory):
                chain = view.words.chain(actor, number)
                verb = "may map" if item.type == "FRAME" else "may make memory in"
                links.setdefault(item.object, [*acting, *chain, _has(view, actor, item.object, verb, None if chain else item.place)])
            for item, path in view.access.mapped_in(actor):
                links.setdefault(item.object, [*acting, *path])
        held.append(links)
    common = [name for name in held[0] if name in held[1]]
    if not common:
        return None
    name = min(common, key=lambda each: len(held[0][each]) + len(held[1][each]))
    return view.words.thing(name), list(dict.fromkeys(held[0][name] + held[1][name]))


def _has(view: View, subject: str, object: str, verb: str, place: Place | None) -> Link:
    where = f" {at(place)}" if place else ""
    return Link(subject, object, MEMORY, f"{subject} {verb} {view.words.thing(object)}{where}", (place,) if place else ())


def _only(view: View, rule: Rule) -> Iterator[Diagnostic]:
    owner = None if rule.verb == "may_use" else rule.target.partition(".")[0]
    for subject in view.facts.subjects:
        if subject in rule.sources or subject == owner:
            continue
        links = view.access.answer(rule.verb, subject, rule.target)
        if links:
            verb = rule.verb.replace("_", " ")
            yield make("SEL-A012", rule.place, SUBJECT, who=subject, verb=verb, target=rule.target, path=path_text(links), trust=_trust(links))


def _trust(links: list[Link]) -> str:
    """The remedy for what is only handed on: the last on the path who would have to do it."""
    giver = next((link.source for link in reversed(links) if link.kind == TRANSFER), None)
    return f"; or name '{giver}' under `except_through` if it is trusted not to hand it on" if giver else ""


_DECIDERS = {"no_flow": _flow, "no_path": _path, "no_shared_memory": _shared, "only": _only}


def _max(analysis: Analysis, rule: Rule) -> Iterator[Diagnostic]:
    who = ", ".join(rule.sources)
    if rule.share_percent is not None:
        share, parts = spent(analysis, rule.sources)
        if share is None or share * 100 > rule.share_percent:
            shown = _percent(share) if share is not None else "any share"
            yield make("SEL-A013", rule.place, SUBJECT, who=who, share=shown, bound=f"{rule.share_percent}%", parts=", ".join(parts))
    if rule.memory is not None:
        sizes = {name: memory_of(analysis, name) for name in rule.sources}
        total = sum({analysis_part(analysis, name): size for name, size in sizes.items()}.values())
        if total > rule.memory:
            parts = ", ".join(f"{name} {size_in_k(size)} {at(analysis.facts.places.of_subject(name))}" for name, size in sizes.items())
            yield make("SEL-A014", rule.place, SUBJECT, who=who, size=size_in_k(total), bound=size_in_k(rule.memory), parts=parts)
    if rule.response_ns is not None:
        for name in rule.sources:
            yield from _response(analysis, rule, name, rule.response_ns)


def spent(analysis: Analysis, subjects: tuple[str, ...]) -> tuple[Fraction | None, list[str]]:
    """The share of the core that some may come to spend, None for any, and what it is made of."""
    access = analysis.view().access
    for name in subjects:
        makers = access.spending.makers_of(name)
        if makers:
            return None, [f"{budget_set(makers[0], name)} {at(analysis.facts.places.of_time(name))}"]
    share, sources = access.spending.total(subjects)
    parts = []
    for source in sources:
        if source.held is None and source.share is not None:
            controller = next((name for name in subjects if source.owner == name), None) or next(name for name in subjects if source.owner in access.closure.acts_as(name))
            acting = f" by {controller}, which acts in its name" if controller != source.owner else ""
            parts.append(f"{source.owner} {_percent(source.share)} {at(analysis.facts.places.of_time(source.owner))}{acting}")
        else:
            parts.append(path_text(access.brings(source)))
    return share, parts


def _response(analysis: Analysis, rule: Rule, name: str, bound_ns: int) -> Iterator[Diagnostic]:
    """Whether a budget is had in time, whatever others may come to spend before it."""
    context = analysis.schedule.of(name)
    if context is None:
        return
    before = analysis.gained.before(context)
    found = response(context, before)
    if found is None or found > bound_ns:
        reasons = [analysis.gained.reasons[other.name] for other in before if other.name in analysis.gained.reasons]
        parts = f"{time_text(context.budget_ns)} in {time_text(context.period_ns)} at priority {context.priority} {at(analysis.facts.places.of_time(name))}"
        yield make("SEL-A015", rule.place, SUBJECT, who=name, response=response_text(found), bound=time_text(bound_ns), parts="; ".join([parts, *reasons]))


def response_text(response_ns: int | None) -> str:
    """A worst response in words."""
    if response_ns is None:
        return "is not sure to have its whole budget within its period"
    return f"may have its whole budget only after {time_text(response_ns)}"


def _percent(share: Fraction) -> str:
    return f"{float(share) * 100:g}%"


def analysis_part(analysis: Analysis, name: str) -> str:
    """The part whose memory a subject lies in: a VMM lies in its guest's."""
    return analysis.facts.threads[name].part


def memory_of(analysis: Analysis, name: str) -> int:
    """Bytes of all objects of a subject's part that the plan knows: without programs and page tables, which need the linked programs."""
    part = analysis_part(analysis, name)
    return sum(item.count << item.size_bits for item in analysis.facts.plan.objects if item.part == part)
