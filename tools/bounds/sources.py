# SPDX-License-Identifier: BSD-2-Clause
"""Loops and annotations as the C sources have them, and the values of the annotations' expressions.

    /* bound: EXPRESSION */            on the loop's line, or alone on the line above it
    /* bound: EXPRESSION; unrolled 8 */    the compiler is told to do 8 steps in one; checked against the code
    /* bound: EXPRESSION; in FUNCTION: EXPRESSION */    another bound where the loop is inlined into FUNCTION
    /* bound: EXPRESSION; assumed: WHY */  a promise of the hardware, not of the program; listed apart
    /* calls: TABLE */                 on an indirect call's line: the constant tables (a shell pattern) its pointer comes from
    /* without: FUNCTION, ...; WHY */  what this line calls does not lead to these functions: paths through them cannot be

EXPRESSION is C, evaluated by the compiler at the end of its own file, so that every constant, enumeration and sizeof is known there;
or `xN`, `xN / n`, `xN % n` in a function whose callers give argument N as a constant. A line without a loop of its own (a macro that
hides one) may be annotated too. A reader for our own formatted sources, not a parser of C.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bounds.errors import Unbounded

_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', re.DOTALL)
_NOTE = re.compile(r"/\*\s*(bound|calls|without):\s*(.*?)\s*\*/", re.DOTALL)
_ARGUMENT = re.compile(r"x([0-7])(?: ([/%]) (\d+))?")


@dataclass(frozen=True)
class Bound:
    """An annotation: how often the body of a loop is executed at most, each time the loop is reached."""

    file: str
    line: int
    expression: str
    unrolled: int
    assumed: str
    #: Other expressions, where the loop is inlined into these functions.
    inside: tuple[tuple[str, str], ...] = ()

    def within(self, functions: frozenset[str]) -> "Bound":
        """The annotation as it holds inside one of these functions."""
        expression = next((text for name, text in self.inside if name in functions), self.expression)
        return replace(self, expression=expression)

    @property
    def argument(self) -> re.Match[str] | None:
        """Set if the bound depends on an argument of the function."""
        return _ARGUMENT.fullmatch(self.expression)

    def of_argument(self, value: int) -> int:
        """The bound for a given argument."""
        match = self.argument
        assert match
        divisor = int(match[3] or 1)
        return value % divisor if match[2] == "%" else value // divisor

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class SourceLoop:
    """A loop statement: the lines from its keyword to its end."""

    file: str
    first: int
    last: int
    bound: Bound | None


Note = Bound | str | frozenset[str]
#: Values of expressions at the end of a file: (file, expressions) -> numbers.
Evaluator = Callable[[str, list[str]], list[int]]


class Sources:
    """All files of the program, read when they are first asked for."""

    def __init__(self, root: Path, evaluate: Evaluator) -> None:
        self._root = root
        self._evaluate = evaluate
        self._loops: dict[str, list[SourceLoop]] = {}
        self._calls: dict[tuple[str, int], str] = {}
        self._without: dict[tuple[str, int], frozenset[str]] = {}
        self._values: dict[tuple[str, str], int] = {}

    def loops_around(self, file: str, line: int) -> list[SourceLoop]:
        """The loops of `file` that `line` lies in, outermost first."""
        if file not in self._loops:
            self._read(file)
        return [loop for loop in self._loops[file] if loop.first <= line <= loop.last]

    def calls_at(self, file: str, line: int) -> str | None:
        """The tables an indirect call at this line takes its pointer from, if it is annotated."""
        self.loops_around(file, line)
        return self._calls.get((file, line))

    def without_at(self, file: str, line: int) -> frozenset[str]:
        """Functions that what this line calls does not lead to."""
        self.loops_around(file, line)
        return self._without.get((file, line), frozenset())

    def names_without(self) -> dict[str, tuple[str, int]]:
        """All functions that annotations of the files read so far are without, each with a line that says so."""
        return {part: place for place, names in self._without.items() for name in names for part in name.split("/")}

    def value(self, bound: Bound) -> int:
        """The number an annotation stands for."""
        key = (bound.file, bound.expression)
        if key not in self._values:
            bounds = [each.bound for each in self._loops[bound.file] if each.bound and not each.bound.argument]
            expressions = sorted({text for each in bounds for text in (each.expression, *dict(each.inside).values())})
            numbers = self._evaluate(bound.file, expressions)
            self._values.update({(bound.file, text): number for text, number in zip(expressions, numbers, strict=True)})
        return self._values[key]

    def _read(self, file: str) -> None:
        self._loops[file] = []
        path = self._root / file
        if not file.endswith((".c", ".h")) or not path.is_file():
            return
        text = path.read_text(encoding="utf-8")
        code = _COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
        code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m[0]), code, flags=re.MULTILINE)
        lines = code.splitlines()
        notes = _notes(file, text, lines)
        self._calls.update({(file, line): note for line, note in notes.items() if isinstance(note, str)})
        self._without.update({(file, line): note for line, note in notes.items() if isinstance(note, frozenset)})
        bounds = {line: note for line, note in notes.items() if isinstance(note, Bound)}
        spans = _loop_spans(code)
        used = set()
        for first, head, last in spans:
            line = next((n for n in range(first, head + 1) if n in bounds), None)
            used.add(line)
            self._loops[file].append(SourceLoop(file, first, last, bounds[line] if line else None))
        for line, bound in bounds.items():
            if line not in used:
                self._loops[file].append(SourceLoop(file, line, line, bound))
        self._loops[file].sort(key=lambda loop: (loop.first, -loop.last))


def _notes(file: str, text: str, lines: list[str]) -> dict[int, Note]:
    """Annotations by the line they speak of."""
    notes: dict[int, Note] = {}
    for match in _NOTE.finditer(text):
        at = text.count("\n", 0, match.start()) + 1
        line = text.count("\n", 0, match.end()) + 1
        if not lines[line - 1].strip():
            line += 1
        if match[1] == "calls":
            notes[line] = match[2]
            continue
        if line in notes:
            raise Unbounded(f"{file}:{at}: this line has two annotations; leave the right one")
        notes[line] = _bound(file, at, match[2]) if match[1] == "bound" else _without(file, at, match[2])
    return notes


def _bound(file: str, line: int, text: str) -> Bound:
    expression, *rest = [part.strip() for part in text.split(";")]
    unrolled, assumed, inside = 1, "", []
    for part in rest:
        special = re.fullmatch(r"in (\w+): (.+)", part)
        if special:
            inside.append((special[1], special[2]))
        elif re.fullmatch(r"unrolled \d+", part):
            unrolled = int(part.split()[1])
        elif part.startswith("assumed: "):
            assumed = part[len("assumed: ") :]
        else:
            raise Unbounded(f"{file}:{line}: `{part}` in a bound is not known; there are `unrolled N`, `in FUNCTION: EXPRESSION` and `assumed: WHY`")
    if not expression or unrolled < 1:
        raise Unbounded(f"{file}:{line}: a bound needs an expression: /* bound: 16 */")
    return Bound(file, line, expression, unrolled, assumed, tuple(inside))


def _without(file: str, line: int, text: str) -> frozenset[str]:
    names, _, why = text.partition(";")
    if not why.strip():
        raise Unbounded(f"{file}:{line}: `without` needs its reason: /* without: FUNCTION; WHY */")
    return frozenset(name.strip() for name in names.split(","))


def _loop_spans(code: str) -> list[tuple[int, int, int]]:
    """Loop statements as (line of the keyword, last line of the head, last line)."""
    spans = []
    tails: set[int] = set()
    for match in re.finditer(r"\b(for|while|do)\b", code):
        if match.start() in tails:
            continue
        if match[1] == "do":
            end = _matching(code, code.index("{", match.end()), "{}")
            tail = re.compile(r"\s*while\b").match(code, end)
            head = match.end()
            if tail:
                tails.add(tail.end() - len("while"))
                end = _matching(code, code.index("(", tail.end()), "()")
        else:
            head = _matching(code, code.index("(", match.end()), "()")
            rest = re.compile(r"\s*").match(code, head).end()  # type: ignore[union-attr]
            end = _matching(code, rest, "{}") if code[rest : rest + 1] == "{" else code.index(";", rest)
        spans.append(tuple(code.count("\n", 0, at) + 1 for at in (match.start(), head, end)))
    return spans


def _matching(code: str, start: int, pair: str) -> int:
    """Position behind the bracket that closes the one at `start`."""
    depth = 0
    for at in range(start, len(code)):
        depth += (code[at] == pair[0]) - (code[at] == pair[1])
        if depth == 0:
            return at + 1
    return len(code)
