# SPDX-License-Identifier: BSD-2-Clause
"""The files the rules look at, and what a rule answers."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

C_SUFFIXES = (".c", ".h")
CODE_SUFFIXES = (".c", ".h", ".S", ".py")


@dataclass(frozen=True, order=True)
class Finding:
    """One breach of a rule, at a line (0: the whole file)."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.rule}: {self.message}"


class Tree:
    """The source files below a root: those git tracks or would track."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._texts: dict[str, str] = {}

    @cached_property
    def files(self) -> list[str]:
        """Return all paths relative to the root, sorted."""
        if not (self.root / ".git").exists():
            return sorted(str(p.relative_to(self.root)) for p in self.root.rglob("*") if p.is_file())
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True).stdout
        return sorted({name for name in listed.split("\0") if name and (self.root / name).is_file()})

    def with_suffix(self, *suffixes: str) -> list[str]:
        """Return the files with one of the suffixes."""
        return [name for name in self.files if name.endswith(suffixes)]

    def text(self, name: str) -> str:
        """Return a file's text."""
        if name not in self._texts:
            self._texts[name] = (self.root / name).read_text(encoding="utf-8", errors="replace")
        return self._texts[name]

    def lines(self, name: str) -> list[str]:
        """Return a file's lines."""
        return self.text(name).splitlines()
