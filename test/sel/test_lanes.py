# SPDX-License-Identifier: BSD-2-Clause
"""Pieces of work that run at once: their order, their output, and how each may end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sel import PYTHON, ROOT
from sel.errors import BadInput, Failed
from sel.lanes import run_at_once

LIMIT_S = 60


def _until(path: Path) -> None:
    end = time.monotonic() + LIMIT_S
    while not path.exists():
        assert time.monotonic() < end, f"no {path.name}"
        time.sleep(0.01)


def test_no_more_than_asked_for_run_at_once(tmp_path: Path) -> None:
    """Four pieces in two lanes: none ever sees more than one other, and the first ones see each other."""
    def act(name: str) -> int:
        (tmp_path / f"{name}-runs").touch()
        if name in "ab":
            (tmp_path / f"{name}-began").touch()
            _until(tmp_path / f"{'b' if name == 'a' else 'a'}-began")
        seen = len(list(tmp_path.glob("*-runs")))
        (tmp_path / f"{name}-runs").unlink()
        return seen

    found: dict[str, int] = {}
    run_at_once({name: lambda name=name: act(name) for name in "abcd"}, 2, found.__setitem__)  # type: ignore[misc]
    assert set(found) == set("abcd") and max(found.values()) == 2


def test_one_lane_is_this_process() -> None:
    found: list[tuple[str, int]] = []
    run_at_once({"a": os.getpid, "b": os.getpid}, 1, lambda name, pid: found.append((name, pid)))
    run_at_once({"c": os.getpid}, 2, lambda name, pid: found.append((name, pid)))
    assert found == [(name, os.getpid()) for name in "abc"]


def test_lines_stay_whole(capfd: pytest.CaptureFixture[str]) -> None:
    """Of Python, of programs, of standard error; the last one without an end, too."""
    def act() -> None:
        for _ in range(200):
            sys.stdout.write("half")
            sys.stdout.flush()
            sys.stdout.write(" and half\n")
            sys.stdout.flush()
        subprocess.run(["sh", "-c", "printf 'from a program\\n'; printf last >&2"], check=True)

    run_at_once({"a": act, "long": act}, 2, lambda *_: None)
    told = capfd.readouterr()
    assert not told.err
    for head in ("   a | ", "long | "):
        assert [line for line in told.out.splitlines() if line.startswith(head)] == [f"{head}half and half"] * 200 + [f"{head}from a program", f"{head}last"]


def test_what_a_piece_raises_ends_all(tmp_path: Path) -> None:
    def wait() -> None:
        (tmp_path / "pid").write_text(str(os.getpid()))
        (tmp_path / "began").touch()
        time.sleep(LIMIT_S)

    def fail() -> None:
        _until(tmp_path / "began")
        raise BadInput("a sentence")

    with pytest.raises(BadInput, match="a sentence"):
        run_at_once({"waits": wait, "fails": fail}, 2, lambda *_: None)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_process_that_dies_is_told(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="the process of dies ended without a result"):
        run_at_once({"dies": lambda: os._exit(0), "lives": lambda: None}, 2, lambda *_: None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all(number: signal.Signals, tmp_path: Path) -> None:
    """Each lane cleans up, and no program of theirs is left."""
    program = f"""
import signal, subprocess, sys
from pathlib import Path
from sel.cli import _on_signal
from sel.errors import Stopped
from sel.lanes import run_at_once
signal.signal(signal.SIGTERM, _on_signal)

def act(name):
    process = subprocess.Popen(["sleep", "{LIMIT_S}"])
    try:
        Path({str(tmp_path)!r}, name).write_text(str(process.pid))
        process.wait()
    finally:
        process.kill()
        process.wait()
        Path({str(tmp_path)!r}, name + "-ended").touch()

try:
    run_at_once({{name: lambda name=name: act(name) for name in "ab"}}, 2, print)
except (Stopped, KeyboardInterrupt):
    sys.exit(7)
"""
    command = subprocess.Popen([PYTHON, "-c", program], env={**os.environ, "PYTHONPATH": str(ROOT / "tools")}, stderr=subprocess.PIPE)
    _until(tmp_path / "a")
    _until(tmp_path / "b")
    command.send_signal(number)
    _, told = command.communicate(timeout=LIMIT_S)
    assert command.returncode == 7 and told == b""
    assert (tmp_path / "a-ended").exists() and (tmp_path / "b-ended").exists()
