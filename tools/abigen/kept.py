# SPDX-License-Identifier: BSD-2-Clause
"""What was generated before from the same description by the same generator: every system's build makes the same files, and making them takes ten times as long as reading them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ABI_FOLDER = ROOT / "libsel" / "abi"


def place() -> Path:
    """Where they are: under a name that changes with the description, and with the generator."""
    sources = sorted([*ABI_FOLDER.glob("*.yaml"), *Path(__file__).parent.glob("*.py")])
    digest = hashlib.sha256(b"".join(hashlib.sha256(source.read_bytes()).digest() for source in sources))
    return ROOT / "build" / "python" / f"abigen-{digest.hexdigest()}.json"


def load() -> dict[str, str] | None:
    """Return path -> text of all files of the committed ABI, if they were kept."""
    with contextlib.suppress(OSError, ValueError):
        files = json.loads(place().read_text(encoding="utf-8"))
        if isinstance(files, dict):
            return files
    return None


def keep(files: dict[str, str]) -> None:
    """Keep them for the next build; a tree that is only read makes them each time."""
    with contextlib.suppress(OSError):
        path = place()
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(files), encoding="utf-8")
        new.replace(path)


def write(files: dict[str, str], out: Path) -> None:
    """Write what changed; an unchanged file keeps its time, so that nothing is rebuilt for it."""
    for name, text in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
