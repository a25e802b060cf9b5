# SPDX-License-Identifier: BSD-2-Clause
"""What can be changed in a statement: every change of every kind, as edits of its file's bytes.

A change keeps the number of lines, so that a place in the mutant is the same place in the original. Whether a change
compiles, and whether it changes anything, is found out elsewhere (workshop.py): here one too many does no harm.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from typing import Callable, Iterator

from clang.cindex import Cursor, CursorKind, TypeKind

from mutants.syntax import Place, Source, Span, condition, header, initialiser, peel, span

#: The names of the kinds, in the order of the reports.
KINDS = (
    "relation", "arithmetic", "bits", "logic", "constant", "dropped statement", "condition", "swapped arguments",
    "swapped targets", "returned value",
)

_OPERATORS = {
    "relation": {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",)},
    "arithmetic": {
        "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("/",),
        "+=": ("-=", "="), "-=": ("+=", "="), "*=": ("/=",), "/=": ("*=",), "++": ("--",), "--": ("++",),
    },
    "bits": {
        "&": ("|",), "|": ("&",), "^": ("&",), "<<": (">>",), ">>": ("<<",),
        "&=": ("|=", "="), "|=": ("&=", "="), "^=": ("&=",), "<<=": (">>=",), ">>=": ("<<=",),
    },
    "logic": {"&&": ("||",), "||": ("&&",)},
}
_KIND_OF = {operator: (kind, others) for kind, table in _OPERATORS.items() for operator, others in table.items()}

_INTEGERS = (
    TypeKind.BOOL, TypeKind.CHAR_U, TypeKind.UCHAR, TypeKind.USHORT, TypeKind.UINT, TypeKind.ULONG, TypeKind.ULONGLONG,
    TypeKind.CHAR_S, TypeKind.SCHAR, TypeKind.SHORT, TypeKind.INT, TypeKind.LONG, TypeKind.LONGLONG, TypeKind.ENUM,
)
_LOOPS = (CursorKind.WHILE_STMT, CursorKind.DO_STMT, CursorKind.FOR_STMT)


@dataclass(frozen=True, order=True)
class Edit:
    """The bytes from start to end become text."""

    start: int
    end: int
    text: bytes


@dataclass(frozen=True, order=True)
class Change:
    """A small change of one statement: its kind and its edits, none of which overlap, in order."""

    kind: str
    edits: tuple[Edit, ...]


def apply(data: bytes, change: Change) -> bytes:
    """Return the file's bytes with the change made."""
    for edit in reversed(change.edits):
        data = data[: edit.start] + edit.text + data[edit.end :]
    return data


def changes_of(place: Place) -> list[Change]:
    """Return all changes of a statement, each once, in the order of the text."""
    found = set(_changes(place))
    return sorted(found, key=lambda change: (change.edits, change.kind))


def _changes(place: Place) -> Iterator[Change]:
    source, node = place.source, place.node
    for root in _expressions(source, node):
        for part in source.walk(root):
            yield from _in_expression(source, part)
    yield from _dropped(source, node)
    if node.kind in (*_LOOPS, CursorKind.IF_STMT):
        yield from _of_condition(source, condition(source, node), node.kind == CursorKind.IF_STMT)
    if node.kind == CursorKind.RETURN_STMT:
        yield from _returned(place)
    yield from _swapped_targets(place)


def _expressions(source: Source, node: Cursor) -> list[Cursor]:
    """Return the expressions that belong to a statement itself, not to those it governs."""
    if node.kind == CursorKind.DECL_STMT:
        return [x for child in node.get_children() if (x := _initialiser_of(child)) is not None]
    if node.kind == CursorKind.VAR_DECL:
        return [x for x in [initialiser(node)] if x is not None]
    if node.kind == CursorKind.FOR_STMT:
        parts = [x for part in header(node) for x in _expressions(source, part)]
        test = condition(source, node)
        return parts if test is None else [*parts, test]
    if node.kind in (CursorKind.IF_STMT, CursorKind.WHILE_STMT, CursorKind.DO_STMT, CursorKind.SWITCH_STMT):
        return [x for x in [condition(source, node)] if x is not None]
    children = list(node.get_children())
    if node.kind == CursorKind.CASE_STMT:
        return children[:1]
    return [node] if node.kind.is_expression() else [child for child in children if child.kind.is_expression()]


def _initialiser_of(node: Cursor) -> Cursor | None:
    return initialiser(node) if node.kind == CursorKind.VAR_DECL else None


def _change(kind: str, *edits: tuple[Span, str]) -> Change:
    return Change(kind, tuple(sorted(Edit(place[0], place[1], text.encode()) for place, text in edits)))


# --- inside an expression ---


def _in_expression(source: Source, node: Cursor) -> Iterator[Change]:
    yield from _constants(source, node)
    if not source.is_macro(node) and node.kind in _IN_EXPRESSION:
        yield from _IN_EXPRESSION[node.kind](source, node)


def _binary(source: Source, node: Cursor) -> Iterator[Change]:
    left, right = node.get_children()
    gap = (span(left)[1], span(right)[0])
    text = source.text(gap)
    operator = text.strip()
    if operator not in _KIND_OF:
        return
    start = gap[0] + text.index(operator)
    kind, others = _KIND_OF[operator]
    for other in others:
        yield _change(kind, ((start, start + len(operator)), other))
    if kind == "logic":
        yield _change("condition", (span(node), _kept(source, node, left)))
        yield _change("condition", (span(node), _kept(source, node, right)))


def _kept(source: Source, node: Cursor, part: Cursor) -> str:
    """Return the text of a part that takes the place of the whole, with as many lines as the whole."""
    text = f"({source.text(span(part))})"
    return text + "\n" * (source.text(span(node)).count("\n") - text.count("\n"))


def _unary(source: Source, node: Cursor) -> Iterator[Change]:
    operand = next(node.get_children())
    start, end = span(node)
    inner_start, inner_end = span(operand)
    place = (start, inner_start) if start < inner_start else (inner_end, end)
    operator = source.text(place).strip()
    if operator in ("!", "~"):
        yield _change("logic" if operator == "!" else "bits", (place, ""))
    elif operator in ("++", "--"):
        yield _change("arithmetic", (place, _KIND_OF[operator][1][0]))


def _choice(source: Source, node: Cursor) -> Iterator[Change]:
    test, then, other = node.get_children()
    if not all(map(source.is_written, (test, then, other))):
        return
    yield _change("condition", (span(test), f"!({source.text(span(test))})"))
    yield _change("condition", (span(node), _kept(source, node, then)))
    yield _change("condition", (span(node), _kept(source, node, other)))


def _arguments(source: Source, node: Cursor) -> Iterator[Change]:
    arguments = [argument for argument in node.get_arguments() if source.is_written(argument)]
    for one, other in combinations(arguments, 2):
        first, second = source.text(span(one)), source.text(span(other))
        if first != second and _shape(one) == _shape(other) and first.count("\n") == second.count("\n") == 0:
            yield _change("swapped arguments", (span(one), second), (span(other), first))


def _shape(node: Cursor) -> object:
    """Return what two arguments must share so that exchanging them may compile."""
    kind = node.type.get_canonical().kind
    return "integer" if kind in _INTEGERS else kind


_IN_EXPRESSION: dict[CursorKind, Callable[[Source, Cursor], Iterator[Change]]] = {
    CursorKind.BINARY_OPERATOR: _binary,
    CursorKind.COMPOUND_ASSIGNMENT_OPERATOR: _binary,
    CursorKind.UNARY_OPERATOR: _unary,
    CursorKind.CONDITIONAL_OPERATOR: _choice,
    CursorKind.CALL_EXPR: _arguments,
}


def _constants(source: Source, node: Cursor) -> Iterator[Change]:
    if not _is_constant(source, node):
        return
    text = source.text(span(node))
    if text in ("true", "false"):
        yield _change("constant", (span(node), "false" if text == "true" else "true"))
        return
    yield _change("constant", (span(node), f"({text} + 1)"))
    if not _is_zero(node, text):
        yield _change("constant", (span(node), f"({text} - 1)"))


def _is_zero(node: Cursor, text: str) -> bool:
    """Below zero is nothing that a type without sign could be."""
    if node.kind == CursorKind.DECL_REF_EXPR:
        return node.referenced.enum_value == 0
    return re.fullmatch(r"0[ul]*", text, re.IGNORECASE) is not None


def _is_constant(source: Source, node: Cursor) -> bool:
    """A number, the name of one in an enum, or a macro without arguments that stands for one."""
    if node.type.get_canonical().kind not in _INTEGERS:
        return False
    if source.is_macro(node):
        return re.fullmatch(r"\w+", source.text(span(node))) is not None
    if node.kind == CursorKind.DECL_REF_EXPR:
        return node.referenced is not None and node.referenced.kind == CursorKind.ENUM_CONSTANT_DECL
    return node.kind == CursorKind.INTEGER_LITERAL


# --- whole statements ---


def _dropped(source: Source, node: Cursor) -> Iterator[Change]:
    """Leave out an assignment, a call, a jump. What declares a name, returns a value or governs others stays."""
    has_value = node.kind == CursorKind.RETURN_STMT and any(True for _ in node.get_children())
    is_jump = node.kind in (CursorKind.BREAK_STMT, CursorKind.CONTINUE_STMT, CursorKind.RETURN_STMT)
    if (is_jump and not has_value) or (node.kind.is_expression() and source.is_written(node)):
        yield _change("dropped statement", (span(node), "(void)0" + "\n" * source.text(span(node)).count("\n")))


def _of_condition(source: Source, test: Cursor | None, is_if: bool) -> Iterator[Change]:
    """Negate a condition, or take it as known. A loop is never made endless: that would be noticed too easily."""
    if test is None or not source.is_written(test):
        return
    text = source.text(span(test))
    lines = "\n" * text.count("\n")
    yield _change("condition", (span(test), f"!({text})"))
    yield _change("condition", (span(test), "0" + lines))
    if is_if:
        yield _change("condition", (span(test), "1" + lines))


def _returned(place: Place) -> Iterator[Change]:
    value = next(iter(place.node.get_children()), None)
    if value is None or not place.source.is_written(value):
        return
    text = place.source.text(span(value))
    for other in _values(place.result_type):
        if other != text:
            yield _change("returned value", (span(value), other + "\n" * text.count("\n")))


def _values(kind: object) -> tuple[str, ...]:
    """Return simple values of a type."""
    canonical = kind.get_canonical()  # type: ignore[attr-defined]
    if canonical.kind == TypeKind.BOOL:
        return "true", "false"
    if canonical.kind in _INTEGERS:
        return "0", "1"
    if canonical.kind == TypeKind.POINTER:
        return ("NULL",)
    return (f"({canonical.spelling}){{0}}",) if canonical.kind == TypeKind.RECORD else ()


def _swapped_targets(place: Place) -> Iterator[Change]:
    """Of two assignments that follow each other, each gets the other's value."""
    source = place.source
    pair = [place.node, place.follower]
    if any(node is None or not _is_assignment(source, node) for node in pair):
        return
    (one, value), (other, other_value) = (peel(node).get_children() for node in pair if node is not None)
    first, second = source.text(span(one)), source.text(span(other))
    differ = first != second and source.text(span(value)) != source.text(span(other_value))
    if differ and first.count("\n") == second.count("\n") == 0:
        yield _change("swapped targets", (span(one), second), (span(other), first))


def _is_assignment(source: Source, node: Cursor) -> bool:
    node = peel(node)
    if node.kind != CursorKind.BINARY_OPERATOR or not source.is_written(node):
        return False
    left, right = node.get_children()
    return source.is_written(left) and source.text((span(left)[1], span(right)[0])).strip() == "="
