# SPDX-License-Identifier: BSD-2-Clause
"""A fault's place in the source, by the program's debug information, wherever the report is cut."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from sel import fault_places
from sel.fault_places import FaultPlaces

SOURCE = """\
int first(void);
int second(int *p);
int first(void) { return 1; }
int second(int *p)
{
    return *p;
}
"""
REPORT = "roottask: fault: process worker: read of unmapped memory, pc {pc} second+0x0, address 0x0, esr 0x93df8005\r\n"


@pytest.fixture
def elf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A linked program of a file below the folder that the reader is in."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own/worker.c").write_text(SOURCE)
    command = ["clang-19", "--target=aarch64-none-elf", "-g", "-nostdlib", "-fuse-ld=lld", "-Wl,--image-base=0x100000", "-Wl,-e,second", "-o", "worker.elf", str(tmp_path / "own/worker.c")]
    subprocess.run(command, cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "worker.elf"


def address(elf: Path) -> str:
    """Of the function `second`."""
    listed = subprocess.run(["llvm-nm-19", str(elf)], capture_output=True, text=True, check=True).stdout
    return f"0x{next(line.split()[0] for line in listed.splitlines() if line.endswith(' second')).lstrip('0')}"


def test_the_line_is_told(elf: Path) -> None:
    report = REPORT.format(pc=address(elf))
    assert FaultPlaces({"worker": elf}).take(report.encode()) == ["process worker has stopped at own/worker.c:5 in second: read of unmapped memory"]


@pytest.mark.parametrize(("file", "here", "shown"), [
    ("../project/caller/caller.c", "project", "caller/caller.c"), ("/{}/project/caller/caller.c", "project", "caller/caller.c"),
    ("../project/caller/caller.c", "project/caller", "caller.c"), ("../project/caller/caller.c", "other", "{}/project/caller/caller.c"),
    ("libsel/sel/text.c", "clone", "libsel/sel/text.c"), ("libsel/sel/text.c", "project", "{}/clone/libsel/sel/text.c"),
])
def test_a_path_is_as_the_user_would_type_it(file: str, here: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program's debug information counts from the clone, whose name may be how the project's begins."""
    (tmp_path / "project/caller").mkdir(parents=True)
    for name in ("clone", "other"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(fault_places, "ROOT", tmp_path / "clone")
    symbol = json.dumps([{"Symbol": [{"FileName": file.format(str(tmp_path)[1:]), "Line": 5, "FunctionName": "main"}]}])
    monkeypatch.setattr(fault_places.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, symbol))
    monkeypatch.chdir(tmp_path / here)
    told = FaultPlaces({"worker": tmp_path / "worker.elf"}).take(REPORT.format(pc="0x5").encode())
    assert told == [f"process worker has stopped at {shown.format(tmp_path)}:5 in main: read of unmapped memory"]


@pytest.mark.parametrize("at", [1, 20, 60, -1])
def test_a_report_in_two_pieces_is_one(elf: Path, at: int) -> None:
    report = REPORT.format(pc=address(elf)).encode()
    faults = FaultPlaces({"worker": elf})
    assert [len(faults.take(piece)) for piece in (report[:at], report[at:])] == [0, 1]


@pytest.mark.parametrize("elves", [{}, {"worker": Path("/nowhere.elf")}, {"worker": Path("/bin/sh")}])
def test_a_program_that_does_not_tell(elves: dict[str, Path]) -> None:
    assert FaultPlaces(elves).take(REPORT.format(pc="0x5").encode()) == ["process worker has stopped: read of unmapped memory"]


@pytest.mark.parametrize(("address", "is_overrun"), [(0x8FFF, True), (0x8000, True), (0x9000, False), (0xC000, False), (0x10, False)])
def test_an_overrun_of_the_stack_is_told(address: int, is_overrun: bool, tmp_path: Path) -> None:
    """The stack of 16K begins at 0x9000 + 1M; the plan of the build has both."""
    (tmp_path / "gen").mkdir()
    base = 0x109000
    (tmp_path / "gen/plan.json").write_text(json.dumps({
        "processes": [{"name": "other", "stack": 8192}, {"name": "worker", "stack": 16384}], "maps": [{"object": "worker.heap", "address": 0}, {"object": "worker.stack", "address": base}],
    }))
    report = f"roottask: fault: process worker: write of unmapped memory, pc 0x5 deep+0x0, address {address + (1 << 20 if address > 0x10 else 0):#x}, esr 0x93df8005\n"
    [told] = FaultPlaces({"worker": tmp_path / "elf/worker.elf"}).take(report.encode())
    assert told == "process worker has stopped: write of unmapped memory" + (" just below worker's stack of 16K; `stack` in the spec gives it more" if is_overrun else "")


def test_what_a_process_prints_is_no_report() -> None:
    assert FaultPlaces({}).take(b"worker: roottask: fault: process worker: x, pc 0x5\nroottask: exit: process worker: status 0\n") == []
