# SPDX-License-Identifier: BSD-2-Clause
"""What a path of the input names. Only regular files are read: a pipe would never end, a device has no end.

What cannot be looked at (no permission, a name too long) is not there.
"""

from __future__ import annotations

import stat
from pathlib import Path

NOTHING, FILE, FOLDER, OTHER = "nothing", "file", "folder", "other"
#: What is said of a path that is to be a file and is none.
NO_FILE = {NOTHING: "there is no such file", FOLDER: "it is a folder", OTHER: "it is no regular file"}


def kind_of(path: Path) -> str:
    """Say what a path names, links followed: NOTHING, FILE, FOLDER or OTHER."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return NOTHING
    return FILE if stat.S_ISREG(mode) else FOLDER if stat.S_ISDIR(mode) else OTHER


def read_at_most(path: Path, bytes_max: int) -> bytes:
    """Return what is in a file, of a larger one the first bytes_max + 1: a file with holes may be larger than any memory."""
    with path.open("rb") as file:
        return file.read(bytes_max + 1)


def first_of(candidates: list[Path], kind: str) -> Path | None:
    """Return the first path that names such a thing."""
    return next((path for path in candidates if kind_of(path) == kind), None)


def hint_of_other(candidates: list[Path]) -> str:
    """Say what a path names that is no file, as the end of a message that there is none; nothing if nothing is there."""
    kind = next((kind for path in candidates if (kind := kind_of(path)) != NOTHING), NOTHING)
    return "" if kind in (NOTHING, FILE) else f": {NO_FILE[kind]}"


def names_in(folder: Path) -> list[str]:
    """Return what is in a folder; nothing if that cannot be seen."""
    try:
        return sorted(path.name for path in folder.iterdir())
    except (OSError, ValueError):
        return []
