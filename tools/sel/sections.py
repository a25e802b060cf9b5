# SPDX-License-Identifier: BSD-2-Clause
"""What there is to explain: one section an id, read from its one source.

Messages of the spec compiler, faults of processes and errors of calls are sections of docs/spec/errors.md; the kernel's
errors are made of libsel/abi. A section is found by its id, or by a line in which a program has printed it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sel import ROOT

if TYPE_CHECKING:
    from abigen.model import Abi, ErrorCode

PAGE = ROOT / "docs" / "spec" / "errors.md"
#: Names the errors that calls of every protocol can end with.
CALLS = ROOT / "libsel" / "sel" / "protocol.h"

_HEADING = re.compile(r"^## (\S+): (.+)$", re.MULTILINE)
_CALL_ERROR = re.compile(r"^#define SEL_CALL_(\w+) +\d+u /\*", re.MULTILINE)
_DIAGNOSTIC = re.compile(r"\bSEL-[A-Z]\d+\b", re.IGNORECASE)
_FAULT_LINE = re.compile(r"roottask: fault: process \S+: (.+?), pc 0x")
_DETAIL = re.compile(r"\{([a-z][a-z0-9_]*)(?::[a-z]+)?\}")
#: Argument 0 has no number in a message: it is what was invoked.
_ARGUMENT = re.compile(r"argument \\?\{argument\\?\}")


@dataclass(frozen=True)
class Section:
    """An id, what it is in a line, and the text below in the page's Markdown; `said` matches it in a program's output."""

    id: str
    title: str
    text: str
    said: re.Pattern[str] | None = None
    is_of_kernel: bool = False
    is_of_calls: bool = False

    @property
    def family(self) -> str:
        """The ids that it is one of: the beginning of them, or a word."""
        if _DIAGNOSTIC.fullmatch(self.id):
            return self.id[:5]
        return "the kernel's errors" if self.is_of_kernel else "errors of calls" if self.is_of_calls else "the faults"


def call_errors() -> list[str]:
    """Return the names of the errors that calls of every protocol can end with."""
    return _CALL_ERROR.findall(CALLS.read_text(encoding="utf-8"))


def read_page(path: Path = PAGE) -> dict[str, Section]:
    """Return the sections of the page by id, in its order."""
    parts = _HEADING.split(path.read_text(encoding="utf-8"))
    found = {}
    of_calls = call_errors()
    for id, title, text in zip(parts[1::3], parts[2::3], parts[3::3]):
        found[id] = Section(id, title, text.strip("\n"), _said_of_fault(text), is_of_calls=id in of_calls)
    return found


def _said_of_fault(text: str) -> re.Pattern[str] | None:
    """The causes that a fault's section quotes under `Words`; `...` stands for what differs from time to time."""
    words = text.partition("\n- Words: ")[2]
    if not words:
        return None
    causes = [re.escape(cause.removesuffix(" ...")) + ("(?: .*)?" if cause.endswith(" ...") else "") for cause in re.findall(r"`([^`]+)`", words)]
    return re.compile("|".join(causes))


def kernel_errors() -> dict[str, Section]:
    """Return the kernel's errors by name; needs the packages that read the ABI."""
    from abigen.build_model import read_abi

    abi = read_abi(ROOT / "libsel" / "abi")
    return {
        error.name: Section(error.name, _DETAIL.sub(r"{\1}", error.sentence), _error_text(abi, error), _said_of_error(error), is_of_kernel=True)
        for error in abi.errors
    }


def _error_text(abi: Abi, error: ErrorCode) -> str:
    from abigen.emit_docs import error_givers

    lines = [f"- Error {error.number} of the kernel. Components print the sentence above with the details in the places of their names."]
    if details := [name for name in error.detail if name != "unused"]:
        lines.append(f"- Details: {', '.join(details)}.")
    if givers := error_givers(abi, error):
        lines.append(f"- Given by: {', '.join(givers)}.")
    for method in abi.methods:
        told = [part for part in re.split(r"(?<=\.) ", method.text) if re.search(rf"\b{error.name}\b", part)]
        if told:
            lines.append(f"- {method.c_name}: {' '.join(told)}")
    return "\n".join(lines)


def _said_of_error(error: ErrorCode) -> re.Pattern[str] | None:
    """The end of a line that libsel's printer writes for it."""
    if error.number == 0:
        return None
    sentence = _ARGUMENT.sub("\0", error.sentence)
    parts = [re.escape(part) for part in re.sub(_DETAIL, "\1", sentence).split("\1")]
    return re.compile(".+?".join(parts).replace("\0", r"(?:argument .+?|the invoked capability)") + r"\s*$", re.MULTILINE)


def first_diagnostic(text: str) -> str | None:
    """Return the first word of a text that is formed like an id of the spec compiler."""
    found = _DIAGNOSTIC.search(text)
    return found[0] if found else None


def in_diagnostics(text: str, page: dict[str, Section]) -> list[Section]:
    """Return the sections of the spec compiler's ids in a text, each once, in its order; an unknown id is passed over."""
    ids = dict.fromkeys(id.upper() for id in _DIAGNOSTIC.findall(text))
    return [page[id] for id in ids if id in page]


def in_fault_lines(text: str, page: dict[str, Section]) -> list[Section]:
    """Return the sections of the faults that the roottask reports in a text."""
    causes = _FAULT_LINE.findall(text)
    return [section for section in page.values() if section.said and any(section.said.fullmatch(cause) for cause in causes)]


def in_error_lines(text: str, known: dict[str, Section]) -> list[Section]:
    """Return the sections of the kernel's errors whose sentence ends a line of a text."""
    return [section for section in known.values() if section.is_of_kernel and section.said and section.said.search(text)]
