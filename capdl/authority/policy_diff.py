# SPDX-License-Identifier: BSD-2-Clause
"""What a change of a spec makes of its policy: statements dropped, loosened, tightened and new; who is newly trusted by name.

A statement is taken apart into single demands (no data of a to c; p may not call b.s), each with whom it trusts, so that another
wording of the same is no change. What only one of the two systems has is left out: a demand on it can be neither kept nor lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from capdl.authority.facts import Facts
from capdl.authority.links import at
from capdl.authority.rules import Rule

Demand = tuple[str, ...]
BOUNDS = ("share_percent", "memory", "response_ns")


@dataclass(frozen=True)
class Change:
    """A line, and whether something is demanded no longer."""

    text: str
    is_looser: bool


@dataclass(frozen=True)
class Statement:
    """A statement with its demands, or with whom its bounds are about; both only as far as the two systems have it."""

    rule: Rule
    demands: frozenset[Demand]
    names: frozenset[str]

    @property
    def trusted(self) -> frozenset[str]:
        """Whom it trusts by name."""
        return frozenset(self.rule.except_through)

    @property
    def is_there(self) -> bool:
        """Tell whether it is about anything that both systems have."""
        return bool(self.demands or self.names)

    def is_same(self, other: Statement) -> bool:
        """Tell whether another demands the same, and trusts the same."""
        if (self.rule.kind, self.demands, self.names, self.trusted) != (other.rule.kind, other.demands, other.names, other.trusted):
            return False
        return (self.is_there or self.rule.text == other.rule.text) and all(getattr(self.rule, bound) == getattr(other.rule, bound) for bound in BOUNDS)

    def is_kin(self, other: Statement) -> bool:
        """Tell whether another may have taken its place."""
        if self.rule.kind == "only":
            return (self.rule.verb, self.rule.target) == (other.rule.verb, other.rule.target)
        return self.rule.kind == other.rule.kind and bool(self.demands & other.demands or self.names & other.names)


class Policy:
    """The policy of one of two systems."""

    def __init__(self, facts: Facts, other: Facts):
        self.common = set(facts.subjects) & set(other.subjects)
        self.known = _things(facts) & _things(other)
        self.statements = [self._statement(rule, facts.subjects) for rule in facts.system.policy]
        self.trusted: dict[Demand, list[frozenset[str]]] = {}
        for each in self.statements:
            for demand in each.demands:
                self.trusted.setdefault(demand, []).append(each.trusted)

    def _statement(self, rule: Rule, subjects: list[str]) -> Statement:
        demands = (demand for demand in _demands(rule, subjects) if self.common.issuperset(demand[1:3]) and self.known.issuperset(demand[3:]))
        return Statement(rule, frozenset(demands), frozenset(self.common.intersection(rule.sources) if rule.kind == "max" else ()))

    def has(self, asked: Statement) -> bool:
        """Tell whether this policy demands all that a statement of the other one does."""
        bounds = ((bound, value) for bound in BOUNDS if (value := getattr(asked.rule, bound)) is not None)
        is_bounded = all(self._bounds(asked.names, bound, value) for bound, value in bounds)
        return is_bounded and all(any(each <= asked.trusted for each in self.trusted.get(demand, ())) for demand in asked.demands)

    def _bounds(self, names: frozenset[str], bound: str, value: int) -> bool:
        """Tell whether some statement bounds these as much: all together, or their responses one by one."""
        fitting = [each.names for each in self.statements if (own := getattr(each.rule, bound)) is not None and own <= value]
        return not names or (names <= frozenset().union(*fitting) if bound == "response_ns" else any(names <= each for each in fitting))


def _things(facts: Facts) -> set[str]:
    """What `only` may be about."""
    found = {*facts.subjects, *facts.system.platform.devices, *(region.name for region in facts.system.shared)}
    for process in facts.system.processes:
        found |= {f"{process.name}.{name}" for name in (*process.serves, *process.events)}
    return found


def _demands(rule: Rule, subjects: list[str]) -> Iterator[Demand]:
    """A word and two subjects, or a word, a subject, the same again and what it may not do something to."""
    if rule.kind == "no_flow":
        yield from (("flow", source, target) for source in rule.sources for target in rule.targets if source != target)
    if rule.kind in ("no_path", "no_shared_memory"):
        word = "flow" if rule.kind == "no_path" else "memory"
        for number, group in enumerate(rule.groups):
            for other in (*rule.groups[:number], *rule.groups[number + 1 :]):
                yield from ((word, one, two) for one in group for two in other if one != two)
    if rule.kind == "only":
        owner = "" if rule.verb == "may_use" else rule.target.partition(".")[0]
        yield from ((rule.verb, subject, subject, rule.target) for subject in subjects if subject != owner and subject not in rule.sources)


def changes(old: Facts, new: Facts) -> list[Change]:
    """What became of each statement that is not demanded as it was, old ones first."""
    before, after = Policy(old, new), Policy(new, old)
    gone = [each for each in before.statements if not any(each.is_same(other) for other in after.statements)]
    come = [each for each in after.statements if not any(each.is_same(other) for other in before.statements)]
    found = []
    for each in gone:
        is_kept = after.has(each)
        successor = next((other for other in come if each.is_kin(other)), None)
        if successor is not None:
            come.remove(successor)
            found.append(Change(f"{'tightened' if is_kept else 'loosened'}: {_said(each)}; now: {_said(successor)}", not is_kept))
        else:
            found.append(Change(f"{'dropped, and nothing with it' if is_kept else 'dropped'}: {_said(each)}", not is_kept))
    found += [Change(f"{'new, and demanded before' if each.is_there and before.has(each) else 'new'}: {_said(each)}", False) for each in come]
    return found


def new_trusts(old: Facts, new: Facts) -> Iterable[tuple[str, str]]:
    """Whom the new policy trusts by name for a demand for which the old one did not, with the statement."""
    before = Policy(old, new)
    for each in Policy(new, old).statements:
        for name in each.rule.except_through:
            if not each.demands or not all(any(name in trusted for trusted in before.trusted.get(demand, ())) for demand in each.demands):
                yield name, _said(each)


def _said(statement: Statement) -> str:
    return f"{statement.rule.text} {at(statement.rule.place)}"
