# SPDX-License-Identifier: BSD-2-Clause
"""A protocol: the methods that clients may call on a service, read from its file and checked.

The wire format is docs/adr/0025; a message's words are counted here and nowhere else in Python. Which service speaks
which protocol is protocol_use.py's business, the C code of it protocol_source.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capdl import yaml_source
from capdl.diagnostics import Place, Reporter, listing, nearest
from capdl.limits import Limits
from capdl.protocol_types import CAPABILITY, FIELD, RESERVED_WORDS, Field
from capdl.value_types import NAME_PATTERN, Context, Int, Key, Keys, List, Name, Struct, Table, Text, Value

VERSION = 1
METHODS_MAX = 64
ERRORS_MAX = 64
#: What generated and library functions are called by, so that no protocol may be.
RESERVED_PROTOCOLS = ("sel", "tag")
#: Methods would meet other generated functions of the protocol.
RESERVED_METHODS = ("serve", "dispatch", "error_name")
RESERVED_METHOD_START = "handle_"


@dataclass(frozen=True)
class Method:
    """A method; `may_call` is None if every client may."""

    name: str
    number: int
    text: str
    may_call: tuple[str, ...] | None
    arguments: tuple[Field, ...]
    results: tuple[Field, ...]

    def get_caps(self) -> tuple[Field, ...]:
        """Capabilities among the arguments."""
        return tuple(field for field in self.arguments if field.kind == CAPABILITY)


@dataclass(frozen=True)
class Protocol:
    """A checked protocol."""

    name: str
    path: Path
    text: str
    roles: tuple[str, ...]
    errors: tuple[str, ...]
    methods: tuple[Method, ...]
    registers: int

    def get_cap_count(self) -> int:
        """Slots that a server needs for the capabilities of one message."""
        return max((len(method.get_caps()) for method in self.methods), default=0)

    def methods_of(self, roles: Iterable[str]) -> int:
        """What a client of these roles may call: bit n is the method of number n + 1."""
        held = set(roles)
        return sum(1 << (method.number - 1) for method in self.methods if method.may_call is None or held & set(method.may_call))


def protocol_keys() -> Keys:
    """The whole file."""
    fields = Table(FIELD, "field")
    method = Keys((
        Key("text", Text("Sign a digest.", has_lines=True), "what it does, for the generated comment", default=""),
        Key("may_call", List(Name()), "roles of clients that may call it; without it every client may"),
        Key("arguments", fields, "what the client gives: `name: type`, in this order", default=()),
        Key("results", fields, "what the server answers: `name: type`, in this order", default=()),
    ))
    return Keys((
        Key("version", Int(0, 1 << 31, sample=str(VERSION)), "version of the language", required=True),
        Key("text", Text("Signs digests.", has_lines=True), "what the protocol is for, for the generated comment", default=""),
        Key("roles", List(Name()), "kinds of clients; the spec says which client has which", default=()),
        Key("errors", List(Name()), "errors of its own that a method may end with", default=()),
        Key("methods", Table(method, "method"), "what clients may call", required=True),
    ), sample="{version: 1, methods: {...}}")


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a protocol file."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "Made by `python3 -m capdl protocol-schema`; do not edit.",
        "title": "Selvedge protocol",
        **protocol_keys().schema(),
    }


@dataclass(frozen=True)
class Spoken:
    """A service's protocol, and for each client process its roles and the methods it may call (Protocol.methods_of)."""

    protocol: Protocol
    methods: dict[str, int]
    roles: dict[str, tuple[str, ...]]


class _Checker:
    """Checks one file; every method reports and goes on."""

    def __init__(self, path: Path, shown: str, limits: Limits, reporter: Reporter):
        self.path = path
        self.shown = shown
        self.limits = limits
        self.reporter = reporter

    def run(self) -> Protocol | None:
        before = len(self.reporter.diagnostics)
        tree = yaml_source.load(self.path, self.shown, self.reporter)
        top = protocol_keys().check(tree, Context(self.reporter, "", "the protocol"))
        if len(self.reporter.diagnostics) > before:
            return None
        version = top["version"]
        if version.data != VERSION:
            self.add("SEL-S017", version.place, "", value=version.data, known=VERSION)
            return None
        self._file_name()
        roles = self._listed(top["roles"], "role")
        errors = self._listed(top["errors"], "error")
        methods = top["methods"].data
        if not methods:
            self.add("SEL-P010", top["methods"].place)
        for what, names, bound in (("methods", methods, METHODS_MAX), ("errors", errors, ERRORS_MAX)):
            if len(names) > bound:
                self.add("SEL-P011", top[what].place, "", count=len(names), what=what, bound=bound)
        checked = tuple(self._method(number, name, value, roles) for number, (name, value) in enumerate(methods.items(), 1))
        if len(self.reporter.diagnostics) > before:
            return None
        return Protocol(self.path.stem, self.path, _comment(top.get_data("text")), tuple(roles), tuple(errors), checked, self.limits.message_registers)

    def add(self, id: str, place: Place, subject: str = "", **values: object) -> None:
        """Report."""
        self.reporter.add(id, place, subject, **values)

    def _file_name(self) -> None:
        name = self.path.stem
        is_name = re.fullmatch(NAME_PATTERN, name) is not None and name not in RESERVED_PROTOCOLS and name not in RESERVED_WORDS
        if not is_name or self.path.suffix != ".yaml":
            self.add("SEL-P003", Place(self.shown), "", file=self.path.name[:60], reserved=listing(RESERVED_PROTOCOLS))

    def _listed(self, value: Value, kind: str) -> list[str]:
        names: list[str] = []
        for item in value.data:
            if item.data in names:
                self.add("SEL-P005", item.place, f"{kind} '{item.data}'", name=item.data, first=f"a{'n' if kind == 'error' else ''} {kind}", second="one again")
            else:
                names.append(item.data)
        return names

    def _method(self, number: int, name: str, value: Value, roles: list[str]) -> Method:
        keys: Struct = value.data
        subject = f"method '{name}'"
        if name in RESERVED_METHODS or name.startswith(RESERVED_METHOD_START):
            self.add("SEL-P004", value.place, subject, name=name, why="a generated function has that name")
        arguments, results = (self._fields(keys[key]) for key in ("arguments", "results"))
        self._names(keys, subject)
        for what, fields in (("arguments", arguments), ("results", results)):
            count = sum(field.words_max for field in fields)
            if count > self.limits.message_words:
                self.add("SEL-P006", keys[what].place, subject, what=what, count=count, bound=self.limits.message_words)
        caps = [field for field in arguments if field.kind == CAPABILITY]
        if len(caps) > self.limits.message_caps:
            self.add("SEL-P007", keys["arguments"].place, subject, count=len(caps), bound=self.limits.message_caps)
        for field in results:
            if field.kind == CAPABILITY:
                self.add("SEL-P008", keys["results"].data[field.name].place, subject, name=field.name)
        return Method(name, number, _comment(keys.get_data("text")), self._may_call(keys, subject, roles), arguments, results)

    @staticmethod
    def _fields(value: Value) -> tuple[Field, ...]:
        return tuple(item.data.named(name) for name, item in value.data.items()) if value.data else ()

    def _names(self, keys: Struct, subject: str) -> None:
        """Arguments and results are parameters of one C function, lengths among them."""
        first = {"client": "the client that calls", "channel": "the channel to the server"}
        for key, kind in (("arguments", "an argument"), ("results", "a result")):
            for name, value in keys.get_data(key).items() if keys.get_data(key) else ():
                if name in RESERVED_WORDS or name.startswith("sel_"):
                    self.add("SEL-P004", value.place, subject, name=name, why="C or the library has it")
                for parameter in value.data.named(name).get_parameters():
                    what = kind if parameter == name else f"the size of '{name}'"
                    if parameter in first:
                        self.add("SEL-P005", value.place, subject, name=parameter, first=first[parameter], second=what)
                    first.setdefault(parameter, what)

    def _may_call(self, keys: Struct, subject: str, roles: list[str]) -> tuple[str, ...] | None:
        value = keys["may_call"]
        if not value.given:
            return None
        for item in value.data:
            if item.data not in roles:
                self.add("SEL-P009", item.place, subject, name=item.data, nearest=nearest(item.data, roles), permitted=listing(roles))
        return tuple(item.data for item in value.data)


def _comment(text: str) -> str:
    """A text as one line that can stand in a C comment."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).replace("*/", "* /").replace("/*", "/ *").split())


def load_alone(path: Path, shown: str, limits: Limits) -> Protocol:
    """Read a protocol file; raises SpecError with every fault found."""
    reporter = Reporter()
    loaded = load(path, shown, limits, reporter)
    reporter.stop_if_any()
    assert loaded is not None
    return loaded


def load(path: Path, shown: str, limits: Limits, reporter: Reporter) -> Protocol | None:
    """Read a protocol file; None if it has faults, which the reporter has then. Raises SpecError for what is no YAML."""
    return _Checker(path, shown, limits, reporter).run()
