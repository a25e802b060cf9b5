# SPDX-License-Identifier: BSD-2-Clause
"""The code blocks of a page, and what is to be done with each.

A block is a fence of three backquotes whose info string begins with a language:

    sh                commands, a line each; every one must succeed
    console           `$ command` and the output that the reader sees below it
    diff              a change of the file that the caption names: lines with ' ', '-' and '+'
    anything else     the whole text of the file that the caption names

A caption is a line `` `PATH`: `` of its own above the block. After the language may stand one of
- `long`: only the longer part, `./sel assure guide_long`, runs the block; none without the word may need it;
- `form`: a pattern, not to be run. Commands (`sh form`) must have such options, a piece of a spec or protocol (`yaml form`) such keys and values (forms.py);
- `not run: REASON`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FENCE = "```"
_CAPTION = re.compile(r"`([^`\s]+)`:")
_INFO = re.compile(r"(?P<language>\w+)(?: (?:(?P<long>long)|(?P<form>form)|not run: (?P<reason>\S.*)))?")
#: Code by indentation: it would escape the runner.
_INDENTED = re.compile(r"(?: {4}|\t)\S")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+\.) ")


@dataclass(frozen=True)
class Block:
    """One block: `line` is that of its fence, from 1; `file` is what its caption names."""

    line: int
    language: str
    lines: tuple[str, ...]
    file: str | None = None
    is_long: bool = False
    is_form: bool = False
    reason: str | None = None

    @property
    def is_run(self) -> bool:
        """Tell whether anything is done with it."""
        return self.reason is None


class BadPage(Exception):
    """A page that cannot be run; the text begins with its line."""


def read_blocks(text: str) -> list[Block]:
    """Return the blocks of a page in their order. Raises BadPage for a block that nothing would check."""
    lines = text.split("\n")
    blocks = []
    at = 0
    while at < len(lines):
        if not lines[at].lstrip().startswith(FENCE):
            _refuse_indented(lines, at)
            at += 1
            continue
        end = next((number for number in range(at + 1, len(lines)) if lines[number].strip() == FENCE), None)
        if end is None:
            raise BadPage(f"{at + 1}: a block that does not end")
        blocks.append(_block(lines, at, end))
        at = end + 1
    return blocks


def _refuse_indented(lines: list[str], at: int) -> None:
    if at > 0 and not lines[at - 1].strip() and _INDENTED.match(lines[at]) and not _is_in_list(lines, at):
        raise BadPage(f"{at + 1}: code by indentation; fence it, so that it is run")


def _is_in_list(lines: list[str], at: int) -> bool:
    """Tell whether an indented line goes on with an item of a list above it."""
    above = next((line for line in reversed(lines[:at]) if line.strip() and not line.startswith((" ", "\t"))), "")
    return _ITEM.match(above) is not None


def _block(lines: list[str], at: int, end: int) -> Block:
    indent = len(lines[at]) - len(lines[at].lstrip())
    info = lines[at].strip().removeprefix(FENCE)
    found = _INFO.fullmatch(info)
    if found is None:
        raise BadPage(f"{at + 1}: the info string '{info}' is not `LANGUAGE [long | form | not run: REASON]`")
    text = tuple(line[indent:] for line in lines[at + 1 : end])
    block = Block(at + 1, found["language"], text, _caption(lines, at), found["long"] is not None, found["form"] is not None, found["reason"])
    if block.is_form and block.language not in ("sh", "yaml"):
        raise BadPage(f"{at + 1}: a form is of sh or yaml")
    if block.is_run and not block.is_form and block.language not in ("sh", "console") and block.file is None:
        raise BadPage(f"{at + 1}: a block of {block.language} without a caption `PATH`: above it, and without `not run: REASON`")
    return block


def _caption(lines: list[str], at: int) -> str | None:
    above = [line.strip() for line in lines[max(0, at - 2) : at]]
    found = _CAPTION.fullmatch(above[0]) if len(above) == 2 and not above[1] else None
    return found[1] if found else None
