# SPDX-License-Identifier: BSD-2-Clause
"""The user's terminal during an interactive run: raw keys in, and back to normal at the end.

The terminal is restored however the run ends: a guardian process does it even when
sel itself is killed. Keys after the prefix Ctrl-] are sel's, all others the guest's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import termios
from dataclasses import dataclass
from typing import Iterator

PREFIX = 0x1D

HELP = (
    "Ctrl-] then: 0-9 console of that number, n next, p previous, a all consoles, "
    "w who waits for whom, q quit, ? this help, Ctrl-] itself"
)


@dataclass(frozen=True)
class Key:
    """Input for the guest (command None), or a command with its character."""

    data: bytes
    command: str | None = None


class KeyReader:
    """Separates sel's keys from the guest's; remembers a prefix across reads."""

    def __init__(self) -> None:
        self._after_prefix = False

    def feed(self, data: bytes) -> Iterator[Key]:
        """Take what was typed and give runs of guest input and single commands."""
        run = bytearray()
        for byte in data:
            if self._after_prefix:
                self._after_prefix = False
                if byte == PREFIX:
                    run.append(PREFIX)
                else:
                    if run:
                        yield Key(bytes(run))
                        run.clear()
                    yield Key(b"", chr(byte))
            elif byte == PREFIX:
                self._after_prefix = True
            else:
                run.append(byte)
        if run:
            yield Key(bytes(run))


def _make_raw(descriptor: int) -> None:
    mode = termios.tcgetattr(descriptor)
    mode[0] &= ~(termios.BRKINT | termios.ICRNL | termios.INPCK | termios.ISTRIP | termios.IXON)
    mode[2] = (mode[2] & ~(termios.CSIZE | termios.PARENB)) | termios.CS8
    mode[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
    # Output processing stays on: native consoles end their lines with a bare newline.
    mode[6][termios.VMIN] = 1
    mode[6][termios.VTIME] = 0
    termios.tcsetattr(descriptor, termios.TCSADRAIN, mode)


@contextlib.contextmanager
def _raw_when_continued(descriptor: int, mode: list) -> Iterator[None]:
    """Give the terminal back while sel is stopped (kill -TSTP), and make it raw again when it goes on (fg)."""

    def stop(_number: int, _frame: object) -> None:
        _restore(descriptor, mode)
        # Not SIGTSTP again: a session without a shell above it would ignore that.
        os.kill(os.getpid(), signal.SIGSTOP)

    def go_on(_number: int, _frame: object) -> None:
        with contextlib.suppress(OSError, termios.error):
            if os.tcgetpgrp(descriptor) == os.getpgrp():
                _make_raw(descriptor)

    before = {number: signal.signal(number, handler) for number, handler in ((signal.SIGTSTP, stop), (signal.SIGCONT, go_on))}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _restore(descriptor: int, mode: list) -> None:
    with contextlib.suppress(termios.error):
        termios.tcsetattr(descriptor, termios.TCSADRAIN, mode)


def _guard(descriptor: int, mode: list) -> tuple[int, int]:
    """Start the guardian; return its process id and the pipe whose end tells it to look."""
    reader, writer = os.pipe()
    process = os.fork()
    if process != 0:
        os.close(reader)
        return process, writer
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTTOU):
            signal.signal(number, signal.SIG_IGN)
        os.close(writer)
        if os.read(reader, 1) == b"":
            _restore(descriptor, mode)
    finally:
        os._exit(0)


@contextlib.contextmanager
def raw_terminal(descriptor: int) -> Iterator[None]:
    """Hold the terminal in raw mode."""
    mode = termios.tcgetattr(descriptor)
    process, writer = _guard(descriptor, mode)
    try:
        _make_raw(descriptor)
        with _raw_when_continued(descriptor, mode):
            yield
    finally:
        _restore(descriptor, mode)
        with contextlib.suppress(OSError):
            os.write(writer, b"x")
        os.close(writer)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(process, 0)
