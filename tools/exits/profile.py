# SPDX-License-Identifier: BSD-2-Clause
"""One profiled run of `sel run`: what QEMU gets, where counting begins, and the report at the end."""

from __future__ import annotations

import json
from pathlib import Path

from exits.plugin import PLUGIN, load_abi, qemu_arguments
from exits.records import Reading, read
from exits.report import Run, as_json, text
from exits.space import load_spaces
from sel.console import Piece
from sel.errors import Failed, os_error_sentence
from sel.profile_options import ProfileOptions

#: Text of a console that is kept for `since` to match in.
_KEPT = 4096


class Profile:
    """Counts the exits of one run; the counts are in a file that QEMU's end, however sudden, leaves complete."""

    def __init__(self, options: ProfileOptions, build: Path, run_file: dict, folder: Path) -> None:
        self._options = options
        self._folder = folder
        self._file = folder / "exits.bin"
        self._abi = load_abi(build)
        guests = tuple(console["name"] for console in run_file["consoles"] if console["guest"])
        self._run = Run(build.parent.name, build.name, tuple(elf["name"] for elf in run_file["elves"]), guests, options.since, load_spaces(build))
        self._pattern = options.pattern()
        self._kept: dict[int, bytes] = {}
        self._earlier: Reading | None = None
        self._is_told = False
        self.arguments = qemu_arguments(run_file, self._abi, folder, self._file)

    @property
    def _is_late(self) -> bool:
        return self._pattern is not None and self._earlier is None

    def take(self, piece: Piece) -> None:
        """See a console's text: counting begins where `since` is in it."""
        if self._pattern is None or not self._is_late:
            return
        kept = self._kept.get(piece.channel, b"") + piece.data.replace(b"\r", b"")
        self._kept[piece.channel] = kept[-_KEPT:]
        if self._pattern.search(kept):
            self._earlier = read(self._file)

    def tell(self) -> None:
        """Print the report and write the JSON file, if anything was counted."""
        (self._folder / f"{PLUGIN}.so").unlink(missing_ok=True)
        reading = read(self._file)
        if reading is None:
            return
        self._is_told = True
        report = as_json(reading if self._earlier is None else reading.since(self._earlier), self._run, self._abi)
        if self._is_late:
            report["since"] = None
        print(text(report), flush=True)
        if self._options.json_file is not None:
            _write(self._options.json_file, json.dumps(report, indent=1) + "\n")

    def judge(self) -> None:
        """Failed if the report is missing, or is not what was asked for."""
        if not self._is_told:
            raise Failed("QEMU has counted nothing: the machine ended before its kernel ran")
        if self._is_late:
            raise Failed(f"--profile-since '{self._options.since}' did not appear on any console; the report is of the whole run")


def _write(path: Path, content: str) -> None:
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise os_error_sentence(error, f"cannot write {path}") from None
