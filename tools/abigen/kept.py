# SPDX-License-Identifier: BSD-2-Clause
"""What was generated before from the same description by the same generator: every system's build makes the same files, and making them takes several times as long as reading them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ABI_FOLDER = ROOT / "libsel" / "abi"
KEPT_FOLDER = ROOT / "build" / "python"


def digest() -> str:
    """Of the description and the generator as they are now; take it before they are read."""
    sources = sorted([*ABI_FOLDER.glob("*.yaml"), *Path(__file__).parent.glob("*.py")])
    return hashlib.sha256(b"".join(source.name.encode() + b"\0" + hashlib.sha256(source.read_bytes()).digest() for source in sources)).hexdigest()


def load(made_from: str) -> dict[str, str] | None:
    """Return path -> text of all files of the committed ABI, if they were kept whole."""
    with contextlib.suppress(OSError, ValueError):
        total, payload = _place(made_from).read_text(encoding="utf-8").split("\n", 1)
        if total == _sum(payload):
            return json.loads(payload)
    return None


def keep(made_from: str, files: dict[str, str]) -> None:
    """Keep them for the next build, in place of older ones, unless a source has changed meanwhile. A tree that is only read makes them each time."""
    if digest() != made_from:
        return
    payload = json.dumps(files)
    path = _place(made_from)
    new = path.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        KEPT_FOLDER.mkdir(parents=True, exist_ok=True)
        try:
            new.write_text(f"{_sum(payload)}\n{payload}", encoding="utf-8")
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
        for other in KEPT_FOLDER.glob("abigen-*.json"):
            if other != path:
                other.unlink(missing_ok=True)


def write(files: dict[str, str], out: Path) -> None:
    """Write what changed; an unchanged file keeps its time, so that nothing is rebuilt for it."""
    for name, text in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _place(made_from: str) -> Path:
    return KEPT_FOLDER / f"abigen-{made_from}.json"


def _sum(payload: str) -> str:
    return hashlib.sha256(payload.encode("utf-8")).hexdigest()
