# SPDX-License-Identifier: BSD-2-Clause
"""The keys of `policy` and the types of values that only they have; what they mean is docs/design/authority.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from capdl.quantity import SIZE_UNITS, TIME_UNITS_NS
from capdl.value_types import BAD, NAME_PATTERN, REFERENCE_PATTERN, Context, Key, Keys, List, Matching, Quantity, Type, Value, pattern_schema
from capdl.yaml_source import Node, Scalar, Sequence

_LICENCE = r"\(?[A-Za-z0-9][A-Za-z0-9.+-]{0,63}\)?( (AND|OR|WITH) \(?[A-Za-z0-9][A-Za-z0-9.+-]{0,63}\)?){0,8}"
_SELECTOR = rf"{NAME_PATTERN}|licence:[A-Za-z0-9][A-Za-z0-9.+-]{{0,63}}"
_PERCENT = r"(100|[1-9][0-9]?)%"
STATEMENTS = ("no_flow", "no_path", "no_shared_memory", "only", "max")
MAY = ("may_call", "may_signal", "may_read", "may_write", "may_stop", "may_use")
BOUNDS = ("share", "memory", "response")


@dataclass(frozen=True)
class Licence(Type):
    """An SPDX licence id or expression."""

    wanted = "an SPDX licence"
    example = "BSD-2-Clause"

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Scalar) or not node.text:
            return self.wrong(node, context)
        if not re.fullmatch(_LICENCE, node.text):
            context.reporter.add("SEL-A001", node.place, context.subject, text=node.text[:60])
            return BAD
        return node.text

    def schema(self) -> dict[str, Any]:
        return pattern_schema(_LICENCE)


@dataclass(frozen=True)
class Percent(Type):
    """A share of a core."""

    wanted = "a share"
    example = "40%"

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Scalar) or not node.text:
            return self.wrong(node, context)
        if not re.fullmatch(_PERCENT, node.text):
            context.reporter.add("SEL-A003", node.place, context.subject, key=context.key, text=node.text[:60])
            return BAD
        return int(node.text[:-1])

    def schema(self) -> dict[str, Any]:
        return pattern_schema(_PERCENT)


_WHO = Matching(_SELECTOR, "a process, a guest, or licence:ID", "console")


@dataclass(frozen=True)
class OneOrMore(Type):
    """A name or a list of names; either becomes a list."""

    wanted = "a name or a list of names"
    example = "[console]"

    def check(self, node: Node, context: Context) -> Any:
        if isinstance(node, Sequence):
            return List(_WHO).check(node, context)
        data = _WHO.check(node, context)
        return BAD if data is BAD else [Value(data, node.place)]

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [_WHO.schema(), List(_WHO).schema()]}


def policy() -> List:
    """The type of `policy`."""
    target = Matching(REFERENCE_PATTERN, "a name, or PROCESS.NAME", "keystore.sign")
    trusted = Key("except_through", OneOrMore(), "trusted to pass on only what may be passed on", default=())
    size = Quantity(tuple(SIZE_UNITS.items()), 1, 1 << 50, "64M")
    time = Quantity(tuple(TIME_UNITS_NS.items()), 1, 1 << 62, "10ms")
    texts = {
        "may_call": "a service, or a process with all its services", "may_signal": "an event, or a process with all its events", "may_stop": "a process or guest",
        "may_read": "a shared region, or a process's or guest's memory", "may_write": "a shared region, or a process's or guest's memory", "may_use": "a device of the board",
    }
    only = Keys((
        *(Key(word, target, texts[word]) for word in MAY),
        Key("who", OneOrMore(), "who may; besides it only whose it is", required=True),
        trusted,
    ), sample="{may_call: keystore.sign, who: [control]}")
    bounds = Keys((
        Key("who", OneOrMore(), "whose time or memory is added up", required=True),
        Key("share", Percent(), "of a core, all together"),
        Key("memory", size, "of their parts without programs, all together"),
        Key("response", time, "until each has got its whole budget, at the worst"),
    ), sample="{who: [linux], share: 60%}")
    flow = Keys((Key("from", OneOrMore(), "whose data", required=True), Key("to", OneOrMore(), "who must never get it", required=True), trusted))
    between = Key("between", OneOrMore(), "at least two", required=True)
    return List(Keys((
        Key("no_flow", flow, "no data gets from these to those, by whatever chain"),
        Key("no_path", Keys((between, trusted)), "no data gets from any of these to another, by whatever chain"),
        Key("no_shared_memory", Keys((between,)), "no two of these can have the same memory mapped"),
        Key("only", only, "nobody else may, or can come to hold what is needed"),
        Key("max", bounds, "bounds of time and memory"),
    ), sample="{no_path: {between: [linux, rtos]}}"))
