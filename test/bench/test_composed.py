# SPDX-License-Identifier: BSD-2-Clause
"""`./sel bench SYSTEM` on a system of which everything is known: a client calls its server once a second (echo/system.yaml)."""

from __future__ import annotations

import functools
import json
import subprocess
from pathlib import Path

import pytest

from bench import passages
from bench import composed
from bench.composed import Built, build, measure
from bounds.program import Program
from conftest import ROOT
from sel.errors import Failed
from sel.systems import find_system
from single_step import addresses

ECHO = Path(__file__).resolve().parent / "echo" / "system.yaml"
NAME = "echo_client -> echo_server.echo"


def sel(*arguments: str) -> tuple[int, str]:
    """Run ./sel bench."""
    done = subprocess.run([ROOT / "sel", "bench", *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=280)
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def echo() -> Built:
    """The system's release build."""
    return build(find_system(str(ECHO)))


def stepped(built: Built, wanted: int) -> list[tuple[int, int]]:
    """Round trips, counted by hand: from an SVC of the client to the instruction behind it, if the server ran between. All, and the server's part."""
    client = Program(next(Path(elf["path"]) for elf in built.run_file["elves"] if elf["name"] == "echo_client"), ROOT)
    calls = {address for address, instruction in client.code.items() if instruction.name == "svc"}
    found: list[tuple[int, int]] = []
    begin = server = back = 0
    for count, address in enumerate(addresses(built.run_file["machine"], built.run_file["image"])):
        server += built.names.process_at(address) == "echo_server"
        if address == back and server:
            found.append((count - begin, server))
        if address in calls:
            begin, server, back = count, 0, address + 4
        if len(found) == wanted:
            break
    return found


def test_round_trips_are_those_of_a_single_stepped_run(echo: Built) -> None:
    """Each with its number of instructions and the server's part; one a second, the first at once."""
    numbers = measure("echo", echo, 3500)
    by_hand = stepped(echo, 4)
    (channel,) = numbers["channels"]
    assert (channel["name"], channel["round_trips"], channel["failed"], channel["unanswered"]) == (NAME, 4, 0, 0)
    totals = sorted(total for total, _ in by_hand)
    assert (channel["min"], channel["median"], channel["max"]) == (totals[0], totals[1], totals[3])
    assert (channel["median"], channel["server"]) in by_hand
    assert (channel["fast_calls"], channel["fast_answers"]) == (4, 4)


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    """The command itself; the console's text is not in the report."""
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for file in files:
        code, output = sel(str(ECHO), "--ms", "1500", "--json", str(file))
        assert code == 0 and f"\n{NAME} " in output and "all calls: 2 of 2 (100 %)" in output, output
    assert files[0].read_bytes() == files[1].read_bytes()
    assert json.loads(files[0].read_text())["system"] == "echo"


def test_a_system_that_hangs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that gives up at once leaves its client without an answer: its report is there, and no number."""
    text = ECHO.read_text().replace("passive: true", "budget: 1ms, period: 10ms").replace("source: components/echo_server", "source: ./gone")
    (tmp_path / "system.yaml").write_text(text)
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone/CMakeLists.txt").write_text("sel_component(NAME gone SOURCES gone.c)\n")
    (tmp_path / "gone/gone.c").write_text("int main(void)\n{\n    return 1;\n}\n")
    monkeypatch.setattr(passages, "wait_for_end", functools.partial(passages.wait_for_end, still_s=1))
    with pytest.raises(Failed, match=r"echo_server failed; [\s\S]*process echo_server: status 1"):
        composed.bench_system(str(tmp_path / "system.yaml"), 1500)


def test_what_is_not_there_is_told() -> None:
    """An unknown system, with those there are; one that makes no calls."""
    code, output = sel("linus")
    assert code == 2 and "there is no system 'linus' (did you mean 'linux'?)" in output and "minimal" in output, output
    code, output = sel("minimal")
    assert code == 2 and "minimal has no channel that carries calls" in output, output


@pytest.mark.parametrize(("arguments", "said"), [
    (("linux", "--rows", "ipc*"), "--rows is for"), (("linux", "--record-budgets"), "--record-budgets is for"), (("linux", "--trace", "x"), "--trace is for"),
    (("--ms", "5"), "--ms is for a composed system"), (("linux", "--ms", "0"), "0 is not a whole number"), (("linux", "--json", "no/such/folder/x"), "there is no folder"),
])
def test_options_that_do_not_fit(arguments: tuple[str, ...], said: str) -> None:
    """A sentence and exit code 2, and no build before it."""
    code, output = sel(*arguments)
    assert code == 2 and said in output and "Traceback" not in output, output
