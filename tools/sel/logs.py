# SPDX-License-Identifier: BSD-2-Clause
"""What a run leaves behind: one log a console with target time stamps, and the raw stream.

Every run has a folder of its own, so that two runs do not disturb each other; `log`
beside it points to the latest. A full disk stops the logging, said once, not the run.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sel.console import Piece, TextFilter
from sel.errors import os_error_sentence

KEPT_RUNS = 10


@dataclass(frozen=True)
class Console:
    """One console of a system, as the spec compiler numbered it."""

    index: int
    name: str
    is_guest: bool = False
    is_server: bool = False
    takes_input: bool = True


def new_run_folder(build: Path) -> tuple[Path, BinaryIO]:
    """Make this run's folder below build; the open file's lock marks it as alive."""
    runs = build / "runs"
    try:
        runs.mkdir(parents=True, exist_ok=True)
        folder = runs / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        folder.mkdir(exist_ok=True)
        alive = (folder / ".alive").open("wb")
        fcntl.flock(alive, fcntl.LOCK_EX)
        _point_log_to(build, folder)
    except OSError as error:
        raise os_error_sentence(error, f"cannot make the run's folder in {runs}") from None
    _prune(runs)
    return folder, alive


def _point_log_to(build: Path, folder: Path) -> None:
    link = build / "log"
    fresh = build / f".log-{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    fresh.symlink_to(folder.relative_to(build))
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)
    os.replace(fresh, link)


def _prune(runs: Path) -> None:
    """Remove all but the latest runs, and the images of runs that were killed; those still alive stay."""
    folders = sorted(path for path in runs.iterdir() if path.is_dir())
    for folder in folders:
        if _is_alive(folder):
            continue
        if folder in folders[-KEPT_RUNS:]:
            with contextlib.suppress(OSError):
                (folder / "image.bin").unlink(missing_ok=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(folder: Path) -> bool:
    try:
        with (folder / ".alive").open("rb") as alive:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def stamp(time_us: int | None) -> bytes:
    """Return the time stamp of a log line."""
    if time_us is None:
        return b"[            ] "
    return b"[%5d.%06d] " % divmod(time_us, 1_000_000)


class Logs:
    """Writes the raw stream and one stamped log a console."""

    def __init__(self, folder: Path, consoles: list[Console]) -> None:
        self.folder = folder
        self._names = {c.index: _file_name(c.name) for c in consoles}
        self._files: dict[int, BinaryIO] = {}
        self._filters: dict[int, TextFilter] = {}
        self._at_line_start: dict[int, bool] = {}
        self._error: OSError | None = None
        self._raw = self._open("uart.raw")
        for console in consoles:
            self._file(console.index)

    def write_raw(self, data: bytes) -> None:
        """Append to the raw log of the UART."""
        self._write(self._raw, data)

    def write(self, piece: Piece) -> None:
        """Append a piece to its console's log, each line with its target time."""
        channel = piece.channel
        text = self._filters.setdefault(channel, TextFilter()).feed(piece.data)
        out = bytearray()
        for line in text.splitlines(keepends=True):
            if self._at_line_start.get(channel, True):
                out += stamp(piece.time_us)
            out += line
            self._at_line_start[channel] = line.endswith(b"\n")
        self._write(self._file(channel), bytes(out))

    def close(self) -> None:
        """Close all files."""
        for stream in (self._raw, *self._files.values()):
            with contextlib.suppress(OSError):
                stream.close()

    def _file(self, channel: int) -> BinaryIO:
        if channel not in self._files:
            self._files[channel] = self._open(self._names.get(channel, f"console-{channel}") + ".log")
        return self._files[channel]

    def _open(self, name: str) -> BinaryIO:
        try:
            return (self.folder / name).open("wb", buffering=0)
        except OSError as error:
            raise os_error_sentence(error, f"cannot open the log {name}") from None

    def _write(self, stream: BinaryIO, data: bytes) -> None:
        view = memoryview(b"" if self._error else data)
        try:
            while view:
                view = view[stream.write(view) :]  # a disk that is almost full takes a part
        except OSError as error:
            self._error = error
            print(f"\r\nsel: the logs in {self.folder} end here: {error.strerror}\r", flush=True)

    def judge(self) -> None:
        """Raise when the logs are not whole."""
        if self._error is not None:
            raise os_error_sentence(self._error, f"the logs in {self.folder} are incomplete")


def _file_name(console: str) -> str:
    return re.sub(r"[^\w.-]", "_", console) or "console"
