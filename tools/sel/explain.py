# SPDX-License-Identifier: BSD-2-Clause
"""`sel explain`: what a message means, for the terminal.

What there is to say is sections.py's; here it is chosen, wrapped and printed.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable

from sel import packages
from sel.errors import BadInput, nearest
from sel.files import refuse_empty
from sel.sections import Section, first_diagnostic, in_diagnostics, in_error_lines, in_fault_lines, kernel_errors, read_page

#: Long lines are hard to read, however wide the terminal is.
_WIDTH_MAX = 100
_BOLD, _RED, _GREEN, _PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[0m"
#: What C puts before the names of the ABI.
_PREFIX = re.compile(r"^(?:SEL_ERROR_|SEL_CALL_|FAULT_)")
#: An id of the spec compiler: its letter and its number.
_ID = re.compile(r"^SEL-([A-Z])(\d+)$")
#: A file of an example; without a name it is the spec.
_BLOCK = re.compile(r"^```diff(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def explain(words: list[str], assume_yes: bool) -> None:
    """Print the sections that the words name: ids, or a line of output as it was pasted; without words the list of all."""
    page = read_page()
    if not words:
        _print_list([*page.values(), *_kernel_errors(assume_yes).values()])
        return
    text = " ".join(words).strip()
    refuse_empty(text, "ID")
    print("\n\n".join(_rendered(section) for section in _chosen(text, page, assume_yes)))


def _kernel_errors(assume_yes: bool) -> dict[str, Section]:
    packages.ensure(packages.ABI, assume_yes)
    return kernel_errors()


def _chosen(text: str, page: dict[str, Section], assume_yes: bool) -> list[Section]:
    """The sections for a text: of the ids it consists of, else of what a pasted line tells. The ABI is read only if it is needed."""
    words = dict.fromkeys(_PREFIX.sub("", word) for word in text.upper().split())
    if all(word in page for word in words):
        return [page[word] for word in words]
    if found := (in_diagnostics(text, page) or in_fault_lines(text, page)) if ":" in text else []:
        return found
    known = page | _kernel_errors(assume_yes)
    if all(word in known for word in words):
        return [known[word] for word in words]
    if found := in_error_lines(text, known):
        return found
    unknown = next(word for word in words if word not in known)
    is_list = ":" not in text and any(word in known for word in words)
    raise BadInput(_unknown(unknown if is_list else first_diagnostic(text) or text, known))


def _unknown(text: str, known: dict[str, Section]) -> str:
    families: dict[str, list[str]] = {}
    for id, section in known.items():
        families.setdefault(section.family, []).append(id)
    there = [f"{'' if ids[0].startswith(family) else f'{family} '}{ids[0]} to {ids[-1]}" for family, ids in families.items()]
    shown = textwrap.shorten(text, 80, placeholder=" ...")
    return f"nothing is known of '{shown}'{nearest(text.upper(), _near_ids(text.upper(), known))}; there are: {', '.join(there)}; ./sel explain lists them"


def _near_ids(text: str, known: Iterable[str]) -> list[str]:
    """What a text may be meant to be: of an id only those of its letter or of its number, since most digits are alike."""
    id = _ID.match(text)
    return [each for each in known if not id or ((other := _ID.match(each)) and (other[1] == id[1] or other[2] == id[2]))]


def _width() -> int:
    return min(shutil.get_terminal_size().columns, _WIDTH_MAX)


def _styled(text: str, style: str) -> str:
    is_styled = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return f"{style}{text}{_PLAIN}" if is_styled and text else text


def _print_list(sections: list[Section]) -> None:
    indent = max(len(section.id) for section in sections) + 2
    for section in sections:
        print(f"{section.id:<{indent}}{textwrap.shorten(section.title, max(_width() - indent, 20), placeholder=' ...')}")


def _rendered(section: Section) -> str:
    """A section: its heading, its points wrapped, its examples as they stand."""
    lines = [_styled(line, _BOLD) for line in textwrap.wrap(f"{section.id}: {section.title}", _width())]
    first, *rest = _BLOCK.split(section.text)
    lines += _points(first)
    has_example = False
    for name, block, text in zip(rest[0::3], rest[1::3], rest[2::3]):
        lead = ["", *_points(f"Beside it {name}:")] if has_example and name else _points(_lead(name))
        lines += [*lead, "", *_marked(block), *_points(text)]
        has_example = True
    return "\n".join(lines)


def _lead(name: str | None) -> str:
    """What stands above an example, which begins with a spec or, if it has a name, with a protocol alone."""
    return f"Example{f', a protocol {name}' if name else ''}, refused with the lines marked -, mended by those marked +:"


def _points(text: str) -> list[str]:
    """The list of a section, one paragraph a point."""
    lines = []
    for point in re.split(r"^- ", text, flags=re.MULTILINE):
        lines += textwrap.wrap(" ".join(point.split()), _width(), initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    return lines


def _marked(lines: str) -> list[str]:
    """A file with its lines that are refused (-) and those that mend it (+)."""
    styles = {"-": _RED, "+": _GREEN}
    return [f"    {_styled(line, styles[line[0]]) if line[:1] in styles else line}" for line in lines.splitlines()]
