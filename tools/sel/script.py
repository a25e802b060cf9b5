# SPDX-License-Identifier: BSD-2-Clause
"""Scripts of a run: `--expect` and `--send` in the order given.

An expectation looks at text that came after the previous match on the same console,
without carriage returns and terminal sequences. Without a console's name it may match
on any console; with one, the text as a whole may also be meant: `hello: ready` is a line
of any console too, not only ` ready` on the console hello. Input without a name goes to
the front console.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sel.console import Piece, TextFilter
from sel.errors import BadInput, nearest
from sel.logs import Console

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "e": "\x1b", "0": "\0", "\\": "\\"}


@dataclass(frozen=True)
class Expect:
    """Wait until a pattern appears: whole on any console, or named on the console channel."""

    text: str
    whole: re.Pattern[bytes]
    channel: int | None = None
    named: re.Pattern[bytes] | None = None

    def search(self, channel: int, text: bytearray) -> re.Match[bytes] | None:
        """Return the match in a console's text."""
        named = self.named.search(text) if self.named is not None and channel == self.channel else None
        return named or self.whole.search(text)


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
            parsed.append(Send(text, front if channel is None else channel, unescape(rest)))
        elif channel is None:
            parsed.append(Expect(text, compile_pattern(text)))
        else:
            parsed.append(Expect(text, compile_pattern(text), channel, compile_pattern(rest)))
    return parsed


def unknown_console(text: str, consoles: list[Console]) -> str:
    """Return a hint when a step begins like `NAME:` and no console is called so: it was taken as text."""
    match = re.match(r"([A-Za-z][\w-]*):", text)
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
    r"""Return the bytes to send: escapes \n \r \t \e \0 \\ \xNN; Enter is added unless \c ends the text."""

    def replace(match: re.Match[str]) -> str:
        if match.group(1):
            return chr(int(match.group(1), 16))
        return _ESCAPES.get(match.group(2), match.group(0))

    press_enter = not text.endswith("\\c")
    body = text if press_enter else text[:-2]
    data = re.sub(r"\\(?:x([0-9A-Fa-f]{2})|([nrte0\\]))", replace, body).replace("\n", "\r")
    if press_enter and not (data and ord(data[-1]) < 0x20):
        data += "\r"
    return data.encode("utf-8")


class ScriptState:
    """Follows a script through the pieces of output."""

    #: Text kept for each console; a match cannot be longer.
    KEPT_BYTES = 1 << 20

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.done_count = 0
        self._texts: dict[int, bytearray] = {}
        self._filters: dict[int, TextFilter] = {}

    def take(self, piece: Piece) -> None:
        """Remember output for the expectations."""
        text = self._texts.setdefault(piece.channel, bytearray())
        text += self._filters.setdefault(piece.channel, TextFilter()).feed(piece.data)
        del text[: -self.KEPT_BYTES]

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

    def _matches(self, step: Expect) -> bool:
        for channel, text in self._texts.items():
            if match := step.search(channel, text):
                del text[: match.end()]
                return True
        return False
