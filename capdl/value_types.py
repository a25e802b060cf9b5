# SPDX-License-Identifier: BSD-2-Clause
"""Types of values in a spec: each checks a node of the YAML tree and describes itself for the JSON schema.

A check reports what is wrong and returns BAD; it never raises. What keys there are is language.py's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from capdl import quantity
from capdl.diagnostics import Place, Reporter, listing, nearest
from capdl.yaml_source import Mapping, Node, Scalar, Sequence

NAME_LENGTH_MAX = 31
NAME_PATTERN = rf"[a-z][a-z0-9_]{{0,{NAME_LENGTH_MAX - 1}}}"
#: A name, or of something that has names of its own one of these.
REFERENCE_PATTERN = rf"{NAME_PATTERN}(\.{NAME_PATTERN})?"
#: Bytes of a text, of a path, and of each name in a path (Linux: NAME_MAX).
TEXT_BYTES_MAX = 4096
PATH_BYTES_MAX = 1024
NAME_BYTES_MAX = 255
_ODD_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ODD_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
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
    """Where a value stands, for messages; `example` is one of the key's own, where its type has another."""

    reporter: Reporter
    subject: str
    key: str
    example: str = ""


def describe(node: Node) -> str:
    """Name what a node is, for type errors."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    assert isinstance(node, Scalar)
    return "empty" if not node.text and not node.quoted else f"'{node.text[:200]}'"


def wrong_name(context: Context, place: Place, name: str) -> None:
    """Report a name that is none; names have no capital letters, so that two never differ by case alone."""
    meant = name.lower() if re.fullmatch(NAME_PATTERN, name.lower()) else ""
    is_long = len(name) > NAME_LENGTH_MAX and re.fullmatch(NAME_PATTERN, name[:NAME_LENGTH_MAX]) and re.fullmatch("[a-z0-9_]+", name)
    fault = f": it has {len(name)} characters, at most {NAME_LENGTH_MAX} are possible" if is_long else ""
    context.reporter.add("SEL-S012", place, context.subject, name=name[:60], hint=nearest(meant, [meant]) if meant else fault)


def pattern_schema(pattern: str) -> dict[str, Any]:
    """Return the JSON schema of a text that is a pattern from end to end."""
    return {"type": "string", "pattern": f"^{pattern}$"}


def is_text(node: Scalar, context: Context, is_path: bool = False, has_lines: bool = False) -> bool:
    """Tell whether a scalar's text can be one, or a path, at all; report if not. Quoted YAML writes any character by an escape."""
    odd = (_ODD_IN_LINES if has_lines else _ODD_CHARACTER).search(node.text)
    if odd:
        fault = f"the character U+{ord(odd[0]):04X}, which no text may have"
        remedy = "write it on one line" if odd[0] == "\n" else "remove it"
    else:
        bound = PATH_BYTES_MAX if is_path else TEXT_BYTES_MAX
        size = len(node.text.encode())
        longest = max(len(name.encode()) for name in node.text.split("/")) if is_path else 0
        if longest > NAME_BYTES_MAX:
            fault, remedy = f"a name of {longest} bytes in its path, at most {NAME_BYTES_MAX} are possible", "give the file or folder a shorter name"
        elif size > bound:
            fault, remedy = f"{size} bytes, at most {bound} are possible", "shorten it"
        else:
            return True
    context.reporter.add("SEL-S103", node.place, context.subject, key=f"'{context.key}'", fault=fault, remedy=remedy)
    return False


class Type:
    """A type of the language."""

    wanted = ""
    example = ""

    def wrong(self, node: Node, context: Context) -> Any:
        """Report a value of another type, or one that is of it but for its quotes."""
        found, example = describe(node), context.example or self.example
        if isinstance(node, Scalar) and node.quoted:
            bare = self.check(Scalar(node.place, node.text, quoted=False), Context(Reporter(), "", ""))
            if bare is not BAD:
                found, example = f"{found} in quotes, which make it a text", node.text
        context.reporter.add("SEL-S010", node.place, context.subject, key=f"'{context.key}'", found=found, wanted=self.wanted, example=example)
        return BAD

    def check(self, node: Node, context: Context) -> Any:
        """Return the checked data or BAD."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema."""
        raise NotImplementedError


@dataclass(frozen=True)
class Text(Type):
    """A text, or the path of a file or folder; `has_lines`: it may have several."""

    key_example: str = "text"
    is_path: bool = False
    has_lines: bool = False
    wanted = "a text"

    @property
    def example(self) -> str:
        return self.key_example

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Scalar) or (not node.quoted and not node.text):
            return self.wrong(node, context)
        return node.text if is_text(node, context, self.is_path, self.has_lines) else BAD

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}


@dataclass(frozen=True)
class Matching(Type):
    """A text of one form."""

    form: str
    wanted: str
    example: str

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Scalar) or not re.fullmatch(self.form, node.text):
            return self.wrong(node, context)
        return node.text

    def schema(self) -> dict[str, Any]:
        return pattern_schema(f"({self.form})")


@dataclass(frozen=True)
class Name(Type):
    """A name of something in the system."""

    key_example: str = "console"
    wanted = "a name"

    @property
    def example(self) -> str:
        return self.key_example

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Scalar) or not node.text:
            return self.wrong(node, context)
        if not re.fullmatch(NAME_PATTERN, node.text):
            wrong_name(context, node.place, node.text)
            return BAD
        return node.text

    def schema(self) -> dict[str, Any]:
        return pattern_schema(NAME_PATTERN)


@dataclass(frozen=True)
class Member(Name):
    """A process or guest that something lists; where instances are, what one offers, too: that is replaced by a name before."""

    def schema(self) -> dict[str, Any]:
        return pattern_schema(REFERENCE_PATTERN)


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
        return pattern_schema(rf"{NAME_PATTERN}\.{NAME_PATTERN}")


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
    sample: str = ""
    wanted = "a whole number"

    @property
    def example(self) -> str:
        if self.sample:
            return self.sample
        return hex(self.low) if self.hexadecimal else str(self.low)

    def check(self, node: Node, context: Context) -> Any:
        if not isinstance(node, Scalar) or node.quoted or not re.fullmatch(r"-?(0|[1-9][0-9]{0,59})|0x[0-9a-fA-F]{1,60}", node.text):
            return self.wrong(node, context)
        value = int(node.text, 0)
        if not self.low <= value <= self.high:
            show = hex if self.hexadecimal else str
            context.reporter.add("SEL-S015", node.place, context.subject, key=context.key, value=node.text[:60], low=show(self.low), high=show(self.high))
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
            fault = quantity.fault_of_number(node.text)
            id = "SEL-S047" if fault else "SEL-S013"
            context.reporter.add(id, node.place, context.subject, key=context.key, text=node.text[:60], fault=fault, units=listing(units), example=self.sample)
            return BAD
        if not self.low <= value <= self.high:
            show = quantity.size_text if units == quantity.SIZE_UNITS else quantity.time_text
            context.reporter.add("SEL-S015", node.place, context.subject, key=context.key, value=node.text[:60], low=show(self.low), high=show(self.high))
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
            close = nearest(node.text, self.words)
            context.reporter.add("SEL-S016", node.place, context.subject, value=node.text[:60], key=context.key, nearest=close, permitted=listing(self.words))
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
        of_item = replace(context, example="")
        for child in node.items:
            data = self.item.check(child, of_item)
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
                wrong_name(context, node.key_places[key], key)
                continue
            data = self.item.check(child, Context(context.reporter, subject, key))
            if data is not BAD:
                values[key] = Value(data, node.key_places[key])
        return values

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": False, "patternProperties": {f"^{NAME_PATTERN}$": self.item.schema()}}


@dataclass(frozen=True)
class Key:
    """A key of a Keys type, with what it means and an example of its value (by default that of the type)."""

    name: str
    type: Type
    text: str
    required: bool = False
    default: Any = None
    sample: str = ""

    @property
    def example(self) -> str:
        """A value as it may stand in a spec."""
        return self.sample or self.type.example


@dataclass(frozen=True)
class Keys(Type):
    """A mapping of known keys; `sample` is for where the required ones alone do not make a whole."""

    keys: tuple[Key, ...]
    sample: str = ""
    wanted = "a mapping"

    @property
    def example(self) -> str:
        if self.sample:
            return self.sample
        shown = [key for key in self.keys if key.required] or list(self.keys[:1])
        return "{" + ", ".join(f"{key.name}: {key.example}" for key in shown) + "}"

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
                context.reporter.add("SEL-S011", node.place, context.subject, key=key.name, example=key.example)
            return Value(key.default, node.place, given=False)
        data = key.type.check(child, Context(context.reporter, context.subject, key.name, key.example))
        return Value(key.default, child.place, given=False) if data is BAD else Value(data, child.place)

    def schema(self) -> dict[str, Any]:
        properties = {}
        for key in self.keys:
            properties[key.name] = {"description": key.text, **key.type.schema(), "examples": [key.example]}
            if isinstance(key.default, (bool, int, str)) and not isinstance(key.type, Quantity):
                properties[key.name]["default"] = key.default
        schema: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
        required = [key.name for key in self.keys if key.required]
        if required:
            schema["required"] = required
        return schema
