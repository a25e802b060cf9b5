# SPDX-License-Identifier: BSD-2-Clause
"""Scripts of a run: `--expect` and `--send` in the order given.

Without a console's name an expectation may match on any console, in text that came after
the previous match of the script, on whichever console that was: what was printed before a
`--send` cannot pass for its answer. With a name it looks at that console's text after the
previous match there; the text as a whole may also be meant, for `hello: ready` is a line
of any console too, not only ` ready` on the console hello. Text is looked at without
carriage returns and terminal sequences. Input without a name goes to the front console.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass

from sel.console import Piece, TextFilter
from sel.errors import BadInput, nearest
from sel.logs import Console

_ESCAPES = {"n": b"\r", "r": b"\r", "t": b"\t", "e": b"\x1b", "0": b"\0", "\\": b"\\"}
_KNOWN_ESCAPES = r"\n \r \t \e \0 \xNN \\, and \c at the end"
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(c)$|(.?))", re.DOTALL)
#: What a step begins with that names a console: what follows the colon without a space, or a known name.
_NAMED = re.compile(r"([A-Za-z][\w-]*):")
_SURELY_NAMED = re.compile(r"([a-z][a-z0-9_]{0,30}):(?=\S)")


@dataclass(frozen=True)
class Expect:
    """Wait until a pattern appears: whole on any console, or named on the console channel."""

    text: str
    whole: re.Pattern[bytes]
    channel: int | None = None
    named: re.Pattern[bytes] | None = None


@dataclass(frozen=True)
class Send:
    """Send data to a console."""

    text: str
    channel: int
    data: bytes


Step = Expect | Send


def parse_steps(steps: list[tuple[str, str]], consoles: list[Console], front: int) -> list[Step]:
    """Turn the options, in their order, into steps."""
    parsed: list[Step] = []
    for kind, text in steps:
        channel, rest = _split_console(text, consoles)
        if kind == "send":
            if hint := unknown_console(text, consoles):
                print(f"sel: --send '{text}': {hint}", flush=True)
            parsed.append(Send(text, _reader(text, front if channel is None else channel, consoles), unescape(rest)))
        elif channel is None:
            refuse_unknown_console(text, consoles)
            parsed.append(Expect(text, compile_pattern(text)))
        else:
            parsed.append(Expect(text, compile_pattern(text), channel, compile_pattern(rest)))
    return parsed


def _reader(text: str, channel: int, consoles: list[Console]) -> int:
    """Return the channel if somebody reads what is sent there."""
    readers = [console.name for console in consoles if console.takes_input]
    for console in consoles:
        if console.index == channel and not console.takes_input:
            raise BadInput(f"--send '{text}': console {console.name} takes no input; these do: {', '.join(readers) or 'none'}")
    return channel


def refuse_unknown_console(text: str, consoles: list[Console]) -> None:
    """Raise BadInput when an expectation names a console that is not there; a space after the colon makes it text."""
    match = _SURELY_NAMED.match(text)
    names = [console.name for console in consoles]
    if match is None or match[1] in names:
        return
    raise BadInput(
        f"--expect '{text}': there is no console '{match[1]}'{nearest(match[1], names)}; consoles: {', '.join(names)}; "
        f"if '{match[1]}:' is text to wait for, write '{match[1]}[:]{text[match.end():]}'"
    )


def unknown_console(text: str, consoles: list[Console]) -> str:
    """Return a hint when a step begins like `NAME:` and no console is called so: it was taken as text."""
    match = _NAMED.match(text)
    names = [console.name for console in consoles]
    if match is None or match[1] in names:
        return ""
    return f"there is no console '{match[1]}'{nearest(match[1], names)}, so '{match[1]}:' was taken as text; consoles: {', '.join(names)}"


def _split_console(text: str, consoles: list[Console]) -> tuple[int | None, str]:
    name, colon, rest = text.partition(":")
    for console in consoles:
        if colon and console.name == name:
            return console.index, rest
    return None, text


def compile_pattern(text: str) -> re.Pattern[bytes]:
    """Compile an expectation; `^` and `$` match at lines."""
    try:
        re.compile(text)
        return re.compile(text.encode("utf-8"), re.MULTILINE)
    except re.error as error:
        where = f" at character {error.pos + 1}" if error.pos is not None else ""
        raise BadInput(f"--expect '{text}' is not a regular expression: {error.msg}{where}") from None


def unescape(text: str) -> bytes:
    r"""Return the bytes to send: escapes \n \r \t \e \0 \\ \xNN (one byte); Enter is added unless \c ends the text."""
    data = bytearray()
    at = 0
    press_enter = True
    for match in _ESCAPE.finditer(text):
        data += _typed(text[at : match.start()])
        at = match.end()
        if match[2]:
            press_enter = False
        elif match[1]:
            data.append(int(match[1], 16))
        elif match[3] in _ESCAPES:
            data += _ESCAPES[match[3]]
        else:
            raise BadInput(f"--send '{text}': there is no escape {match[0]} (character {match.start() + 1}); there are: {_KNOWN_ESCAPES}")
    data += _typed(text[at:])
    if press_enter and not (data and data[-1] < 0x20):
        data += b"\r"
    return bytes(data)


def _typed(text: str) -> bytes:
    return text.replace("\n", "\r").encode("utf-8")


class _Transcript:
    """A console's text since its last match, and when each part of it came.

    Arrivals count the bytes of all consoles; a mark says from which offset on, and at which arrival, bytes came in one go.
    """

    def __init__(self) -> None:
        self.text = bytearray()
        self._cut = 0
        self._marks: list[tuple[int, int]] = []

    def append(self, data: bytes, arrival: int, kept: int) -> None:
        """Add what came at that arrival; keep no more than the last bytes."""
        end = self._cut + len(self.text)
        if not self._marks or self._marks[-1][1] - self._marks[-1][0] != arrival - end:
            self._marks.append((end, arrival))
        self.text += data
        self.cut(max(0, len(self.text) - kept))

    def cut(self, count: int) -> None:
        """Forget the first bytes."""
        del self.text[:count]
        self._cut += count
        del self._marks[: max(0, bisect.bisect_right(self._marks, self._cut, key=lambda mark: mark[0]) - 1)]

    def arrival_before(self, end: int) -> int:
        """Return how much of all text had come when the byte before end had."""
        if end == 0:
            return 0
        offset = self._cut + end - 1
        start, arrival = self._marks[bisect.bisect_right(self._marks, offset, key=lambda mark: mark[0]) - 1]
        return arrival + offset - start + 1

    def first_since(self, arrival: int) -> int:
        """Return where the text begins that came then or later."""
        index = bisect.bisect_right(self._marks, arrival, key=lambda mark: mark[1]) - 1
        if index < 0:
            return 0
        start, began = self._marks[index]
        end = self._marks[index + 1][0] if index + 1 < len(self._marks) else self._cut + len(self.text)
        return min(max(0, min(end, start + arrival - began) - self._cut), len(self.text))


class ScriptState:
    """Follows a script through the pieces of output."""

    #: Text kept for each console; a match cannot be longer.
    KEPT_BYTES = 1 << 20

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.done_count = 0
        self._transcripts: dict[int, _Transcript] = {}
        self._filters: dict[int, TextFilter] = {}
        self._arrived = 0
        self._matched = 0
        self._cut_line: _Transcript | None = None

    def take(self, piece: Piece) -> None:
        """Remember output for the expectations."""
        data = self._filters.setdefault(piece.channel, TextFilter()).feed(piece.data)
        self._transcripts.setdefault(piece.channel, _Transcript()).append(data, self._arrived, self.KEPT_BYTES)
        self._arrived += len(data)

    def advance(self) -> list[Send]:
        """Pass all steps that can be passed now; return the input to send."""
        sends: list[Send] = []
        while (step := self.current()) is not None:
            if isinstance(step, Send):
                sends.append(step)
            elif not self._matches(step):
                break
            self.done_count += 1
        return sends

    def current(self) -> Step | None:
        """Return the step the script waits at, None at its end."""
        return self.steps[self.done_count] if self.done_count < len(self.steps) else None

    def ends_with_send(self) -> bool:
        """Tell whether the last step is input, whose effect has still to show."""
        return bool(self.steps) and isinstance(self.steps[-1], Send)

    def is_line_cut(self) -> bool:
        """Tell whether the line in which the last match ended has not come to its own end."""
        return self._cut_line is not None and b"\n" not in self._cut_line.text

    def _matches(self, step: Expect) -> bool:
        """Take the match that was complete first."""
        found = []
        for channel, transcript in self._transcripts.items():
            if (end := self._end_of_match(step, channel, transcript)) is not None:
                found.append((transcript.arrival_before(end), channel, end))
        if not found:
            return False
        arrival, channel, end = min(found)
        self._matched = max(self._matched, arrival)
        transcript = self._transcripts[channel]
        self._cut_line = None if transcript.text[:end].endswith(b"\n") else transcript
        transcript.cut(end)
        return True

    def _end_of_match(self, step: Expect, channel: int, transcript: _Transcript) -> int | None:
        match = None
        if step.named is not None and channel == step.channel:
            match = step.named.search(transcript.text)
        if match is None:
            match = step.whole.search(transcript.text, transcript.first_since(self._matched))
        return match.end() if match is not None else None
