# SPDX-License-Identifier: BSD-2-Clause
"""What a recorded run (`./sel run --trace`) says of a system: how much of the core each thread had, when, and what it did.

A trace can have millions of events: it is read twice, and no event is kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from introspect.perfetto_file import Happened, Ran, TraceFile
from sel.errors import BadInput

#: Into so many equal pieces of the run a thread's load is cut.
PIECES = 400


class _Thread:
    """What one thread did in a run from `start` to `end`, ns."""

    def __init__(self, start: int, end: int) -> None:
        self._start = start
        self._length = end - start
        self.ran = 0
        self._runs = 0
        self._longest = 0
        self.events: Counter[str] = Counter()
        self._had = [0] * PIECES  # ns times PIECES: pieces begin between nanoseconds

    def add(self, row: Ran) -> None:
        """It ran."""
        length = row.end - row.start
        self.ran += length
        self._runs += 1
        self._longest = max(self._longest, length)
        first, last = (row.start - self._start) * PIECES, (row.end - self._start) * PIECES
        for piece in range(first // self._length, min(PIECES, -(-last // self._length))):
            self._had[piece] += min(last, (piece + 1) * self._length) - max(first, piece * self._length)

    def data(self, name: str) -> dict[str, Any]:
        """The row of the report."""
        return {
            "name": name, "ran_ns": self.ran, "share": self.ran / self._length, "runs": self._runs, "longest_ns": self._longest,
            "events": [{"kind": kind, "count": count} for kind, count in sorted(self.events.items())], "load": [round(each / self._length, 3) for each in self._had],
        }


def summarise(path: Path, shown: str, system: str) -> dict[str, Any]:
    """The run in short; BadInput if the file is no trace, or one of another system."""
    trace = TraceFile(path, shown)
    if trace.system != system:
        raise BadInput(f"{shown} is a trace of system '{trace.system}', the report is of '{system}'; record one by `./sel run SYSTEM --trace FILE`")
    start, end = _span(trace)
    if end <= start:
        raise BadInput(f"{shown}: nobody ran in this trace; record a longer run")
    threads: defaultdict[str, _Thread] = defaultdict(lambda: _Thread(start, end))
    gaps = 0
    for row in trace.rows():
        if isinstance(row, Ran):
            threads[row.thread].add(row)
        elif row.kind == "lost":
            gaps += 1
        elif row.thread:
            threads[row.thread].events[row.kind] += 1
    rows = [each.data(name) for name, each in sorted(threads.items(), key=lambda item: (-item[1].ran, item[0]))]
    return {"file": shown, "start_ns": start, "end_ns": end, "share": sum(each["ran_ns"] for each in rows) / (end - start), "gaps": gaps, "threads": rows}


def _span(trace: TraceFile) -> tuple[int, int]:
    """First and last moment of a trace; equal if there is none."""
    start, end = None, 0
    for row in trace.rows():
        first, last = (row.time, row.time) if isinstance(row, Happened) else (row.start, row.end)
        start = first if start is None else min(start, first)
        end = max(end, last)
    return (end if start is None else start), end
