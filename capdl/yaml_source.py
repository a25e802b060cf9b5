# SPDX-License-Identifier: BSD-2-Clause
"""Strict reading of a YAML 1.2 file into a tree that knows every value's place.

Only mappings, sequences and scalars exist: anchors, aliases, tags, directives and
further documents are refused, so nothing can grow beyond the file. Scalars keep their
text; what type they are is the business of language.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml import events as yaml_events
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from capdl.diagnostics import Place, Reporter, SpecError, make
from capdl.inputs import NO_FILE, OTHER, kind_of, read_at_most

FILE_BYTES_MAX = 4 << 20
#: Lists, mappings and single values of a whole spec; a system of 1,000 processes has a tenth of it, in expanded form nearly all.
VALUES_MAX = 1 << 18
DEPTH_MAX = 16
#: The remedy for what only stands for a value elsewhere.
_WRITE_OUT = "write the value out"
#: Texts up to this size are parsed again for a better word about their fault: the pure parser reads 100 KiB a second.
_EXPLAINED_BYTES_MAX = 64 << 10


@dataclass
class Node:
    """A value and its place."""

    place: Place


@dataclass
class Scalar(Node):
    """A scalar's text; quoted tells that it can only be a string."""

    text: str
    quoted: bool


@dataclass
class Sequence(Node):
    """A list."""

    items: list[Node] = field(default_factory=list)


@dataclass
class Mapping(Node):
    """A mapping; duplicate keys were reported and dropped."""

    items: dict[str, Node] = field(default_factory=dict)
    key_places: dict[str, Place] = field(default_factory=dict)


def load(path: Path, shown: str, reporter: Reporter, values_max: int = VALUES_MAX) -> Node:
    """Read a file of at most so many values; raise SpecError if it is not one YAML document."""
    whole = Place(shown)
    if kind_of(path) == OTHER:
        raise SpecError([make("SEL-S001", whole, reason=NO_FILE[OTHER])])
    try:
        data = read_at_most(path, FILE_BYTES_MAX)
    except OSError as error:
        raise SpecError([make("SEL-S001", whole, reason=error.strerror or str(error))]) from error
    if len(data) > FILE_BYTES_MAX:
        raise SpecError([make("SEL-S003", whole, size=path.stat().st_size, bound=FILE_BYTES_MAX)])
    text = _decode(data, whole)
    try:
        return _build(text, shown, reporter, values_max)
    except ReaderError as error:
        line, column = text.count("\n", 0, error.position) + 1, error.position - text.rfind("\n", 0, error.position)
        problem = f"the character U+{ord(error.character) if isinstance(error.character, str) else error.character:04X} is not allowed"
        raise SpecError([make("SEL-S004", Place(shown, line, column), problem=problem)]) from error
    except MarkedYAMLError as error:
        raise SpecError([_syntax(error, shown)]) from error
    except YAMLError as error:
        raise SpecError([make("SEL-S004", whole, problem=str(error).splitlines()[0])]) from error


def _decode(data: bytes, whole: Place) -> str:
    """Return the text of a UTF-8 file."""
    for mark, name in ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16")):
        if data.startswith(mark):
            raise SpecError([make("SEL-S002", whole, encoding=name)])
    if (zero := data.find(b"\0")) >= 0:
        raise SpecError([make("SEL-S002", _place_of(data, zero, whole.path), encoding="binary (it has a zero byte)")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_of(data, error.start, whole.path)
        raise SpecError([make("SEL-S002", place, encoding=f"in another encoding (byte 0x{data[error.start]:02x})")]) from error


def _place_of(data: bytes, at: int, shown: str) -> Place:
    """The place of a byte; its column counts characters, as long as those before it are UTF-8."""
    start = data.rfind(b"\n", 0, at) + 1
    return Place(shown, data.count(b"\n", 0, at) + 1, len(data[start:at].decode("utf-8-sig", errors="replace")) + 1)


def _syntax(error: MarkedYAMLError, shown: str) -> object:
    """Turn the parser's complaint into a diagnostic."""
    mark = error.problem_mark or error.context_mark
    place = Place(shown, mark.line + 1, mark.column + 1) if mark else Place(shown)
    problem = " ".join((error.problem or error.context or "unreadable").split())
    if "\\t" in problem:
        return make("SEL-S005", place)
    return make("SEL-S004", place, problem=problem)


class _Builder:
    """Makes the tree of the parser's events without recursion."""

    def __init__(self, shown: str, reporter: Reporter, values_max: int):
        self.shown = shown
        self.reporter = reporter
        self.values_max = values_max
        self.values = 0
        self.stack: list[Mapping | Sequence] = []
        self.keys: list[Scalar | None] = []
        self.root: Node | None = None
        self.documents = 0

    def place(self, event: yaml_events.Event) -> Place:
        """The place of an event."""
        return Place(self.shown, event.start_mark.line + 1, event.start_mark.column + 1)

    def refuse(self, event: yaml_events.Event, what: str, remedy: str = _WRITE_OUT) -> None:
        """Stop: this construct does not exist in the language."""
        raise SpecError([make("SEL-S006", self.place(event), what=what, remedy=remedy)])

    def check(self, event: yaml_events.Event) -> None:
        """Refuse what YAML has and the language has not."""
        if isinstance(event, yaml_events.AliasEvent):
            self.refuse(event, f"the alias '*{event.anchor}'")
        if getattr(event, "anchor", None):
            self.refuse(event, f"the anchor '&{event.anchor}'")
        tag = getattr(event, "tag", None)
        if tag and not isinstance(event, yaml_events.DocumentStartEvent):
            self.refuse(event, f"the tag '{tag}'")
        if isinstance(event, yaml_events.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self.refuse(event, "a second document", "remove the line `---`; what belongs to no spec goes in a file of its own")

    def attach(self, node: Node) -> None:
        """Put a finished or opened node where it belongs."""
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        key = self.keys[-1]
        if key is None:
            self.take_key(node)
            return
        self.keys[-1] = None
        if isinstance(node, Scalar) and not node.text and not node.quoted:
            node.place = key.place
        if key.text in parent.items:
            first = parent.key_places[key.text]
            self.reporter.add("SEL-S008", key.place, key=key.text, first_line=first.line)
            return
        parent.items[key.text] = node
        parent.key_places[key.text] = key.place

    def take_key(self, node: Node) -> None:
        """Remember a mapping's key until its value comes."""
        if not isinstance(node, Scalar):
            raise SpecError([make("SEL-S006", node.place, what="a key that is a list or a mapping", remedy="write a name as key")])
        if node.text == "<<" and not node.quoted:
            raise SpecError([make("SEL-S006", node.place, what="the merge key '<<'", remedy=_WRITE_OUT)])
        self.keys[-1] = node

    def open(self, node: Mapping | Sequence) -> None:
        """Attach a collection and go into it."""
        self.attach(node)
        if len(self.stack) >= DEPTH_MAX:
            raise SpecError([make("SEL-S007", node.place, bound=DEPTH_MAX)])
        self.stack.append(node)
        self.keys.append(None)

    def close(self) -> None:
        """Leave a collection."""
        self.stack.pop()
        self.keys.pop()

    def take(self, event: yaml_events.Event) -> None:
        """Handle one event."""
        self.check(event)
        if isinstance(event, (yaml_events.ScalarEvent, yaml_events.CollectionStartEvent)):
            self.values += 1
            if self.values > self.values_max:
                raise SpecError([make("SEL-S102", self.place(event), bound=VALUES_MAX)])
        if isinstance(event, yaml_events.ScalarEvent):
            self.attach(Scalar(self.place(event), event.value, bool(event.style)))
        elif isinstance(event, yaml_events.MappingStartEvent):
            self.open(Mapping(self.place(event)))
        elif isinstance(event, yaml_events.SequenceStartEvent):
            self.open(Sequence(self.place(event)))
        elif isinstance(event, (yaml_events.MappingEndEvent, yaml_events.SequenceEndEvent)):
            self.close()


def _build(text: str, shown: str, reporter: Reporter, values_max: int) -> Node:
    """Parse text into a tree: by libyaml, which is fast, and for the words about a fault by the parser in Python."""
    directive = re.search(r"^%", text, re.MULTILINE)
    if directive:
        line = text.count("\n", 0, directive.start()) + 1
        raise SpecError([make("SEL-S006", Place(shown, line, 1), what="a % directive", remedy="remove the line")])
    before = len(reporter.diagnostics)
    try:
        return _parse(text, shown, reporter, values_max, is_pure=False)
    except (YAMLError, ReaderError):
        if len(text) > _EXPLAINED_BYTES_MAX:
            raise
        del reporter.diagnostics[before:]
        return _parse(text, shown, reporter, values_max, is_pure=True)


def _parse(text: str, shown: str, reporter: Reporter, values_max: int, is_pure: bool) -> Node:
    builder = _Builder(shown, reporter, values_max)
    yaml = YAML(typ="safe", pure=is_pure)
    yaml.version = (1, 2)
    for event in yaml.parse(text):
        builder.take(event)
    if builder.root is None:
        return Mapping(Place(shown, 1, 1))
    return builder.root
