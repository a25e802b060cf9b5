# SPDX-License-Identifier: BSD-2-Clause
"""The console protocol of docs/design/system.md: one UART, many consoles.

ConsoleDemux turns the UART's bytes into pieces of text with their console and
target time; ConsoleMux addresses input. Neither does any I/O. Markers may be split
anywhere, and the kernel, the only writer of channel 0, may cut into the middle of
somebody's text or marker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterator

RS = 0x1E
KERNEL = 0

#: Longer than any marker; a marker that exceeds it is text.
_MARKER_LIMIT = 40
_MARKER = re.compile(rb"^(\d+)(?:@(\d+))?$")


@dataclass(frozen=True)
class Piece:
    """Bytes of one console; time_us is the target time of their line, if it was told."""

    channel: int
    data: bytes
    time_us: int | None


class ConsoleDemux:
    """Splits the UART's stream; feed it chunks of any size."""

    def __init__(self) -> None:
        self.channel = KERNEL
        self._times: dict[int, int | None] = {}
        # The part of a marker read so far: None outside, b"" right after RS.
        self._marker: bytearray | None = None
        self._saved: tuple[int, bytearray | None] | None = None
        self._text = bytearray()
        self._literal_seen = False

    def feed(self, data: bytes) -> Iterator[Piece]:
        """Take the next bytes and give the complete pieces in them."""
        for byte in data:
            yield from self._take(byte)
        yield from self._flush()

    def _take(self, byte: int) -> Iterator[Piece]:
        if self._marker is None:
            yield from self._take_text(byte)
        elif byte == RS:
            self._cut_marker()
        elif not self._marker and byte != ord("["):
            # RS without a bracket is no marker: both bytes are text.
            self._marker = None
            self._text += bytes((RS, byte))
        elif byte == ord("]"):
            yield from self._end_marker()
        else:
            self._marker.append(byte)
            if len(self._marker) > _MARKER_LIMIT:
                self._text += bytes((RS,)) + self._marker
                self._marker = None

    def _take_text(self, byte: int) -> Iterator[Piece]:
        if self._literal_seen:
            self._literal_seen = False
            if byte == ord("["):
                # RS RS [ : a writer never sends this, so the first RS was a marker cut by the kernel.
                self._text.pop()
                yield from self._flush()
                self._saved = (self.channel, bytearray())
                self._marker = bytearray(b"[")
                return
        if byte == RS:
            self._marker = bytearray()
        else:
            self._text.append(byte)

    def _cut_marker(self) -> None:
        """RS inside a marker: a literal RS directly after RS, else the kernel cutting in."""
        assert self._marker is not None
        if not self._marker:
            self._marker = None
            self._text.append(RS)
            self._literal_seen = True
            return
        self._saved = (self.channel, self._marker)
        self._marker = bytearray()

    def _end_marker(self) -> Iterator[Piece]:
        assert self._marker is not None
        body = bytes(self._marker[1:]).replace(b" ", b"")
        self._marker = None
        yield from self._flush()
        if body == b"<":
            if self._saved is not None:
                self.channel, self._marker = self._saved
                self._saved = None
            return
        match = _MARKER.match(body)
        if match is None:
            self._text += bytes((RS,)) + b"[" + body + b"]"
            return
        self._switch(int(match.group(1)), match.group(2))

    def _switch(self, channel: int, time: bytes | None) -> None:
        if channel != KERNEL:
            self._saved = None
        elif self._saved is None:
            self._saved = (self.channel, None)
        self.channel = channel
        self._times[channel] = int(time) if time is not None else self._times.get(channel)

    def _flush(self) -> Iterator[Piece]:
        # A literal RS at the very end may still turn out to be a cut marker.
        keep = 1 if self._literal_seen else 0
        data = bytes(self._text[: len(self._text) - keep])
        if data:
            del self._text[: len(data)]
            yield Piece(self.channel, data, self._times.get(self.channel))


class ConsoleMux:
    """Addresses input bytes to consoles; remembers which one the target listens to."""

    def __init__(self) -> None:
        self._selected: int | None = None

    def encode(self, channel: int, data: bytes) -> bytes:
        """Return the bytes to send so that data reaches channel."""
        select = b"" if channel == self._selected else b"\x1e[%d]" % channel
        self._selected = channel
        return select + data.replace(b"\x1e", b"\x1e\x1e")


class TextFilter:
    """Removes carriage returns and terminal control sequences, across chunk borders."""

    _SEQUENCE = re.compile(
        rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()*+#%][\x20-\x7e]|\x1b[^\[\]()*+#%]|\r"
    )
    _OPEN = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]{0,200}\x1b?|[()*+#%])?$")

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """Return the plain text of the next bytes; an unfinished sequence waits for its end."""
        data = self._rest + data
        open_end = self._OPEN.search(data)
        cut = open_end.start() if open_end else len(data)
        self._rest = data[cut:]
        return self._SEQUENCE.sub(b"", data[:cut])
