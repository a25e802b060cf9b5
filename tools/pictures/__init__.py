# SPDX-License-Identifier: BSD-2-Clause
"""The pictures of the docs: docs/pictures/NAME.dot is their one source, NAME.svg is made of it by graphviz and committed.

Two versions of graphviz draw the same picture with other numbers, so a picture carries the hash of its source: that tells
whether it is of the source as it is now. `PYTHONPATH=tools python3 -m pictures` makes those anew that are not.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
_MARK = "<!-- made of {name} by `python3 -m pictures`, SHA-256 {digest}: do not edit -->"


def mark(source: Path) -> str:
    """The line of a picture that names its source and the state of it."""
    return _MARK.format(name=source.name, digest=hashlib.sha256(source.read_bytes()).hexdigest())


def stale(folder: Path = FOLDER) -> list[Path]:
    """The sources whose pictures are missing or of another state."""
    return [source for source in sorted(folder.glob("*.dot")) if not (picture := source.with_suffix(".svg")).exists() or mark(source) not in picture.read_text(encoding="utf-8")]


def make(source: Path) -> None:
    """Draw a source's picture."""
    drawn = subprocess.run(["dot", "-Tsvg", str(source)], capture_output=True, text=True, check=True).stdout
    picture = re.sub(r"<!--.*?-->\n?", "", drawn, flags=re.DOTALL)
    head, start, rest = picture.partition("<svg")
    source.with_suffix(".svg").write_text(f"{head}{mark(source)}\n{start}{rest}", encoding="utf-8")
