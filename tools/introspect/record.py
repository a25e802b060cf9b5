# SPDX-License-Identifier: BSD-2-Clause
"""The record of a run's trace: what QEMU gets to make it (tools/icount/events.c), and what it says."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from introspect import events
from introspect.layout import Layout
from introspect.model import Event
from sel.errors import BadInput

_PLUGIN = "events"
_HEAD = struct.Struct("<QQ")
NO_TRACE = "--trace needs a kernel that keeps a trace, and this preset's does not: take --preset debug or test, or set TRACE to on in settings.cmake"


def qemu_arguments(layout: Layout, folder: Path, out: Path) -> list[str]:
    """The plugin, compiled into `folder`, with all it has to know of this kernel; BadInput when that has no trace."""
    from icount.measure import build_plugin

    if not events.has_trace(layout):
        raise BadInput(NO_TRACE)
    address, count, size = events.ring_of(layout)
    start, end = layout.code
    plugin = build_plugin(folder, _PLUGIN)
    given = [f"out={out}", f"kernel={start:#x}:{end:#x}", f"ring={address:#x}:{count}:{size}", f"next={layout.address(events.NEXT):#x}"]
    return ["-plugin", ",".join(part.replace(",", ",,") for part in [str(plugin), *given])]


@dataclass(frozen=True)
class Piece:
    """Entries that follow one another: the number of the first, how many, and where they are in the file."""

    first: int
    count: int
    place: int


class Record:
    """A file of the plugin. `lost`: entries that the numbers leave out; `has_end`: QEMU has ended by itself; `was_reset`: the kernel began anew, and what was before is left out."""

    def __init__(self, file: Path, layout: Layout) -> None:
        self._file = file
        self._layout = layout
        self._size = events.ring_of(layout)[2]
        pieces = list(self._read_pieces())
        self.has_end = bool(pieces) and pieces[-1].count == 0
        begins = [index for index, each in enumerate(pieces) if index and each.first < pieces[index - 1].first + pieces[index - 1].count]
        self.was_reset = bool(begins)
        self._pieces = pieces[begins[-1] :] if begins else pieces
        self.count = sum(each.count for each in self._pieces)
        self.lost = sum(gap for _, gap in self._gaps())

    def _read_pieces(self) -> Iterator[Piece]:
        with self._file.open("rb") as stream:
            length, place = self._file.stat().st_size, 0
            while place + _HEAD.size <= length:
                stream.seek(place)
                first, count = _HEAD.unpack(stream.read(_HEAD.size))
                whole = min(count, (length - place - _HEAD.size) // self._size)
                if count == 0 or whole:
                    yield Piece(first, whole, place + _HEAD.size)
                place += _HEAD.size + count * self._size

    def _gaps(self) -> Iterator[tuple[Piece, int]]:
        expected = 0
        for piece in self._pieces:
            yield piece, piece.first - expected
            expected = piece.first + piece.count

    def events(self) -> Iterator[Event]:
        """All of them in order. Where some were lost there is one of the kind `lost` with their number."""
        last = 0
        with self._file.open("rb") as stream:
            for piece, gap in self._gaps():
                if gap:
                    yield Event(last, "lost", gap, 0)
                stream.seek(piece.place)
                found = events.decode(stream.read(piece.count * self._size), self._layout)
                yield from found
                last = found[-1].time if found else last

    def sentence(self) -> str:
        """How many there are, and what is missing."""
        said = [f"{self.count} event{'' if self.count == 1 else 's'}, {self.lost or 'none'} lost"]
        if self.was_reset:
            said.append("the machine was reset: what was before is left out")
        if not self.has_end:
            said.append("QEMU was killed: the last ones are missing")
        return "; ".join(said)
