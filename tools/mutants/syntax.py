# SPDX-License-Identifier: BSD-2-Clause
"""Statements of C files, found by clang's parser (python3-clang-19), with exact places in bytes.

Every node handed out lies in the text as it stands: what a macro has produced is seen as the macro's use,
as a whole. What can be changed in a statement is told elsewhere (changes.py).
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

from clang.cindex import Cursor, CursorKind, Index, TranslationUnit

from sel.errors import Failed

Span = tuple[int, int]

#: Nodes that are no expressions, or whose operands are not evaluated.
_OPAQUE = (CursorKind.TYPE_REF, CursorKind.CXX_UNARY_EXPR, CursorKind.MEMBER_REF, CursorKind.STRING_LITERAL)


def span(node: Cursor) -> Span:
    """Return where a node begins and ends in its file."""
    return node.extent.start.offset, node.extent.end.offset


def peel(node: Cursor) -> Cursor:
    """Step through conversions that are not written down."""
    while node.kind == CursorKind.UNEXPOSED_EXPR:
        children = list(node.get_children())
        if len(children) != 1 or span(children[0]) != span(node):
            return node
        node = children[0]
    return node


@dataclass
class Source:
    """One file's bytes and the uses of macros in it."""

    path: str
    data: bytes
    macros: set[Span] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._lines = [0] + [i + 1 for i, byte in enumerate(self.data) if byte == 0x0A]

    def line(self, offset: int) -> int:
        """Return the number of the line that holds offset, from 1."""
        return bisect.bisect_right(self._lines, offset)

    def line_span(self, first: int, last: int) -> Span:
        """Return where lines first to last begin and end."""
        end = self._lines[last] if last < len(self._lines) else len(self.data)
        return self._lines[first - 1], end

    def text(self, place: Span) -> str:
        """Return the text of a place."""
        return self.data[place[0] : place[1]].decode("utf-8")

    def is_macro(self, node: Cursor) -> bool:
        """Tell whether node is the use of a macro, as a whole."""
        return span(node) in self.macros

    def is_written(self, node: Cursor) -> bool:
        """Tell whether node begins and ends in the text, not inside a macro's use."""
        start, end = span(node)
        inside = any(a < start < b or a < end < b for a, b in self.macros)
        return start < end and not inside

    def walk(self, node: Cursor) -> Iterator[Cursor]:
        """Yield an expression and all its parts that are written down."""
        node = peel(node)
        if node.kind in _OPAQUE or not self.is_written(node):
            return
        yield node
        if not self.is_macro(node):
            for child in node.get_children():
                yield from self.walk(child)


@dataclass(frozen=True)
class Place:
    """A statement: its own node, the list of statements it stands in, and the function around it."""

    source: Source
    function: str
    node: Cursor
    follower: Cursor | None = None
    result_type: object | None = None


_SIMPLE = (CursorKind.BREAK_STMT, CursorKind.CONTINUE_STMT, CursorKind.RETURN_STMT, CursorKind.DECL_STMT)
_CONTROL = (CursorKind.IF_STMT, CursorKind.WHILE_STMT, CursorKind.DO_STMT, CursorKind.FOR_STMT, CursorKind.SWITCH_STMT)
_LABELS = (CursorKind.CASE_STMT, CursorKind.DEFAULT_STMT, CursorKind.LABEL_STMT)


class Reader:
    """Parses translation units and hands out each statement of the wanted files once."""

    def __init__(self, root: Path, folder: str, excluded: tuple[str, ...] = ()) -> None:
        self._root = root
        self._folder = folder
        self._excluded = excluded
        self._index = Index.create()
        self._sources: dict[str, Source] = {}
        self._seen: set[tuple[str, int]] = set()

    def read(self, path: Path, arguments: list[str]) -> list[Place]:
        """Return the statements of one translation unit that were not handed out before."""
        unit = self._index.parse(str(path), args=arguments, options=TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD)
        faults = [str(d) for d in unit.diagnostics if d.severity >= d.Error]
        if faults:
            raise Failed(f"{path} does not parse: {faults[0]}")
        top = list(unit.cursor.get_children())
        self._note_macros(top)
        places: list[Place] = []
        for node in top:
            source = self._source(node)
            if source is not None and (source.path, span(node)[0]) not in self._seen:
                found = list(_statements_of(source, node))
                if found:
                    self._seen.add((source.path, span(node)[0]))
                places += found
        return places

    def _note_macros(self, top: list[Cursor]) -> None:
        for node in top:
            if node.kind == CursorKind.MACRO_INSTANTIATION and (source := self._source(node)) is not None:
                source.macros.add(span(node))

    def _source(self, node: Cursor) -> Source | None:
        """Return the file of a node if it is one of those wanted."""
        file = node.location.file
        if file is None:
            return None
        path = Path(file.name)
        if not path.is_relative_to(self._root):
            return None
        name = str(path.relative_to(self._root))
        if not name.startswith(self._folder) or name.startswith(self._excluded):
            return None
        if name not in self._sources:
            self._sources[name] = Source(name, path.read_bytes())
        return self._sources[name]


def _statements_of(source: Source, node: Cursor) -> Iterator[Place]:
    if node.kind == CursorKind.VAR_DECL:
        if initialiser(node) is not None:
            yield Place(source, node.spelling, node)
    elif node.kind == CursorKind.FUNCTION_DECL and node.is_definition():
        for child in node.get_children():
            if child.kind == CursorKind.COMPOUND_STMT:
                yield from _inside(Place(source, node.spelling, child, None, node.result_type))


def _inside(outer: Place) -> Iterator[Place]:
    """Yield the statements of outer, itself included unless it only holds others."""
    node = outer.node
    children = list(node.get_children())
    if node.kind == CursorKind.COMPOUND_STMT:
        for child, follower in zip(children, [*children[1:], None]):
            yield from _inside(Place(outer.source, outer.function, child, follower, outer.result_type))
    elif node.kind in _CONTROL:
        yield outer
        for child in bodies(node):
            yield from _inside(Place(outer.source, outer.function, child, None, outer.result_type))
    elif node.kind in _LABELS:
        if node.kind == CursorKind.CASE_STMT:
            yield outer
        yield from _inside(Place(outer.source, outer.function, children[-1], None, outer.result_type))
    elif node.kind in _SIMPLE or node.kind.is_expression():
        yield outer


def bodies(node: Cursor) -> list[Cursor]:
    """Return the statements that a control statement governs."""
    children = list(node.get_children())
    if node.kind == CursorKind.IF_STMT:
        return children[1:]
    return [children[0]] if node.kind == CursorKind.DO_STMT else [children[-1]]


def condition(source: Source, node: Cursor) -> Cursor | None:
    """Return the condition of a control statement (or of `?:`), None if it has none."""
    children = list(node.get_children())
    if node.kind == CursorKind.DO_STMT:
        return children[-1]
    if node.kind != CursorKind.FOR_STMT:
        return children[0]
    first, second = _header_semicolons(node)
    within = [child for child in children[:-1] if first < span(child)[0] < second]
    return within[0] if within else None


def header(node: Cursor) -> list[Cursor]:
    """Return what a `for` has beside condition and body: initialisation and step."""
    if node.kind != CursorKind.FOR_STMT:
        return []
    first, second = _header_semicolons(node)
    return [child for child in list(node.get_children())[:-1] if not first < span(child)[0] < second]


def _header_semicolons(node: Cursor) -> Span:
    """Return where the two semicolons of `for (...;...;...)` are."""
    depth = 0
    found = []
    for token in node.get_tokens():
        depth += {"(": 1, ")": -1}.get(token.spelling, 0)
        if token.spelling == ";" and depth == 1:
            found.append(token.extent.start.offset)
            if len(found) == 2:
                break
    return found[0], found[1]


def initialiser(node: Cursor) -> Cursor | None:
    """Return the initialiser of a variable: the expression its declaration ends with."""
    last = None
    for child in node.get_children():
        if child.kind.is_expression() and span(child)[1] == span(node)[1]:
            last = child
    return last
