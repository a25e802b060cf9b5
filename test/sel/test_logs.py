# SPDX-License-Identifier: BSD-2-Clause
"""The folders of runs: logs on a disk that fills up, and what killed runs leave."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest
from sel import logs
from sel.console import Piece
from sel.errors import BadEnvironment
from sel.logs import Console, Logs


class SmallDisk:
    """A log on a disk with room for some bytes; as Linux does, the last write that has any room is cut."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.data = b""

    def write(self, data: bytes) -> int:
        if self.room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = bytes(data[: self.room])
        self.room -= len(taken)
        self.data += taken
        return len(taken)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("room", [0, 5])
def test_cut_logs_are_not_ok(room: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = Logs(tmp_path, [Console(1, "hello")])
    written._raw = disk = SmallDisk(room)  # type: ignore[assignment]
    written.write_raw(b"0123456789")
    written.write_raw(b"more")
    assert disk.data == b"01234"[:room]
    assert capsys.readouterr().out.count(f"sel: the logs in {tmp_path} end here: No space left on device") == 1
    with pytest.raises(BadEnvironment, match=f"the logs in {tmp_path} are incomplete: the disk is full"):
        written.judge()


def test_whole_logs_are_ok(tmp_path: Path) -> None:
    written = Logs(tmp_path, [Console(1, "hello")])
    written.write_raw(b"raw")
    written.write(Piece(1, b"text\n", 1_500_000))
    written.judge()
    written.close()
    assert (tmp_path / "uart.raw").read_bytes() == b"raw"
    assert (tmp_path / "hello.log").read_bytes() == b"[    1.500000] text\n"


def test_image_of_a_killed_run_goes(tmp_path: Path) -> None:
    """Its logs stay; a run that is alive keeps its image."""
    runs = tmp_path / "runs"
    for name in ("20260101-000000-1", "20260101-000000-2"):
        (runs / name).mkdir(parents=True)
        for file in (".alive", "image.bin", "kernel.log"):
            (runs / name / file).write_bytes(b"x")
    with (runs / "20260101-000000-2/.alive").open("rb") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        folder, own = logs.new_run_folder(tmp_path)
    own.close()
    assert folder.is_dir()
    assert not (runs / "20260101-000000-1/image.bin").exists() and (runs / "20260101-000000-1/kernel.log").exists()
    assert (runs / "20260101-000000-2/image.bin").exists()


def test_only_the_latest_runs_are_kept(tmp_path: Path) -> None:
    for number in range(15):
        (tmp_path / f"runs/20260101-0000{number:02}-1").mkdir(parents=True)
    folder, own = logs.new_run_folder(tmp_path)
    own.close()
    assert sorted((tmp_path / "runs").iterdir())[-1] == folder
    assert len(list((tmp_path / "runs").iterdir())) == logs.KEPT_RUNS
