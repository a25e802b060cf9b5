# SPDX-License-Identifier: BSD-2-Clause
"""The medians of earlier commits (test/bench/history.json), for the plots. `./sel bench --record` adds the present one's."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from sel import ROOT
from sel.errors import BadEnvironment, Failed

HISTORY = ROOT / "test" / "bench" / "history.json"


def load(path: Path = HISTORY) -> list[dict]:
    """Oldest first: {"commit": ..., "compiler": ..., "rows": {NAME: MEDIAN}}."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    except (OSError, ValueError) as error:
        raise Failed(f"{path} cannot be read: {error}") from None
    if not isinstance(entries, list) or not all(isinstance(each, dict) and {"commit", "rows"} <= set(each) for each in entries):
        raise Failed(f"{path}: expected a list of {{commit, compiler, rows}}")
    return entries


def commit() -> str:
    """Date and title of the commit that is measured, which a rebase leaves alone, with a + if there are changes beside it."""
    return _git("log", "-1", "--format=%as %s") + (" +" if _git("status", "--porcelain", "--untracked-files=no") else "")


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise BadEnvironment(f"git does not tell the commit ({error}); --record needs a clone with its history") from None
    return done.stdout.strip()


def append(results: Sequence[Mapping], compiler: str, path: Path = HISTORY) -> None:
    """Add the results; an entry of the same commit is replaced."""
    now = {"commit": commit(), "compiler": compiler, "rows": {row["name"]: row["median"] for row in results}}
    entries = [*(each for each in load(path) if each["commit"] != now["commit"]), now]
    path.write_text("[\n" + ",\n".join(json.dumps(each) for each in entries) + "\n]\n", encoding="utf-8")
