# SPDX-License-Identifier: BSD-2-Clause
"""From a spec's files to one tree: includes joined, parameters replaced, every instance of a part made under its own names.

The tree has the keys of a system only (language.py); every value of it knows its place and, for messages, how it came
there. An entry `client` of instance `left` is called `left_client`; a reference inside a part counts in that part.
(docs/adr/0020)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from capdl.composition_keys import INSTANCES, PARAMETERS
from capdl.diagnostics import COMMAND_LINE, Origin, Place, Reporter, listing, nearest
from capdl.names import SYSTEM_NAMES
from capdl.parameters import Parameters, Setting, check_use, evaluate
from capdl.references import Scope, rewrite
from capdl.spec_files import DEPTH_MAX, File, Files, Part
from capdl.value_types import BAD, NAME_LENGTH_MAX, Context, Keys, Struct, Value
from capdl.yaml_source import Mapping, Node, Scalar, Sequence

#: Values that instances may copy in all: a part that holds others twice, and so on, would otherwise grow without end.
COPIED_VALUES_MAX = 1 << 16
KINDS = {"processes": "process", "guests": "guest", "shared": "shared region"}
_COMPOSING = ("parameters", "include", "parts", "instances")


@dataclass
class Composed:
    """One tree, the files it came from, and by their shown names the folders that relative paths start from."""

    tree: Node
    files: list[Path]
    folders: dict[str, Path] = field(default_factory=dict)


class Composer:
    """Composes one spec; every fault is reported."""

    def __init__(self, part: Keys, reporter: Reporter):
        self.files = Files(part, reporter)
        self.reporter = reporter
        self.top = Mapping(Place(""))
        self.root = Scope((), "the spec", {}, {})
        self.taken: dict[Path, Place] = {}
        self.copied = 0

    def run(self, spec: Path, shown: str, settings: dict[str, Setting]) -> Composed:
        """Compose the spec at a path."""
        file = self.files.load(spec, shown)
        if not isinstance(file, File):
            return Composed(file, [spec], {shown: spec.parent})
        self.top.place = file.tree.place
        self.taken[file.path.resolve()] = file.tree.place
        self._take(file, settings, None, lambda name: f"give it a default, or `--set {name}=VALUE`")
        self._finish(self.root)
        folders = {each.shown: each.path.parent for each in self.files.read.values()}
        return Composed(self.top, list(self.files.read), folders)

    # Files -------------------------------------------------------------------------------------

    def _take(self, file: File, given: dict[str, Setting], unset: Place | None, remedy: Callable[[str], str]) -> None:
        """Everything of a file: first that of the files it includes."""
        declared = file.node("parameters")
        if "parameters" in file.tree.items:
            PARAMETERS.type.check(file.tree.items["parameters"], Context(self.reporter, "", "parameters"))
        check_use([node for key, node in file.tree.items.items() if key not in ("parameters", "parts")], declared, self.reporter)
        values = evaluate(declared, given, self.reporter, unset, remedy)
        for include in file.includes:
            if not include.takes_all:
                continue
            first = self.taken.setdefault(include.file.path.resolve(), include.place)
            if first is not include.place:
                self.reporter.add(
                    "SEL-S080", include.place, path=include.file.shown, first=first.seen_from(include.place),
                    remedy="take its parts only (`take: parts`) in one of the two places",
                )
                continue
            settings = _settings(values.copy(include.settings, Origin(), self.reporter)) if include.settings else {}
            self._take(include.file, settings, include.place, lambda name: f"add for example `set: {{{name}: VALUE}}` to the include")
        for key, node in file.tree.items.items():
            if key in KINDS and isinstance(node, Mapping):
                self._entries(self.root, key, values.copy(node, Origin(), self.reporter))
            elif key not in _COMPOSING:
                self._join(key, values.copy(node, Origin(), self.reporter), file.tree.key_places[key])
        self._instances(file.tree.items.get("instances"), values, Origin(), self.root, file.parts, [])

    def _join(self, key: str, node: Node, place: Place) -> None:
        """A key of the whole system: mappings and lists of several files are joined, single values must agree."""
        mine = self.top.items.get(key)
        if mine is None:
            self.top.items[key] = node
            self.top.key_places[key] = place
        elif isinstance(mine, Mapping) and isinstance(node, Mapping):
            for name, item in node.items.items():
                if name in mine.items:
                    self._agree(f"{key}.{name}", mine.items[name], item)
                else:
                    mine.items[name] = item
                    mine.key_places[name] = node.key_places[name]
        elif isinstance(mine, Sequence) and isinstance(node, Sequence):
            mine.items += node.items
        else:
            self._agree(key, mine, node)

    def _agree(self, key: str, mine: Node, node: Node) -> None:
        if isinstance(mine, Scalar) and isinstance(node, Scalar) and mine.text == node.text:
            return
        other = f"'{mine.text[:60]}'" if isinstance(mine, Scalar) else "a list or mapping"
        self.reporter.add("SEL-S082", node.place, key=key, first=mine.place.seen_from(node.place), other=other)

    # Instances ---------------------------------------------------------------------------------

    def _entries(self, scope: Scope, kind: str, node: Mapping) -> None:
        """The entries of a scope, by kind; two files may not give the same name."""
        for name, entry in node.items.items():
            scope.entries.append((kind, name, entry, node.key_places[name]))

    def _instances(self, node: Node | None, values: Parameters, origin: Origin, scope: Scope, known: dict[str, Part], stack: list[Part]) -> None:
        """Make every instance of a scope."""
        if node is None:
            return
        tree = values.copy(node, origin, self.reporter)
        checked = INSTANCES.type.inner.check(tree, Context(self.reporter, "", "instances"))
        for name, value in ({} if checked is BAD else checked).items():
            if value.data["part"].given:
                self._instance(name, value, scope, known, stack)

    def _instance(self, name: str, value: Value, scope: Scope, known: dict[str, Part], stack: list[Part]) -> None:
        keys: Struct = value.data
        part = self._part(name, keys["part"], known, stack)
        if part is None:
            return
        if name in SYSTEM_NAMES:
            self.reporter.add("SEL-S018", value.place, f"instance '{name}'", name=name, reserved=listing(SYSTEM_NAMES))
            return
        if name in scope.instances:
            first = scope.instances[name].place.seen_from(value.place)
            self.reporter.add("SEL-S025", value.place, f"instance '{name}'", name=name, kind="an instance", first=first)
            return
        self.copied += part.size
        if self.copied > COPIED_VALUES_MAX:
            self.reporter.add("SEL-S092", value.place, count=self.copied, what="values", bound=COPIED_VALUES_MAX, remedy="instantiate fewer parts")
            self.reporter.stop_if_any()
        path = (*scope.path, name)
        above = value.place.origin.text
        text = f"in part '{part.name}', made as '{'.'.join(path)}' at {value.place}" + (f", {above}" if above else "")
        origin = Origin(text, "", ".".join(path))
        child = Scope(path, f"part '{part.name}'", self._connections(name, part, keys, scope), {}, place=value.place)
        scope.instances[name] = child
        values = evaluate(
            part.declared, _settings_of(keys["set"]), self.reporter, value.place, lambda name: f"add for example `set: {{{name}: VALUE}}` to the instance", origin
        )
        child.needs = [need.data for need in part.keys.get_data("needs")]
        child.offers = {each: values.copy(offer.data, origin, self.reporter) for each, offer in dict(part.keys["offers"].data).items()}
        for kind in KINDS:
            if isinstance(part.keys[kind].data, Mapping):
                self._entries(child, kind, values.copy(part.keys[kind].data, origin, self.reporter))
        inner = part.keys["instances"].data if part.keys["instances"].given else None
        self._instances(inner, values, origin, child, part.known, [*stack, part])

    def _part(self, name: str, value: Value, known: dict[str, Part], stack: list[Part]) -> Part | None:
        """The part that an instance names; None was reported."""
        subject = f"instance '{name}'"
        part = known.get(value.data)
        if part is None:
            self.reporter.add("SEL-S083", value.place, subject, name=value.data, nearest=nearest(value.data, known), permitted=listing(known))
        elif part in stack:
            names = [each.name for each in stack]
            self.reporter.add("SEL-S084", value.place, subject, path=" -> ".join([*names[stack.index(part) :], part.name]))
        elif len(stack) >= DEPTH_MAX:
            self.reporter.add("SEL-S079", value.place, subject, what="parts", bound=DEPTH_MAX, remedy="instantiate the innermost ones directly")
        else:
            return part
        return None

    def _connections(self, name: str, part: Part, keys: Struct, scope: Scope) -> dict[str, tuple[Scalar, Scope]]:
        """What each name that a part needs stands for, with the scope that this counts in."""
        subject = f"instance '{name}'"
        needs = [need.data for need in part.keys.get_data("needs")]
        given = dict(keys["connect"].data)
        for each, value in given.items():
            if each not in needs:
                self.reporter.add("SEL-S086", value.place, subject, part=part.name, name=each, nearest=nearest(each, needs), permitted=listing(needs))
        for need in needs:
            if need not in given:
                self.reporter.add("SEL-S085", keys.place, subject, part=part.name, name=need, instance=name)
        return {each: (value.data, scope) for each, value in given.items() if each in needs}

    # The tree ----------------------------------------------------------------------------------

    def _finish(self, scope: Scope) -> None:
        """Put the entries of a scope and of the instances in it into the tree under their full names."""
        self._names(scope)
        for kind, name, entry, place in scope.entries:
            full = "_".join((*scope.path, name))
            if scope.path and len(full) > NAME_LENGTH_MAX:
                self.reporter.add("SEL-S091", place, f"{KINDS[kind]} '{full[:60]}'", name=full[:60], count=len(full), bound=NAME_LENGTH_MAX)
                continue
            rewrite(kind, entry, scope, self.reporter)
            table = self.top.items.setdefault(kind, Mapping(place))
            self.top.key_places.setdefault(kind, place)
            if not isinstance(table, Mapping):
                continue  # another file has something else under this key, which the check of types tells
            if full in table.items:
                first = table.key_places[full].seen_from(place)
                self.reporter.add("SEL-S025", place, f"{KINDS[kind]} '{full}'", name=full, kind=f"a {KINDS[kind]}", first=first)
                continue
            table.items[full] = entry
            table.key_places[full] = place
        if not scope.path and "console" in self.top.items:
            rewrite("console", self.top.items["console"], scope, self.reporter)
        for child in scope.instances.values():
            self._finish(child)

    def _names(self, scope: Scope) -> None:
        """In one scope an instance and an entry have different names."""
        for kind, name, _, place in scope.entries:
            if name in scope.instances:
                first = scope.instances[name].place.seen_from(place)
                self.reporter.add("SEL-S025", place, f"{KINDS[kind]} '{name}'", name=name, kind="an instance", first=first)


def _settings(node: Node) -> dict[str, Setting]:
    """The values of a `set` mapping."""
    assert isinstance(node, Mapping)
    return {name: Setting.of(item) for name, item in node.items.items() if isinstance(item, Scalar)}


def _settings_of(value: Value) -> dict[str, Setting]:
    return {name: Setting.of(item.data) for name, item in dict(value.data).items()}


def settings_of_words(words: list[str], reporter: Reporter) -> dict[str, Setting]:
    """Read `--set NAME=VALUE` words."""
    found: dict[str, Setting] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            reporter.add("SEL-S074", COMMAND_LINE, text=word[:60], example="memory=512M")
        elif name in found:
            reporter.add("SEL-S075", COMMAND_LINE, name=name[:60])
        else:
            found[name] = Setting(text, not text, COMMAND_LINE, "given by --set")
    return found


def compose(spec: Path, shown: str, words: list[str], part: Keys, reporter: Reporter) -> Composed:
    """Compose a spec with the values of `--set`; raises SpecError where going on makes no sense."""
    return Composer(part, reporter).run(spec, shown, settings_of_words(words, reporter))
