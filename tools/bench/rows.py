# SPDX-License-Identifier: BSD-2-Clause
"""The rows: their names and definitions (systems/bench/rows.yaml) and what the peers need (test/bench/baselines.json).

A row's addresses are those of the labels row_NAME and row_NAME_end in a process of the benchmark's system; see systems/bench/bench/programs.inc.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sel import ROOT
from sel.errors import BadInput, Failed, nearest

ROWS = ROOT / "systems" / "bench" / "rows.yaml"
BASELINES = ROOT / "test" / "bench" / "baselines.json"
_REPETITIONS = 10_000


@dataclass(frozen=True)
class Row:
    """One operation. `start`: `head` (its label), an entry of the kernel: `irq`, `sync`; or `stretch`. `measure`: what is counted. `system`: where.
    `gic`: the version that its program is for, None: any."""

    name: str
    what: str
    repetitions: int
    start: str
    measure: str
    system: str = "bench"
    gic: int | None = None


@dataclass(frozen=True)
class Baseline:
    """What the peers need for a row, and what this project sets itself; None where nobody has said."""

    target: int | None = None
    peers: tuple[tuple[str, int], ...] = ()

    def peer(self, name: str) -> int | None:
        """One peer's number."""
        return dict(self.peers).get(name)


def load_rows(path: Path = ROWS) -> list[Row]:
    """All rows, in the order of the table."""
    content = load_yaml(path)
    rows = content.get("rows") if isinstance(content, dict) else None
    if not isinstance(rows, dict) or not rows:
        raise Failed(f"{path} has no `rows`: expected rows: {{NAME: {{what: SENTENCE}}}}")
    return [_row(name, entry, path) for name, entry in rows.items()]


def _row(name: str, entry: Any, path: Path) -> Row:
    known = {"what", "repetitions", "start", "measure", "system", "gic"}
    if not isinstance(entry, dict) or "what" not in entry or not set(entry) <= known:
        raise Failed(f"{path}: row {name}: expected {{what: SENTENCE}} and possibly {', '.join(sorted(known - {'what'}))}")
    return Row(
        name, entry["what"], entry.get("repetitions", _REPETITIONS), entry.get("start", "head"), entry.get("measure", "instructions"), entry.get("system", "bench"), entry.get("gic"),
    )


def load_yaml(path: Path) -> Any:
    """A YAML file's content, or a sentence."""
    try:
        return YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError) as error:
        raise Failed(f"{path} cannot be read: {' '.join(str(error).split())}") from None


def load_baselines(path: Path = BASELINES) -> dict[str, Baseline]:
    """Name of a row -> what the peers need."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {name: Baseline(entry["target"], tuple(sorted(entry["peers"].items()))) for name, entry in content["rows"].items()}
    except (OSError, ValueError, KeyError) as error:
        raise Failed(f"{path} cannot be read: {error}") from None


def choose(rows: list[Row], patterns: str | None) -> list[Row]:
    """The rows whose names match one of the shell patterns, with commas between them."""
    if patterns is None:
        return rows
    chosen: set[str] = set()
    for pattern in patterns.split(","):
        names = {row.name for row in rows if fnmatchcase(row.name, pattern.strip())}
        if not names:
            raise unknown_row(pattern.strip(), rows)
        chosen |= names
    return [row for row in rows if row.name in chosen]


def unknown_row(name: str, rows: list[Row]) -> BadInput:
    """What to say of a row that is not there."""
    names = [row.name for row in rows]
    return BadInput(f"there is no row '{name}'{nearest(name, names)}; there are:\n" + "\n".join(f"  {each}" for each in names))
