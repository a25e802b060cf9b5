# SPDX-License-Identifier: BSD-2-Clause
"""What a harness says about itself: the lines `key: value` in the comment on top of its file.

    property: what is proved, as a sentence (goes on in indented lines)
    bounds:   how far, and why that is enough or what it leaves out
    sources:  the kernel's files that are linked, or none
    unwind:   N [FUNCTION.LOOP:N ...], the most often a loop may run
    budget:   ci, or full: only with SEL_ASSURE=full
    options:  more of CBMC's
    hint:     FILE: 'old' -> 'new' for a smaller formula, where new is an identity that the harness proves, or a smaller table;
              those of lib/fast_hint.h are for every harness that includes it
    twin:     FILE: 'old' -> 'new': breaks 'words of an assertion'; with ` (full)` behind it only with SEL_ASSURE=full

A twin is the same harness with one planted bug; each has at least one. Where its texts have
several lines, `\\n` stands for the end of one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sel import ROOT

_KEYS = ("property", "bounds", "sources", "unwind", "budget", "options", "hint", "twin")
_LINE = re.compile(rf"^ \* ({'|'.join(_KEYS)}): +(.*)$")
_HINT = re.compile(r"^(\S+): '(.+)' -> '(.*)'$")
_TWIN = re.compile(r"^(\S+): '(.+)' -> '(.*)': breaks '(.+?)'( \(full\))?$")


HINT = "test/proof/lib/hint.h"
FLAT = "test/proof/lib/flat.h"
FAST = "test/proof/lib/fast_hint.h"


class BadHead(Exception):
    """A harness's head cannot be used; the text is a sentence."""


@dataclass(frozen=True)
class Change:
    """A text that occurs once in a source, and what stands there instead."""

    file: str
    old: str
    new: str


#: For harnesses in which the table of interrupts is in any state.
FEWER_INTERRUPTS = Change("kernel/object/irq.h", "#define IRQ_COUNT_MAX 1020", "#define IRQ_COUNT_MAX 32")


@dataclass(frozen=True)
class Twin(Change):
    """A planted bug and the assertion it must break; of budget full where others like it are tried in CI."""

    breaks: str
    budget: str = "ci"


@dataclass(frozen=True)
class Harness:
    """One proof."""

    path: Path
    property: str
    bounds: str
    sources: tuple[str, ...]
    unwind: int
    unwindset: tuple[str, ...]
    #: Where the two are written, for whoever must raise one.
    unwind_at: str
    budget: str
    options: tuple[str, ...]
    twins: tuple[Twin, ...]
    hints: tuple[Change, ...] = ()
    #: Headers before everything else: lib/hint.h if it defines proof_object(), lib/flat.h if it uses lib/list.h,
    #: lib/fast_hint.h if it compares fastpaths (lib/fast*.h).
    first_includes: tuple[str, ...] = ()
    #: A function of the linked sources that the harness replaces.
    stubbed: str = ""

    @property
    def name(self) -> str:
        """The name of the test: that of the file."""
        return self.path.stem


def read(path: Path) -> Harness:
    """Read a harness's head."""
    found = _found(path)
    for needed in ("property", "bounds", "unwind", "budget", "twin"):
        if needed not in found:
            raise BadHead(f"{path.name}: its head has no line '{needed}:'; test/proof/README.md says what belongs there")
    return _harness(path, found)


def _found(path: Path) -> dict[str, list[str]]:
    """Key -> its values."""
    found: dict[str, list[str]] = {}
    key = ""
    for line in path.read_text(encoding="utf-8").split("*/\n")[1].splitlines():
        match = _LINE.match(line)
        if match:
            key = match.group(1)
            found.setdefault(key, []).append(match.group(2).strip())
        elif key and line.startswith(" *  "):
            found[key][-1] += " " + line[2:].strip()
        else:
            key = ""
    return found


def _harness(path: Path, found: dict[str, list[str]]) -> Harness:
    unwind, *unwindset = found["unwind"][0].split()
    budget = found["budget"][0]
    if not unwind.isdigit() or budget not in ("ci", "full"):
        raise BadHead(f"{path.name}: 'unwind: {unwind}', 'budget: {budget}': a number, and ci or full, are needed")
    first_includes = _first_includes(path.read_text(encoding="utf-8"))
    shared = [hint for header in first_includes if header == FAST for hint in _found(ROOT / header)["hint"]]
    return Harness(
        path=path,
        property=found["property"][0],
        bounds=found["bounds"][0],
        sources=tuple(" ".join(found.get("sources", [])).split()),
        unwind=int(unwind),
        unwindset=tuple(unwindset),
        unwind_at=f"'unwind' in the head of {path.name}",
        budget=budget,
        options=tuple(" ".join(found.get("options", [])).split()),
        twins=tuple(_twin(path, text) for text in found["twin"]),
        hints=tuple(_hint(path, text) for text in [*shared, *found.get("hint", [])]),
        first_includes=first_includes,
    )


def _first_includes(text: str) -> tuple[str, ...]:
    wanted = {"proof_object(struct cap cap)\n{": HINT, '#include "test/proof/lib/list.h"': FLAT, '#include "test/proof/lib/fast': FAST}
    return tuple(header for words, header in wanted.items() if words in text)


def _lines(text: str) -> str:
    return text.replace("\\n", "\n")


def _hint(path: Path, text: str) -> Change:
    match = _HINT.match(text)
    if match is None:
        raise BadHead(f"{path.name}: 'hint: {text}' is not of the form FILE: 'old' -> 'new'")
    file, old, new = match.groups()
    return Change(file, _lines(old), _lines(new))


def _twin(path: Path, text: str) -> Twin:
    match = _TWIN.match(text)
    if match is None:
        raise BadHead(f"{path.name}: 'twin: {text}' is not of the form FILE: 'old' -> 'new': breaks 'words', with ` (full)` behind it or not")
    file, old, new, breaks, full = match.groups()
    return Twin(file, _lines(old), _lines(new), breaks, "full" if full else "ci")
