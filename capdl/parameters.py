# SPDX-License-Identifier: BSD-2-Clause
"""Parameters of a spec or part: `$(name)` in a value stands for what the parameter is set to.

Substitution works on the tree before any value is checked, so that a parameter's type and unit are those of its use; the
place of a substituted value stays that of the use. `$$(` writes `$(`. (docs/adr/0020)
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from capdl.diagnostics import Origin, Place, Reporter, listing, nearest
from capdl.value_types import NAME_PATTERN
from capdl.yaml_source import Mapping, Node, Scalar, Sequence

#: Substitution may make a value grow, by steps that double it; nothing in a spec needs so many characters.
VALUE_CHARACTERS_MAX = 4096
#: Parameters that are looked at for a circle of defaults, which is told whole.
LOOKED_AT_MAX = 64
_USE = re.compile(rf"\$\$\(|\$\((?:({NAME_PATTERN})\))?")
_WHOLE = re.compile(rf"\$\({NAME_PATTERN}\)")


@dataclass(frozen=True)
class Setting:
    """What a parameter is set to: its text, whether that can only be a text, where it stands and how a message names that.

    `has_value`: it is not made of what was told to have no value.
    """

    text: str
    quoted: bool
    place: Place
    told: str
    has_value: bool = True

    @staticmethod
    def of(node: Scalar) -> Setting:
        """A value that a spec gives."""
        before = node.place.origin.text.split("; in part ")[0]
        through = f", where {before}" if before.startswith("parameter ") else ""
        return Setting(node.text, node.quoted, node.place, f"set at {node.place}{through}")


@dataclass
class Parameters:
    """The parameters of one file or one instance, with their values."""

    values: dict[str, Setting]

    def substitute(self, node: Scalar, origin: Origin, reporter: Reporter) -> Scalar:
        """Return the scalar with its parameters' values, and `origin` besides; what cannot be replaced was reported by check_use."""
        names = [match[1] for match in _USE.finditer(node.text) if match[1] in self.values]
        if not names:
            text = node.text.replace("$$(", "$(")
            return Scalar(_place(node.place, origin), text, node.quoted)
        text = _USE.sub(lambda match: "$(" if match[0] == "$$(" else self.values[match[1]].text if match[1] in self.values else match[0], node.text)
        if len(text) > VALUE_CHARACTERS_MAX:
            reporter.lacks_value("SEL-S092", node.place, count=len(text), what="characters of one value", bound=VALUE_CHARACTERS_MAX, remedy="give the parameters shorter values")
            text = text[:VALUE_CHARACTERS_MAX]
        if not all(self.values[name].has_value for name in names):
            reporter.lose_value(node.place)
        words = [f"parameter '{name}' is {self.values[name].told}" for name in dict.fromkeys(names)]
        whole = self.values[names[0]] if _WHOLE.fullmatch(node.text) else None
        told = Origin("; ".join([*words, *([origin.text] if origin.text else [])]), whole.place.base if whole else "", origin.instance)
        return Scalar(_place(node.place, told), text, node.quoted or (whole is not None and whole.quoted))

    def copy(self, node: Node, origin: Origin, reporter: Reporter) -> Node:
        """Return a copy of a tree (at most DEPTH_MAX deep) with all values substituted and `origin` at every place."""
        if isinstance(node, Scalar):
            return self.substitute(node, origin, reporter)
        place = _place(node.place, origin)
        if isinstance(node, Sequence):
            return Sequence(place, [self.copy(item, origin, reporter) for item in node.items])
        assert isinstance(node, Mapping)
        items = {key: self.copy(item, origin, reporter) for key, item in node.items.items()}
        return Mapping(place, items, {key: _place(at, origin) for key, at in node.key_places.items()})


def _place(place: Place, origin: Origin) -> Place:
    """A place with an origin; the file that relative paths start from stays what it was."""
    if origin == Origin():
        return place
    return Place(place.path, place.line, place.column, Origin(origin.text, origin.base or place.origin.base, origin.instance))


def scalars(node: Node) -> Iterator[Scalar]:
    """Every scalar of a tree."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from scalars(item)
    elif isinstance(node, Mapping):
        for item in node.items.values():
            yield from scalars(item)


def check_use(nodes: list[Node], declared: Mapping | None, reporter: Reporter) -> None:
    """Report what is no parameter, or an unknown one, and every declared one without a use in `nodes` or a later default."""
    names = declared.items if declared else {}
    used: set[str] = set()
    for scalar in (found for node in [*nodes, *names.values()] for found in scalars(node)):
        for match in _USE.finditer(scalar.text):
            if match[1] is not None:
                used.add(match[1])
                if match[1] not in names:
                    # A misspelt name is a use of the one that was meant.
                    used.update(difflib.get_close_matches(match[1], names, n=1))
                    hint = "; `$$(` writes the two characters `$(`"
                    reporter.lacks_value("SEL-S070", scalar.place, name=match[1], nearest=nearest(match[1], names), permitted=listing(names), hint=hint)
            elif match[0] == "$(":
                reporter.lacks_value("SEL-S073", scalar.place, found=f"'{scalar.text[match.start() : match.start() + 40]}'")
    _check_order(names, reporter)
    for node in nodes:
        _check_keys(node, reporter)
    for name in names:
        if name not in used:
            reporter.add("SEL-S071", declared.key_places[name], name=name)


def _check_order(declared: dict[str, Node], reporter: Reporter) -> None:
    """Report every default that uses itself, by others too, or what is declared below it: values are made from the top down."""
    uses = {name: [match[1] for scalar in scalars(node) for match in _USE.finditer(scalar.text) if match[1] in declared] for name, node in declared.items()}
    above: set[str] = set()
    for name, node in declared.items():
        below = next((other for other in uses[name] if other not in above), None)
        if below is not None:
            circle = _way(uses, below, name)
            what = f"itself: {' -> '.join([name, *circle])}" if circle else f"'{below}', which is declared below it"
            reporter.lacks_value("SEL-S104", node.place, name=name, what=what, remedy="write a value instead" if circle else f"declare '{below}' above it")
        above.add(name)


def _way(uses: dict[str, list[str]], start: str, end: str) -> list[str]:
    """The shortest way from one default to another by what each uses; empty if there is none, or it is not found among LOOKED_AT_MAX."""
    users = {start: ""}
    for name in (queue := [start]):
        if name == end:
            way = [name]
            while users[way[0]]:
                way.insert(0, users[way[0]])
            return way
        for other in uses[name]:
            if other not in users and len(users) < LOOKED_AT_MAX:
                users[other] = name
                queue.append(other)
    return []


def _check_keys(node: Node, reporter: Reporter) -> None:
    if isinstance(node, Sequence):
        for item in node.items:
            _check_keys(item, reporter)
    elif isinstance(node, Mapping):
        for key, item in node.items.items():
            if "$(" in key:
                reporter.add("SEL-S076", node.key_places[key], name=key[:60])
            _check_keys(item, reporter)


def evaluate(
    declared: Mapping | None, given: dict[str, Setting], reporter: Reporter, unset: Place | None, remedy: Callable[[str], str], origin: Origin = Origin()
) -> Parameters:
    """Give each declared parameter its value: the given one, or its default, which may use those declared above it.

    One without either is reported at `unset`, by default where it is declared, with the remedy for its name; of what uses it nothing is said.
    """
    made = Parameters({})
    for name in given:
        if declared is None or name not in declared.items:
            names = declared.items if declared else {}
            reporter.add("SEL-S070", given[name].place, name=name[:60], nearest=nearest(name, names), permitted=listing(names), hint="")
    for name, node in (declared.items if declared else {}).items():
        if name in given:
            made.values[name] = replace(given[name], has_value=reporter.has_value(given[name].place))
        elif isinstance(node, Scalar) and (node.text or node.quoted):
            value = made.substitute(node, origin, reporter)
            has_value = reporter.has_value(node.place)
            made.values[name] = Setting(value.text, value.quoted, value.place, f"the default at {node.place}", has_value)
        elif isinstance(node, Scalar):
            reporter.add("SEL-S072", unset or declared.key_places[name], name=name, remedy=remedy(name))
            made.values[name] = Setting(f"$({name})", False, node.place, "not set", has_value=False)
    return made
