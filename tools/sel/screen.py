# SPDX-License-Identifier: BSD-2-Clause
"""What a run shows: one console as it is, or all of them line by line with their names.

A line that stays unfinished (a prompt) is shown once the target pauses. The last text
of every console is kept, so that switching to it does not show an empty screen.
"""

from __future__ import annotations

import os

from sel.console import Piece, TextFilter
from sel.logs import Console

KEPT_BYTES = 4096


class Screen:
    """Writes pieces of output to a file descriptor; front None shows all consoles."""

    def __init__(self, descriptor: int, consoles: list[Console], front: int | None) -> None:
        self.descriptor = descriptor
        self.front = front
        self.consoles = consoles
        self._names = {console.index: console.name for console in consoles}
        self._width = max([len(console.name) for console in consoles], default=1)
        self._kept: dict[int, bytearray] = {}
        self._filters: dict[int, TextFilter] = {}
        self._partial: dict[int, bytearray] = {}
        self._open_line: int | None = None

    def name_of(self, channel: int) -> str:
        """Return a console's name; one the system does not know is called by its number."""
        return self._names.get(channel, f"console-{channel}")

    def write(self, piece: Piece) -> None:
        """Show a piece, now or when its line is complete."""
        kept = self._kept.pop(piece.channel, bytearray())
        self._kept[piece.channel] = kept  # the dictionary's order: who wrote last is last
        kept += piece.data
        del kept[:-KEPT_BYTES]
        if self.front is None:
            self._write_lines(piece)
        elif piece.channel == self.front:
            self._put(piece.data)

    def pause(self) -> None:
        """Show unfinished lines: the target has nothing more to say at the moment."""
        for channel, partial in self._partial.items():
            if partial and self.front is None:
                self._put_segment(channel, bytes(partial))
                partial.clear()

    def switch(self, front: int | None) -> None:
        """Bring a console to the front (None: all) and show its last lines again."""
        self.front = front
        self._open_line = None
        for partial in self._partial.values():
            partial.clear()
        self.notice("all consoles" if front is None else f"console {front}: {self.name_of(front)}")
        if front is not None:
            lines = bytes(self._kept.get(front, b"")).splitlines(keepends=True)
            self._put(b"".join(lines[-15:]))

    def notice(self, text: str) -> None:
        """Show a line of sel's own between the target's."""
        self._put(b"\r\n[sel: " + text.encode() + b"]\r\n")
        self._open_line = None

    def block(self, text: str) -> None:
        """Show lines of sel's own between the target's."""
        self._put(b"\r\n" + b"".join(b"[sel] " + line.encode() + b"\r\n" for line in text.splitlines()))
        self._open_line = None

    def last_lines(self, channel: int, count: int = 8) -> list[str]:
        """Return the last lines a console showed, as plain text."""
        text = TextFilter().feed(bytes(self._kept.get(channel, b"")))
        return [line for line in text.decode("utf-8", "replace").splitlines() if line.strip()][-count:]

    def latest(self) -> list[int]:
        """Return the consoles that have said something, the latest first."""
        return [channel for channel in reversed(self._kept) if self.last_lines(channel)]

    def silent(self) -> bool:
        """Tell whether no console has said anything."""
        return not any(self._kept.values())

    def _write_lines(self, piece: Piece) -> None:
        partial = self._partial.setdefault(piece.channel, bytearray())
        partial += self._filters.setdefault(piece.channel, TextFilter()).feed(piece.data)
        while (end := partial.find(b"\n")) >= 0:
            self._put_segment(piece.channel, bytes(partial[: end + 1]))
            del partial[: end + 1]

    def _put_segment(self, channel: int, text: bytes) -> None:
        lead = b""
        if self._open_line != channel:
            lead = b"\n" if self._open_line is not None else b""
            lead += f"{self.name_of(channel):<{self._width}} | ".encode()
        self._put(lead + text)
        self._open_line = None if text.endswith(b"\n") else channel

    def finish(self) -> None:
        """End an unfinished line."""
        self.pause()
        if self._open_line is not None:
            self._put(b"\n")
            self._open_line = None

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self.descriptor, view) :]
            except BlockingIOError:
                continue
