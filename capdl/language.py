# SPDX-License-Identifier: BSD-2-Clause
"""The spec language: which keys there are, of which type, with which text.

One declaration (`SYSTEM`) serves the checker here and the JSON schema for editors
(docs/spec/system.schema.json). What values mean together is checked in check.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from capdl import quantity
from capdl.diagnostics import Place, Reporter, listing, nearest
from capdl.yaml_source import Mapping, Node, Scalar, Sequence

SCHEMA_VERSION = 1
NAME_PATTERN = r"[a-z][a-z0-9_]{0,30}"
BAD = object()


@dataclass
class Value:
    """A checked value with its place; `data` is a Python value or a container of Values."""

    data: Any
    place: Place
    given: bool = True


class Struct(dict[str, Value]):
    """A checked mapping of known keys; absent optional keys hold their default."""

    place: Place

    def get_data(self, key: str) -> Any:
        """The plain value of a key."""
        return self[key].data


@dataclass(frozen=True)
class Context:
    """Where a value stands, for messages."""

    reporter: Reporter
    subject: str
    key: str


def _describe(node: Node) -> str:
    """Name what a node is, for type errors."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    assert isinstance(node, Scalar)
    return "empty" if not node.text and not node.quoted else f"'{node.text}'"


class Type:
    """A type of the language."""

    wanted = ""
    example = ""

    def wrong(self, node: Node, context: Context) -> Any:
        """Report a value of another type."""
        context.reporter.add("SEL-S010", node.place, context.subject, key=f"'{context.key}'", found=_describe(node), wanted=self.wanted, example=self.example)
        return BAD

    def check(self, node: Node, context: Context) -> Any:
        """Return the checked data or BAD."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema."""
        raise NotImplementedError


@dataclass(frozen=True)
class Text(Type):
    """Any string."""

    key_example: str = "text"
    wanted = "a text"

    @property
    def example(self) -> str:
        return self.key_example

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Scalar) or (not node.quoted and not node.text):
            return self.wrong(node, context)
        return node.text

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}


@dataclass(frozen=True)
class Name(Type):
    """A name of something in the system."""

    wanted = "a name"
    example = "console"

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Scalar) or not node.text:
            return self.wrong(node, context)
        if not re.fullmatch(NAME_PATTERN, node.text):
            context.reporter.add("SEL-S012", node.place, context.subject, name=node.text[:60])
            return BAD
        return node.text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{NAME_PATTERN}$"}


@dataclass(frozen=True)
class Path(Type):
    """`PROCESS.NAME`."""

    wanted = "PROCESS.NAME"
    example = "echo_server.echo"

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Scalar) or not re.fullmatch(rf"{NAME_PATTERN}\.{NAME_PATTERN}", node.text):
            return self.wrong(node, context)
        return tuple(node.text.split("."))

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": rf"^{NAME_PATTERN}\.{NAME_PATTERN}$"}


@dataclass(frozen=True)
class Bool(Type):
    """true or false."""

    wanted = "true or false"
    example = "true"

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Scalar) or node.quoted or node.text not in ("true", "false"):
            return self.wrong(node, context)
        return node.text == "true"

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Int(Type):
    """A whole number, decimal or 0x hexadecimal."""

    low: int
    high: int
    hexadecimal: bool = False
    wanted = "a whole number"

    @property
    def example(self) -> str:
        return hex(self.low) if self.hexadecimal else str(self.low)

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Scalar) or node.quoted or not re.fullmatch(r"-?(0|[1-9][0-9]{0,18})|0x[0-9a-fA-F]{1,16}", node.text):
            return self.wrong(node, context)
        value = int(node.text, 0)
        if not self.low <= value <= self.high:
            show = hex if self.hexadecimal else str
            context.reporter.add("SEL-S015", node.place, context.subject, key=context.key, value=node.text, low=show(self.low), high=show(self.high))
            return BAD
        return value

    def schema(self) -> dict[str, Any]:
        if self.hexadecimal:
            return {"anyOf": [{"type": "integer", "minimum": self.low, "maximum": self.high}, {"type": "string", "pattern": "^0x[0-9a-fA-F]{1,16}$"}]}
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class Quantity(Type):
    """A number with a unit, within bounds."""

    units: tuple[tuple[str, int], ...]
    low: int
    high: int
    sample: str

    @property
    def wanted(self) -> str:
        return "a quantity"

    @property
    def example(self) -> str:
        return self.sample

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Scalar) or not node.text:
            return self.wrong(node, context)
        units = dict(self.units)
        value = quantity.parse(node.text, units)
        if value is None:
            context.reporter.add("SEL-S013", node.place, context.subject, key=context.key, text=node.text[:60], units=listing(units), example=self.sample)
            return BAD
        if not self.low <= value <= self.high:
            show = quantity.size_text if units == quantity.SIZE_UNITS else quantity.time_text
            context.reporter.add("SEL-S015", node.place, context.subject, key=context.key, value=node.text, low=show(self.low), high=show(self.high))
            return BAD
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": quantity.pattern(dict(self.units)), "examples": [self.sample]}


def size(low: int, high: int, sample: str) -> Quantity:
    """A size."""
    return Quantity(tuple(quantity.SIZE_UNITS.items()), low, high, sample)


def time(low_ns: int, high_ns: int, sample: str) -> Quantity:
    """A time."""
    return Quantity(tuple(quantity.TIME_UNITS_NS.items()), low_ns, high_ns, sample)


@dataclass(frozen=True)
class Choice(Type):
    """One of a few words."""

    words: tuple[str, ...]
    wanted = "a word"

    @property
    def example(self) -> str:
        return self.words[0]

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Scalar):
            return self.wrong(node, context)
        if node.text not in self.words:
            context.reporter.add("SEL-S016", node.place, context.subject, value=node.text[:60], key=context.key, nearest=nearest(node.text, self.words), permitted=listing(self.words))
            return BAD
        return node.text

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}


@dataclass(frozen=True)
class List(Type):
    """A list of one type."""

    item: Type
    wanted = "a list"

    @property
    def example(self) -> str:
        return f"[{self.item.example}]"

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Sequence):
            return self.wrong(node, context)
        values = []
        for child in node.items:
            data = self.item.check(child, context)
            if data is not BAD:
                values.append(Value(data, child.place))
        return values

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item.schema()}


@dataclass(frozen=True)
class Table(Type):
    """A mapping from names to values of one type; `kind` names an entry in messages."""

    item: Type
    kind: str
    wanted = "a mapping of names"

    @property
    def example(self) -> str:
        return "{name: ...}"

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Mapping):
            return self.wrong(node, context)
        values = {}
        for key, child in node.items.items():
            subject = f"{self.kind} '{key}'" if not context.subject else context.subject
            if not re.fullmatch(NAME_PATTERN, key):
                context.reporter.add("SEL-S012", node.key_places[key], context.subject, name=key[:60])
                continue
            data = self.item.check(child, Context(context.reporter, subject, key))
            if data is not BAD:
                values[key] = Value(data, node.key_places[key])
        return values

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": False, "patternProperties": {f"^{NAME_PATTERN}$": self.item.schema()}}


@dataclass(frozen=True)
class Key:
    """A key of a Keys type."""

    name: str
    type: Type
    text: str
    required: bool = False
    default: Any = None


@dataclass(frozen=True)
class Keys(Type):
    """A mapping of known keys."""

    keys: tuple[Key, ...]
    wanted = "a mapping"

    @property
    def example(self) -> str:
        shown = [key for key in self.keys if key.required] or list(self.keys[:1])
        return "{" + ", ".join(f"{key.name}: {key.type.example}" for key in shown) + "}"

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Mapping):
            return self.wrong(node, context)
        result = Struct()
        result.place = node.place
        known = {key.name: key for key in self.keys}
        for name in node.items:
            if name not in known:
                context.reporter.add("SEL-S009", node.key_places[name], context.subject, key=name[:60], nearest=nearest(name, known), permitted=listing(known))
        for key in self.keys:
            result[key.name] = self._one(key, node, context)
        return result

    def _one(self, key: Key, node: Mapping, context: Context) -> Value:
        """Check one key, or take its default."""
        child = node.items.get(key.name)
        if child is None:
            if key.required:
                context.reporter.add("SEL-S011", node.place, context.subject, key=key.name, example=key.type.example)
            return Value(key.default, node.place, given=False)
        data = key.type.check(child, Context(context.reporter, context.subject, key.name))
        return Value(key.default, child.place, given=False) if data is BAD else Value(data, child.place)

    def schema(self) -> dict[str, Any]:
        properties = {}
        for key in self.keys:
            properties[key.name] = {"description": key.text, **key.type.schema()}
            if isinstance(key.default, (bool, int, str)) and not isinstance(key.type, Quantity):
                properties[key.name]["default"] = key.default
        schema: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
        required = [key.name for key in self.keys if key.required]
        if required:
            schema["required"] = required
        return schema


@dataclass(frozen=True)
class Limits:
    """Bounds of the language that come from the ABI."""

    priority_max: int
    budget_ns_min: int
    period_ns_max: int
    refills_max: int
    smc_function_max: int = field(default=0xFFFFFFFF)


KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30


def _time_keys(limits: Limits) -> Keys:
    """`time` of a process, guest or VMM."""
    budget = time(limits.budget_ns_min, limits.period_ns_max, "2ms")
    return Keys((
        Key("priority", Int(0, limits.priority_max - 1), f"0 (lowest) to {limits.priority_max - 1}", required=True),
        Key("budget", budget, "processor time in each period"),
        Key("period", time(limits.budget_ns_min, limits.period_ns_max, "10ms"), "how often the budget comes back"),
        Key("passive", Bool(), "runs on its callers' time", default=False),
        Key("refills", Int(2, limits.refills_max), "how many pieces a period's budget may be used in"),
    ))


def _process_keys(limits: Limits) -> Keys:
    """An entry of `processes`."""
    service = Keys((
        Key("protocol", Text("echo"), "what is spoken on it"),
        Key("separates_clients", Bool(), "trusted not to let one client's data reach another; the report lists it", default=False),
    ))
    return Keys((
        Key("source", Text("components/echo_server"), "folder of the component, relative to the spec or to the project", required=True),
        Key("time", _time_keys(limits), "priority and processor time", required=True),
        Key("stack", size(4 * KIB, 512 * KIB, "16K"), "stack of its thread", default=16 * KIB),
        Key("heap", size(0, 64 * MIB, "64K"), "memory for malloc", default=0),
        Key("fpu", Bool(), "may use floating point and SIMD", default=False),
        Key("devices", Table(Name(), "device"), "devices of the board, registers and interrupt: `local_name: device`", default=()),
        Key("serves", Table(service, "service"), "services: an Endpoint each", default=()),
        Key("uses", Table(Path(), "use"), "services of others: `local_name: process.service`", default=()),
        Key("events", List(Name()), "events others may signal: a bit of its Notification each", default=()),
        Key("signals", Table(Path(), "signal"), "events of others: `local_name: process.event`", default=()),
        Key("timer", Bool(), "has a Timer, delivered to its Notification", default=False),
        Key("smc", List(Int(0, limits.smc_function_max, hexadecimal=True)), "firmware functions it may call", default=()),
        Key("untyped", List(size(4 * KIB, GIB, "1M")), "memory to make objects of by itself", default=()),
        Key("authority", List(Choice(AUTHORITY)), "capabilities on itself or on the kernel", default=()),
        Key("free_slots", Int(0, 65536), "empty slots of its CNode for received and made capabilities", default=16),
        Key("page_tables", Int(0, 4096), "page tables of its address space for what it maps by itself", default=0),
        Key("may_power_off", Bool(), "may ask for the machine's power-off", default=False),
    ))


AUTHORITY = ("cnode", "tcb", "vspace", "sched_context", "sched_control", "irq_control", "console")


def _guest_keys(limits: Limits) -> Keys:
    """An entry of `guests`."""
    image = Keys((
        Key("kernel", Text("debian-12:Image"), "Linux Image: a named image or a file"),
        Key("initrd", Text("build:busybox-initrd"), "initial RAM disk for `kernel`"),
        Key("cmdline", Text("console=ttyAMA0"), "command line for `kernel`", default=""),
        Key("raw", Text("./guest.bin"), "raw image, starts at its first byte"),
        Key("load", Int(0, (1 << 39) - 1, hexadecimal=True), "address `raw` is loaded at"),
        Key("elf", Text("./guest.elf"), "statically linked AArch64 ELF"),
    ))
    vmm = Keys((
        Key("source", Text("vmm"), "folder of the VMM", default="vmm"),
        Key("time", _time_keys(limits), "its own time for devices; exits run on the guest's time"),
        Key("stack", size(4 * KIB, 512 * KIB, "16K"), "stack of its thread", default=16 * KIB),
        Key("heap", size(0, 64 * MIB, "64K"), "memory for malloc", default=0),
    ))
    return Keys((
        Key("image", image, "what it boots", required=True),
        Key("memory", size(64 * KIB, 32 * GIB, "512M"), "RAM, from 0x40000000", required=True),
        Key("time", _time_keys(limits), "priority and processor time", required=True),
        Key("vmm", vmm, "the process that answers for its board"),
        Key("power_off", Choice(("stop", "system_off")), "what its power-off does: end it alone, or the machine too", default="stop"),
        Key("fpu", Bool(), "may use floating point and SIMD", default=True),
    ))


def system_keys(limits: Limits) -> Keys:
    """The whole spec."""
    shared = Keys((
        Key("size", size(4 * KIB, 32 * MIB, "64K"), "bytes", required=True),
        Key("writes", List(Name()), "processes that read and write it", default=()),
        Key("reads", List(Name()), "processes that only read it", default=()),
        Key("doorbell", Bool(), "each member can signal the others", default=False),
    ))
    console = Keys((
        Key("server", Name(), "process that owns the UART; without one, processes print by the kernel"),
        Key("front", Name(), "process or guest whose console is in front at first"),
    ))
    return Keys((
        Key("version", Int(0, 1 << 31), "version of the language", required=True),
        Key("board", Text("qemu-virt-aarch64"), "a folder under platform/", required=True),
        Key("console", console, "who prints where"),
        Key("processes", Table(_process_keys(limits), "process"), "native components", default=()),
        Key("guests", Table(_guest_keys(limits), "guest"), "virtual machines", default=()),
        Key("shared", Table(shared, "shared region"), "memory shared by processes", default=()),
    ))


def json_schema(limits: Limits) -> dict[str, Any]:
    """Return the JSON schema of a spec."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "Made by `python3 -m capdl schema`; do not edit.",
        "title": "Selvedge system spec",
        **system_keys(limits).schema(),
    }
