# SPDX-License-Identifier: BSD-2-Clause
"""The test runner's own test: a failing, a hanging, a silent and a crashing case are all red."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Callable

import pytest
from sel import assure, testing
from sel.errors import Failed, Stopped

PYTHON_CASES = {
    "failing": ("def test_x():\n    assert 1 == 2\n", 1),
    "erring": ("import pytest\n@pytest.fixture\ndef f():\n    raise OSError('x')\ndef test_x(f):\n    pass\n", 1),
    "hanging": ("import time\ndef test_x():\n    time.sleep(100)\n", 1),
    "crashing": ("import os\ndef test_x():\n    os.abort()\n", 1),
    "leaving": ("import os\ndef test_x():\n    os._exit(0)\n", 1),
    "silent": ("VALUE = 1\n", 1),
    "unreadable": ("def test_x(:\n", 1),
}


@pytest.mark.parametrize("name", PYTHON_CASES)
def test_bad_python_case_is_red(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body, failed = PYTHON_CASES[name]
    folder = tmp_path / "test"
    folder.mkdir()
    (folder / "test_bad.py").write_text(body)
    report = tmp_path / "report.xml"
    monkeypatch.setattr(testing, "_MEMORY_FOLDER", tmp_path)
    code = testing.run_pytest(folder, report, tmp_path / "log", testing.Limits(case_s=3))
    count = testing.judge(name, code, report)
    assert count.failed >= failed and count.passed == 0


def test_good_python_cases_are_counted(tmp_path: Path) -> None:
    folder = tmp_path / "test"
    folder.mkdir()
    (folder / "test_good.py").write_text("import pytest\ndef test_a():\n    assert 2 == 2\ndef test_b():\n    assert 3 > 2\ndef test_c():\n    pytest.skip('x')\n")
    report = tmp_path / "report.xml"
    count = testing.judge("good", testing.run_pytest(folder, report, tmp_path / "log"), report)
    assert (count.passed, count.failed, count.skipped) == (2, 0, 1)


@pytest.mark.parametrize("is_red", [False, True])
def test_what_red_tests_left_stays(is_red: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """In memory, where tests have their files; a second run begins with an empty folder."""
    (tmp_path / "memory").mkdir()
    monkeypatch.setattr(testing, "_MEMORY_FOLDER", tmp_path / "memory")
    monkeypatch.setattr(testing, "_MEMORY_FREE", 0)
    folder = tmp_path / "test"
    folder.mkdir()
    (folder / "test_left.py").write_text(f"def test_a(tmp_path):\n    (tmp_path / 'left').write_text('')\n    assert {not is_red}\n")
    for _ in range(2):
        assert testing.run_pytest(folder, tmp_path / "report.xml", tmp_path / "log") == int(is_red)
        left = list((tmp_path / "memory").rglob("left"))
        assert len(left) == int(is_red)
        assert (f"what its tests left is in {tmp_path / 'memory'}" in capsys.readouterr().out) == is_red


def test_an_interrupted_run_leaves_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(command: list[str], _log: Path, _limits: testing.Limits) -> int:
        folder = Path(next(word for word in command if word.startswith("--basetemp=")).removeprefix("--basetemp="))
        (folder / "begun").write_text("")
        raise KeyboardInterrupt

    (tmp_path / "memory").mkdir()
    monkeypatch.setattr(testing, "_MEMORY_FOLDER", tmp_path / "memory")
    monkeypatch.setattr(testing, "_MEMORY_FREE", 0)
    monkeypatch.setattr(testing, "_call", stop)
    with pytest.raises(KeyboardInterrupt):
        testing.run_pytest(tmp_path, tmp_path / "report.xml", tmp_path / "log")
    assert not list((tmp_path / "memory").iterdir())


@pytest.mark.parametrize("free", [0, 1 << 60])
def test_without_memory_files_are_on_the_disk(free: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a folder that is not there nor one without room is taken; nothing else differs."""
    monkeypatch.setattr(testing, "_MEMORY_FOLDER", tmp_path if free else tmp_path / "none")
    monkeypatch.setattr(testing, "_MEMORY_FREE", free)
    folder = tmp_path / "test"
    folder.mkdir()
    (folder / "test_where.py").write_text(f"def test_a(tmp_path):\n    assert not str(tmp_path).startswith({str(tmp_path)!r})\n")
    assert testing.run_pytest(folder, tmp_path / "report.xml", tmp_path / "log") == 0
    assert not list(tmp_path.glob("sel-test-*"))


CTEST_CASES = {
    "failing": "echo wrong; exit 1",
    "hanging": "echo begin; sleep 100",
    "silent": "exit 0",
    "crashing": "echo begin; kill -SEGV $$",
}


def ctest(tmp_path: Path, **cases: str) -> testing.Count:
    lines = []
    for name, body in cases.items():
        script = tmp_path / f"{name}.sh"
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
        lines.append(f'add_test({name} "{script}")')
    (tmp_path / "CTestTestfile.cmake").write_text("\n".join(lines) + "\n")
    report = tmp_path / "ctest.xml"
    command = ["ctest", "--test-dir", str(tmp_path), "--timeout", "2", "--no-tests=error", "--output-junit", str(report)]
    done = subprocess.run(command, capture_output=True, check=False)
    return testing.judge("unit", done.returncode, report, needs_output=True)


@pytest.mark.parametrize("name", CTEST_CASES)
def test_bad_program_is_red(name: str, tmp_path: Path) -> None:
    count = ctest(tmp_path, good="echo 1 test passed", **{name: CTEST_CASES[name]})
    assert (count.passed, count.failed) == (1, 1)


def test_no_programs_are_red(tmp_path: Path) -> None:
    assert ctest(tmp_path).failed == 1


def test_runner_that_ends_badly_without_a_failed_case_is_red(tmp_path: Path) -> None:
    report = tmp_path / "r.xml"
    report.write_text('<testsuite><testcase name="a"/></testsuite>')
    assert testing.judge("x", 3, report).failed == 1
    assert testing.judge("x", 0, report).failed == 0


@pytest.mark.parametrize("text", ["", "<testsuite>", "<testsuite/>"])
def test_report_without_cases_is_red(text: str, tmp_path: Path) -> None:
    report = tmp_path / "r.xml"
    report.write_text(text)
    assert testing.judge("x", 0, report).failed == 1


def test_runner_that_hangs_is_ended(tmp_path: Path) -> None:
    assert testing._call(["sleep", "100"], tmp_path / "log", testing.Limits(part_s=1)) == 124


def test_all_parts_have_a_limit_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """By a clock of our own: a part gets what is left, the one that needs more is ended, the next is not begun."""
    now, given = [1000.0], {}

    def run_part(name: str, _reports: Path, limits: testing.Limits) -> testing.Count:
        given[name] = limits.part_s
        now[0] += min(limits.part_s, {"fast": 50.5, "slow": 5000}[name])
        return testing.Count(passed=1)

    monkeypatch.setattr(testing, "ROOT", tmp_path)
    monkeypatch.setattr(testing, "LANES", 1)
    monkeypatch.setattr(testing, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(testing, "_run_part", run_part)
    with pytest.raises(Failed, match="red parts: slow, late"):
        testing.run_parts(["fast", "slow", "late"], testing.Limits(promised_s=90))
    assert given == {"fast": 180, "slow": 130}
    assert capsys.readouterr().out.splitlines() == [
        "sel: part fast: 1 passed, 0 failed",
        "sel: part slow was ended: all parts together may take 3 minutes, they are over",
        "sel: part slow: 1 passed, 1 failed",
        "sel: part late was not run: all parts together may take 3 minutes, they are over",
        "sel: part late: 0 passed, 1 failed",
        "sel: note: this took 3 minutes, more than the 1.5 minutes that two cores usually need",
        "2 passed, 2 failed",
    ]


def test_a_common_limit_is_told_whatever_a_part_may_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Of sel assure --ci a part alone may take as long as all: longer than one of sel test."""
    now = [0.0]

    def run_part(_name: str, _reports: Path, limits: testing.Limits) -> testing.Count:
        now[0] += min(limits.part_s, 100 if now[0] == 0 else 5000)
        return testing.Count(passed=1)

    monkeypatch.setattr(testing, "ROOT", tmp_path)
    monkeypatch.setattr(testing, "LANES", 1)
    monkeypatch.setattr(testing, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(testing, "_run_part", run_part)
    with pytest.raises(Failed, match="red parts: slow"):
        testing.run_parts(["fast", "slow"], testing.Limits(part_s=1500, promised_s=750))
    assert "sel: part slow was ended: all parts together may take 25 minutes, they are over" in capsys.readouterr().out


def test_parts_run_at_once_and_are_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """A part that waits for a later one to begin ends, and each line says whose it is."""
    def run_part(name: str, _reports: Path, _limits: testing.Limits) -> testing.Count:
        (tmp_path / name).write_text("")
        while not (tmp_path / "second").exists():
            time.sleep(0.01)
        print(f"as {name}")
        return testing.Count(passed=2, failed=int(name == "second"), skipped=1)

    monkeypatch.setattr(testing, "ROOT", tmp_path)
    monkeypatch.setattr(testing, "_run_part", run_part)
    with pytest.raises(Failed, match="red parts: second;"):
        testing.run_parts(["first", "second", "third"], testing.Limits())
    told = capfd.readouterr().out.splitlines()
    assert told[-2:] == ["sel: 3 tests were skipped", "6 passed, 1 failed"]
    assert {" first | as first", "second | as second", " third | as third"} < set(told)
    assert "sel: part second: 2 passed, 1 failed (1 skipped)" in told


def test_limit_of_sel_test(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(testing, "run_parts", lambda names, limits: seen.append(limits))
    testing.run_tests(["sel"])
    assert seen[0].promised_s == 20 * 60 and testing._in_minutes(seen[0].total_s) == "40 minutes"


def test_interruption_is_no_failed_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither in the build of the tests nor while they run is it counted."""
    def interrupted() -> Path:
        raise Stopped("interrupted")

    monkeypatch.setattr(testing, "ROOT", tmp_path)
    monkeypatch.setattr(testing, "build_host", interrupted)
    with pytest.raises(Stopped, match="interrupted"):
        testing.run_parts(["unit"], testing.Limits())
    assert "passed" not in capsys.readouterr().out


def test_parts_are_found_by_their_folders(tmp_path: Path) -> None:
    for name in ("capdl", "system", "unit", "guest/lib"):
        (tmp_path / "test" / name).mkdir(parents=True)
    (tmp_path / "test/system/test_ipc.py").touch()
    (tmp_path / "test/capdl/test_loader.py").touch()
    (tmp_path / "test/guest/lib/helper.py").touch()
    assert testing.known_parts(tmp_path) == ["capdl", "system"]
    (tmp_path / "CMakePresets.json").touch()
    (tmp_path / "tools/checks").mkdir(parents=True)
    (tmp_path / "tools/checks/run").touch()
    assert testing.known_parts(tmp_path) == ["checks", "unit", "capdl", "system"]


def test_unknown_part(sel: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = sel("test", "sele")
    assert done.returncode == 2 and "did you mean 'sel'?" in done.stdout


def test_parts_see_their_environment(tmp_path: Path) -> None:
    folder = tmp_path / "test"
    folder.mkdir()
    (folder / "test_seen.py").write_text("import os\ndef test_a():\n    assert os.environ['SEL_ASSURE'] == 'ci'\n")
    report = tmp_path / "report.xml"
    limits = testing.Limits(environment=(("SEL_ASSURE", "ci"),))
    count = testing.judge("seen", testing.run_pytest(folder, report, tmp_path / "log", limits), report)
    assert (count.passed, count.failed) == (1, 0)


def test_long_parts_are_not_tests(tmp_path: Path) -> None:
    for name in ("proof", "guest"):
        (tmp_path / "test" / name).mkdir(parents=True)
        (tmp_path / "test" / name / "test_x.py").write_text("")
    assert testing.known_assure_parts(tmp_path) == ["proof"]
    assert testing.known_parts(tmp_path) == ["guest"]


def test_no_part_at_all_is_red() -> None:
    with pytest.raises(Failed):
        testing.run_parts([], testing.Limits())


@pytest.mark.parametrize("is_ci, hours", [(True, None), (False, None), (False, 2.0)])
def test_assure_bounds_what_it_runs(monkeypatch: pytest.MonkeyPatch, is_ci: bool, hours: float | None) -> None:
    """In CI all parts share one limit, and every part is told how long it may go on."""
    asked: list[testing.Limits] = []
    monkeypatch.setattr(assure.packages, "ensure", lambda *_: None)
    monkeypatch.setattr(assure, "run_parts", lambda names, limits: asked.append(limits))
    assure.assure(assure.AssureOptions([], is_ci, hours, True, False))
    later = asked[0].left_after(60.0)
    assert dict(later.environment)["SEL_ASSURE"] == ("ci" if is_ci else "full")
    assert ("SEL_ASSURE_HOURS" in dict(later.environment)) == (hours is not None)
    assert later.part_s == asked[0].part_s - (60 if is_ci else 0) and later.case_s >= (7200 if hours else 1)
