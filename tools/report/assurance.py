# SPDX-License-Identifier: BSD-2-Clause
"""What of this build is assured: the table of docs/assurance.md, and which of its rows are about this preset and board."""

from __future__ import annotations

from typing import Any

from sel import ROOT

DOCUMENT = "docs/assurance.md"
_COLUMNS = ("what", "where", "of", "says", "does not say")
_HOST = "host"


def rows(preset: str, board: str) -> list[dict[str, Any]]:
    """Each row of the table in short. `covers`: `this build` (its preset on its board), `its sources` (compiled for the host), `another preset`, `another board`."""
    found = []
    for cells in _table((ROOT / DOCUMENT).read_text(encoding="utf-8")):
        row = dict(zip(_COLUMNS, cells, strict=True))
        if row["of"]:
            found.append({"what": row["what"], "where": row["where"], "of": row["of"], "covers": _covers(row["of"], preset, board)})
    return found


def _table(text: str) -> list[list[str]]:
    """The cells of the document's first table, without its head."""
    lines = text.splitlines()
    head = lines.index(f"| {' | '.join(_COLUMNS)} |")
    found = []
    for line in lines[head + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def _covers(of: str, preset: str, board: str) -> str:
    """`of` is `host`, or presets and boards: `test, release on BOARD`; with `host` besides it is both."""
    presets, _, boards = of.partition(" on ")
    names = [name.strip() for name in presets.split(",")]
    if names == [_HOST]:
        return "its sources"
    if board not in [name.strip() for name in boards.split(",")]:
        return "its sources" if _HOST in names else "another board"
    return "this build" if preset in names else "its sources" if _HOST in names else "another preset"
