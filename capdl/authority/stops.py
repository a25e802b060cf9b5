# SPDX-License-Identifier: BSD-2-Clause
"""Who can stop whom, of all pairs of a system, without asking for each pair.

Whom one cannot act as, and of whom one can come to hold nothing but what messages and signals go to, one stops only by running above it, or
with everybody. Of all these the lowest in priority is asked for first: who cannot stop that one can stop none above it.
"""

from __future__ import annotations

from collections.abc import Iterator

from capdl.authority.analysis import View

_HARMLESS = ("ENDPOINT", "NOTIFICATION")


def stops(view: View) -> dict[tuple[str, str], None]:
    """(who, whom) in the order of the spec."""
    subjects = view.facts.subjects
    powers = view.closure.mask(lambda held: held.type not in _HARMLESS)
    found = {(subject, target) for subject in subjects for target in _stopped(view, subject, powers)}
    return {(subject, target): None for subject in subjects for target in subjects if (subject, target) in found}


def _stopped(view: View, subject: str, powers: int) -> Iterator[str]:
    """Whom one can stop."""
    near = _touched(view, subject, powers)
    yield from (target for target in near if view.access.may_stop(subject, target))
    threads = view.facts.threads
    asked: dict[int, bool] = {}
    for target in sorted((name for name in view.facts.subjects if name not in near and name != subject), key=lambda name: threads[name].priority):
        priority = threads[target].priority
        if priority not in asked:
            asked[priority] = bool(view.access.may_stop(subject, target))
        if not asked[priority]:
            return
        yield target


def _touched(view: View, subject: str, powers: int) -> set[str]:
    """Others as whom one can act, or something of whom one has or can come to hold."""
    owners, actors = view.facts.owners, view.closure.acts_as(subject)
    held = [each.object for _, each, _ in view.closure.held(subject, powers)] + [each.object for each in view.facts.maps if each.holder in actors]
    return {*actors, *(owners[name] for name in held if name in owners)} - {subject}
