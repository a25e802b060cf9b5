# SPDX-License-Identifier: BSD-2-Clause
"""Reads what perfetto.py has written: who ran when, and what happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from introspect.perfetto import CORE
from sel.errors import BadInput
from sel.files import refuse_irregular

_REMEDY = "give the file that `./sel run SYSTEM --trace FILE` wrote"


@dataclass(frozen=True)
class Ran:
    """A thread had the processor; nanoseconds since reset."""

    thread: str
    start: int
    end: int


@dataclass(frozen=True)
class Happened:
    """An event of a kind of the kernel's trace; `thread` is "" if it is nobody's."""

    thread: str
    kind: str
    what: str
    time: int


class TraceFile:
    """A trace by the names of the spec. `system`: whose it is; BadInput if the file is not one."""

    def __init__(self, path: Path, shown: str) -> None:
        refuse_irregular(path, shown)
        self._path = path
        self._shown = shown
        with self._open() as stream:
            try:
                self.system = str(json.loads(stream.readline() + "]}")["otherData"]["system"])
            except (ValueError, TypeError, LookupError):
                raise self._bad(1) from None

    def _open(self) -> TextIO:
        try:
            return self._path.open(encoding="utf-8", errors="replace")
        except OSError as error:
            raise BadInput(f"{self._shown} cannot be read: {error.strerror}") from None

    def _bad(self, line: int) -> BadInput:
        return BadInput(f"{self._shown}:{line}: this is no trace of Selvedge; {_REMEDY}")

    def rows(self) -> Iterator[Ran | Happened]:
        """All of it in the file's order; BadInput at the first line that is none of a trace."""
        names: dict[int, str] = {}
        has_end = False
        with self._open() as stream:
            stream.readline()
            for number, line in enumerate(stream, 2):
                text = line.strip().removesuffix(",")
                has_end = text == "]}"
                if has_end or not text:
                    continue
                try:
                    row = _row(json.loads(text), names)
                except (ValueError, TypeError, LookupError):
                    raise self._bad(number) from None
                if row is not None:
                    yield row
        if not has_end:
            raise BadInput(f"{self._shown} ends in the middle: its writing was cut off; record the run again")


def _row(row: dict[str, Any], names: dict[int, str]) -> Ran | Happened | None:
    """What a line says; the core's own slices say again what those of the threads do."""
    track = row["pid"]
    if row["ph"] == "M":
        if row["name"] == "process_name":
            names[track] = str(row["args"]["name"])
        return None
    name, start = names[track], _ns(row["ts"])
    if row["ph"] == "i":
        return Happened("" if name == CORE else name, str(row["cat"]), str(row["name"]), start)
    return None if name == CORE else Ran(name, start, start + _ns(row["dur"]))


def _ns(us: float) -> int:
    return round(us * 1000)
