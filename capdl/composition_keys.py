# SPDX-License-Identifier: BSD-2-Clause
"""The keys by which a spec is put together: parameters, includes, parts and their instances; compose.py gives them their meaning."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from capdl.value_types import BAD, REFERENCE_PATTERN, Choice, Context, Key, Keys, List, Name, Table, Text, Type, is_text, pattern_schema
from capdl.yaml_source import Node, Scalar


@dataclass(frozen=True)
class Raw(Type):
    """A value whose parameters are not known yet: any node now, `inner` when they are."""

    inner: Type

    @property
    def wanted(self) -> str:
        return self.inner.wanted

    @property
    def example(self) -> str:
        return self.inner.example

    def check(self, node: Node, context: Context) -> Any:
        return node

    def schema(self) -> dict[str, Any]:
        return self.inner.schema()


@dataclass(frozen=True)
class Setting(Type):
    """A parameter's value or default: one scalar, of any type; empty (a default) for none."""

    may_be_empty: bool = False
    wanted = "a single value"
    example = "10ms"

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Scalar) or (not self.may_be_empty and not node.text and not node.quoted):
            return self.wrong(node, context)
        return node if is_text(node, context) else BAD

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean", *(["null"] if self.may_be_empty else [])]}


@dataclass(frozen=True)
class Reference(Type):
    """`PROCESS`, `PROCESS.NAME`, `INSTANCE.NAME` or `outside.NAME`; resolved where it stands."""

    wanted = "PROCESS, PROCESS.NAME, INSTANCE.NAME or outside.NAME"
    example = "echo_server.echo"

    def check(self, node: Node, context: Context) -> Any:
        is_one = isinstance(node, Scalar) and re.fullmatch(REFERENCE_PATTERN, node.text)
        return node if is_one else self.wrong(node, context)

    def schema(self) -> dict[str, Any]:
        return pattern_schema(REFERENCE_PATTERN)


@dataclass(frozen=True)
class IncludeItem(Type):
    """A file's path alone, or a mapping."""

    keys: Keys
    wanted = "a path, or a mapping with `file`"

    @property
    def example(self) -> str:
        return "../parts/echo.yaml"

    def check(self, node: Node, context: Context) -> Any:
        if isinstance(node, Scalar):
            return self.wrong(node, context) if not node.text else node if is_text(node, context, is_path=True) else BAD
        return self.keys.check(node, context)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, self.keys.schema()]}


PARAMETERS = Key("parameters", Table(Setting(may_be_empty=True), "parameter"), "values that `$(name)` stands for, with their defaults; empty: it must be set", default=(), sample="{period: 10ms, image: }")
INCLUDE = Keys((
    Key("file", Text("../parts/echo.yaml", is_path=True), "path of the file, relative to the file that names it", required=True),
    Key("take", Choice(("all", "parts")), "all of it, or only the parts that it defines", default="all"),
    Key("set", Table(Setting(), "parameter"), "values for its parameters", default=(), sample="{period: 5ms}"),
))
INSTANCE = Keys((
    Key("part", Name("echo_pair"), "the part it is made of", required=True),
    Key("set", Table(Setting(), "parameter"), "values for the part's parameters", default=(), sample="{period: 5ms}"),
    Key("connect", Table(Reference(), "connection"), "what each name that the part needs from outside stands for", default=(), sample="{log: logger.log}"),
))
INSTANCES = Key("instances", Raw(Table(INSTANCE, "instance")), "parts made under a name of their own", default=(), sample="{left: {part: echo_pair}}")


def part_keys(processes: Type, guests: Type, shared: Type) -> Keys:
    """An entry of `parts`."""
    return Keys((
        PARAMETERS,
        Key("needs", List(Name("log")), "names from outside that its contents use as `outside.NAME`; each instance connects them", default=(), sample="[log]"),
        Key("offers", Table(Reference(), "offer"), "what the outside may use as INSTANCE.NAME", default=(), sample="{echo: server.echo}"),
        Key("processes", Raw(processes), "as in a spec", default=(), sample="{server: {source: ./server, serves: {echo: {}}, time: {priority: 80, passive: true}}}"),
        Key("guests", Raw(guests), "as in a spec", default=(), sample="{linux: {image: {raw: ./guest.bin}, memory: 512M, time: {priority: 10, budget: 2ms, period: 10ms}}}"),
        Key("shared", Raw(shared), "as in a spec", default=(), sample="{table: {size: 64K, writes: [server], reads: [outside.peer]}}"),
        INSTANCES,
    ), sample="{processes: {server: ...}}")


def spec_keys(part: Keys) -> tuple[Key, ...]:
    """The keys of a file besides what the system consists of."""
    return (
        PARAMETERS,
        Key("include", Raw(List(IncludeItem(INCLUDE))), "files that belong to this spec", default=(), sample="[../parts/echo.yaml]"),
        Key("parts", Table(part, "part"), "contents that are defined once and made by `instances`, any number of times", default=(), sample="{busy: {processes: {worker: {source: ./worker, time: {priority: 10, budget: 2ms, period: 10ms}}}}}"),
        INSTANCES,
    )
