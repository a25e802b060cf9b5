# SPDX-License-Identifier: BSD-2-Clause
"""What the statements of a policy name: resolves names and refuses statements that nothing could ever break."""

from __future__ import annotations

import re

from capdl.authority.rules import Rule
from capdl.checker import Checker, entries
from capdl.diagnostics import Place, listing, nearest
from capdl.model import System
from capdl.policy_keys import BOUNDS, MAY, STATEMENTS
from capdl.quantity import size_text, time_text
from capdl.value_types import Struct, Value

SUBJECT = "policy"


def has_licence(expression: str | None, licence: str) -> bool:
    """Tell whether a licence expression names an id."""
    return expression is not None and licence in re.split(r"[ ()]+", expression)


def licences(system: System) -> dict[str, str | None]:
    """The licence of every process, guest and VMM."""
    return {item.name: item.licence for item in (*system.processes, *system.guests)}


def _written(top: Struct, system: System) -> dict[str, str | None]:
    """The same with those that were refused, whose fault was told: an image that is not there, say."""
    held = licences(system)
    for name, value in entries(top["guests"]):
        keys: Struct = value.data
        held.setdefault(name, keys.get_data("licence"))
        if "vmm" in keys:
            held.setdefault(f"vmm_{name}", keys["vmm"].data.get_data("licence") if keys["vmm"].data else None)
    for name, value in entries(top["processes"]):
        held.setdefault(name, value.data.get_data("licence"))
    return held


class _Resolver:
    """Resolves one policy."""

    def __init__(self, checker: Checker, top: Struct, system: System):
        self.checker = checker
        self.system = system
        self.licences = _written(top, system)
        self.subjects = list(self.licences)

    def add(self, id: str, place: Place, **values: object) -> None:
        """Report."""
        self.checker.add(id, place, SUBJECT, **values)

    def group(self, item: Value) -> tuple[str, ...]:
        """The subjects that one word names; none was reported."""
        word = item.data
        if word.startswith("licence:"):
            licence = word.removeprefix("licence:")
            found = tuple(name for name, text in self.licences.items() if has_licence(text, licence))
            if not found:
                known = sorted({text for text in self.licences.values() if text})
                self.add("SEL-A006", item.place, licence=licence, nearest=nearest(licence, known), permitted=listing(known))
            return found
        if word not in self.subjects:
            self.add("SEL-A004", item.place, name=word, nearest=nearest(word, self.subjects), permitted=listing(self.subjects))
            return ()
        return (word,)

    def groups(self, keys: Struct, key: str) -> tuple[tuple[str, ...], ...]:
        """The groups of a key's words."""
        return tuple(group for item in keys.get_data(key) if (group := self.group(item)))

    def names(self, keys: Struct, key: str) -> tuple[str, ...]:
        """All subjects that a key's words name, each once."""
        return tuple(dict.fromkeys(name for group in self.groups(keys, key) for name in group))

    def one_of(self, keys: Struct, words: tuple[str, ...], place: Place, what: str) -> str | None:
        """The one word that is given."""
        given = [word for word in words if keys[word].given]
        if len(given) == 1:
            return given[0]
        self.add("SEL-A002", place, what=what, found=listing(given) if given else "nothing in it", count="exactly one", permitted=listing(words))
        return None

    def apart(self, keys: Struct, key: str, names: tuple[str, ...]) -> None:
        """Who is trusted to pass on is no end of a flow."""
        trusted = {item.data: item.place for item in keys.get_data("except_through")}
        for name in names:
            if name in trusted:
                self.add("SEL-A008", trusted[name], name=name, key=key)

    def never(self, place: Place, reason: str, remedy: str) -> None:
        """Report a statement that nothing could break."""
        self.add("SEL-A007", place, reason=reason, remedy=remedy)

    # The statements ----------------------------------------------------------------------------

    def no_flow(self, keys: Struct, place: Place) -> Rule:
        """`no_flow`."""
        sources, targets = self.names(keys, "from"), self.names(keys, "to")
        self.apart(keys, "from", sources)
        self.apart(keys, "to", targets)
        for key, names in (("from", sources), ("to", targets)):
            if not keys.get_data(key):
                self.never(place, f"`{key}` names nobody", f"name at least one process or guest in `{key}`")
        if sources and set(sources) == set(targets) and len(sources) == 1:
            self.never(place, f"`from` and `to` are both {sources[0]}", "name somebody else in `to`")
        trusted = self.names(keys, "except_through")
        text = f"no data of {_and(sources)} gets to {_and(targets)}{_but_through(trusted)}"
        return Rule("no_flow", place, text, sources, targets, except_through=trusted)

    def between(self, keys: Struct, place: Place, kind: str, text: str) -> Rule:
        """`no_path` and `no_shared_memory`."""
        groups = self.groups(keys, "between")
        names = tuple(dict.fromkeys(name for group in groups for name in group))
        if len(keys.get_data("between")) < 2 or (len(groups) == len(keys.get_data("between")) and len(set(groups)) < 2):
            self.never(place, "`between` names fewer than two", "name at least two processes, guests or licences")
        trusted: tuple[str, ...] = ()
        if kind == "no_path":
            self.apart(keys, "between", names)
            trusted = self.names(keys, "except_through")
        shown = " and ".join(item.data for item in keys.get_data("between"))
        return Rule(kind, place, text.format(shown) + _but_through(trusted), names, groups=groups, except_through=trusted)

    def only(self, keys: Struct, place: Place) -> Rule | None:
        """`only`."""
        verb = self.one_of(keys, MAY, place, "only")
        who, trusted = self.names(keys, "who"), self.names(keys, "except_through")
        if verb is None:
            return None
        target = keys.get_data(verb)
        if not self._target(verb, keys[verb]):
            return None
        owner = target.partition(".")[0]
        if set(self.subjects) <= {*who, owner}:
            self.never(place, "`who` names everybody", "leave out of `who` those that must not")
        text = f"{f'only {_and(who)}' if who else 'nobody'} may {verb.removeprefix('may_')} {target}{_but_through(trusted)}"
        return Rule("only", place, text, who, except_through=trusted, verb=verb, target=target)

    def _target(self, verb: str, value: Value) -> bool:
        """Tell whether what an `only` is about exists; report if not."""
        owner, dot, name = value.data.partition(".")
        kind, known = "process or guest", self.subjects
        if verb == "may_use":
            kind, known = "device", list(self.system.platform.devices)
        elif verb in ("may_read", "may_write"):
            kind, known = "shared region, process or guest", [region.name for region in self.system.shared] + self.subjects
        elif dot and verb in ("may_call", "may_signal"):
            kind = "service" if verb == "may_call" else "event"
            known = [f"{process.name}.{each}" for process in self.system.processes for each in (process.serves if verb == "may_call" else process.events)]
        if value.data in known:
            return True
        self.add("SEL-A005", value.place, kind=kind, name=value.data, nearest=nearest(value.data, known), permitted=listing(known))
        return False

    def max(self, keys: Struct, place: Place) -> Rule:
        """`max`."""
        who = self.names(keys, "who")
        if not any(keys[word].given for word in BOUNDS):
            self.add("SEL-A002", place, what="max", found="no bound", count="at least one", permitted=listing(BOUNDS))
        if not keys.get_data("who"):
            self.never(place, "`who` names nobody", "name at least one process or guest")
        share, memory, response = (keys.get_data(word) for word in BOUNDS)
        shown = {"share": f"{share}% of the core", "memory": size_text(memory or 0), "response": f"{time_text(response or 0)} until its budget is had"}
        text = f"{_and(who)} has at most {', '.join(shown[word] for word in BOUNDS if keys[word].given)}"
        return Rule("max", place, text, who, share_percent=share, memory=memory, response_ns=response)


def _and(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def rules(checker: Checker, top: Struct, system: System) -> list[Rule]:
    """The statements of a spec's policy; faults are reported to the checker."""
    resolver = _Resolver(checker, top, system)
    found: list[Rule | None] = []
    for item in top["policy"].data:
        keys: Struct = item.data
        kind = resolver.one_of(keys, STATEMENTS, item.place, "a statement")
        if kind is None:
            continue
        inner: Struct = keys[kind].data
        if kind == "no_path":
            found.append(resolver.between(inner, item.place, kind, "no data gets between {}"))
        elif kind == "no_shared_memory":
            found.append(resolver.between(inner, item.place, kind, "{} share no memory"))
        else:
            found.append(getattr(resolver, kind)(inner, item.place))
    return [rule for rule in found if rule is not None]


def _but_through(trusted: tuple[str, ...]) -> str:
    """The end of a statement that trusts somebody by name."""
    return f", but through {_and(trusted)}" if trusted else ""
