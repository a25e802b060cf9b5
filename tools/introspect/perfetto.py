# SPDX-License-Identifier: BSD-2-Clause
"""A trace for Perfetto's viewer (https://ui.perfetto.dev): JSON trace events, one a line ("Trace Event Format", Google, 2016).

Each process and guest is a track: slices while it runs, with an instant for each of its events. One track more shows who has the processor.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from introspect.telling import IDLE, Told

CORE = "core 0"
_NS = 1_000_000_000


def write(path: Path, events: Iterable[Told], hz: int, system: str) -> None:
    """Write the file; OSError when that cannot be."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write('{"displayTimeUnit":"ns","otherData":' + json.dumps({"system": system, "ticks_a_second": hz}) + ',"traceEvents":[\n')
        is_first = True
        for row in _rows(events, hz):
            stream.write(("" if is_first else ",\n") + json.dumps(row, separators=(",", ":")))
            is_first = False
        stream.write("\n]}\n")


class _Tracks:
    """Numbers of tracks, in the order in which they come first; the core's is 1."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> tuple[int, list[dict]]:
        """A track's number, and the rows that name it if it is new."""
        if name in self._numbers:
            return self._numbers[name], []
        self._numbers[name] = number = len(self._numbers) + 1
        common = {"ph": "M", "pid": number, "tid": number}
        sort = {**common, "name": "process_sort_index", "args": {"sort_index": number}}
        return number, [{**common, "name": "process_name", "args": {"name": name}}, {**common, "name": "thread_name", "args": {"name": name}}, sort]


def _rows(events: Iterable[Told], hz: int) -> Iterator[dict]:
    tracks = _Tracks()
    core, rows = tracks.number(CORE)
    yield from rows
    running, since, last = "", 0, 0
    for event in events:
        last = event.time
        if event.kind == "switch":
            if running:  # when the first one began is not known
                yield from _slices(tracks, core, running, since, event.time, hz)
            running, since = event.to, event.time
            continue
        name = event.thread or CORE
        number, rows = tracks.number(name)
        yield from rows
        yield {"ph": "i", "s": "t", "cat": event.kind, "name": event.what or event.kind, "pid": number, "tid": number, "ts": _us(event.time, hz)}
    if running:
        yield from _slices(tracks, core, running, since, last, hz)


def _slices(tracks: _Tracks, core: int, name: str, start: int, end: int, hz: int) -> Iterator[dict]:
    """A thread has run: on its own track, and on the core's with its name."""
    if name in ("", IDLE) or end <= start:
        return
    number, rows = tracks.number(name)
    yield from rows
    begin, length = _us(start, hz), _us(end, hz, start)
    for track, title in ((core, name), (number, "running")):
        yield {"ph": "X", "cat": "switch", "name": title, "pid": track, "tid": track, "ts": begin, "dur": length}


def _us(ticks: int, hz: int, before: int = 0) -> float:
    """Microseconds with three digits, of ticks since `before`; both rounded down to nanoseconds first, so that ends meet beginnings."""
    return (ticks * _NS // hz - before * _NS // hz) / 1000
