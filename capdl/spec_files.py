# SPDX-License-Identifier: BSD-2-Clause
"""The files of a spec: the one that was named and those it includes, each read once, with the parts that are known in each.

Bounds: DEPTH_MAX files deep, FILE_BYTES_MAX bytes in all. What an include's contents mean is compose.py's business.
"""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass, field
from pathlib import Path

from capdl import inputs, yaml_source
from capdl.composition_keys import INCLUDE, IncludeItem
from capdl.diagnostics import Place, Reporter, SpecError
from capdl.language import SCHEMA_VERSION
from capdl.parameters import check_use, scalars
from capdl.value_types import BAD, Context, Int, Keys, List, Struct, Table
from capdl.yaml_source import Mapping, Node, Scalar

DEPTH_MAX = 16


@dataclass
class Part:
    """A part's definition: checked keys whose contents are nodes, the file's own parts, and how many values an instance copies."""

    name: str
    place: Place
    keys: Struct
    declared: Mapping | None
    known: dict[str, Part]
    size: int


@dataclass
class Include:
    """One entry of `include`."""

    file: File
    takes_all: bool
    settings: Mapping | None
    place: Place


@dataclass
class File:
    """A file of the spec; `parts` are those that can be instantiated in it."""

    path: Path
    shown: str
    tree: Mapping
    includes: list[Include] = field(default_factory=list)
    parts: dict[str, Part] = field(default_factory=dict)

    def node(self, key: str) -> Mapping | None:
        """The mapping under a key, None if there is none."""
        found = self.tree.items.get(key)
        return found if isinstance(found, Mapping) else None


class Files:
    """Reads a spec's files; faults of reading and of includes are reported."""

    def __init__(self, part: Keys, reporter: Reporter):
        self.part = part
        self.reporter = reporter
        self.read: dict[Path, File] = {}
        self.bytes = 0
        self.stack: list[File] = []

    def load(self, path: Path, shown: str) -> File | Node:
        """Read the spec at path and all it includes; what is no mapping is returned as it is."""
        tree = yaml_source.load(path, shown, self.reporter)
        if not isinstance(tree, Mapping):
            return tree
        file = File(path, shown, tree)
        self.read[path.resolve()] = file
        self.bytes = path.stat().st_size
        self.values = _size(tree)
        self._complete(file)
        return file

    def _complete(self, file: File) -> None:
        """Follow a file's includes, then take its parts."""
        self.stack.append(file)
        seen: dict[Path, Place] = {}
        for item in self._items(file):
            include = self._include(file, *item)
            if include is None:
                continue
            first = seen.setdefault(include.file.path.resolve(), include.place)
            if first is not include.place:
                self.reporter.add("SEL-S080", include.place, path=include.file.shown, first=first.seen_from(include.place), remedy="remove one of the two")
                continue
            file.includes.append(include)
            self._join_parts(file, include)
        self._own_parts(file)
        self.stack.pop()

    def _items(self, file: File) -> list[tuple[Scalar, Mapping]]:
        """Every include: the scalar that names its file, and its keys."""
        node = file.tree.items.get("include")
        values = List(IncludeItem(INCLUDE)).check(node, Context(self.reporter, "", "include")) if node else []
        found = []
        for value in [] if values is BAD else values:
            if isinstance(value.data, Scalar):
                found.append((value.data, Mapping(value.place)))
            else:
                item = next(each for each in node.items if each.place is value.place)
                if value.data["file"].given:
                    found.append((item.items["file"], item))
        return found

    def _include(self, file: File, name: Scalar, item: Mapping) -> Include | None:
        """One include; None was reported."""
        path = file.path.parent / name.text
        shown = os.path.join(os.path.dirname(file.shown), name.text)
        normal = os.path.normpath(shown)
        shown = normal if os.path.realpath(normal) == os.path.realpath(shown) else shown
        included = self._file(file, name, path, shown)
        if included is None:
            return None
        take, settings = item.items.get("take"), item.items.get("set")
        takes_all = not (isinstance(take, Scalar) and take.text == "parts")
        return Include(included, takes_all, settings if isinstance(settings, Mapping) else None, name.place)

    def _file(self, file: File, name: Scalar, path: Path, shown: str) -> File | None:
        """The file that a path names, read if it was not yet."""
        if "$(" in name.text:
            return self._refuse(name, "a file's name has no parameters", "")
        kind = inputs.kind_of(path)
        if kind != inputs.FILE:
            close = _nearest_file(path) if kind == inputs.NOTHING else ""
            return self._refuse(name, inputs.NO_FILE[kind] + ("; name a file in it" if kind == inputs.FOLDER else ""), close)
        real = path.resolve()
        circle = [each.shown for each in self.stack if each.path.resolve() == real]
        if circle:
            names = [each.shown for each in self.stack]
            self.reporter.add("SEL-S078", name.place, path=" -> ".join([*names[names.index(circle[0]) :], circle[0]]))
            return None
        if len(self.stack) >= DEPTH_MAX:
            self.reporter.add("SEL-S079", name.place, what="includes", bound=DEPTH_MAX, remedy="include the innermost file directly")
            return None
        if real not in self.read:
            self._read(real, path, shown, name)
        return self.read.get(real)

    def _refuse(self, name: Scalar, reason: str, close: str) -> None:
        self.reporter.add("SEL-S077", name.place, path=name.text[:200], reason=reason, nearest=close)

    def _read(self, real: Path, path: Path, shown: str, name: Scalar) -> None:
        self.bytes += path.stat().st_size
        if self.bytes > yaml_source.FILE_BYTES_MAX:
            self.reporter.add("SEL-S081", name.place, size=self.bytes, bound=yaml_source.FILE_BYTES_MAX)
            self.reporter.stop_if_any()
        tree = yaml_source.load(path, shown, self.reporter, yaml_source.VALUES_MAX - self.values)
        self.values += _size(tree)
        if not isinstance(tree, Mapping):
            Keys(()).wrong(tree, Context(self.reporter, "", "the spec"))
            return
        self.read[real] = File(path, shown, tree)
        self._version(self.read[real])
        self._complete(self.read[real])

    def _version(self, file: File) -> None:
        """An included file says its version, too."""
        node = file.tree.items.get("version")
        if node is None:
            self.reporter.add("SEL-S011", file.tree.place, key="version", example=SCHEMA_VERSION)
            return
        version = Int(0, 1 << 31, sample=str(SCHEMA_VERSION)).check(node, Context(self.reporter, "", "version"))
        if version not in (BAD, SCHEMA_VERSION):
            self.reporter.add("SEL-S017", node.place, value=version, known=SCHEMA_VERSION)
            raise SpecError(self.reporter.diagnostics)

    # Parts -------------------------------------------------------------------------------------

    def _join_parts(self, file: File, include: Include) -> None:
        """The parts of an included file are known here, too; the same one by two ways is one."""
        for name, part in include.file.parts.items():
            other = file.parts.setdefault(name, part)
            if other is not part:
                self.reporter.add("SEL-S025", include.place, f"part '{name}'", name=name, kind="a part", first=other.place.seen_from(include.place))

    def _own_parts(self, file: File) -> None:
        node = file.tree.items.get("parts")
        checked = Table(self.part, "part").check(node, Context(self.reporter, "", "parts")) if node else {}
        for name, value in ({} if checked is BAD else checked).items():
            if name in file.parts:
                self.reporter.add("SEL-S025", value.place, f"part '{name}'", name=name, kind="a part", first=file.parts[name].place.seen_from(value.place))
                continue
            part = self._part(name, value.place, value.data, node.items[name])
            part.known = file.parts
            file.parts[name] = part

    def _part(self, name: str, place: Place, keys: Struct, node: Mapping) -> Part:
        """Check what can be known of a part before it is made."""
        subject = f"part '{name}'"
        contents = []
        for key in ("processes", "guests", "shared", "instances"):
            if keys[key].given and not isinstance(keys[key].data, Mapping):
                Table(self.part, "").wrong(keys[key].data, Context(self.reporter, subject, key))
                keys[key].data = Mapping(keys[key].place)
            if keys[key].given:
                contents.append(keys[key].data)
        declared = node.items.get("parameters")
        declared = declared if isinstance(declared, Mapping) else None
        check_use(contents, declared, self.reporter)
        used = _outside_names([*contents, *(offer.data for offer in dict(keys["offers"].data).values())])
        for need in keys.get_data("needs"):
            if need.data not in used:
                self.reporter.add("SEL-S093", need.place, subject, part=name, name=need.data)
        return Part(name, place, keys, declared, {}, 1 + sum(map(_size, contents)))


def _nearest_file(path: Path) -> str:
    """As nearest(), of files beside a path: compared without their endings, which are alike where names are not."""
    found = sorted(inputs.names_in(path.parent), key=lambda name: Path(name).suffix == path.suffix)
    stems = {Path(name).stem: name for name in found}
    close = difflib.get_close_matches(path.stem, stems, n=1)
    return f" (did you mean '{stems[close[0]]}'?)" if close else ""


def _outside_names(nodes: list[Node]) -> set[str]:
    """What values name as `outside.NAME`."""
    words = (scalar.text.split(".") for node in nodes for scalar in scalars(node))
    return {word[1] for word in words if len(word) > 1 and word[0] == "outside"}


def _size(node: Node) -> int:
    """How many values a tree has."""
    if isinstance(node, Scalar):
        return 1
    return 1 + sum(map(_size, node.items.values() if isinstance(node, Mapping) else node.items))
