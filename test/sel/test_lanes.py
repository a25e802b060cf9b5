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
from sel.errors import BadInput, Failed, SpecFaults
from sel.lanes import run_at_once

LIMIT_S = 60


def _until(path: Path) -> None:
    end = time.monotonic() + LIMIT_S
    while not path.exists():
        assert time.monotonic() < end, f"no {path.name}"
        time.sleep(0.01)


def test_no_more_than_asked_for_run_at_once(tmp_path: Path) -> None:
    """Four pieces in two lanes: the first ones see each other, and the third one begins when one of them has ended."""
    def act(name: str) -> int:
        (tmp_path / f"{name}-runs").touch()
        if name in "ab":
            _until(tmp_path / f"{'b' if name == 'a' else 'a'}-runs")
        else:
            assert (tmp_path / "a-ended").exists() or (tmp_path / "b-ended").exists()
        seen = len(list(tmp_path.glob("*-runs"))) - len(list(tmp_path.glob("*-ended")))
        (tmp_path / f"{name}-ended").touch()
        return seen

    found: dict[str, int] = {}
    run_at_once({name: lambda name=name: act(name) for name in "abcd"}, 2, found.__setitem__)  # type: ignore[misc]
    assert set(found) == set("abcd") and max(found.values()) <= 2


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


def test_a_process_that_dies_is_told() -> None:
    """And is what the caller makes of it, while the others go on."""
    pieces = {"exits": lambda: os._exit(3), "killed": lambda: os.kill(os.getpid(), signal.SIGKILL), "lives": lambda: "well"}
    with pytest.raises(Failed, match="the process of exits ended without a result, with code 3"):
        run_at_once(dict(list(pieces.items())[::2]), 2, lambda *_: None)
    found: dict[str, str] = {}
    run_at_once(pieces, 2, found.__setitem__, lambda loss: str(loss).split(": ")[0])
    assert found == {
        "exits": "the process of exits ended without a result, with code 3",
        "killed": "the process of killed ended without a result, by SIGKILL",
        "lives": "well",
    }


def test_results_may_be_large() -> None:
    """Larger than any pipe holds, with as much printed besides."""
    def act() -> str:
        print("y" * 300_000)
        return "x" * 300_000

    found: dict[str, str] = {}
    run_at_once({"a": act, "b": act}, 2, found.__setitem__)
    assert found == {"a": "x" * 300_000, "b": "x" * 300_000}


class Difficult(Exception):
    """One that cannot be made again from its text."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def test_what_is_raised_keeps_its_words_and_its_place() -> None:
    def fail_with(error: Exception) -> None:
        raise error

    for error, kind in ((SpecFaults(["one", "two"]), Failed), (Difficult("a", "b"), Failed), (BadInput("a sentence"), BadInput)):
        with pytest.raises(kind) as raised:
            run_at_once({"fails": lambda error=error: fail_with(error), "other": lambda: None}, 2, lambda *_: None)  # type: ignore[misc]
        told = "\n".join([str(raised.value), *getattr(raised.value, "__notes__", [])])
        assert str(error) in told and "in fail_with" in told


def test_a_program_left_behind_holds_nobody() -> None:
    """It has the lane's output still open."""
    def act() -> int:
        return subprocess.Popen(["sleep", str(LIMIT_S)]).pid

    found: dict[str, int] = {}
    began = time.monotonic()
    run_at_once({"a": act, "b": lambda: 0}, 2, found.__setitem__)
    os.kill(found["a"], signal.SIGKILL)
    assert time.monotonic() - began < LIMIT_S


@pytest.mark.parametrize("when", ["beginning", "running"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all(number: signal.Signals, when: str, tmp_path: Path) -> None:
    """Each lane cleans up, and no program of theirs is left; also when it comes while a lane begins, which nobody knows yet."""
    program = f"""
import os, signal, subprocess, sys
from pathlib import Path
from sel import lanes
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

if {when!r} == "beginning":
    start = lanes._FORK.Process.start
    def start_and_be_told(process):
        start(process)
        os.kill(os.getpid(), {int(number)})
    lanes._FORK.Process.start = start_and_be_told

try:
    run_at_once({{name: lambda name=name: act(name) for name in "ab"}}, 2, print)
except (Stopped, KeyboardInterrupt):
    sys.exit(7)
"""
    command = subprocess.Popen([PYTHON, "-c", program], env={**os.environ, "PYTHONPATH": str(ROOT / "tools")}, stderr=subprocess.PIPE)
    if when == "running":
        _until(tmp_path / "a")
        _until(tmp_path / "b")
        command.send_signal(number)
    began = time.monotonic()
    _, told = command.communicate(timeout=LIMIT_S)
    assert command.returncode == 7 and told == b"" and time.monotonic() - began < LIMIT_S / 2
    for name in "ab":
        assert (tmp_path / f"{name}-ended").exists() or not ((tmp_path / name).exists() or when == "running")
